//! Follow: what comes after a job that has ended, once that is recorded.
//!
//! The message that brought the job is the reminder: it is deleted only when all that follows was sent. If it comes
//! again, the job's record says that it has ended, and everything is sent again under the same identities, so that
//! whoever receives it knows a repetition.

use hikyaku_laravel::batch::Callback;
use hikyaku_laravel::chain::LinkMessage;
use hikyaku_laravel::derived_uuid;
use hikyaku_laravel::relay::{Ask, DueCallback, Task};

use crate::Outgoing;
use crate::engine::engine::Engine;
use crate::engine::model::claimed::Claimed;
use crate::engine::model::plan::Next;
use crate::engine::model::settled::Ending;
use crate::explain::explain;
use crate::job::attempt_route::MOST_HOPS;
use crate::job::lane::Lane;
use crate::ports::batches::Batch;
use crate::ports::courier::Parcel;

/// Sends all that follows. An error says what could not be sent yet.
pub(crate) async fn follow(
    engine: &Engine<'_>,
    job: &Claimed<'_>,
    ending: &Ending,
) -> Result<(), String> {
    if let Some(batch) = &job.plan.batch {
        follow_in_batch(engine, job, batch, ending).await?;
    }
    match ending {
        Ending::Done => {
            if let Some(next) = &job.plan.next {
                send_next(engine, job, next).await?;
            }
            let ask = engine.settling(job, &job.plan.ask_done).map(Ask::Done);
            engine.ask_php(job, "done", ask).await
        }
        Ending::Dropped => {
            let mut tasks = job.plan.ask_done.clone();
            tasks.retain(|task| *task != Task::Chain);
            let ask = engine.settling(job, &tasks).map(Ask::Done);
            engine.ask_php(job, "done", ask).await
        }
        Ending::Failed(error) => {
            if let Some(lane) = &job.plan.lane {
                return tell_failed(engine, job, lane, error).await;
            }
            let settling = engine.settling(job, &job.plan.ask_failed);
            let ask = settling.map(|settling| Ask::Failed {
                settling,
                exception: error.to_owned(),
            });
            engine.ask_php(job, "failed", ask).await
        }
    }
}

async fn follow_in_batch(
    engine: &Engine<'_>,
    job: &Claimed<'_>,
    id: &str,
    ending: &Ending,
) -> Result<(), String> {
    let Some(batches) = &engine.ports.laravel.batches else {
        return Ok(());
    };
    let give_up = engine.hard_deadline();
    let read = engine.until_recorded(id, give_up, || batches.read(id));
    let Some(batch) = read.await.map_err(|error| explain(&error))? else {
        tracing::warn!(batch = id, "the job's batch is not in the table of batches");
        return Ok(());
    };
    let now = engine.now();
    match ending {
        Ending::Done | Ending::Dropped if batch.counts.pending == 0 => {
            let finish = engine.until_recorded(id, give_up, || batches.finish(id, now));
            finish.await.map_err(|error| explain(&error))?;
        }
        Ending::Failed(_) if !batch.options.allow_failures && !batch.cancelled => {
            let cancel = engine.until_recorded(id, give_up, || batches.cancel(id, now));
            cancel.await.map_err(|error| explain(&error))?;
        }
        _ => {}
    }
    let callbacks = due(job, id, &batch, ending);
    if callbacks.is_empty() {
        return Ok(());
    }
    let ask = Ask::Batch {
        batch_id: id.to_owned(),
        callbacks,
        exception: match ending {
            Ending::Done | Ending::Dropped => None,
            Ending::Failed(error) => Some(error.to_owned()),
        },
    };
    engine.ask_php(job, "batch", Some(ask)).await
}

async fn send_next(engine: &Engine<'_>, job: &Claimed<'_>, next: &Next) -> Result<(), String> {
    let uuid = derived_uuid(job.id, &format!("chain:{}", next.link.remaining));
    let body = next.link.body(&LinkMessage {
        previous: job.envelope,
        uuid: &uuid,
        created_at: i64::try_from(engine.now().as_secs()).unwrap_or(i64::MAX),
        options: engine.ports.laravel.links.get(&next.link.class),
        encrypter: engine.ports.laravel.encrypter.as_deref(),
        random: engine.ports.random.secret(),
    });
    let group = next.link.group.clone();
    let body = body.map_err(|error| explain(&error))?;
    let outgoing = Outgoing::new(&next.queue, body, &uuid)
        .in_group(
            group.or_else(|| job.delivery.group.clone()),
            &next.link.class,
        )
        .in_trace(job.delivery.trace.as_deref());
    let outgoing = Outgoing {
        delay: next.link.hold(),
        ..outgoing
    };
    if job.envelope.hops >= MOST_HOPS {
        let reason =
            format!("{MOST_HOPS} jobs in a row have sent one another: this looks like a loop");
        return engine.bury_unsent(&uuid, &outgoing, reason).await;
    }
    engine.post(&uuid, &outgoing).await
}

/// The callbacks that are due, each with what PHP knows its repetition by. Those of the batch as a whole are due once;
/// the others once a job.
fn due(job: &Claimed<'_>, id: &str, batch: &Batch, ending: &Ending) -> Vec<DueCallback> {
    let callbacks = match ending {
        Ending::Done | Ending::Dropped => batch.options.after_success(batch.counts),
        Ending::Failed(_) => {
            let first = batch.first_failed.as_deref() == Some(job.id);
            batch.options.after_failure(batch.counts, first)
        }
    };
    // A job succeeds once, but may fail in every generation.
    let of_job = match ending {
        Ending::Done | Ending::Dropped => format!(":{}", job.id),
        Ending::Failed(_) => format!(":{}:{}", job.id, job.envelope.generation),
    };
    let key = |callback: Callback| {
        let of = match callback {
            Callback::Progress | Callback::Failure => of_job.as_str(),
            Callback::Then | Callback::Catch | Callback::Finally => "",
        };
        format!("{id}:{}{of}", callback.key())
    };
    callbacks
        .into_iter()
        .map(|callback| DueCallback::new(callback, key(callback)))
        .collect()
}

/// Tells the courier that a job of its has failed.
async fn tell_failed(
    engine: &Engine<'_>,
    job: &Claimed<'_>,
    lane: &Lane,
    error: &str,
) -> Result<(), String> {
    let parcel = Parcel {
        id: job.id.to_owned(),
        name: job.name.to_owned(),
        body: job.envelope.text().to_owned(),
        queue: job.delivery.queue.clone(),
        generation: job.envelope.generation,
        attempt: job.claim.spent,
        receives: job.delivery.receive_count,
        deadline: engine.hard_deadline(),
    };
    let over = engine.ports.clock.sleep_until(parcel.deadline);
    let told = lane.courier.tell_failed(parcel, error.to_owned());
    match futures_util::future::select(told, over).await {
        futures_util::future::Either::Left((told, _)) => told.map_err(|error| explain(&*error)),
        futures_util::future::Either::Right(_) => {
            Err("it did not answer in the time that is left".to_owned())
        }
    }
}
