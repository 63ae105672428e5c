//! SQS on a laptop: queues, messages and both of its protocols, as strict as AWS's own.
//!
//! [`Sqs`] is the engine: every rule about queues and messages, in memory, on the clock it is given. It is called directly
//! by whatever runs in the same process, and over HTTP through [`router`]. Nothing happens in the background: what is due
//! (a delay, a visibility timeout, a retention period, a message move task) is done by the next call that could see it.
//!
//! Limits are AWS's, from the SQS Developer Guide ("Amazon SQS quotas") and the SQS API Reference.

mod attributes;
mod batch;
mod catalog;
mod contents;
mod dedup;
mod digest;
mod draft;
mod engine;
mod error;
mod fifo;
mod limits;
mod message;
mod move_run;
mod move_task;
mod names;
mod operations;
mod order;
mod protocol;
mod queue;
mod receipt;
mod receive;
mod redrive;
mod send;
mod server;
mod settle;

pub use batch::{BatchFailure, BatchOutcome};
pub use draft::{SendRequest, SentMessage};
pub use engine::Sqs;
pub use error::SqsError;
pub use message::{AttributeValue, MessageAttribute, MessageAttributes, ReceivedMessage};
pub use move_task::{MoveTask, MoveTaskStatus};
pub use names::{Identity, QueueName};
pub use queue::Counts;
pub use receive::ReceiveRequest;
pub(crate) use server::routes;
pub use server::{router, router_at};

#[cfg(test)]
mod tests;
