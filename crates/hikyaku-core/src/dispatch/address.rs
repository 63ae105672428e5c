//! From a message to what a queue takes: everything that SQS would refuse is refused before.

use std::time::Duration;

use hikyaku_laravel::envelope::MAX_BODY_BYTES;
use hikyaku_laravel::message::{ObjectJobError, Stamp, StringJob};
use hikyaku_laravel::random_uuid;

use super::message::{Contents, whole_seconds};
use super::{DispatchError, Message};
use crate::{Outgoing, Random, Timestamp, is_fifo, is_identifier};

/// SQS holds a message back for 15 minutes at most (Amazon SQS API reference, `SendMessage`, `DelaySeconds`).
pub(super) const LONGEST_DELAY: Duration = Duration::from_secs(900);

/// Who sends a message, as far as the message shows it.
#[derive(Clone, Copy)]
pub struct Sender<'a> {
    /// When.
    pub now: Timestamp,
    /// Where uuids and the beginnings of ciphers come from.
    pub random: &'a dyn Random,
    /// How many messages in a row jobs have sent on, this one included; 0 outside of a job.
    pub hops: u32,
    /// The message group of a FIFO queue's message that states none.
    pub group: Option<&'a str>,
    /// The trace that it belongs to.
    pub trace: Option<&'a str>,
}

impl Message {
    /// What `queue` (a URL) is sent, and the uuid in it.
    pub fn outgoing(
        self,
        queue: &str,
        sender: Sender<'_>,
    ) -> Result<(Outgoing, String), DispatchError> {
        let job = self.job().to_owned();
        let seconds = self.checked_delay(&job, queue)?;
        let group = self.checked_group(&job, queue, sender.group)?;
        let uuid = match &self.uuid {
            Some(uuid) => uuid.clone(),
            None => match sender.random.secret() {
                Some(random) => random_uuid(random),
                None => return Err(DispatchError::NoRandom { job }),
            },
        };
        check_identifier(&job, "uuid", &uuid)?;
        if let Some(key) = &self.deduplication {
            check_identifier(&job, "deduplication key", key)?;
            if !is_fifo(queue) {
                let queue = queue.to_owned();
                return Err(DispatchError::DeduplicationOnStandard { job, queue });
            }
        }
        let deduplication = self.deduplication.clone();
        let body = self.body(&job, &uuid, sender)?;
        let bytes = body.len();
        if bytes > MAX_BODY_BYTES {
            return Err(DispatchError::TooLong { job, bytes });
        }
        let outgoing = Outgoing {
            queue: queue.to_owned(),
            body,
            delay: Duration::from_secs(seconds.into()),
            group,
            deduplication: deduplication.unwrap_or_else(|| uuid.clone()),
            trace: sender.trace.map(str::to_owned),
        };
        Ok((outgoing, uuid))
    }

    fn checked_delay(&self, job: &str, queue: &str) -> Result<u32, DispatchError> {
        let (job, seconds) = (job.to_owned(), whole_seconds(self.delay));
        if self.delay > LONGEST_DELAY {
            return Err(DispatchError::DelayTooLong { job, seconds });
        }
        if seconds > 0 && is_fifo(queue) {
            let queue = queue.to_owned();
            return Err(DispatchError::DelayOnFifo { job, queue });
        }
        Ok(seconds)
    }

    fn checked_group(
        &self,
        job: &str,
        queue: &str,
        inherited: Option<&str>,
    ) -> Result<Option<String>, DispatchError> {
        if let Some(group) = &self.group {
            check_identifier(job, "message group", group)?;
            return Ok(Some(group.clone()));
        }
        if !is_fifo(queue) {
            return Ok(None);
        }
        let by_default = match self.contents {
            Contents::String { .. } => queue.rsplit('/').next(),
            Contents::Object(_) => None,
        };
        match inherited.or(by_default) {
            Some(group) => Ok(Some(group.to_owned())),
            None => Err(DispatchError::NoGroup {
                job: job.to_owned(),
                queue: queue.to_owned(),
            }),
        }
    }

    fn body(self, job: &str, uuid: &str, sender: Sender<'_>) -> Result<String, DispatchError> {
        let created_at = i64::try_from(sender.now.as_secs()).unwrap_or(i64::MAX);
        match self.contents {
            Contents::String { job: name, data } => {
                let message = StringJob::new(&name)
                    .with_uuid(uuid.to_owned())
                    .with_options(self.options)
                    .with_created_at(created_at)
                    .with_hops(sender.hops);
                let written = data.and_then(|data| message.body(&data));
                written.map_err(|source| DispatchError::Payload {
                    job: job.to_owned(),
                    source,
                })
            }
            Contents::Object(object) => {
                let stamp = Stamp {
                    uuid,
                    created_at,
                    hops: sender.hops,
                    random: sender.random.secret(),
                };
                let written = object.body(&self.options, &stamp);
                written.map_err(|source: ObjectJobError| DispatchError::Object {
                    job: job.to_owned(),
                    source,
                })
            }
        }
    }
}

fn check_identifier(job: &str, what: &'static str, text: &str) -> Result<(), DispatchError> {
    if is_identifier(text) {
        return Ok(());
    }
    let job = job.to_owned();
    Err(DispatchError::Identifier { job, what })
}
