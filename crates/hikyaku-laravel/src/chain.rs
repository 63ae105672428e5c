//! The next job of a chain: its object with the rest of the chain in it, and the message that carries it.
//!
//! Source: `Illuminate\Bus\Queueable::dispatchNextJobInChain`, Laravel 8 to 13. A chain travels inside its first job, as a
//! list of serialized objects; each job hands the rest on.

use std::time::Duration;

use crate::cache::Era;
use crate::encrypter::{EncryptError, Encrypter};
use crate::envelope::{Envelope, Kind, OBJECT_JOB, last_member, members, part_of, with_member};
use crate::message::{BatchId, ObjectBody, ObjectData, Options, Ours};
use crate::php::{self, BuildError, Document, Limits, ReadError, Value, View, WriteError};

/// SQS holds a message back for 15 minutes at most (Amazon SQS developer guide, "delay queues").
const LONGEST_DELAY: u64 = 900;

/// What a job's class says that its object does not show, for classes that run in PHP: since Laravel 9.4 a property
/// that has its default value is left out of the object.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LinkOptions {
    /// `$tries`.
    pub tries: Option<u32>,
    /// `$maxExceptions`.
    pub max_exceptions: Option<u32>,
    /// `$backoff`, in seconds.
    pub backoff: Option<Vec<u32>>,
    /// `$timeout`, in seconds.
    pub timeout: Option<u32>,
    /// `$failOnTimeout`.
    pub fail_on_timeout: Option<bool>,
    /// Whether the class is `ShouldBeEncrypted`.
    pub encrypted: bool,
}

/// The next job of a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Its class.
    pub class: String,
    /// How many more follow it.
    pub remaining: usize,
    /// The connection it is dispatched to: its own, else the chain's.
    pub connection: Option<String>,
    /// The queue it is dispatched to: its own, else the chain's.
    pub queue: Option<String>,
    /// Its message group (since Laravel 12.27).
    pub group: Option<String>,
    /// How many seconds it is held back.
    pub delay: u64,
    batch: Option<String>,
    options: LinkOptions,
    command: String,
}

/// Why the next job of a chain cannot be read or written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ChainError {
    /// It is not a serialized object.
    #[error("the next job of the chain is not a serialized object")]
    NotAnObject,
    /// It cannot be read.
    #[error("the next job of the chain cannot be read")]
    Unreadable(#[from] ReadError),
    /// Its class serializes itself in a way that nobody else can write.
    #[error("the next job of the chain cannot be written again")]
    Unwritable(#[from] WriteError),
    /// It cannot take the rest of the chain.
    #[error("the next job of the chain cannot take the rest of it")]
    Unchangeable(#[from] BuildError),
    /// It has bytes that no message can carry in the clear.
    #[error("the next job of the chain has bytes that are not utf-8")]
    NotText,
    /// It is delayed until a point in time, which is not supported in a chain.
    #[error("the next job of the chain is delayed by something else than seconds")]
    Delay,
    /// It is delayed for longer than SQS can hold a message back.
    #[error(
        "the next job of the chain is delayed by {seconds} s, and SQS delays a message by {LONGEST_DELAY} s at most"
    )]
    DelayTooLong {
        /// Seconds.
        seconds: u64,
    },
}

/// A message for the next job of a chain cannot be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LinkError {
    /// It has to be encrypted, and there is no key.
    #[error(
        "the next job of the chain is to be encrypted, and there is no key: set HIKYAKU_APP_KEY"
    )]
    NoKey,
    /// It has to be encrypted, and the system has no secure random bytes.
    #[error("the next job of the chain is to be encrypted, and the system has no random bytes")]
    NoRandom,
    /// It cannot be encrypted.
    #[error("encrypting the next job of the chain")]
    Encrypt(#[from] EncryptError),
    /// It cannot be written as JSON.
    #[error("writing the message of the next job of the chain")]
    Json(#[from] serde_json::Error),
}

/// What the message of a link is made of beside the link itself.
#[derive(Debug)]
pub struct LinkMessage<'a> {
    /// The message of the job before it.
    pub previous: &'a Envelope,
    /// Its identity.
    pub uuid: &'a str,
    /// Unix time in seconds.
    pub created_at: i64,
    /// What its class says.
    pub options: Option<&'a LinkOptions>,
    /// What it is encrypted with, if it is to be.
    pub encrypter: Option<&'a Encrypter>,
    /// Bytes of the system's secure generator, used once.
    pub random: Option<[u8; 16]>,
}

