//! Dispatching: jobs that an application sends to a queue, for Rust and for PHP.
//!
//! A job of ours goes out as a string job: its name and its fields as JSON, in the message that Laravel would send.
//! Whoever serves the queue runs it. [`dispatch`](Dispatch::dispatch) is one request to SQS, and
//! [`dispatch_all`](QueueClient::dispatch_all) one for up to ten jobs.
//!
//! ```no_run
//! use std::time::Duration;
//!
//! use hikyaku::dispatch::{Dispatch, QueueClient};
//! use hikyaku::{Config, Context, Job, JobError};
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Serialize, Deserialize)]
//! struct ImportCsv { url: String }
//!
//! impl Job for ImportCsv {
//!     const NAME: &'static str = "App\\Jobs\\ImportCsv";
//!     type State = ();
//!     type Output = ();
//!
//!     async fn run(self, _: &Context<()>) -> Result<(), JobError> { Ok(()) }
//! }
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let queue = QueueClient::new(&Config::from_env()?, "imports");
//! let import = ImportCsv { url: "s3://in/a.csv".to_owned() };
//! let uuid = import.dispatch(&queue).await?;
//! import.dispatch(&queue).delay(Duration::from_secs(60)).tries(5).await?;
//! # Ok(())
//! # }
//! ```
//!
//! A PHP class of the application is an [`ObjectJob`], for a queue that PHP works off:
//!
//! ```no_run
//! use hikyaku::dispatch::{ObjectBuilder, ObjectJob, QueueClient};
//!
//! # async fn example(queue: QueueClient) -> Result<(), hikyaku::dispatch::DispatchError> {
//! let podcast = ObjectBuilder::new("App\\Jobs\\ProcessPodcast")
//!     .private("App\\Jobs\\ProcessPodcast", "podcastId", 7)
//!     .protected("format", "mp3");
//! queue.dispatch(ObjectJob::new(podcast)).tries(3).await?;
//! # Ok(())
//! # }
//! ```

mod batch;
mod client;

#[cfg(test)]
mod tests;

use serde::Serialize;

use crate::Job;

pub use self::client::QueueClient;
pub use hikyaku_core::{Destination, DispatchError, Message, Onward};
pub use hikyaku_laravel::message::ObjectJob;
pub use hikyaku_laravel::php::ObjectBuilder;

/// Jobs that can be sent: all that can be written as well as read.
pub trait Dispatch: Job + Serialize {
    /// The job's message, to say how it asks to be run before it is known where it goes.
    fn message(&self) -> Message {
        Message::from(self)
    }

    /// Sends the job to `queue` when the answer is awaited: `job.dispatch(&queue).delay(…).await?`. The answer is the
    /// job's uuid. One request.
    fn dispatch<'q>(&self, queue: &'q QueueClient) -> Message<&'q QueueClient> {
        queue.dispatch(self)
    }
}

impl<J: Job + Serialize> Dispatch for J {}
