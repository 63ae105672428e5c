//! What Laravel sends and we do not run yet: refused by name, never run by halves.

use super::contents::Contents;
use super::members::members;
use super::{Envelope, Kind, part};
use crate::php::{ReadError, Value};

/// A job uses something of Laravel that is not supported yet.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unsupported {
    /// The command is encrypted and was not opened.
    #[error(
        "job `{job}` is encrypted (ShouldBeEncrypted) and there is no key to open it: set HIKYAKU_APP_KEY to the \
         application's APP_KEY"
    )]
    Encrypted {
        /// The job's name.
        job: String,
    },
    /// The job is a PHP closure.
    #[error("job `{job}` is a php closure, which only php can run")]
    Closure {
        /// The closure's display name.
        job: String,
    },
    /// Other jobs are to follow this one.
    #[error(
        "job `{job}` is part of a chain with {following} more to follow; chains are not supported yet"
    )]
    Chain {
        /// The job's name.
        job: String,
        /// How many jobs are still to follow.
        following: usize,
    },
    /// The job's chain has PHP callbacks for its failure.
    #[error(
        "job `{job}` is part of a chain with php callbacks (catch), which are not supported yet"
    )]
    ChainCallbacks {
        /// The job's name.
        job: String,
    },
    /// The job belongs to a batch.
    #[error("job `{job}` belongs to batch `{batch_id}`; batches are not supported yet")]
    Batch {
        /// The job's name.
        job: String,
        /// The batch's id.
        batch_id: String,
    },
    /// The body is elsewhere, for it is too long for SQS (Laravel 13.9, `sqs.overflow`).
    #[error(
        "the message body is kept elsewhere (`@pointer`: `{pointer}`) and was not fetched from there"
    )]
    Overflow {
        /// The key under which it is kept.
        pointer: String,
    },
    /// The job runs a queued event listener.
    #[error("`{job}` is a queued event listener (CallQueuedListener), which is not supported yet")]
    Listener {
        /// The listener's display name.
        job: String,
    },
    /// The job sends a mailable.
    #[error("`{job}` is a queued mailable (SendQueuedMailable), which is not supported yet")]
    Mailable {
        /// The mailable's display name.
        job: String,
    },
    /// The job sends a notification.
    #[error(
        "`{job}` is a queued notification (SendQueuedNotifications), which is not supported yet"
    )]
    Notification {
        /// The notification's display name.
        job: String,
    },
    /// The job broadcasts an event.
    #[error("`{job}` is a broadcast event (BroadcastEvent), which is not supported yet")]
    Broadcast {
        /// The event's display name.
        job: String,
    },
    /// The job holds a lock that its worker must release.
    #[error(
        "job `{job}` is unique (ShouldBeUnique) and its lock would never be released; unique jobs are not supported yet"
    )]
    UniqueLock {
        /// The job's name.
        job: String,
    },
    /// The job may not run beside another of its kind.
    #[error("job `{job}` has the middleware WithoutOverlapping, which is not supported yet")]
    WithoutOverlapping {
        /// The job's name.
        job: String,
    },
    /// Only the last of several dispatches is to run.
    #[error("job `{job}` is debounced (DebounceFor), which is not supported yet")]
    Debounced {
        /// The job's name.
        job: String,
    },
    /// The command cannot be read, so that nobody knows what it asks for.
    #[error("the serialized object of job `{job}` cannot be read")]
    Unreadable {
        /// The job's name.
        job: String,
        /// What is wrong, and where.
        #[source]
        source: ReadError,
    },
}

impl Envelope {
    /// Refuses a job that asks for what is not supported yet, as [`Contents::supported`] does.
    pub fn supported(&self) -> Result<(), Unsupported> {
        self.supported_outside()?;
        self.contents()?.supported()
    }

