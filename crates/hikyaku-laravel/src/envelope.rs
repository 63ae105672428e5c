//! A decoded message body: how the job is called, how it is to be run, and its payload.
//!
//! Source of the keys: `Illuminate\Queue\Queue::createPayloadArray`, Laravel 8 to 13. Other producers need no more than
//! `{"job": "import-csv", "data": {…}}`.

mod command;
mod contents;
mod empties;
mod error;
mod fields;
mod kind;
mod members;
mod payload;
mod resent;
mod tries;
mod unsupported;

#[cfg(test)]
mod payload_tests;
#[cfg(test)]
mod tests;

use std::fmt;
use std::ops::Range;

pub use self::command::Command;
pub use self::contents::Contents;
pub use self::error::{EnvelopeError, OpenError};
use self::fields::Fields;
pub use self::kind::Kind;
pub(crate) use self::kind::OBJECT_JOB;
pub(crate) use self::members::{Member, members, with_member};
pub use self::payload::{JsonMismatch, PayloadError};
pub use self::tries::Tries;
pub use self::unsupported::Unsupported;

/// The longest body accepted, in bytes: the largest message SQS takes, 1 MiB since August 2025 (AWS, "Amazon SQS
/// message quotas").
pub const MAX_BODY_BYTES: usize = 1_048_576;

/// The longest `uuid`, in bytes: it is the sort key of a row of `failed_jobs` (Amazon DynamoDB developer guide,
/// "Service, account, and table quotas"). A message with a longer one could be neither claimed nor buried.
pub const MAX_UUID_BYTES: usize = 1024;

/// The longest name of a job or a class, in bytes: it is kept in the job's record, in rows, pointers and log lines. PHP and
/// people are far from it.
pub const MAX_NAME_BYTES: usize = 1024;

/// The longest body accepted from where it was kept, in bytes. A function holds such a body several times over.
pub const MAX_STORED_BYTES: usize = 16 * 1024 * 1024;

/// The key under which we keep what we add to a body. Laravel carries keys it does not know.
pub(crate) const OURS: &str = "hikyaku";

/// A decoded message body.
///
/// The exact text is kept, and with it the keys not named here: queue hooks (`Queue::createPayloadUsing`) may add any.
/// Where a key is repeated its last value counts, as in PHP. A whole number may also be written as a string of digits,
/// for PHP classes may hold it as one.
#[derive(Clone)]
#[non_exhaustive]
pub struct Envelope {
    text: String,
    members: Vec<Member>,
    kind: Kind,
    /// `uuid`: the job's identity, kept by `queue:retry`, at most [`MAX_UUID_BYTES`]. Absent from minimal producers; an
    /// empty one counts as absent.
    pub uuid: Option<String>,
    /// `displayName`: the job's class, or that of the listener, mailable or notification inside it.
    pub display_name: Option<String>,
    /// `job`: what Laravel would call, `Class@method`.
    pub job: String,
    /// `maxTries`. Absent: the worker's default.
    pub max_tries: Option<Tries>,
    /// `maxExceptions`: fail after this many exceptions, however many tries are left.
    pub max_exceptions: Option<u32>,
    /// `failOnTimeout`: a timeout is final. Absent before Laravel 8.43, and then false.
    pub fail_on_timeout: bool,
    /// `backoff`: seconds before the second attempt, the third, …; the last repeats. Never empty. Laravel writes
    /// `"1,5,10"`, and `""` for an empty list, which stands for no wait.
    pub backoff: Option<Vec<u32>>,
    /// `timeout`: seconds an attempt may take. Absent: the worker's default. For Laravel 0 is no limit.
    pub timeout: Option<u32>,
    /// `retryUntil`: Unix time in seconds until which to retry; replaces `max_tries`. For Laravel 0 is none.
    pub retry_until: Option<i64>,
    /// `delay`: the seconds by which dispatch delayed the job (since Laravel 12.11).
    pub delay: Option<u32>,
    /// `createdAt`: Unix time of the dispatch in seconds (since Laravel 12.11).
    pub created_at: Option<i64>,
    /// `deleteWhenMissingModels` (since Laravel 13). Absent before, where only the PHP class knows it.
    pub delete_when_missing_models: Option<bool>,
    /// `attempts`: a counter that some Lambda runtimes for PHP keep in the body. Not Laravel's own.
    pub attempts: Option<u32>,
    /// Ours, `hikyaku.generation`: how often the job was sent anew under the same uuid.
    pub generation: u32,
    /// Ours, `hikyaku.hops`: how often the message was moved to another queue.
    pub hops: u32,
    /// Ours, `hikyaku.receives`: how often the messages were received that this one goes on from.
    pub receives: u32,
}

impl Envelope {
    /// Decodes a message body.
    ///
    /// A body that only says where the real one is kept is refused with [`Unsupported::Overflow`]; see
    /// [`Pointer`](crate::overflow::Pointer).
    pub fn parse(text: &str) -> Result<Self, EnvelopeError> {
        Self::parse_within(text, MAX_BODY_BYTES)
    }

    /// Decodes a body that was kept elsewhere, for it was too long for a message.
    pub fn parse_stored(text: &str) -> Result<Self, EnvelopeError> {
        Self::parse_within(text, MAX_STORED_BYTES)
    }

