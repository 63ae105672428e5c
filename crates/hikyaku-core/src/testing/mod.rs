//! Jobs and the engine under test, in virtual time.
//!
//! For a job, three things are all there is to know: [`run_job()`] runs one job through the real engine and says what came of
//! it, [`run_shadow()`] does so without effects, as the shadow of a run in PHP, and [`Schedules`] runs it under a thousand schedules with kills, copies and lost answers, to see whether its effect
//! happens once.
//!
//! The rest is the world that the engine's own tests are made of: a [`Scheduler`] that polls nothing by itself, a
//! [`VirtualClock`] that stands still until it is advanced, a [`SimQueue`] with the rules of SQS, and a [`World`] in
//! which a mapping hands the queue's messages to functions. A [`Network`] between them decides what becomes of every
//! call. [`explore`] runs such a world once for every way in which it can go.

mod clock;
mod executor;
pub mod explore;
mod network;
mod outbox;
mod queue;
mod random;
mod run_job;
mod run_shadow;
mod scheduler;
mod schedules;
mod world;

pub use clock::{SkewedClock, VirtualClock};
pub use executor::SimExecutor;
pub use network::{
    Call, DistantLedger, DistantQueue, DistantTables, Fate, Line, Network, Reliable,
};
pub use outbox::Dispatched;
pub use queue::{Message, QueueSettings, SimQueue};
pub use random::SeededRandom;
pub use run_job::{Ran, block_on, run_job};
pub use run_shadow::run_shadow;
pub use scheduler::{ProcessId, Scheduler, TaskId, yield_now};
pub use schedules::{End, Fault, Schedules, Tried, Violation};
pub use world::{Ended, Remains, Settings, World};
