//! The cloud on a laptop: SQS, Lambda, event source mappings, schedules and DynamoDB in one process.
//!
//! It knows AWS's wire formats and nothing of hikyaku's engine: any program that speaks to AWS can be run against it.

pub mod clock;
pub mod cloud;
pub mod dynamodb;
pub mod event;
pub mod faults;
pub mod front;
pub mod guard;
pub mod lambda;
mod lock;
pub mod mapping;
pub mod schedule;
pub mod sqs;
mod tasks;
pub mod template;
pub mod watch;
