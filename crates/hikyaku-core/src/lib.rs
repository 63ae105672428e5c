//! What becomes of a job: resolve → decode → claim → admit → run → settle → follow.
//!
//! This crate holds the engine and nothing else: no AWS, no I/O, no environment. What it needs from the world comes in
//! through ports ([`Ledger`], [`Queue`], [`Clock`], [`Random`], [`Executor`], and what of a [`Laravel`] application is
//! within reach), so that the very same code runs in a Lambda function, in a test with virtual time, and under a
//! scheduler that crashes it at every await.
//!
//! # A message's way
//!
//! | stage, in `engine/stages/` | its rule, in `engine/rules/` | what it decides |
//! |---|---|---|
//! | resolve | | where is its body, and can it be opened |
//! | decode | plan | is this a job of ours, and can all be done that it asks for |
//! | route, claim | decide | on which side, and may it run now, or has it run, or is it running |
//! | admit | | is it not skipped, and are its locks free |
//! | run, with heartbeat and send | judge | what came of it, within its time |
//! | settle | | what the ledger records |
//! | follow | | what is sent because it has ended |
//! | tell | | what the queue does |
//!
//! `worker/process.rs` is that line as one function: each stage answers what the next one needs, or a `Stop`, and `engine/finish.rs`
//! alone settles, follows and tells. No stage calls another. `worker/batch.rs` runs it over the records of one event;
//! `worker/shadow.rs` runs a job that PHP has run once more, without effects, to compare.
//!
//! The rooms, each of which may use those below it: `worker`, `engine` (`stages`, `rules`, `model`: what one stage hands to the
//! next), `dispatch`, `job` (what its author sees), `delivery`, `ports`.

mod delivery;
mod dispatch;
mod engine;
mod explain;
mod job;
mod ports;
mod worker;

pub mod memory;
#[cfg(feature = "testing")]
pub mod testing;

pub use delivery::delivery::{DeadEvent, DeadLetter, Delivery, Invocation, Receipt};
pub use delivery::outcome::{Outcome, Verdict};
pub use delivery::timings::Stages;
pub use dispatch::{Destination, DispatchError, Message, Onward, Sender};
pub use engine::report::Report;
pub use engine::stages::route::ROUTE_KEPT;
pub use explain::explain;
pub use job::checkpoint::{CheckpointError, LONGEST_CHECKPOINT};
pub use job::commit::Commit;
pub use job::context::{Context, Stop};
pub use job::error::{JobError, ResultExt};
pub use job::guarantee::Guarantee;
pub use job::job::Job;
pub use job::policy::{Description, Policy};
pub use job::state::SetupError;
pub use job::tasks::{Task, TaskLost};
pub use ports::BoxFuture;
pub use ports::application::{CacheStore, Laravel, Queues, Relay};
pub use ports::batches::{Batch, Batches};
pub use ports::cache::{Cache, Lock};
pub use ports::clock::{Clock, Timestamp};
pub use ports::courier::{Courier, Defaults, Parcel};
pub use ports::executor::{AbortHandle, Executor};
pub use ports::ledger::{
    Buried, ClaimReply, ClaimRequest, End, FailedJob, Fence, Grant, Held, Ledger, LedgerError,
    Place, Record, Release, Replace, State, Unlock,
};
pub use ports::pauses::Pauses;
pub use ports::payloads::Payloads;
pub use ports::ports::Ports;
pub use ports::queue::{Outgoing, Queue, QueueError, is_fifo, is_identifier};
pub use ports::random::Random;
pub use ports::routes::{Compared, Comparison, Route, Routes, Side};
pub use ports::store::StoreError;
pub use worker::worker::{Settings, Worker};
