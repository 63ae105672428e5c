//! Dispatch: jobs that are sent from Rust, by an application or by another job.
//!
//! [`Message`] says what is sent and how it asks to be run; a [`Destination`] sends it when it is awaited. There are
//! two: a queue that an application sends to (in the crate `hikyaku`), and the attempt that a job is in ([`Onward`]).

mod address;
mod destination;
mod error;
mod message;
mod onward;
#[cfg(test)]
mod tests;

pub use self::address::Sender;
pub use self::destination::Destination;
pub use self::error::DispatchError;
pub use self::message::Message;
pub use self::onward::Onward;
