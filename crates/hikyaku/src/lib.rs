//! Background jobs in Rust on AWS Lambda: the crate a job author uses.
//!
//! A message goes from SQS to a settled job on one path (decode → claim → run → settle, in [`hikyaku_core`]); this
//! crate is AWS on both sides of it: events in, the DynamoDB ledger, SQS visibility, and the loop that serves a Lambda
//! function.
//!
//! ```no_run
//! use std::time::Duration;
//!
//! use hikyaku::{Context, Guarantee, Job, JobError, Worker};
//! use serde::Deserialize;
//!
//! #[derive(Deserialize)]
//! #[serde(rename_all = "camelCase")]
//! struct SendInvoice { invoice_id: u64 }
//!
//! impl Job for SendInvoice {
//!     const NAME: &'static str = "App\\Jobs\\SendInvoice";
//!     const TIMEOUT: Duration = Duration::from_secs(30);
//!     const GUARANTEE: Guarantee = Guarantee::Once;
//!     type State = ();
//!     type Output = u64;
//!
//!     async fn run(self, _context: &Context<()>) -> Result<u64, JobError> {
//!         Ok(self.invoice_id)
//!     }
//! }
//!
//! #[tokio::main(flavor = "current_thread")]
//! async fn main() -> Result<(), hikyaku::Error> {
//!     hikyaku::serve(Worker::new(()).register::<SendInvoice>()).await
//! }
//! ```

pub mod clients;
mod command;
pub mod config;
pub mod dispatch;
mod error;
mod event;
mod function;
pub mod laravel;
pub mod ledger;
mod logs;
pub mod metrics;
#[cfg(feature = "objects")]
pub mod objects;
#[cfg(feature = "otel")]
mod otel;
pub mod rds;
pub mod secrets;
mod serve;
pub mod signed;
mod sqs;
mod store;
mod system;
mod threads;

pub use config::Config;
pub use error::Error;
pub use function::{Function, FunctionError};
pub use hikyaku_core::{
    CheckpointError, Commit, Context, Delivery, Description, Guarantee, Invocation, Job, JobError,
    Outcome, Policy, Ports, Receipt, Report, ResultExt, Settings, Stop, Task, TaskLost, Timestamp,
    Verdict, Worker, explain,
};
pub use ledger::Writes;
pub use serve::serve;
pub use sqs::SqsQueue;
pub use system::{SystemClock, SystemRandom};
pub use threads::JobThreads;

pub use aws_sdk_dynamodb as dynamodb;
pub use hikyaku_core as core;
#[cfg(feature = "testing")]
pub use hikyaku_core::testing;
pub use hikyaku_laravel::chain::LinkOptions;
pub use hikyaku_laravel::encrypter::Encrypter;
pub use hikyaku_laravel::php;
