//! Settle: what the ledger and the failed store say of a message from now on.
//!
//! artisan sends a failed job again first and only then forgets its row, by its id: a row of the next failure that is written in
//! between is forgotten with it. So what fails right after it was sent again is recorded at once, and its message comes back when
//! artisan is surely through, to write the row again if it is gone.

use std::time::Duration;

use hikyaku_laravel::failed::{Exception, exception_text};

use crate::engine::engine::Engine;
use crate::engine::model::claim::{Claim, REOPENED_QUIET};
use crate::engine::model::claimed::Claimed;
use crate::engine::model::decoded::{Decoded, Refused};
use crate::engine::model::ended::Ended;
use crate::engine::model::failure::Failure;
use crate::engine::model::settled::{Ending, Settled, Spends, Tell};
use crate::engine::model::stop::{Contradiction, Elsewhere, Later, Past, Stop};
use crate::engine::model::way::Way;
use crate::engine::rows::{id_of_its_own, warn_of_taken};
use crate::engine::rules::judge::judge;
use crate::explain::explain;
use crate::ports::ledger::RETENTION;
use crate::{
    Buried, Commit, DeadLetter, Delivery, End, FailedJob, Fence, Guarantee, Held, LedgerError,
    Outcome, Outgoing, Place, Release, State, Timestamp,
};

/// Records what has become of a message.
pub(crate) async fn settle(engine: &Engine<'_>, way: &Way<'_>, stop: Stop) -> Settled {
    match (stop, way.claimed()) {
        (Stop::Refused(refused), _) => refuse(engine, way.delivery, &refused).await,
        (stop, Ok(job)) => settle_claimed(engine, &job, stop).await,
        (stop, Err(_)) => match way.decoded.as_deref() {
            Some(decoded) => settle_unclaimed(engine, decoded, way.delivery, stop).await,
            None => unclaimed(stop),
        },
    }
}

/// Of a message of which nothing was recorded, and nothing is.
fn unclaimed(stop: Stop) -> Settled {
    match stop {
        Stop::Later(later) => Settled::again(later.outcome, later.delay, later.error),
        // Nothing of a job that was not claimed comes to another end.
        _ => Settled::again(Outcome::Postponed, Duration::ZERO, None),
    }
}

async fn settle_unclaimed(
    engine: &Engine<'_>,
    decoded: &Decoded,
    delivery: &Delivery,
    stop: Stop,
) -> Settled {
    match stop {
        Stop::Past(outcome, past) => recall(engine, decoded, delivery, outcome, past).await,
        Stop::Contradiction(contradiction) => {
            contradict(engine, decoded, delivery, &contradiction).await
        }
        Stop::Elsewhere(elsewhere) => settle_elsewhere(engine, decoded, delivery, elsewhere).await,
        Stop::Raced => Settled {
            outcome: Outcome::Held,
            ..Settled::fenced(None)
        },
        stop => unclaimed(stop),
    }
}

async fn settle_claimed(engine: &Engine<'_>, job: &Claimed<'_>, stop: Stop) -> Settled {
    match stop {
        Stop::Done { outcome, commit } => complete(engine, job, outcome, commit).await,
        Stop::Dropped => {
            let settled = Settled::over(Outcome::Dropped).followed_by(Ending::Dropped);
            drop_job(engine, job, job.end(engine.now(), None), settled).await
        }
        Stop::Superseded => {
            let end = End::plain(engine.now() + RETENTION);
            drop_job(engine, job, end, Settled::over(Outcome::Dropped)).await
        }
        Stop::Later(later) => release(engine, job, later).await,
        Stop::Failed { failure, why } => fail(engine, job, failure, &why).await,
        Stop::Exhausted => exhaust(engine, job).await,
        Stop::Fenced(error) => Settled::fenced(error),
        stop => unclaimed(stop),
    }
}

/// Sends on what somebody else may be able to run, or writes a message that is no job of ours to the failed store.
async fn refuse(engine: &Engine<'_>, delivery: &Delivery, refused: &Refused) -> Settled {
    let why = explain(&refused.why);
    let is_event = |letter: &DeadLetter| letter.event.is_some();
    let error = match delivery.origin(engine.now()) {
        // It was never meant for a queue.
        Some(origin) if delivery.dead_letter.as_ref().is_some_and(is_event) => origin,
        Some(origin) => format!("{why} ({origin})"),
        None => why,
    };
    // A dead letter was everybody's already.
    if refused.is_for_somebody_else()
        && delivery.dead_letter.is_none()
        && let Some(fallback) = fallback(engine, delivery)
    {
        return forward(engine, delivery, fallback, error).await;
    }
    let (id, now) = (refused.identity(delivery), engine.now());
    let row = |id: &str| refused.row(id, delivery, error.clone(), now);
    bury(
        engine,
        delivery,
        refused.sent_again(),
        &id,
        row,
        error.clone(),
    )
    .await
}

