//! Decode: from a body to a job that is ready to run.

use std::panic::{AssertUnwindSafe, catch_unwind};

use hikyaku_laravel::{Envelope, EnvelopeError, PayloadError, Unsupported};

use crate::policy::Policy;
use crate::registry::{Prepared, Registry};
use crate::{Delivery, FailedJob, Timestamp};

/// A job that may be claimed.
pub(crate) struct Decoded {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) policy: Policy,
    pub(crate) envelope: Envelope,
}

/// Why a message is buried without being claimed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("the message is not a job")]
    NotAJob(#[source] EnvelopeError),
    #[error(transparent)]
    Unsupported(Unsupported),
    #[error("no job is registered under the name `{name}`; this function knows {known}")]
    UnknownJob { name: String, known: String },
    #[error(transparent)]
    Payload(PayloadError),
    #[error("reading the payload of job `{name}` panicked")]
    Panicked { name: String },
}

/// A refused message: what is known of it, and why.
pub(crate) struct Refused {
    pub(crate) envelope: Option<Envelope>,
    pub(crate) why: Refusal,
}

/// Reads the body, finds the job type, and turns the payload into the job.
pub(crate) fn decode<S: Send + Sync + 'static>(
    registry: &Registry<S>,
    delivery: &Delivery,
) -> Result<(Decoded, Prepared<S>), Box<Refused>> {
    let envelope = Envelope::parse(&delivery.body).map_err(|error| {
        Box::new(Refused {
            envelope: None,
            why: Refusal::NotAJob(error),
        })
    })?;
    match prepare(registry, &envelope) {
        Ok((name, policy, prepared)) => {
            let id = identity(&envelope, delivery);
            Ok((
                Decoded {
                    id,
                    name,
                    policy,
                    envelope,
                },
                prepared,
            ))
        }
        Err(why) => Err(Box::new(Refused {
            envelope: Some(envelope),
            why,
        })),
    }
}

fn prepare<S: Send + Sync + 'static>(
    registry: &Registry<S>,
    envelope: &Envelope,
) -> Result<(String, Policy, Prepared<S>), Refusal> {
    // What the message asks for matters more to its reader than that nobody is registered for it.
    envelope.supported().map_err(Refusal::Unsupported)?;
    let name = envelope.name().to_owned();
    let Some(registered) = registry.find(&name) else {
        let known = known(registry);
        return Err(Refusal::UnknownJob { name, known });
    };
    let policy = Policy::of(envelope, &registered.description);
    // A `Deserialize` written by hand may panic; that must not take the batch down.
    match catch_unwind(AssertUnwindSafe(|| (registered.prepare)(envelope))) {
        Ok(Ok(prepared)) => Ok((name, policy, prepared)),
        Ok(Err(error)) => Err(Refusal::Payload(error)),
        Err(_) => Err(Refusal::Panicked { name }),
    }
}

/// The job's identity: what the producer gave it, else what the queue gave its message.
fn identity(envelope: &Envelope, delivery: &Delivery) -> String {
    envelope
        .uuid
        .clone()
        .unwrap_or_else(|| delivery.message_id.clone())
}

fn known<S: Send + Sync + 'static>(registry: &Registry<S>) -> String {
    let names: Vec<_> = registry
        .descriptions()
        .map(|job| format!("`{}`", job.name))
        .collect();
    if names.is_empty() {
        "none".to_owned()
    } else {
        names.join(", ")
    }
}

/// The job under which a body that is not one is listed in the failed store.
const MALFORMED: &str = "hikyaku.malformed";

impl Refused {
    /// What the message is known by: its job's identity where there is a job, else its own.
    pub(crate) fn identity(&self, delivery: &Delivery) -> String {
        match &self.envelope {
            Some(envelope) => identity(envelope, delivery),
            None => delivery.message_id.clone(),
        }
    }

    /// Whether the message comes out of the failed store.
    pub(crate) fn sent_again(&self) -> bool {
        self.envelope
            .as_ref()
            .is_some_and(|envelope| envelope.generation > 0 || envelope.name() == MALFORMED)
    }

    /// The row of the failed store. A body that is a job keeps its text, one generation on, so that sending it again
    /// runs it; any other body is wrapped, with its exact text beside it.
    pub(crate) fn row(&self, delivery: &Delivery, exception: String, now: Timestamp) -> FailedJob {
        let (payload, body) = match &self.envelope {
            Some(envelope) => (envelope.with_generation(envelope.generation + 1), None),
            None => (
                hikyaku_laravel::failed::malformed_payload(&delivery.message_id, &exception),
                Some(delivery.body.clone()),
            ),
        };
        FailedJob {
            id: self.identity(delivery),
            queue: delivery.queue.clone(),
            payload,
            body,
            exception,
            failed_at: now,
        }
    }
}
