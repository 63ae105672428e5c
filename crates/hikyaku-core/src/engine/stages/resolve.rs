//! Resolve: from a delivery to its envelope, wherever the body is, and opened if it is encrypted.

use std::time::Duration;

use hikyaku_laravel::Envelope;
use hikyaku_laravel::failed::wrapped_body;
use hikyaku_laravel::overflow::Pointer;

use crate::Delivery;
use crate::engine::engine::Engine;
use crate::engine::model::decoded::{Refusal, Refused, Wrapping};
use crate::engine::model::stop::Stop;
use crate::explain::explain;
use crate::ports::store::StoreError;

/// A body that is kept elsewhere is looked for this long. After that the message is better off in its queue.
const PATIENCE: Duration = Duration::from_secs(10);

/// A pointer may lead to a pointer: `queue:retry` sends ours through Laravel's overflow when that is set to `always`.
const MOST_POINTERS: u32 = 3;

/// The envelope of a delivery.
pub(crate) async fn resolve(engine: &Engine<'_>, delivery: &Delivery) -> Result<Envelope, Stop> {
    let envelope = follow_pointers(engine, delivery, &delivery.body).await?;
    let mut envelope = match wrapped_body(&envelope) {
        Some(body) => unwrap(engine, delivery, &envelope, &body).await?,
        None => envelope,
    };
    let encrypter = engine.ports.laravel.encrypter.as_deref();
    match envelope.open(encrypter) {
        Ok(()) => Ok(envelope),
        Err(error) => Err(Refused::job(envelope, Refusal::Unopened(error)).into()),
    }
}

/// What was no job went to the failed store in a wrapping, and comes back in it. It may be a job now: what it points
/// to is there again, or this version reads more.
async fn unwrap(
    engine: &Engine<'_>,
    delivery: &Delivery,
    wrapping: &Envelope,
    body: &str,
) -> Result<Envelope, Stop> {
    let unwrapped = follow_pointers(engine, delivery, body).await;
    let mut envelope = unwrapped.map_err(|unread| match unread {
        Stop::Refused(refused) => Stop::Refused(Box::new(Refused {
            wrapping: Some(Wrapping {
                id: wrapping.uuid.clone(),
                body: body.to_owned(),
            }),
            ..*refused
        })),
        stop => stop,
    })?;
    if envelope.uuid.is_none() {
        envelope.uuid.clone_from(&wrapping.uuid);
    }
    Ok(envelope)
}

async fn follow_pointers(
    engine: &Engine<'_>,
    delivery: &Delivery,
    body: &str,
) -> Result<Envelope, Stop> {
    let Some(mut pointer) = Pointer::parse(body).map_err(Refusal::Pointer)? else {
        return Ok(Envelope::parse(body).map_err(Refusal::NotAJob)?);
    };
    for _ in 0..MOST_POINTERS {
        let body = fetch(engine, delivery, &pointer).await?;
        match Pointer::parse(&body).map_err(Refusal::Pointer)? {
            Some(next) => pointer = next,
            None => return Ok(pointer.resolve(&body).map_err(Refusal::NotAJob)?),
        }
    }
    Err(unfetched(&pointer, "it leads from pointer to pointer"))
}

async fn fetch(
    engine: &Engine<'_>,
    delivery: &Delivery,
    pointer: &Pointer,
) -> Result<String, Stop> {
    let Some(payloads) = &engine.ports.laravel.payloads else {
        let reason =
            "nobody said where such bodies are: set HIKYAKU_CACHE_TABLE or HIKYAKU_OVERFLOW_URL";
        return Err(unfetched(pointer, reason));
    };
    let now = engine.now();
    let key = pointer.key();
    let fetched = engine.until_recorded(&key, now + PATIENCE, || payloads.fetch(pointer, now));
    fetched.await.map_err(|error| {
        if error.retryable {
            Stop::unsettled(engine.pause(delivery), explain(&error))
        } else {
            Refusal::Unfetched(error).into()
        }
    })
}

fn unfetched(pointer: &Pointer, reason: &'static str) -> Stop {
    Stop::from(Refusal::Unfetched(StoreError {
        action: "fetching the body that a message points to,",
        subject: pointer.key(),
        retryable: false,
        source: reason.into(),
    }))
}
