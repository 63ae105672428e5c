//! Where a message goes when it is awaited.

use std::future::{Future, IntoFuture};

use super::{DispatchError, Message};

/// Sends messages. What it answers with is the uuid of the job that was sent.
pub trait Destination: Sized {
    /// The sending.
    type Sending: Future<Output = Result<String, DispatchError>> + Send;

    /// Sends `message`.
    fn send(self, message: Message) -> Self::Sending;
}

impl<To: Destination> IntoFuture for Message<To> {
    type Output = Result<String, DispatchError>;
    type IntoFuture = To::Sending;

    fn into_future(self) -> To::Sending {
        let (message, to) = self.parted();
        to.send(message)
    }
}
