//! The courier: hands jobs to a Laravel application, which runs them with its own code.
//!
//! | stage | file | what it does |
//! |---|---|---|
//! | ask | `ask.rs` | what is said of an attempt, beside the message's exact body |
//! | sign | `keys.rs` | who says it: HMAC-SHA256 over method, path, time, attempt and body |
//! | send | `exchange.rs` | one request, and what of its answer is the application's own |
//! | judge | `answer.rs` | from the answer to the verdict |
//! | start | `task.rs` | a task of ECS, for a job that is too long for a request |
//!
//! `courier.rs` is that line; it asks again where nothing is known. The PHP half is in `packages/laravel`;
//! docs/lane.md has the protocol and the table of verdicts.

mod answer;
mod ask;
mod config;
mod courier;
mod exchange;
mod keys;
mod task;

pub use config::{ConfigError, KeyFrom, Settings};
pub use courier::{HttpCourier, StartError};
pub use keys::Keys;
pub use task::TaskSettings;

#[cfg(test)]
mod tests;
