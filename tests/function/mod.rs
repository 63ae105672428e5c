//! A function on its real ports: events in, DynamoDB on loopback, answers out.

mod counting;
mod direct;
mod jobs;
mod writes;
