//! Background jobs in Rust on AWS Lambda: the crate a job author uses.