/// The fallback queue; a message that came from there has nowhere else to go.
fn fallback<'e>(engine: &'e Engine<'_>, delivery: &Delivery) -> Option<&'e str> {
    let fallback = engine.ports.laravel.fallback.as_deref()?;
    (fallback != delivery.queue).then_some(fallback)
}

/// Sends a message on as it is. It is deleted here only when it is there.
async fn forward(
    engine: &Engine<'_>,
    delivery: &Delivery,
    fallback: &str,
    error: String,
) -> Settled {
    let outgoing = Outgoing::new(fallback, delivery.body.clone(), &delivery.message_id)
        .in_group(delivery.group.clone(), "hikyaku")
        .in_trace(delivery.trace.as_deref());
    let queue = &*engine.ports.queue;
    let sent = engine.until_recorded(&delivery.message_id, engine.hard_deadline(), || {
        queue.send(&outgoing)
    });
    match sent.await {
        Ok(()) => Settled {
            error: Some(error),
            ..Settled::over(Outcome::Forwarded)
        },
        Err(error) => {
            let pause = engine.pause(delivery);
            Settled::again(Outcome::Unsettled, pause, Some(explain(&error)))
        }
    }
}

/// A job that is on a side that this worker does not have is sent on to the fallback queue; without one, the message that
/// the job was begun with brings it to its end.
async fn settle_elsewhere(
    engine: &Engine<'_>,
    decoded: &Decoded,
    delivery: &Delivery,
    elsewhere: Elsewhere,
) -> Settled {
    let Elsewhere { side, ended } = elsewhere;
    let error = format!(
        "job `{}` has begun in {side}, and this function cannot run it there",
        decoded.name
    );
    if delivery.dead_letter.is_some() {
        // Whoever begins it there brings it to its end.
        return Settled::over(ended.unwrap_or(Outcome::DoneBefore));
    }
    if let Some(fallback) = fallback(engine, delivery) {
        return forward(engine, delivery, fallback, error).await;
    }
    match ended {
        Some(outcome) => Settled::over(outcome),
        None => Settled::again(Outcome::Held, engine.pause(delivery), Some(error)),
    }
}

/// What is left of an end that was recorded before.
async fn recall(
    engine: &Engine<'_>,
    decoded: &Decoded,
    delivery: &Delivery,
    outcome: Outcome,
    past: Past,
) -> Settled {
    let settled = Settled::over(outcome);
    match past {
        Past::Done => settled.followed_by(Ending::Done),
        // Most likely for a later dispatch, which nothing follows.
        Past::Cancelled if decoded.plan.admission.debounce.is_some() => settled,
        Past::Cancelled => settled.followed_by(Ending::Dropped),
        Past::Failed { error, early } => {
            if early && let Err(error) = restore_row(engine, decoded, delivery, &error).await {
                return Settled::unsettled(&error);
            }
            settled.followed_by(Ending::Failed(error))
        }
    }
}

/// Buries a message that cannot be what it says.
async fn contradict(
    engine: &Engine<'_>,
    decoded: &Decoded,
    delivery: &Delivery,
    contradiction: &Contradiction,
) -> Settled {
    let Decoded {
        id, name, envelope, ..
    } = decoded;
    let (generation, now) = (envelope.generation, engine.now());
    let own = id_of_its_own(&delivery.message_id, id);
    let (listed, error) = match contradiction {
        Contradiction::Generation => (
            id,
            format!(
                "the message says it is generation {generation} of its job, which nothing has opened"
            ),
        ),
        Contradiction::Name(other) => {
            warn_of_taken(id, &own);
            let error = format!(
                "the uuid `{id}` is that of a job `{other}`, and this message is of `{name}`: it is listed as `{own}`, and runs \
                 under that uuid when it is sent again"
            );
            (&own, error)
        }
    };
    let row = |under: &str| {
        let payload = if under == id {
            envelope.text().to_owned()
        } else {
            envelope.under(under, generation + 1)
        };
        FailedJob::of(delivery, under, name, payload, error.clone(), now)
    };
    bury(engine, delivery, listed == id, listed, row, error.clone()).await
}

