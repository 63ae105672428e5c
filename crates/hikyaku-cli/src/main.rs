//! The command `hikyaku`.
fn main() {}
