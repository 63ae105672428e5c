//! Resolve: from a delivery to its envelope, wherever the body is, and opened if it is encrypted.

use std::time::Duration;

use hikyaku_laravel::Envelope;
use hikyaku_laravel::failed::wrapped_body;
use hikyaku_laravel::overflow::Pointer;

use crate::Delivery;
use crate::engine::engine::Engine;
use crate::engine::model::decoded::{Refusal, Refused, Wrapping};
use crate::ports::store::StoreError;

/// Why there is no envelope.
pub(crate) enum Unread {
    /// There never will be one.
    Refused(Box<Refused>),
    /// Where the body is does not answer.
    Later(StoreError),
}

impl From<Refusal> for Unread {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(Box::new(refusal.into()))
    }
}

/// A body that is kept elsewhere is looked for this long. After that the message is better off in its queue.
const PATIENCE: Duration = Duration::from_secs(10);

/// A pointer may lead to a pointer: `queue:retry` sends ours through Laravel's overflow when that is set to `always`.
const MOST_POINTERS: u32 = 3;

impl Engine<'_> {
    /// The envelope of a delivery.
    pub(crate) async fn resolve(&self, delivery: &Delivery) -> Result<Envelope, Unread> {
        let envelope = self.follow_pointers(&delivery.body).await?;
        let mut envelope = match wrapped_body(&envelope) {
            Some(body) => self.unwrap(&envelope, &body).await?,
            None => envelope,
        };
        let encrypter = self.ports.laravel.encrypter.as_deref();
        match envelope.open(encrypter) {
            Ok(()) => Ok(envelope),
            Err(error) => Err(Unread::Refused(Box::new(Refused {
                envelope: Some(envelope),
                why: Refusal::Unopened(error),
                wrapping: None,
            }))),
        }
    }

    /// What was no job went to the failed store in a wrapping, and comes back in it. It may be a job now: what it points
    /// to is there again, or this version reads more.
    async fn unwrap(&self, wrapping: &Envelope, body: &str) -> Result<Envelope, Unread> {
        let unwrapped = self.follow_pointers(body).await;
        let mut envelope = unwrapped.map_err(|unread| match unread {
            Unread::Refused(refused) => Unread::Refused(Box::new(Refused {
                wrapping: Some(Wrapping {
                    id: wrapping.uuid.clone(),
                    body: body.to_owned(),
                }),
                ..*refused
            })),
            later @ Unread::Later(_) => later,
        })?;
        if envelope.uuid.is_none() {
            envelope.uuid.clone_from(&wrapping.uuid);
        }
        Ok(envelope)
    }

    async fn follow_pointers(&self, body: &str) -> Result<Envelope, Unread> {
        let Some(mut pointer) = Pointer::parse(body).map_err(Refusal::Pointer)? else {
            return Ok(Envelope::parse(body).map_err(Refusal::NotAJob)?);
        };
        for _ in 0..MOST_POINTERS {
            let body = self.fetch(&pointer).await?;
            match Pointer::parse(&body).map_err(Refusal::Pointer)? {
                Some(next) => pointer = next,
                None => return Ok(pointer.resolve(&body).map_err(Refusal::NotAJob)?),
            }
        }
        Err(unfetched(&pointer, "it leads from pointer to pointer"))
    }

    async fn fetch(&self, pointer: &Pointer) -> Result<String, Unread> {
        let Some(payloads) = &self.ports.laravel.payloads else {
            let reason = "nobody said where such bodies are: set HIKYAKU_CACHE_TABLE or HIKYAKU_OVERFLOW_URL";
            return Err(unfetched(pointer, reason));
        };
        let now = self.now();
        let key = pointer.key();
        let fetched = self.until_recorded(&key, now + PATIENCE, || payloads.fetch(pointer, now));
        fetched.await.map_err(|error| {
            if error.retryable {
                Unread::Later(error)
            } else {
                Refusal::Unfetched(error).into()
            }
        })
    }
}

fn unfetched(pointer: &Pointer, reason: &'static str) -> Unread {
    Unread::from(Refusal::Unfetched(StoreError {
        action: "fetching the body that a message points to,",
        subject: pointer.key(),
        retryable: false,
        source: reason.into(),
    }))
}