/// Writes the row of a message that was never claimed. `sent_again`: it comes out of the failed store.
async fn bury(
    engine: &Engine<'_>,
    delivery: &Delivery,
    sent_again: bool,
    id: &str,
    row: impl Fn(&str) -> FailedJob,
    error: String,
) -> Settled {
    let message_id = &delivery.message_id;
    // The first delivery has written it.
    if sent_again && delivery.receive_count > 1 {
        let restored = engine.write_row(message_id, id, Place::Empty, row).await;
        return match restored {
            Ok(Buried::Written) => Settled::buried(error),
            Ok(_) => Settled::over(Outcome::FailedBefore),
            Err(error) => Settled::unsettled(&error),
        };
    }
    let until = sent_again.then(|| engine.now() + REOPENED_QUIET);
    let written = engine.write_row(message_id, id, Place::OfItsJob, row).await;
    match written {
        Ok(_) => looked_at_again(until, Settled::buried(error)),
        Err(error) => Settled::unsettled(&error),
    }
}

/// `until`: when artisan is through, if it may be at work.
fn looked_at_again(until: Option<Timestamp>, settled: Settled) -> Settled {
    Settled {
        queue: until.map_or(settled.queue, Tell::BuryAndLookAgain),
        ..settled
    }
}

/// Writes the row of what failed right after it was sent again, if it is gone.
async fn restore_row(
    engine: &Engine<'_>,
    decoded: &Decoded,
    delivery: &Delivery,
    error: &str,
) -> Result<(), LedgerError> {
    let Decoded {
        id, name, envelope, ..
    } = decoded;
    let text = exception_text(
        Exception::Failed,
        name,
        error,
        &[],
        &format!(
            "job `{name}` ({id}) was buried right after it was sent again, and its row was forgotten with the one before"
        ),
    );
    let now = engine.now();
    let row = |under: &str| {
        let payload = envelope.under(under, envelope.generation + 1);
        FailedJob::of(delivery, under, name, payload, text.clone(), now)
    };
    let message_id = &delivery.message_id;
    let written = engine.write_row(message_id, id, Place::Empty, row).await?;
    if written == Buried::Written {
        tracing::warn!(job.id = %id, "the failed job's row was gone, and is written again");
    }
    Ok(())
}

async fn complete(
    engine: &Engine<'_>,
    job: &Claimed<'_>,
    outcome: Outcome,
    commit: Option<Commit>,
) -> Settled {
    let end = End {
        commit,
        ..job.end(engine.now(), None)
    };
    match close(engine, job, &end, State::Done).await {
        Ok(()) => Settled {
            outcome,
            ..Settled::done()
        },
        Err(Unclosed::Otherwise(settled)) => settled,
        // Nothing was written: the attempt has failed after all.
        Err(Unclosed::Declined(reason)) => {
            let ended = Ended::declined(&reason);
            let (now, random) = (engine.now(), &*engine.ports.random);
            match judge(job.policy, job.claim, &ended, now, random) {
                Stop::Later(later) => release(engine, job, later).await,
                Stop::Failed { failure, why } => fail(engine, job, failure, &why).await,
                _ => Settled::fenced(ended.error()),
            }
        }
    }
}

/// Closes the record of a job that is not to be run after all.
async fn drop_job(engine: &Engine<'_>, job: &Claimed<'_>, end: End, settled: Settled) -> Settled {
    let end = End {
        dropped: true,
        ..end
    };
    match close(engine, job, &end, State::Cancelled).await {
        Ok(()) => settled,
        Err(Unclosed::Otherwise(settled)) => settled,
        // It has no writes of its own that could be refused.
        Err(Unclosed::Declined(reason)) => Settled::fenced(Some(reason)),
    }
}

/// Why the end of a job does not stand as it was asked for.
enum Unclosed {
    /// The job's own writes were refused, for this reason.
    Declined(String),
    /// This is what its message is left with instead.
    Otherwise(Settled),
}

/// Writes the end of a job that succeeded or was dropped.
async fn close(
    engine: &Engine<'_>,
    job: &Claimed<'_>,
    end: &End,
    state: State,
) -> Result<(), Unclosed> {
    let Some(held) = &job.claim.held else {
        return Ok(());
    };
    let ledger = &*engine.ports.ledger;
    let written = engine.until_recorded(job.id, engine.hard_deadline(), || {
        ledger.complete(held, end)
    });
    match written.await {
        Ok(fence) => match recorded(&fence, held, state) {
            Recorded::AsAsked | Recorded::AsDone => Ok(()),
            Recorded::Not => Err(Unclosed::Otherwise(overtaken())),
            Recorded::Declined(reason) => Err(Unclosed::Declined(reason)),
        },
        Err(error) => Err(Unclosed::Otherwise(Settled::unsettled(&error))),
    }
}

