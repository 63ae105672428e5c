//! Messages that we send, with the keys of Laravel's own and in their order.
//!
//! Source: `Illuminate\Queue\Queue::createStringPayload` and `createObjectPayload`, Laravel 8 to 13.

mod body;
mod object;
mod options;
mod string;

#[cfg(test)]
mod tests;

pub(crate) use self::body::{BatchId, ObjectBody, ObjectData, Ours};
pub use self::object::{ObjectJob, ObjectJobError, Stamp};
pub use self::options::Options;
pub use self::string::StringJob;
