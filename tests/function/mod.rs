//! A function on its real ports: events in, DynamoDB and SQS on loopback, answers out.

mod batch;
mod clock;
mod counting;
mod direct;
mod disk;
mod jobs;
mod limits;
mod oversized;
mod routing;
mod sending;
mod shadow;
mod stage;
mod writes;