impl Link {
    /// The job that follows `command`, if one does.
    pub(crate) fn after(command: Value<'_>) -> Result<Option<Self>, ChainError> {
        let Some(chained) = command
            .get("chained")
            .filter(|chained| chained.entries().len() > 0)
        else {
            return Ok(None);
        };
        let mut links = chained.entries().map(|(_, link)| link);
        let first = links.next().and_then(Value::as_bytes);
        let first = first.ok_or(ChainError::NotAnObject)?;
        let mut next = php::parse(first, &Limits::default())?;
        let class = next.root().class_name().map(str::to_owned);
        let class = class
            .filter(|_| matches!(next.root().view(), View::Object { .. }))
            .ok_or(ChainError::NotAnObject)?;
        let rest: Vec<Document<'_>> = links.map(Document::from).collect();
        let remaining = rest.len();
        let mut root = next.root_mut();
        root.set("chained", Document::list(rest))?;
        for (own, chains) in [("connection", "chainConnection"), ("queue", "chainQueue")] {
            let default = command.get(chains).filter(|value| is_filled(*value));
            if let Some(default) = default
                && !root.value().get(own).is_some_and(is_filled)
            {
                root.set(own, default)?;
            }
        }
        for inherited in ["chainConnection", "chainQueue", "chainCatchCallbacks"] {
            if let Some(value) = command.get(inherited) {
                root.set(inherited, value)?;
            }
        }
        let root = next.root();
        let text = |name| filled_text(root.get(name));
        let delay = delay(root.get("delay"))?;
        let written = String::from_utf8(php::write(root)?);
        Ok(Some(Self {
            class,
            remaining,
            connection: text("connection"),
            queue: text("queue"),
            group: text("messageGroup"),
            delay,
            batch: text("batchId"),
            options: LinkOptions::visible(root),
            command: written.map_err(|_| ChainError::NotText)?,
        }))
    }

    /// How long the queue holds the message back.
    pub fn hold(&self) -> Duration {
        Duration::from_secs(self.delay)
    }

    /// The message body, with the keys of Laravel's own and those that were added to the message before it.
    ///
    /// The command is encrypted if its class is known to be, or if that of the job before it was: then the chain has
    /// never been seen in the clear.
    pub fn body(&self, message: &LinkMessage<'_>) -> Result<String, LinkError> {
        let hidden = is_encrypted(message.previous)
            || message.options.is_some_and(|options| options.encrypted);
        let command = match (hidden, message.encrypter) {
            (false, _) => self.command.clone(),
            (true, Some(encrypter)) => {
                let random = message.random.ok_or(LinkError::NoRandom)?;
                encrypter.encrypt_command(self.command.as_bytes(), random)?
            }
            (true, None) => return Err(LinkError::NoKey),
        };
        let options = self.options.over(message.options).stated();
        // The keys say which Laravel sends, and so which names its locks have.
        let era = Era::of(message.previous);
        let body = ObjectBody {
            uuid: message.uuid,
            display_name: &self.class,
            job: OBJECT_JOB,
            wishes: (&options).into(),
            retry_until: None,
            delete_when_missing_models: None,
            data: ObjectData {
                command_name: &self.class,
                command: &command,
                batch_id: if era >= Era::Since12_51 {
                    BatchId::Said(self.batch.as_deref())
                } else {
                    BatchId::Unsaid
                },
            },
            created_at: (era >= Era::Since12_11).then_some(message.created_at),
            hikyaku: Ours::after(message.previous.hops + 1),
        };
        let mut body = serde_json::to_string(&body)?;
        for (key, json) in inherited(message.previous) {
            let so_far = members(&body).unwrap_or_default();
            body = with_member(&body, &so_far, &key, &json);
        }
        Ok(body)
    }
}

/// The keys that each message has for itself. All others are an application's own (`Queue::createPayloadUsing`, the
/// log context), and are the same for all that one job sends.
const OF_ONE_MESSAGE: [&str; 18] = [
    "uuid",
    "id",
    "displayName",
    "job",
    "maxTries",
    "maxExceptions",
    "failOnTimeout",
    "backoff",
    "timeout",
    "timeoutAt",
    "retryUntil",
    "deleteWhenMissingModels",
    "data",
    "createdAt",
    "delay",
    "attempts",
    "tags",
    "hikyaku",
];

