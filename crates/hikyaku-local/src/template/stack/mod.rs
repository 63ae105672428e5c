//! What a template describes, typed: the outcome of resolving it.

mod function;
mod mapping;
mod queue;
mod schedule;
mod table;

pub use function::{AsyncPolicy, Binary, BinaryRule, Destination, Function, RecursiveLoop};
pub use mapping::Mapping;
pub use queue::{Queue, Redrive, RedriveAllow};
pub use schedule::{RetryPolicy, ScheduleOrigin, StackSchedule, Target};
pub use table::{
    AttributeDefinition, AttributeKind, Index, IndexScope, KeyElement, KeyRole, Table,
};

use super::error::Warning;

/// Everything in a template that the local cloud runs, in the order it is written.
///
/// Names refer to each other: a mapping names its queue by [`Queue::name`] and its function by [`Function::name`], and
/// both are in the stack, or the template would have been refused.
#[derive(Debug, Clone, Default)]
pub struct Stack {
    /// The stack's name, from the [`Environment`](super::Environment).
    pub name: String,
    /// `AWS::Serverless::Function` and `AWS::Lambda::Function`.
    pub functions: Vec<Function>,
    /// `AWS::SQS::Queue`.
    pub queues: Vec<Queue>,
    /// `AWS::DynamoDB::Table` and `AWS::Serverless::SimpleTable`.
    pub tables: Vec<Table>,
    /// SQS events of functions and `AWS::Lambda::EventSourceMapping`.
    pub mappings: Vec<Mapping>,
    /// Schedule events of functions, `AWS::Scheduler::Schedule` and `AWS::Events::Rule`: one entry a target.
    pub schedules: Vec<StackSchedule>,
    /// What is in the template and is not run locally.
    pub ignored: Vec<Ignored>,
    /// What AWS would deploy and the author probably did not mean.
    pub warnings: Vec<Warning>,
}

/// A resource or an event source that the local cloud does not run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ignored {
    /// The resource's logical id; for an event source `Function.Event`.
    pub logical_id: String,
    /// Its type, such as `AWS::CloudWatch::Alarm` or `Api`.
    pub kind: String,
    /// The line of its logical id.
    pub line: usize,
}

impl Stack {
    /// The function that an invocation names: by its name, its logical id or its ARN, with or without a version or alias.
    pub fn function(&self, name: &str) -> Option<&Function> {
        let name = name.split_once(":function:").map_or(name, |(_, name)| name);
        let name = name.split(':').next().unwrap_or(name);
        let named = self.functions.iter().find(|function| function.name == name);
        named.or_else(|| {
            self.functions
                .iter()
                .find(|function| function.logical_id == name)
        })
    }

    /// The queue of that name or logical id.
    pub fn queue(&self, name: &str) -> Option<&Queue> {
        let named = self.queues.iter().find(|queue| queue.name == name);
        named.or_else(|| self.queues.iter().find(|queue| queue.logical_id == name))
    }

    /// The table of that name or logical id.
    pub fn table(&self, name: &str) -> Option<&Table> {
        let named = self.tables.iter().find(|table| table.name == name);
        named.or_else(|| self.tables.iter().find(|table| table.logical_id == name))
    }
}
