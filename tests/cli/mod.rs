//! The command `hikyaku`, run as people run it.

mod dev;
mod inspect;
mod operate;
mod tail;
