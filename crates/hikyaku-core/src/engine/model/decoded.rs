//! A message that is a job of ours, and one that is none.

use hikyaku_laravel::failed::{MALFORMED, malformed_payload};
use hikyaku_laravel::overflow::PointerError;
use hikyaku_laravel::{Envelope, EnvelopeError, OpenError, PayloadError};

use crate::engine::model::plan::{Plan, Unmet};
use crate::job::policy::Policy;
use crate::ports::store::StoreError;
use crate::{Delivery, FailedJob, Side, Timestamp};

/// A job that may be claimed.
pub(crate) struct Decoded {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) policy: Policy,
    pub(crate) plan: Plan,
    pub(crate) envelope: Envelope,
    /// Where it runs. None: nowhere, it is buried.
    pub(crate) side: Option<Side>,
}

/// Why a message is not run here.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("the message is not a job")]
    NotAJob(#[source] EnvelopeError),
    #[error(transparent)]
    Pointer(PointerError),
    #[error(transparent)]
    Unfetched(StoreError),
    #[error(transparent)]
    Unopened(OpenError),
    #[error(transparent)]
    Unmet(Unmet),
    #[error("no job is registered under the name `{name}`; this function knows {known}")]
    UnknownJob { name: String, known: String },
    #[error(transparent)]
    Payload(PayloadError),
    #[error("reading the payload of job `{name}` panicked")]
    Panicked { name: String },
}

impl Refusal {
    /// Whether somebody else may be able to run it.
    pub(crate) fn is_for_somebody_else(&self) -> bool {
        matches!(self, Self::UnknownJob { .. } | Self::Unmet(_))
    }
}

/// A refused message: what is known of it, and why.
#[derive(Debug)]
pub(crate) struct Refused {
    pub(crate) envelope: Option<Envelope>,
    pub(crate) why: Refusal,
    /// What the failed store had wrapped it in, if it comes from there.
    pub(crate) wrapping: Option<Wrapping>,
}

/// What the failed store wraps a body in that is no job.
#[derive(Debug)]
pub(crate) struct Wrapping {
    /// What it is listed as.
    pub(crate) id: Option<String>,
    /// The body.
    pub(crate) body: String,
}

/// The job's identity: what the producer gave it, else what the queue gave its message.
pub(crate) fn identity(envelope: &Envelope, delivery: &Delivery) -> String {
    envelope
        .uuid
        .clone()
        .unwrap_or_else(|| delivery.message_id.clone())
}

impl From<Refusal> for Refused {
    fn from(why: Refusal) -> Self {
        Self {
            envelope: None,
            why,
            wrapping: None,
        }
    }
}

impl Refused {
    /// A job that is not run here.
    pub(crate) fn job(envelope: Envelope, why: Refusal) -> Self {
        Self {
            envelope: Some(envelope),
            why,
            wrapping: None,
        }
    }

    /// Whether the message is sent on to whoever may be able to run it, if there is such a queue.
    pub(crate) fn is_for_somebody_else(&self) -> bool {
        self.why.is_for_somebody_else()
    }

    /// What the message is known by: its job's identity where there is a job, else what it was listed as, else its own.
    pub(crate) fn identity(&self, delivery: &Delivery) -> String {
        let listed = || self.wrapping.as_ref()?.id.clone();
        match &self.envelope {
            Some(envelope) => identity(envelope, delivery),
            None => listed().unwrap_or_else(|| delivery.message_id.clone()),
        }
    }

    /// Whether the message comes out of the failed store.
    pub(crate) fn sent_again(&self) -> bool {
        let generation = self.envelope.as_ref().map(|envelope| envelope.generation);
        self.wrapping.is_some() || generation.is_some_and(|generation| generation > 0)
    }

    /// The row of the failed store under this id. A body that is a job keeps its text, one generation on, so that sending it
    /// again runs it; any other body is wrapped, with its exact text in it and beside it.
    pub(crate) fn row(
        &self,
        id: &str,
        delivery: &Delivery,
        exception: String,
        now: Timestamp,
    ) -> FailedJob {
        let body = match &self.wrapping {
            Some(wrapping) => &wrapping.body,
            None => &delivery.body,
        };
        let (job, payload, body) = if let Some(envelope) = &self.envelope {
            let payload = envelope.under(id, envelope.generation + 1);
            (envelope.name(), payload, None)
        } else {
            let payload = malformed_payload(id, &exception, body);
            (MALFORMED, payload, Some(body.clone()))
        };
        FailedJob {
            body,
            ..FailedJob::of(delivery, id, job, payload, exception, now)
        }
    }
}