async fn release(engine: &Engine<'_>, job: &Claimed<'_>, later: Later) -> Settled {
    let Later {
        outcome,
        delay,
        release,
        error,
    } = later;
    let release = release.unwrap_or_else(|| job.refund());
    if let Some(held) = &job.claim.held {
        let ledger = &*engine.ports.ledger;
        let until = (!delay.is_zero()).then(|| engine.now() + delay);
        let release = Release {
            not_before: until,
            expires: until.map(|until| until + RETENTION),
            ..release.clone()
        };
        let written = engine.until_recorded(job.id, engine.hard_deadline(), || {
            ledger.release(held, &release)
        });
        let fence = written.await;
        match fence.map(|fence| recorded(&fence, held, State::Pending)) {
            Ok(Recorded::AsAsked) => {}
            Ok(Recorded::AsDone) => return Settled::done(),
            Ok(Recorded::Not | Recorded::Declined(_)) => return overtaken(),
            Err(error) => return Settled::unsettled(&error),
        }
    }
    let spends = if release.tries_spent < job.claim.spent {
        Spends::Nothing
    } else {
        Spends::ATry
    };
    Settled {
        queue: Tell::Again { delay, spends },
        ..Settled::again(outcome, delay, error)
    }
}

/// Fails a job that may not be started any more, without running it.
async fn exhaust(engine: &Engine<'_>, job: &Claimed<'_>) -> Settled {
    let claim = Claim {
        spent: job.claim.spent.saturating_sub(1),
        ..job.claim.clone()
    };
    let job = Claimed {
        claim: &claim,
        ..*job
    };
    if job.policy.guarantee == Guarantee::AtMostOnce {
        let error = "outcome unknown: an attempt began and never reported its end".to_owned();
        let failure = Failure::plain(error);
        return fail(engine, &job, failure, "it is run at most once").await;
    }
    let why = match job.policy.retry_until {
        Some(moment) if engine.now() > moment => {
            let seconds = moment.as_secs();
            format!("its `retryUntil` ({seconds}) had passed before it could be started")
        }
        _ => "its tries are spent".to_owned(),
    };
    let error = job.attempts_so_far();
    let failure = Failure::new(Exception::TooManyAttempts, error);
    fail(engine, &job, failure, &why).await
}

async fn fail(engine: &Engine<'_>, job: &Claimed<'_>, failure: Failure, why: &str) -> Settled {
    let now = engine.now();
    let row = |id: &str| job.row(id, &failure, why, now);
    let message_id = &job.delivery.message_id;
    let settled = Settled::buried(failure.error.clone());
    let Some(held) = &job.claim.held else {
        let written = engine.write_row(message_id, job.id, Place::OfItsJob, row);
        return match written.await {
            Ok(_) => settled,
            Err(error) => Settled::unsettled(&error),
        };
    };
    let end = job.end(now, Some(&failure.error));
    let mut written = record_failure(engine, job, held, &row(job.id), &end).await;
    if let Ok(Recorded::Declined(_)) = written {
        let own = id_of_its_own(message_id, job.id);
        warn_of_taken(job.id, &own);
        written = record_failure(engine, job, held, &row(&own), &end).await;
    }
    match written {
        Ok(Recorded::AsAsked) => {
            let until = job.claim.reopened.map(|reopened| reopened + REOPENED_QUIET);
            let settled = settled.followed_by(Ending::Failed(failure.error));
            looked_at_again(until.filter(|until| now < *until), settled)
        }
        Ok(Recorded::AsDone) => Settled::done(),
        Ok(Recorded::Not | Recorded::Declined(_)) => overtaken(),
        Err(error) => Settled::unsettled(&error),
    }
}

async fn record_failure(
    engine: &Engine<'_>,
    job: &Claimed<'_>,
    held: &Held,
    row: &FailedJob,
    end: &End,
) -> Result<Recorded, LedgerError> {
    let ledger = &*engine.ports.ledger;
    let written = engine.until_recorded(job.id, engine.hard_deadline(), || {
        ledger.fail(held, row, end)
    });
    let fence = written.await?;
    Ok(recorded(&fence, held, State::Failed))
}

/// What a fenced write came to.
enum Recorded {
    /// It stands as asked, applied now or before with its answer lost.
    AsAsked,
    /// An earlier write of this very attempt had already recorded that the job is done.
    AsDone,
    /// Another attempt holds the job, or held it since.
    Not,
    /// What was to be written beside it was refused.
    Declined(String),
}

fn recorded(fence: &Fence, held: &Held, asked: State) -> Recorded {
    match fence {
        Fence::Applied => Recorded::AsAsked,
        Fence::Declined(reason) => Recorded::Declined(reason.clone()),
        Fence::Refused(Some(record)) if record.token != held.token => Recorded::Not,
        Fence::Refused(Some(record)) if record.state == asked => Recorded::AsAsked,
        Fence::Refused(Some(record)) if record.state == State::Done => Recorded::AsDone,
        Fence::Refused(_) => Recorded::Not,
    }
}

fn overtaken() -> Settled {
    let error = "another attempt has taken the job over; this one counts for nothing";
    Settled::fenced(Some(error.to_owned()))
}
