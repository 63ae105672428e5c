//! Messages that the engine sends itself.

use hikyaku_laravel::Envelope;
use hikyaku_laravel::relay::{Ask, RelayMessage, Settling, Task};

use crate::engine::engine::Engine;
use crate::engine::model::claimed::Claimed;
use crate::explain::explain;
use crate::{FailedJob, Outgoing, Place};

impl Engine<'_> {
    /// What is left to PHP, if anything is.
    pub(crate) fn settling(&self, job: &Claimed<'_>, tasks: &[Task]) -> Option<Settling> {
        (!tasks.is_empty()).then(|| Settling {
            body: job.envelope.text().to_owned(),
            connection: self.ports.laravel.queues.connection.clone(),
            queue: job.delivery.queue.clone(),
            tasks: tasks.to_vec(),
        })
    }

    /// Asks PHP for what only PHP can do, if there is anything. That there is a relay was seen to before the job ran.
    pub(crate) async fn ask_php(
        &self,
        job: &Claimed<'_>,
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

    /// Puts a message that can never be sent into the failed store.
    pub(crate) async fn bury_unsent(
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
