//! What a job carries, read once.

use serde_json::value::RawValue;

use super::unsupported::Unsupported;
use super::{Envelope, Kind, OpenError};
use crate::encrypter::Encrypter;
use crate::php::{Document, Value};

/// The contents of an [`Envelope`]: JSON, or a serialized object that was read.
///
/// [`Envelope::duties`] and [`Envelope::payload`] each read the contents; whoever needs both reads them once here.
#[derive(Debug)]
pub struct Contents<'e> {
    pub(super) envelope: &'e Envelope,
    pub(super) carried: Carried<'e>,
}

#[derive(Debug)]
pub(super) enum Carried<'e> {
    Json(&'e RawValue),
    Object(Document<'e>),
}

impl Envelope {
    /// Decrypts the command if it is encrypted and there is an encrypter. What was received stays as it is:
    /// [`Envelope::text`], and so what is sent again or stored.
    ///
    /// Without an encrypter an encrypted command stays closed, and reading it answers [`Unsupported::Encrypted`].
    pub fn open(&mut self, encrypter: Option<&Encrypter>) -> Result<(), OpenError> {
        let (Kind::Object { command, .. }, Some(encrypter)) = (&mut self.kind, encrypter) else {
            return Ok(());
        };
        let opened = command.open(encrypter);
        opened.map_err(|source| OpenError {
            job: self.name().to_owned(),
            source,
        })
    }

    /// Reads the contents.
    ///
    /// [`Unsupported::Encrypted`] for a command that is still encrypted, [`Unsupported::Unreadable`] for a damaged one.
    pub fn contents(&self) -> Result<Contents<'_>, Unsupported> {
        let job = || self.name().to_owned();
        let carried = match &self.kind {
            Kind::String { data, .. } => Carried::Json(data),
            Kind::Object { command, .. } => match command.read() {
                Some(Ok(document)) => Carried::Object(document),
                Some(Err(source)) => return Err(Unsupported::Unreadable { job: job(), source }),
                None if command.writes_itself() => {
                    return Err(Unsupported::Serializable { job: job() });
                }
                None => return Err(Unsupported::Encrypted { job: job() }),
            },
        };
        Ok(Contents {
            envelope: self,
            carried,
        })
    }
}

impl Contents<'_> {
    /// The envelope they are from.
    pub fn envelope(&self) -> &Envelope {
        self.envelope
    }

    /// The object of an object job; none of a string job.
    pub fn object(&self) -> Option<Value<'_>> {
        match &self.carried {
            Carried::Json(_) => None,
            Carried::Object(document) => Some(document.root()),
        }
    }
}
