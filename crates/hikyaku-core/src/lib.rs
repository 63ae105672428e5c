//! What becomes of a job: resolve → decode → claim → admit → run → settle → follow.
//!
//! This crate holds the engine and nothing else: no AWS, no I/O, no environment. What it needs from the world comes in
//! through ports ([`Ledger`], [`Queue`], [`Clock`], [`Random`], [`Executor`], and what of a [`Laravel`] application is
//! within reach), so that the very same code runs in a Lambda function, in a test with virtual time, and under a
//! scheduler that crashes it at every await.
//!
//! # A message's way
//!
//! | stage | file | what it decides |
//! |---|---|---|
//! | resolve | `resolve.rs` | where is its body, and can it be opened |
//! | decode | `decode.rs`, `plan.rs` | is this a job of ours, and can all be done that it asks for |
//! | claim | `routing.rs`, `claim.rs`, `decide.rs` | on which side, and may it run now, or has it run, or is it running |
//! | admit | `admit.rs` | is it not skipped, and are its locks free |
//! | run | `run.rs` | what came of it, within its time |
//! | settle | `settle.rs`, `judge.rs` | what the ledger records and what the queue does |
//! | follow | `follow.rs` | what is sent because it has ended |
//!
//! `worker.rs` is that line as one function, `begin.rs` its part before the job runs; `batch.rs` runs it over the records of one event.
//! `shadow.rs` runs a job that PHP has run once more, without effects, to compare.

mod admit;
mod batch;
mod begin;
mod bury;
mod checkpoint;
mod claim;
mod commit;
mod context;
mod courier;
mod dead_letter;
mod decide;
mod decode;
mod delivery;
mod dispatch;
mod engine;
mod error;
mod explain;
mod failure;
mod follow;
mod give_back;
mod guarantee;
mod heartbeat;
mod job;
mod judge;
mod keeper;
mod laravel;
mod pauses;
mod plan;
mod policy;
mod ports;
mod reach;
mod registry;
mod report;
mod resolve;
mod routing;
mod run;
mod settle;
mod settled;
mod shadow;
mod shared;
mod stages;
mod tasks;
mod worker;

pub mod memory;
#[cfg(feature = "testing")]
pub mod testing;

pub use checkpoint::{CheckpointError, LONGEST_CHECKPOINT};
pub use commit::Commit;
pub use context::{Context, Stop};
pub use courier::{Courier, Defaults, Parcel};
pub use delivery::{DeadEvent, DeadLetter, Delivery, Invocation, Receipt};
pub use dispatch::{Destination, DispatchError, Message, Onward, Sender};
pub use error::{JobError, ResultExt};
pub use explain::explain;
pub use guarantee::Guarantee;
pub use job::Job;
pub use laravel::{CacheStore, Laravel, Queues, Relay};
pub use pauses::Pauses;
pub use policy::{Description, Policy};
pub use ports::batches::{Batch, Batches};
pub use ports::cache::{Cache, Lock};
pub use ports::clock::{Clock, Timestamp};
pub use ports::executor::{AbortHandle, Executor};
pub use ports::ledger::{
    Buried, ClaimReply, ClaimRequest, End, FailedJob, Fence, Grant, Held, Ledger, LedgerError,
    Place, Record, Release, Replace, State, Unlock,
};
pub use ports::payloads::Payloads;
pub use ports::queue::{Outgoing, Queue, QueueError, is_fifo, is_identifier};
pub use ports::random::Random;
pub use ports::routes::{Compared, Comparison, Route, Routes, Side};
pub use ports::store::StoreError;
pub use ports::{BoxFuture, Ports};
pub use report::{Outcome, Report, Verdict};
pub use routing::ROUTE_KEPT;
pub use shared::SetupError;
pub use stages::Stages;
pub use tasks::{Task, TaskLost};
pub use worker::{Settings, Worker};
