//! Queues: their names, how full they are, who reads them.

mod clear;
mod depth;
mod mapping;
mod monitor;
mod name;
mod work;

pub(crate) use clear::Clear;
pub(crate) use mapping::{Pause, Resume};
pub(crate) use monitor::Monitor;
