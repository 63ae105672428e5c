//! The command `hikyaku`, run as people run it.

pub(crate) mod dev;
mod doctor;
mod documented;
mod hostile;
mod inspect;
mod measured;
mod neighbours;
mod operate;
mod route;
mod run_event;
mod starts;
mod tail;
mod unread;
