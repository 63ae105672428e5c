//! The two ways a payload travels: a serialized PHP object, or plain JSON.

use std::fmt;

use serde_json::value::RawValue;

use super::command::Command;
use super::error::EnvelopeError;
use super::fields::Fields;
use super::{MAX_NAME_BYTES, short};

/// `job` of every job that Laravel serialized as an object.
pub(crate) const OBJECT_JOB: &str = "Illuminate\\Queue\\CallQueuedHandler@call";

/// The method Laravel calls when `job` names none.
const DEFAULT_METHOD: &str = "fire";

/// How the payload of a job is carried.
#[derive(Clone)]
#[non_exhaustive]
pub enum Kind {
    /// A PHP object that Laravel serialized.
    Object {
        /// `data.commandName`: the object's class.
        command_name: String,
        /// `data.command`: the object.
        command: Command,
        /// `data.batchId` (since Laravel 12.51): the batch the job belongs to.
        batch_id: Option<String>,
    },
    /// A name and JSON, from Laravel's string jobs or from any other producer.
    String {
        /// What `job` has after its `@`; `fire` when it has none.
        method: String,
        /// `data` to the letter; null when there is none.
        data: Box<RawValue>,
    },
}

impl Kind {
    pub(super) fn of(job: &str, fields: &Fields<'_>) -> Result<Self, EnvelopeError> {
        if job != OBJECT_JOB {
            let method = split(job).1.to_owned();
            let data = fields.raw("data")?;
            return Ok(Self::String { method, data });
        }
        let data = fields.object("data")?;
        let data = data.ok_or(EnvelopeError::Missing { key: "data" })?;
        let data = data.fields("data");
        let command = data.text("command")?.ok_or(EnvelopeError::Missing {
            key: "data.command",
        })?;
        let command = Command::new(command);
        let command_name = match data.text("commandName")?.filter(|name| !name.is_empty()) {
            Some(name) => name,
            None => command.class()?,
        };
        short(Some(&*command_name), "data.commandName", MAX_NAME_BYTES)?;
        Ok(Self::Object {
            command_name,
            command,
            batch_id: data.text("batchId")?.filter(|id| !id.is_empty()),
        })
    }
}

/// Leaves the payload out: it may hold what must not be logged.
impl fmt::Debug for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Object { command_name, .. } => f
                .debug_struct("Object")
                .field("command_name", command_name)
                .finish_non_exhaustive(),
            Self::String { method, .. } => f
                .debug_struct("String")
                .field("method", method)
                .finish_non_exhaustive(),
        }
    }
}

/// Name and method, as `Illuminate\Queue\Jobs\JobName::parse` splits them.
pub(super) fn split(job: &str) -> (&str, &str) {
    match job.split_once('@') {
        Some((name, method)) if !method.is_empty() => (name, method),
        Some((name, _)) => (name, DEFAULT_METHOD),
        None => (job, DEFAULT_METHOD),
    }
}
