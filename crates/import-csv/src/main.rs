//! A job: imports a CSV object into a SQL table, each row once.
fn main() {}
