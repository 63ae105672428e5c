//! Tell: the queue hears what becomes of a message.
//!
//! One that comes again is the same message, hidden for so long, wherever that holds. A wait that the queue cannot hide in one go is kept by the
//! job's record (`not_before`): the message comes back before its time, and is hidden again. What would outlive its message,
//! or come back so often that the queue takes it for a dead letter, goes on as a new message: it is sent first, and only then
//! is the old one acknowledged. Two messages of one job are one job.

use std::time::Duration;

use hikyaku_laravel::Envelope;

use crate::engine::engine::Engine;
use crate::engine::model::decoded::Decoded;
use crate::engine::model::settled::{Spends, Tell};
use crate::engine::model::way::Way;
use crate::{Delivery, Outgoing, Receipt, Verdict, is_fifo};

/// SQS hides a message for 12 hours at most, counted from its receive (Amazon SQS developer guide, "visibility timeout").
/// Nobody knows when that was: a batch may have been collected for 5 minutes (AWS Lambda developer guide, "Using Lambda with
/// Amazon SQS", batching window), and a process may have taken its time to start. A longer wait is refused altogether.
const LONGEST_HIDING: Duration = Duration::from_secs(43_200 - 600);

/// SQS holds a message back for 15 minutes at most when it is sent (Amazon SQS API reference, `SendMessage`,
/// `DelaySeconds`).
pub(crate) const LONGEST_DELAY: Duration = Duration::from_secs(900);

/// SQS keeps a message for 4 days unless its queue says otherwise (Amazon SQS API reference, `CreateQueue`,
/// `MessageRetentionPeriod`). A wait in which the last of them begins goes on as a new message.
const SAFE_AGE: Duration = Duration::from_hours(72);

/// And for 14 days at most (the same page).
const LONGEST_RETENTION: Duration = Duration::from_hours(14 * 24);

/// After so many receives a wait that spends nothing goes on as a new message: half of those after which a queue gives a
/// message up (`maxReceiveCount` 100, as in the template; the doctor sees to it).
const MANY_RECEIVES: u32 = 50;

/// A queue is told again for so long, if that is safe. After that the message is left to its visibility timeout.
const PATIENCE: Duration = Duration::from_secs(5);

/// A message that is given back, and its job.
struct GivenBack<'a> {
    pub(crate) id: &'a str,
    pub(crate) envelope: &'a Envelope,
    /// Whether the job has a record, which keeps its waits and counts its tries.
    pub(crate) has_record: bool,
    pub(crate) delivery: &'a Delivery,
}

impl<'a> GivenBack<'a> {
    fn of(decoded: &'a Decoded, delivery: &'a Delivery) -> Self {
        Self {
            id: &decoded.id,
            envelope: &decoded.envelope,
            has_record: decoded.policy.guarantee.keeps_ledger(),
            delivery,
        }
    }

    /// The body of a message that takes this one's place. None: the body is kept elsewhere, and what stands in its place does
    /// not carry what the next message has to say.
    fn next_body(&self) -> Option<String> {
        let Self {
            id,
            envelope,
            delivery,
            has_record,
        } = self;
        if *has_record && envelope.uuid.is_some() {
            return Some(delivery.body.clone());
        }
        let receives = envelope.receives.saturating_add(delivery.receive_count);
        let is_whole = delivery.body == envelope.text();
        is_whole.then(|| envelope.sent_on(id, (!has_record).then_some(receives)))
    }
}

/// Tells the queue what becomes of a message.
pub(crate) async fn tell(engine: &Engine<'_>, way: &Way<'_>, what: Tell) -> Verdict {
    let delivery = way.delivery;
    match what {
        Tell::Delete => Verdict::Delete,
        Tell::Bury => Verdict::Bury,
        Tell::BuryAndLookAgain(_) if delivery.receipt.is_none() => Verdict::Bury,
        Tell::BuryAndLookAgain(until) => {
            let wait = engine.now().until(until);
            Verdict::Redeliver(hide(engine, delivery, wait).await)
        }
        Tell::Again { delay, spends } => match way.decoded.as_deref() {
            Some(decoded) => {
                let message = GivenBack::of(decoded, delivery);
                give_back(engine, &message, delay, spends).await
            }
            None => Verdict::Redeliver(hide(engine, delivery, delay).await),
        },
        Tell::Nothing => Verdict::Redeliver(None),
    }
}