const CONTEXT: &str = "illuminate:log:context";

/// The members of the message before that the next one has too.
fn inherited(previous: &Envelope) -> Vec<(String, String)> {
    let text = previous.text();
    let members = members(text).unwrap_or_default();
    let own = members
        .iter()
        .filter(|member| !OF_ONE_MESSAGE.contains(&member.key.as_str()));
    own.map(|member| {
        let json = part_of(text, member);
        let json = if member.key == CONTEXT {
            without_unique_lock(json)
        } else {
            json.to_owned()
        };
        (member.key.clone(), json)
    })
    .collect()
}

/// The log context without the lock of a unique job, which is that job's alone.
fn without_unique_lock(context: &str) -> String {
    let Some(hidden) = last_member(context, "hidden") else {
        return context.to_owned();
    };
    let kept: Vec<String> = members(hidden)
        .unwrap_or_default()
        .iter()
        .filter(|member| !member.key.starts_with("laravel_unique_job_"))
        .map(|member| {
            let key = serde_json::Value::from(member.key.as_str());
            format!("{key}:{}", part_of(hidden, member))
        })
        .collect();
    // PHP writes an empty array as a list.
    let hidden = if kept.is_empty() {
        "[]".to_owned()
    } else {
        format!("{{{}}}", kept.join(","))
    };
    with_member(
        context,
        &members(context).unwrap_or_default(),
        "hidden",
        &hidden,
    )
}

fn is_encrypted(envelope: &Envelope) -> bool {
    match envelope.kind() {
        Kind::Object { command, .. } => command.is_encrypted(),
        Kind::String { .. } => false,
    }
}

impl LinkOptions {
    /// What an object shows of its own options.
    fn visible(object: Value<'_>) -> Self {
        let count = |name| match object.get(name).map(Value::view) {
            Some(View::Int(count)) => u32::try_from(count).ok(),
            _ => None,
        };
        Self {
            tries: count("tries"),
            max_exceptions: count("maxExceptions"),
            backoff: object.get("backoff").and_then(seconds),
            timeout: count("timeout"),
            fail_on_timeout: match object.get("failOnTimeout").map(Value::view) {
                Some(View::Bool(fail)) => Some(fail),
                _ => None,
            },
            encrypted: false,
        }
    }

    /// These options, and those of the class where there are none.
    fn over(&self, class: Option<&Self>) -> Self {
        let class = class.cloned().unwrap_or_default();
        Self {
            tries: self.tries.or(class.tries),
            max_exceptions: self.max_exceptions.or(class.max_exceptions),
            backoff: self.backoff.clone().or(class.backoff),
            timeout: self.timeout.or(class.timeout),
            fail_on_timeout: self.fail_on_timeout.or(class.fail_on_timeout),
            encrypted: class.encrypted,
        }
    }

    /// What of them a message states.
    fn stated(self) -> Options {
        Options {
            tries: self.tries,
            max_exceptions: self.max_exceptions,
            fail_on_timeout: self.fail_on_timeout.unwrap_or(false),
            backoff: self.backoff,
            timeout: self.timeout,
            retry_until: None,
        }
    }
}

fn seconds(value: Value<'_>) -> Option<Vec<u32>> {
    match value.view() {
        View::Int(wait) => Some(vec![u32::try_from(wait).ok()?]),
        View::Array => value
            .entries()
            .map(|(_, wait)| match wait.view() {
                View::Int(wait) => u32::try_from(wait).ok(),
                _ => None,
            })
            .collect(),
        _ => None,
    }
}

fn delay(value: Option<Value<'_>>) -> Result<u64, ChainError> {
    match value.map(Value::view) {
        None | Some(View::Null) => Ok(0),
        Some(View::Int(seconds)) => match u64::try_from(seconds).unwrap_or(0) {
            seconds if seconds <= LONGEST_DELAY => Ok(seconds),
            seconds => Err(ChainError::DelayTooLong { seconds }),
        },
        Some(_) => Err(ChainError::Delay),
    }
}

fn is_filled(value: Value<'_>) -> bool {
    !value.is_null() && value.as_bytes() != Some(b"")
}

fn filled_text(value: Option<Value<'_>>) -> Option<String> {
    let text = value?.as_str()?;
    Some(text.to_owned()).filter(|text| !text.is_empty())
}
