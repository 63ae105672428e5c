//! A job.
fn main() {}