/// Lets a message come again after `delay`, in the present message or in a new one.
async fn give_back(
    engine: &Engine<'_>,
    message: &GivenBack<'_>,
    delay: Duration,
    spends: Spends,
) -> Verdict {
    let delivery = message.delivery;
    let Some(receipt) = &delivery.receipt else {
        // It goes to a queue, which holds it back for no longer.
        let held = delay.min(LONGEST_DELAY);
        if held < delay && !message.has_record {
            warn_of_cut(delay, held);
        }
        return Verdict::Redeliver(Some(held));
    };
    if is_sent_on(engine, delivery, receipt, delay, spends)
        && let Some(body) = message.next_body()
        && send_on(engine, message, receipt, body, delay).await
    {
        return Verdict::Delete;
    }
    let held = hide(engine, delivery, delay).await;
    if let Some(held) = held.filter(|held| *held < delay && !message.has_record) {
        warn_of_cut(delay, held);
    }
    Verdict::Redeliver(held)
}

/// Whether a wait has to go on as a new message.
fn is_sent_on(
    engine: &Engine<'_>,
    delivery: &Delivery,
    receipt: &Receipt,
    delay: Duration,
    spends: Spends,
) -> bool {
    if delivery.dead_letter.is_some() {
        return false;
    }
    let outlives = |delay, age| {
        let ends = engine.now() + delay;
        delivery.sent.is_some_and(|sent| ends > sent + age)
    };
    if delivery.group.is_some() || is_fifo(&receipt.queue) {
        // A new message would come behind the others of its group.
        if outlives(delay, LONGEST_RETENTION) {
            tracing::error!(
                message.id = %delivery.message_id,
                "the job waits for longer than SQS keeps its message: in a fifo queue it is lost then"
            );
        }
        return false;
    }
    let is_near_its_end = spends == Spends::Nothing && delivery.receive_count >= MANY_RECEIVES;
    // A longer wait comes by here again.
    is_near_its_end || outlives(delay.min(LONGEST_HIDING), SAFE_AGE)
}

/// Sends the message that takes this one's place. Answers whether it is there.
async fn send_on(
    engine: &Engine<'_>,
    message: &GivenBack<'_>,
    receipt: &Receipt,
    body: String,
    delay: Duration,
) -> bool {
    let held = delay.min(LONGEST_DELAY);
    let outgoing = Outgoing {
        delay: held,
        ..Outgoing::new(&receipt.queue, body, message.id)
            .in_trace(message.delivery.trace.as_deref())
    };
    let queue = &*engine.ports.queue;
    let sent = engine.until_recorded(message.id, engine.hard_deadline(), || queue.send(&outgoing));
    if let Err(error) = sent.await {
        tracing::error!(
            message.id = %message.delivery.message_id,
            error = &error as &dyn std::error::Error,
            "the job's wait cannot go on in a new message, and stays with one that SQS gives up some day: the function \
             needs sqs:SendMessage on its own queue"
        );
        return false;
    }
    if held < delay && !message.has_record {
        warn_of_cut(delay, held);
    }
    tracing::info!(
        receives = message.delivery.receive_count,
        "the job's wait goes on in a new message"
    );
    true
}

/// Hides a message for `delay` from now, or for as long as its queue can. Answers the delay that holds; none if the queue
/// keeps its own time.
pub(crate) async fn hide(
    engine: &Engine<'_>,
    delivery: &Delivery,
    delay: Duration,
) -> Option<Duration> {
    // What came from no queue is held back by whoever brought it.
    let Some(receipt) = &delivery.receipt else {
        return Some(delay);
    };
    engine.let_go(delivery).await;
    let left = LONGEST_HIDING.saturating_sub(receipt.received.until(engine.now()));
    let delay = delay.min(left);
    let queue = &*engine.ports.queue;
    // It may have been told, and only its answer is lost: then the message is visible when a short delay is over, and
    // somebody else has received it, whom the same request would rob. That is waited for with long delays only.
    let patience = if delay > 2 * PATIENCE {
        PATIENCE
    } else {
        Duration::ZERO
    };
    let give_up = engine.now() + patience;
    let changed = engine.until_recorded(&receipt.queue, give_up, || {
        queue.change_visibility(receipt, delay)
    });
    match changed.await {
        Ok(()) => Some(delay),
        Err(error) => {
            tracing::warn!(
                message.id = %delivery.message_id,
                error = &error as &dyn std::error::Error,
                "the message keeps its queue's visibility timeout"
            );
            None
        }
    }
}

fn warn_of_cut(asked: Duration, held: Duration) {
    tracing::warn!(
        asked_s = asked.as_secs(),
        held_s = held.as_secs(),
        "the job's wait is cut to what its queue can hold back: a job that keeps no record (AtLeastOnce) cannot wait for longer"
    );
}
