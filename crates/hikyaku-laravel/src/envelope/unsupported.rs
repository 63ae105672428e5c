//! What nobody but PHP can do: refused by name, never run by halves.

use super::Envelope;
use crate::chain::ChainError;
use crate::php::ReadError;

/// A job asks for something that cannot be done outside PHP, or not with what was given.
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
    /// The object has written itself, in a text of its own (`C:`; PHP's interface `Serializable` without `__serialize()`).
    #[error(
        "job `{job}` writes itself (its class implements Serializable), in a text that only php can read: give the class \
         `__serialize()` and `__unserialize()` instead, or leave it to php"
    )]
    Serializable {
        /// The job's name.
        job: String,
    },
    /// The job is a PHP closure.
    #[error("job `{job}` is a php closure, which only php can run")]
    Closure {
        /// The closure's display name.
        job: String,
    },
    /// The job that follows this one cannot be made ready.
    #[error("job `{job}` is part of a chain that cannot be continued")]
    Chain {
        /// The job's name.
        job: String,
        /// Why not.
        #[source]
        source: ChainError,
    },
    /// The message has a middleware (`->through()`) that is PHP code.
    #[error("job `{job}` has the middleware `{class}`, which only php can run")]
    Middleware {
        /// The job's name.
        job: String,
        /// The middleware's class.
        class: String,
    },
    /// The body is elsewhere, for it is too long for SQS (Laravel 13.9, `sqs.overflow`).
    #[error(
        "the message body is kept elsewhere (`@pointer`: `{pointer}`) and was not fetched from there"
    )]
    Overflow {
        /// The key under which it is kept.
        pointer: String,
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

/// A closure as a job.
const CLOSURE: &str = "Illuminate\\Queue\\CallQueuedClosure";

/// Laravel's own jobs that carry something else to run, which is what their display name says.
const CARRIERS: [&str; 4] = [
    "Illuminate\\Events\\CallQueuedListener",
    "Illuminate\\Mail\\SendQueuedMailable",
    "Illuminate\\Notifications\\SendQueuedNotifications",
    "Illuminate\\Broadcasting\\BroadcastEvent",
];

/// Whether a class carries something else to run.
pub(super) fn is_carrier(class: &str) -> bool {
    CARRIERS.contains(&class)
}

impl Envelope {
    /// Refuses what is PHP code as a whole.
    pub(crate) fn refuse_closure(&self, class: &str) -> Result<(), Unsupported> {
        if class == CLOSURE {
            let job = self.display_name.as_deref().unwrap_or(class).to_owned();
            return Err(Unsupported::Closure { job });
        }
        Ok(())
    }
}