    /// What can be told without the contents.
    fn supported_outside(&self) -> Result<(), Unsupported> {
        let job = || self.name().to_owned();
        if self.has_unique_lock() {
            return Err(Unsupported::UniqueLock { job: job() });
        }
        let Kind::Object { batch_id, .. } = self.kind() else {
            return Ok(());
        };
        self.supported_class(self.name())?;
        match batch_id.clone() {
            None => Ok(()),
            Some(batch_id) => Err(Unsupported::Batch {
                job: job(),
                batch_id,
            }),
        }
    }

    /// Laravel's own classes that carry something else to run.
    fn supported_class(&self, class: &str) -> Result<(), Unsupported> {
        let job = self.display_name.as_deref().unwrap_or(class).to_owned();
        Err(match class {
            "Illuminate\\Queue\\CallQueuedClosure" => Unsupported::Closure { job },
            "Illuminate\\Events\\CallQueuedListener" => Unsupported::Listener { job },
            "Illuminate\\Mail\\SendQueuedMailable" => Unsupported::Mailable { job },
            "Illuminate\\Notifications\\SendQueuedNotifications" => {
                Unsupported::Notification { job }
            }
            "Illuminate\\Broadcasting\\BroadcastEvent" => Unsupported::Broadcast { job },
            _ => return Ok(()),
        })
    }

    /// Laravel 11.39 and later send the lock's key along (`Illuminate\Bus\UniqueLock`, in the hidden log context).
    fn has_unique_lock(&self) -> bool {
        let context = self.member("illuminate:log:context").unwrap_or_default();
        let hidden = last(context, "hidden").unwrap_or_default();
        last(hidden, "laravel_unique_job_key").is_some_and(|key| key != "null")
    }
}

impl Contents<'_> {
    /// Refuses a job that asks for what is not supported yet. To be asked before the job is run.
    pub fn supported(&self) -> Result<(), Unsupported> {
        self.envelope.supported_outside()?;
        let Some(object) = self.object() else {
            return Ok(());
        };
        let class = object.class_name().unwrap_or_default();
        self.envelope.supported_class(class)?;
        self.supported_properties(object)
    }

    fn supported_properties(&self, root: Value<'_>) -> Result<(), Unsupported> {
        let job = self.envelope.name().to_owned();
        let properties = root.properties();
        let property = |name| {
            let mut properties = properties.iter();
            properties.find_map(|property| property.name.is(name).then_some(property.value))
        };
        let entries = |name| property(name).map_or(0, |value| value.entries().len());
        let is_filled = |name| property(name).is_some_and(is_filled);
        let following = entries("chained");
        Err(
            if let Some(batch_id) = property("batchId").filter(|id| !id.is_null()) {
                let batch_id = batch_id.as_str().unwrap_or_default().to_owned();
                Unsupported::Batch { job, batch_id }
            } else if following > 0 {
                Unsupported::Chain { job, following }
            } else if entries("chainCatchCallbacks") > 0 {
                Unsupported::ChainCallbacks { job }
            } else if property("middleware").is_some_and(without_overlapping) {
                Unsupported::WithoutOverlapping { job }
            } else if is_filled("uniqueLockOwner") {
                Unsupported::UniqueLock { job }
            } else if is_filled("debounceOwner") {
                Unsupported::Debounced { job }
            } else {
                return Ok(());
            },
        )
    }
}

/// The value of `key` in a JSON object; none in anything else.
fn last<'a>(json: &'a str, key: &str) -> Option<&'a str> {
    let members = members(json).ok()?;
    let member = members.into_iter().rev().find(|member| member.key == key)?;
    Some(part(json, &member.value))
}

fn is_filled(value: Value<'_>) -> bool {
    !value.is_null() && value.as_bytes() != Some(b"")
}

fn without_overlapping(middleware: Value<'_>) -> bool {
    let class = "Illuminate\\Queue\\Middleware\\WithoutOverlapping";
    middleware
        .entries()
        .any(|(_, one)| one.class_name() == Some(class))
}
