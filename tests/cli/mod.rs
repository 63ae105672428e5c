//! The command `hikyaku`, run as people run it.

mod dev;
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