    fn parse_within(text: &str, limit: usize) -> Result<Self, EnvelopeError> {
        let length = text.len();
        if length > limit {
            return Err(EnvelopeError::TooLong { length, limit });
        }
        let members = members(text)?;
        let fields = Fields::new(text, &members, "");
        let job = fields.job()?;
        short(Some(&*job), "job", MAX_NAME_BYTES)?;
        let ours = fields.object(OURS)?;
        let ours = ours.as_ref();
        let of_ours = |key| ours.map_or(Ok(None), |ours| ours.fields(OURS).count(key));
        Ok(Self {
            kind: Kind::of(&job, &fields)?,
            uuid: uuid(&fields)?,
            display_name: short(fields.text("displayName")?, "displayName", MAX_NAME_BYTES)?,
            job,
            max_tries: fields.count("maxTries")?.map(Tries::from),
            max_exceptions: fields.count("maxExceptions")?,
            fail_on_timeout: fields.boolean("failOnTimeout")?.unwrap_or(false),
            backoff: fields.backoff("backoff")?,
            timeout: fields.count("timeout")?,
            retry_until: fields.seconds("retryUntil")?.filter(|&until| until != 0),
            delay: fields.count("delay")?,
            created_at: fields.seconds("createdAt")?,
            delete_when_missing_models: fields.boolean("deleteWhenMissingModels")?,
            attempts: fields.count("attempts")?,
            generation: generation(of_ours("generation")?)?,
            hops: of_ours("hops")?.unwrap_or(0),
            receives: of_ours("receives")?.unwrap_or(0),
            text: text.to_owned(),
            members,
        })
    }

    /// The body as it was received.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The body as it was received, without copying it.
    pub fn into_text(self) -> String {
        self.text
    }

    /// How the payload is carried.
    pub fn kind(&self) -> &Kind {
        &self.kind
    }

    /// The name under which the job is registered: the class of an object job, or that of the listener, mailable,
    /// notification or broadcast event that it carries; for a string job what `job` has before its `@`. A class is the same
    /// with a leading backslash and without, as in PHP, and has none here.
    pub fn name(&self) -> &str {
        let name = match &self.kind {
            Kind::Object { command_name, .. } if unsupported::is_carrier(command_name) => {
                self.display_name.as_deref().unwrap_or(command_name)
            }
            Kind::Object { command_name, .. } => command_name,
            Kind::String { .. } => kind::split(&self.job).0,
        };
        name.strip_prefix('\\').unwrap_or(name)
    }

    /// The JSON text of a top-level value, for keys that have no field here.
    pub fn member(&self, key: &str) -> Option<&str> {
        let member = self.members.iter().rev().find(|member| member.key == key)?;
        self.text.get(member.value.clone())
    }

    /// The body with our `generation` set, to be sent again under the same uuid. All else stays to the letter.
    pub fn with_generation(&self, generation: u32) -> String {
        self.with_ours("generation", generation)
    }

    fn with_ours(&self, key: &str, value: u32) -> String {
        let ours = self.member(OURS).filter(|ours| ours.starts_with('{'));
        let ours = ours.unwrap_or("{}");
        let inner = members(ours).unwrap_or_default();
        let ours = with_member(ours, &inner, key, &value.to_string());
        with_member(&self.text, &self.members, OURS, &ours)
    }
}

/// Leaves the payload out: it may hold what must not be logged.
impl fmt::Debug for Envelope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Envelope")
            .field("uuid", &self.uuid)
            .field("name", &self.name())
            .field("generation", &self.generation)
            .finish_non_exhaustive()
    }
}

/// What `job` has before its `@`.
pub(crate) fn name_of(job: &str) -> &str {
    kind::split(job).0
}

/// The job's identity, if it has one.
fn uuid(fields: &Fields<'_>) -> Result<Option<String>, EnvelopeError> {
    let uuid = fields.text("uuid")?.filter(|uuid| !uuid.is_empty());
    short(uuid, "uuid", MAX_UUID_BYTES)
}

/// The generation of the job. A failed job is sent again in the next one, which the last of all does not have.
fn generation(stated: Option<u32>) -> Result<u32, EnvelopeError> {
    match stated {
        Some(u32::MAX) => Err(EnvelopeError::WrongType {
            key: format!("{OURS}.generation"),
            expected: "a number below 4294967295",
            found: "4294967295".to_owned(),
        }),
        stated => Ok(stated.unwrap_or(0)),
    }
}

/// A text that has to be kept beside others, if it is not too long for that.
fn short<T: AsRef<str>>(
    text: Option<T>,
    key: &str,
    most: usize,
) -> Result<Option<T>, EnvelopeError> {
    match &text {
        Some(long) if long.as_ref().len() > most => Err(EnvelopeError::WrongType {
            key: key.to_owned(),
            expected: "a string of at most 1024 bytes",
            found: format!("one of {}", long.as_ref().len()),
        }),
        _ => Ok(text),
    }
}

/// The value of `key` in a JSON object; none in anything else, and none for null.
pub(crate) fn last_member<'a>(json: &'a str, key: &str) -> Option<&'a str> {
    let members = members(json).ok()?;
    let member = members.into_iter().rev().find(|member| member.key == key)?;
    Some(part(json, &member.value)).filter(|&json| json != "null")
}

/// Whether a JSON object has this key, whatever its value.
pub(crate) fn has_member(json: &str, key: &str) -> bool {
    members(json).is_ok_and(|members| members.iter().any(|member| member.key == key))
}

/// The value of a member of `text`.
pub(crate) fn part_of<'a>(text: &'a str, member: &Member) -> &'a str {
    part(text, &member.value)
}

/// The part of `text` at `range`; ranges come from the same text.
fn part<'a>(text: &'a str, range: &Range<usize>) -> &'a str {
    text.get(range.clone()).unwrap_or_default()
}
