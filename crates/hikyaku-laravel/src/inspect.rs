//! A message as a person wants to see it: what it runs, how, and with what.

mod carrier;
mod error;
mod plain;
mod source;

#[cfg(test)]
mod tests;

use serde::Serialize;
use serde_json::Value as Json;

use self::carrier::Carrier;
pub use self::error::InspectError;
pub use self::source::{Source, SourceError};
use crate::encrypter::Encrypter;
use crate::envelope::{Contents, Envelope, Kind, Tries};
use crate::php::{self, Limits, Value};

/// What stands in [`Inspection::chain`] for a link that no key opens.
const ENCRYPTED: &str = "encrypted";
/// What stands there for a link that cannot be read.
const UNREADABLE: &str = "unreadable";

/// What is in a message. As JSON its keys are in camel case.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Inspection {
    /// The job's identity. Minimal producers send none.
    pub uuid: Option<String>,
    /// The class of the job, or of the listener, mailable, notification or event inside Laravel's own class; for a
    /// closure its display name; for a string job what `job` has before its `@`.
    pub name: String,
    /// What carries the payload.
    pub kind: InspectedKind,
    /// How often it may be tried: 0 is without limit, none is the worker's default.
    pub tries: Option<u32>,
    /// After how many exceptions it fails.
    pub max_exceptions: Option<u32>,
    /// Seconds before the second attempt, the third, …; the last repeats.
    pub backoff: Option<Vec<u32>>,
    /// Seconds an attempt may take: 0 is without limit, none is the worker's default.
    pub timeout: Option<u32>,
    /// Unix time in seconds until which it is tried again.
    pub retry_until: Option<i64>,
    /// Whether the payload was sent encrypted.
    pub encrypted: bool,
    /// The classes of the jobs that follow, in order. None while the payload is closed, for they are in it.
    pub chain: Option<Vec<String>>,
    /// The batch the job belongs to.
    pub batch_id: Option<String>,
    /// The payload: the data of a string job, or the properties of an object under their plain names. None while it is
    /// closed.
    ///
    /// Enums are the names of their cases. A value inside of itself is `{"@cycle": true}`; what JSON lacks is as in
    /// [`php::to_inspection_json`].
    pub payload: Option<Json>,
}

/// What carries a payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum InspectedKind {
    /// A serialized object of the application.
    Object,
    /// A name and JSON.
    String,
    /// A queued event listener.
    Listener,
    /// A queued mailable.
    Mailable,
    /// A queued notification.
    Notification,
    /// An event to broadcast.
    Broadcast,
    /// A PHP closure.
    Closure,
}

impl Inspection {
    /// Looks into a message body, or into a body that was kept elsewhere, which may be longer.
    ///
    /// Without an encrypter an encrypted payload stays closed, which is no error; with one that does not open it, it
    /// is.
    pub fn of(body: &str, encrypter: Option<&Encrypter>) -> Result<Self, InspectError> {
        let mut envelope = Envelope::parse_stored(body)?;
        envelope.open(encrypter)?;
        if is_closed(&envelope) {
            return Ok(Self::closed(&envelope));
        }
        let contents = envelope.contents()?;
        let Some(object) = contents.object() else {
            return Self::string(&envelope, &contents);
        };
        let carrier = Carrier::of(object.class_name().unwrap_or_default());
        Ok(Self {
            name: carrier.name(object, &envelope),
            chain: Some(chain(object, encrypter)),
            batch_id: batch_id(object).or_else(|| stated_batch_id(&envelope)),
            payload: Some(plain::json(object).map_err(|source| InspectError::Payload {
                job: envelope.name().to_owned(),
                source,
            })?),
            ..Self::outside(&envelope, carrier.kind())
        })
    }

    fn string(envelope: &Envelope, contents: &Contents<'_>) -> Result<Self, InspectError> {
        Ok(Self {
            chain: Some(Vec::new()),
            payload: Some(contents.payload()?),
            ..Self::outside(envelope, InspectedKind::String)
        })
    }

    fn closed(envelope: &Envelope) -> Self {
        let carrier = Carrier::of(envelope.name());
        Self {
            name: carrier.stated_name(envelope),
            batch_id: stated_batch_id(envelope),
            ..Self::outside(envelope, carrier.kind())
        }
    }

    /// What is known without the payload.
    fn outside(envelope: &Envelope, kind: InspectedKind) -> Self {
        let encrypted = match envelope.kind() {
            Kind::Object { command, .. } => command.is_encrypted(),
            Kind::String { .. } => false,
        };
        Self {
            uuid: envelope.uuid.clone(),
            name: envelope.name().to_owned(),
            kind,
            tries: envelope.max_tries.map(|tries| match tries {
                Tries::Unlimited => 0,
                Tries::Limited(tries) => tries.get(),
            }),
            max_exceptions: envelope.max_exceptions,
            backoff: envelope.backoff.clone(),
            timeout: envelope.timeout,
            retry_until: envelope.retry_until,
            encrypted,
            chain: None,
            batch_id: None,
            payload: None,
        }
    }

    /// Whether the payload is closed for want of a key.
    pub fn is_closed(&self) -> bool {
        self.encrypted && self.payload.is_none()
    }
}

fn is_closed(envelope: &Envelope) -> bool {
    match envelope.kind() {
        Kind::Object { command, .. } => command.serialized().is_none(),
        Kind::String { .. } => false,
    }
}

fn stated_batch_id(envelope: &Envelope) -> Option<String> {
    match envelope.kind() {
        Kind::Object { batch_id, .. } => batch_id.clone(),
        Kind::String { .. } => None,
    }
}

fn batch_id(object: Value<'_>) -> Option<String> {
    object.get("batchId")?.as_str().map(str::to_owned)
}

fn chain(object: Value<'_>, encrypter: Option<&Encrypter>) -> Vec<String> {
    let links = object.get("chained").into_iter().flat_map(Value::entries);
    links
        .map(|(_, link)| class_of_link(link, encrypter))
        .collect()
}

/// A link of a chain is a serialized object inside a string.
fn class_of_link(link: Value<'_>, encrypter: Option<&Encrypter>) -> String {
    let Some(text) = link.as_bytes() else {
        return UNREADABLE.to_owned();
    };
    if text.starts_with(b"O:") {
        return class(text);
    }
    let opened = encrypter.zip(str::from_utf8(text).ok());
    let opened = opened.and_then(|(encrypter, text)| encrypter.decrypt_command(text).ok());
    opened.map_or_else(|| ENCRYPTED.to_owned(), |text| class(&text))
}

fn class(serialized: &[u8]) -> String {
    let limits = Limits::default().with_input_bytes(serialized.len());
    let document = php::parse(serialized, &limits).ok();
    let class = document.and_then(|document| document.root().class_name().map(str::to_owned));
    class.unwrap_or_else(|| UNREADABLE.to_owned())
}
