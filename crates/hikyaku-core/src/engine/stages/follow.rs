//! Follow: what comes after a job that has ended, once that is recorded.
//!
//! The message that brought the job is the reminder: it is deleted only when all that follows was sent. If it comes
//! again, the job's record says that it has ended, and everything is sent again under the same identities, so that
//! whoever receives it knows a repetition.

use hikyaku_laravel::batch::Callback;
use hikyaku_laravel::chain::LinkMessage;
use hikyaku_laravel::relay::{Ask, DueCallback, RelayMessage, Settling, Task};
use hikyaku_laravel::{Envelope, derived_uuid};

use crate::engine::engine::Engine;
use crate::engine::model::attempt::Finished;
use crate::engine::model::plan::Next;
use crate::explain::explain;
use crate::job::attempt_route::MOST_HOPS;
use crate::ports::batches::Batch;
use crate::{FailedJob, Outgoing, Place};

/// How a job has ended.
#[derive(Clone, Copy)]
pub(crate) enum Ending<'a> {
    Done,
    /// Without running: its batch goes on, its chain does not.
    Dropped,
    /// With what went wrong.
    Failed(&'a str),
}

impl Engine<'_> {
    /// Sends all that follows. An error says what could not be sent yet.
    pub(crate) async fn follow(
        &self,
        job: &Finished<'_>,
        ending: Ending<'_>,
    ) -> Result<(), String> {
        if let Some(batch) = &job.plan.batch {
            self.follow_in_batch(job, batch, ending).await?;
        }
        match ending {
            Ending::Done => {
                if let Some(next) = &job.plan.next {
                    self.send_next(job, next).await?;
                }
                let ask = self.settling(job, &job.plan.ask_done).map(Ask::Done);
                self.ask_php(job, "done", ask).await
            }
            Ending::Dropped => {
                let mut tasks = job.plan.ask_done.clone();
                tasks.retain(|task| *task != Task::Chain);
                let ask = self.settling(job, &tasks).map(Ask::Done);
                self.ask_php(job, "done", ask).await
            }
            Ending::Failed(error) => {
                if let Some(lane) = &job.plan.lane {
                    return self.tell_failed(job, lane, error).await;
                }
                let settling = self.settling(job, &job.plan.ask_failed);
                let ask = settling.map(|settling| Ask::Failed {
                    settling,
                    exception: error.to_owned(),
                });
                self.ask_php(job, "failed", ask).await
            }
        }
    }

    /// What is left to PHP, if anything is.
    pub(crate) fn settling(&self, job: &Finished<'_>, tasks: &[Task]) -> Option<Settling> {
        (!tasks.is_empty()).then(|| Settling {
            body: job.envelope.text().to_owned(),
            connection: self.ports.laravel.queues.connection.clone(),
            queue: job.delivery.queue.clone(),
            tasks: tasks.to_vec(),
        })
    }

    async fn follow_in_batch(
        &self,
        job: &Finished<'_>,
        id: &str,
        ending: Ending<'_>,
    ) -> Result<(), String> {
        let Some(batches) = &self.ports.laravel.batches else {
            return Ok(());
        };
        let give_up = self.hard_deadline();
        let read = self.until_recorded(id, give_up, || batches.read(id));
        let Some(batch) = read.await.map_err(|error| explain(&error))? else {
            tracing::warn!(batch = id, "the job's batch is not in the table of batches");
            return Ok(());
        };
        let now = self.now();
        match ending {
            Ending::Done | Ending::Dropped if batch.counts.pending == 0 => {
                let finish = self.until_recorded(id, give_up, || batches.finish(id, now));
                finish.await.map_err(|error| explain(&error))?;
            }
            Ending::Failed(_) if !batch.options.allow_failures && !batch.cancelled => {
                let cancel = self.until_recorded(id, give_up, || batches.cancel(id, now));
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
        self.ask_php(job, "batch", Some(ask)).await
    }

    /// Asks PHP for what only PHP can do, if there is anything. That there is a relay was seen to before the job ran.
    pub(crate) async fn ask_php(
        &self,
        job: &Finished<'_>,
        what: &str,
        ask: Option<Ask>,
    ) -> Result<(), String> {
        let (Some(ask), Some(relay)) = (ask, &self.ports.laravel.relay) else {
            return Ok(());
        };
        let generation = job.envelope.generation;
        let message = RelayMessage {
            // A job is done once, but may begin and fail in every generation.
            id: match ask {
                Ask::Done(_) => format!("{}:{what}", job.id),
                _ => format!("{}:{generation}:{what}", job.id),
            },
            ask,
        };
        let id = message.uuid();
        let body = message.body(&relay.job).map_err(|error| explain(&error))?;
        let outgoing = Outgoing::new(&relay.queue, body, &id)
            .in_group(None, "hikyaku")
            .in_trace(job.delivery.trace.as_deref());
        self.post(&id, &outgoing).await
    }

    async fn send_next(&self, job: &Finished<'_>, next: &Next) -> Result<(), String> {
        let uuid = derived_uuid(job.id, &format!("chain:{}", next.link.remaining));
        let body = next.link.body(&LinkMessage {
            previous: job.envelope,
            uuid: &uuid,
            created_at: i64::try_from(self.now().as_secs()).unwrap_or(i64::MAX),
            options: self.ports.laravel.links.get(&next.link.class),
            encrypter: self.ports.laravel.encrypter.as_deref(),
            random: self.ports.random.secret(),
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
            return self.bury_unsent(&uuid, &outgoing, reason).await;
        }
        self.post(&uuid, &outgoing).await
    }

    /// Sends a message, or puts it into the failed store if it can never be sent, so that it is not lost.
    pub(crate) async fn post(&self, id: &str, outgoing: &Outgoing) -> Result<(), String> {
        let queue = &*self.ports.queue;
        let sent = self
            .until_recorded(id, self.hard_deadline(), || queue.send(outgoing))
            .await;
        match sent {
            Ok(()) => Ok(()),
            Err(error) if error.retryable => Err(explain(&error)),
            Err(error) => self.bury_unsent(id, outgoing, explain(&error)).await,
        }
    }

    async fn bury_unsent(
        &self,
        id: &str,
        outgoing: &Outgoing,
        reason: String,
    ) -> Result<(), String> {
        tracing::error!(
            job.id = id,
            error = reason,
            "a message that could not be sent is buried"
        );
        let envelope = Envelope::parse(&outgoing.body);
        let job = envelope.as_ref().map_or("", Envelope::name);
        let row = FailedJob {
            id: id.to_owned(),
            job: job.to_owned(),
            group: outgoing.group.clone(),
            sent: None,
            queue: outgoing.queue.clone(),
            payload: outgoing.body.clone(),
            body: None,
            exception: reason,
            trace: outgoing.trace.clone(),
            failed_at: self.now(),
        };
        let row = |under: &str| match &envelope {
            Ok(envelope) if under != id => FailedJob {
                id: under.to_owned(),
                payload: envelope.under(under, envelope.generation),
                ..row.clone()
            },
            _ => row.clone(),
        };
        let written = self.write_row(id, id, Place::OfItsJob, row).await;
        written.map(drop).map_err(|error| explain(&error))
    }
}

/// The callbacks that are due, each with what PHP knows its repetition by. Those of the batch as a whole are due once;
/// the others once a job.
fn due(job: &Finished<'_>, id: &str, batch: &Batch, ending: Ending<'_>) -> Vec<DueCallback> {
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
