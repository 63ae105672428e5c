//! What a job under test has dispatched.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use hikyaku_laravel::Envelope;
use serde::de::DeserializeOwned;

use crate::{BoxFuture, Outgoing, Queue, QueueError, Receipt};

/// A job that the job under test dispatched.
#[derive(Debug, Clone)]
pub struct Dispatched {
    /// What it is registered under: `J::NAME`, or a PHP class.
    pub name: String,
    /// Its identity, which follows from the dispatching job's and the name that it was given.
    pub uuid: String,
    /// The URL of its queue.
    pub queue: String,
    /// How long it is held back.
    pub delay: Duration,
    /// Its message group, if it has one.
    pub group: Option<String>,
    /// Its message, decoded.
    pub envelope: Envelope,
}

impl Dispatched {
    /// The job itself, if its payload can be read as one.
    pub fn payload<T: DeserializeOwned>(&self) -> Option<T> {
        self.envelope.contents().ok()?.payload().ok()
    }

    fn of(message: Outgoing) -> Option<Self> {
        let envelope = Envelope::parse(&message.body).ok()?;
        Some(Self {
            name: envelope.name().to_owned(),
            uuid: envelope.uuid.clone().unwrap_or_default(),
            queue: message.queue,
            delay: message.delay,
            group: message.group,
            envelope,
        })
    }
}

/// A queue that keeps what it is sent.
#[derive(Debug, Default)]
pub(super) struct Outbox(Mutex<Vec<Outgoing>>);

impl Outbox {
    pub(super) fn dispatched(&self) -> Vec<Dispatched> {
        let sent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sent.iter().cloned().filter_map(Dispatched::of).collect()
    }
}

impl Queue for Outbox {
    fn change_visibility<'a>(
        &'a self,
        _: &'a Receipt,
        _: Duration,
    ) -> BoxFuture<'a, Result<(), QueueError>> {
        Box::pin(async { Ok(()) })
    }

    fn change_visibility_batch<'a>(
        &'a self,
        _: &'a [Receipt],
        _: Duration,
    ) -> BoxFuture<'a, Result<(), QueueError>> {
        Box::pin(async { Ok(()) })
    }

    fn send<'a>(&'a self, message: &'a Outgoing) -> BoxFuture<'a, Result<(), QueueError>> {
        Box::pin(async move {
            let mut sent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            sent.push(message.clone());
            Ok(())
        })
    }
}
