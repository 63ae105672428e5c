//! Lambda: the Runtime API, the Invoke API and the function processes.
//!
//! A function is started as Lambda starts it: its own process, Lambda's environment variables and nothing else, one
//! invocation at a time. A process that waits for work is kept warm; one that crashes or runs out of time is replaced.

mod answer;
mod asynchronous;
mod environment;
mod error;
pub(crate) mod function;
mod host;
mod init_report;
mod invoke_api;
mod logs;
mod pool;
mod process;
mod runtime_api;
mod sandbox;
mod service;
pub mod trace;

pub use answer::{Answer, FailureCause, FunctionError};
pub use asynchronous::Outbox;
pub use environment::Surroundings;
pub use error::InvokeError;
pub use host::{Host, Limits};
pub use invoke_api::routes;
pub(crate) use invoke_api::{failure, with_headers};
pub use logs::LogSink;
pub use process::{Binaries, CargoBinaries};
pub(crate) use service::new_request_id;
pub use service::{Invocation, Invoke, Lambda};

#[cfg(test)]
mod tests;
