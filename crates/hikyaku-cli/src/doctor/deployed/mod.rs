//! What is deployed, read from AWS and written as a template, so that the same rules look at it.

mod account;
mod collect;
mod template;

use hikyaku::signed::SignedError;
use hikyaku_local::template::{Environment, Template, TemplateError};
use serde_json::Value;

pub(crate) use account::{Account, Aws};

/// Rules that make sense without the text of a template: the others are about what is not asked for.
pub(super) const RULES: [&str; 22] = [
    "visibility-timeout",
    "batch-failures",
    "batch-window",
    "fifo-mapping",
    "fifo-batch",
    "batch-concurrency",
    "filter",
    "one-function",
    "mapping-disabled",
    "dead-letter-queue",
    "dead-letter-retention",
    "dead-letter-type",
    "receive-count",
    "receive-count-engine",
    "receive-horizon",
    "retention",
    "queue-encryption",
    "reserved-concurrency",
    "provisioned-pollers",
    "recursive-loop",
    "log-retention",
    "log-level",
];

/// Why what is deployed cannot be looked at.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DeployedError {
    /// The environment is not what it should be.
    #[error("reading the settings of this shell")]
    Config(#[from] hikyaku::config::ConfigError),
    /// AWS did not answer, or refused.
    #[error("looking at what is deployed")]
    Asking(#[from] SignedError),
    /// There is nothing of that name.
    #[error(
        "there is no function and no stack `{name}` in {region}; AWS_REGION says where to look"
    )]
    Nothing {
        /// The name as given.
        name: String,
        /// The region.
        region: String,
    },
    /// There is no runtime.
    #[error("could not prepare to ask AWS")]
    Runtime(#[source] std::io::Error),
    /// What AWS says makes no template.
    #[error("reading what AWS says of the functions")]
    Template(#[from] TemplateError),
}

/// What AWS says of some functions, in the form of its APIs.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// Answers of `GetFunctionConfiguration`, with concurrency and recursion put in.
    functions: Vec<Value>,
    /// Items of `ListEventSourceMappings`.
    mappings: Vec<Value>,
    /// ARNs of queues and their attributes.
    queues: Vec<(String, Value)>,
    /// Names of log groups and their retention in days.
    log_groups: Vec<(String, Option<u64>)>,
    /// What was refused, and so is not looked at.
    unchecked: Vec<String>,
}

/// A template of what is deployed, the environment it is in, and what was not asked.
pub(crate) fn read(
    account: &Aws,
    names: &[String],
) -> Result<(Template, Environment, Vec<String>), DeployedError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(DeployedError::Runtime)?;
    let found = runtime.block_on(collect::found(account, names))?;
    written(found)
}

fn written(found: Found) -> Result<(Template, Environment, Vec<String>), DeployedError> {
    let environment = template::environment(&found);
    let text = template::of(&found).to_string();
    let mut unchecked = found.unchecked;
    unchecked
        .push("alarms, schedules, permissions and tables: `--template` looks at those".to_owned());
    Ok((Template::parse(&text, "deployed")?, environment, unchecked))
}

#[cfg(test)]
mod tests;
