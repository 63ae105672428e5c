//! A Lambda function, as a template describes it.

use std::collections::BTreeMap;
use std::time::Duration;

/// A Lambda function.
///
/// Limits and defaults are those of the page `AWS::Lambda::Function` of the CloudFormation template reference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Function {
    /// The resource's name in the template. Invocations may use it in place of [`name`](Self::name).
    pub logical_id: String,
    /// `FunctionName`, or `<stack>-<logical id>` (AWS appends random letters there).
    pub name: String,
    /// `arn:aws:lambda:<region>:<account>:function:<name>`.
    pub arn: String,
    /// The line of the logical id.
    pub line: usize,
    /// Which binary runs it.
    pub binary: Binary,
    /// `CodeUri`, when it is a path or a URL.
    pub code_uri: Option<String>,
    /// `Handler`. A Rust function does not read it.
    pub handler: Option<String>,
    /// `Runtime`, such as `provided.al2023`.
    pub runtime: Option<String>,
    /// `Timeout`: 3 s unless stated, 1 to 900 s.
    pub timeout: Duration,
    /// `MemorySize` in MiB: 128 unless stated, 128 to 10,240.
    pub memory_mb: u32,
    /// `EphemeralStorage.Size` in MiB: 512 unless stated, 512 to 10,240.
    pub ephemeral_storage_mb: u32,
    /// `Environment.Variables`, with those of `Globals` merged in.
    pub environment: BTreeMap<String, String>,
    /// `ReservedConcurrentExecutions`.
    pub reserved_concurrency: Option<u32>,
    /// What happens when the function feeds its own queue.
    pub recursive_loop: RecursiveLoop,
    /// How asynchronous invocations are retried.
    pub asynchronous: AsyncPolicy,
    /// `DeadLetterQueue` (SAM) or `DeadLetterConfig`: where an asynchronous event goes that failed for good.
    pub dead_letter: Option<Destination>,
}

/// Which binary runs a function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binary {
    /// The binary's name, as in `cargo build --bin <name>`.
    pub name: String,
    /// Why it is that one.
    pub rule: BinaryRule,
    /// The line the name comes from.
    pub line: usize,
}

/// The rule by which a function's binary was found, the first that applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BinaryRule {
    /// `Metadata.BuildProperties.Binary`, as `sam build` reads it.
    Metadata,
    /// The last part of a `CodeUri` that ends in `target/lambda/<name>`, where cargo-lambda puts it.
    CodeUri,
    /// The logical id in kebab case, without a trailing `Function`.
    LogicalId,
}

/// `RecursiveLoop` (page `AWS::Lambda::Function`): what Lambda does after about 16 turns through the same function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RecursiveLoop {
    /// The invocation is dropped.
    #[default]
    Terminate,
    /// The loop goes on.
    Allow,
}

/// How Lambda treats an asynchronous invocation that failed (page `AWS::Lambda::EventInvokeConfig`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AsyncPolicy {
    /// `MaximumRetryAttempts`: 2 unless stated, 0 to 2.
    pub maximum_retry_attempts: u32,
    /// `MaximumEventAgeInSeconds`: 6 hours unless stated, 60 s to 6 hours.
    pub maximum_event_age: Duration,
    /// `DestinationConfig.OnFailure`.
    pub on_failure: Option<Destination>,
    /// `DestinationConfig.OnSuccess`.
    pub on_success: Option<Destination>,
}

impl Default for AsyncPolicy {
    fn default() -> Self {
        Self {
            maximum_retry_attempts: 2,
            maximum_event_age: Duration::from_hours(6),
            on_failure: None,
            on_success: None,
        }
    }
}

/// Where a record of an asynchronous invocation goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Destination {
    /// The queue of that name.
    Queue(String),
    /// The function of that name.
    Function(String),
    /// An ARN of something that is not run locally, such as an SNS topic.
    Elsewhere(String),
}
