//! A body that says where the real one is kept.

use super::POINTER;
use super::error::PointerError;
use super::own::OwnPointer;
use crate::envelope::{Envelope, EnvelopeError, Member, members};

/// Where the body of a message is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Pointer {
    /// In the cache store that the application names under `overflow.store` of its queue connection.
    Laravel {
        /// The key in that store, without the store's prefix: `laravel:sqs-payloads:<uuid>`.
        key: String,
    },
    /// Where we kept it.
    Own(OwnPointer),
}

impl Pointer {
    /// The pointer in a message body; none where the body is not one, be it a job or nonsense.
    pub fn parse(text: &str) -> Result<Option<Self>, PointerError> {
        let Ok(members) = members(text) else {
            return Ok(None);
        };
        let Some(key) = string(text, &members, POINTER) else {
            return Ok(None);
        };
        if !OwnPointer::is_own(&key) {
            return Ok(Some(Self::Laravel { key }));
        }
        match OwnPointer::read(text, &members, &key) {
            Some(pointer) => Ok(Some(Self::Own(pointer))),
            None => Err(PointerError::Malformed { key }),
        }
    }

    /// What `@pointer` says.
    pub fn key(&self) -> String {
        match self {
            Self::Laravel { key } => key.clone(),
            Self::Own(pointer) => pointer.key(),
        }
    }

    /// Decodes the body that was fetched for this pointer.
    ///
    /// The generation of a pointer of ours wins over that in the body: the pointer was sent again, the body was not.
    /// [`Unsupported::Overflow`](crate::Unsupported::Overflow) where the body is a pointer itself.
    pub fn resolve(&self, body: &str) -> Result<Envelope, EnvelopeError> {
        let mut envelope = Envelope::parse_stored(body)?;
        if let Self::Own(pointer) = self {
            envelope.generation = pointer.generation;
        }
        Ok(envelope)
    }
}

/// The text of the last member of this name, if it is a string.
pub(super) fn string(text: &str, members: &[Member], key: &str) -> Option<String> {
    let member = members.iter().rev().find(|member| member.key == key)?;
    serde_json::from_str(text.get(member.value.clone())?).ok()
}
