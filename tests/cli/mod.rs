//! The command `hikyaku`, run as people run it.

mod inspect;
mod operate;
