//! One batch: handed to the function, then settled.

use std::collections::HashSet;
use std::time::Duration;

use super::collector::Gathered;
use super::pace::Verdict;
use super::partial_failures;
use super::poller::Source;
use crate::event::Event;
use crate::lambda::trace::{MAX_HOPS, Trace};
use crate::lambda::{Answer, Invocation, InvokeError};
use crate::sqs::{ReceivedMessage, SendRequest};
use crate::template::RecursiveLoop;

/// A throttled batch is tried again after this, then ever later.
const FIRST_THROTTLE_PAUSE: Duration = Duration::from_millis(200);
const LAST_THROTTLE_PAUSE: Duration = Duration::from_secs(10);

impl Source {
    /// Hands a batch to the function, and deletes what the function has done.
    pub(super) async fn process(&self, batch: Vec<Gathered>) -> Verdict {
        let (batch, looping) = self.split_looping(batch);
        for gathered in looping {
            self.take_out(&gathered.message);
        }
        if batch.is_empty() {
            return Verdict::Answered;
        }
        self.events.publish(Event::BatchInvoked {
            function: self.function.name.clone(),
            queue: self.queue.to_string(),
            messages: batch.len(),
        });
        match self.invoke(&batch).await {
            Ok(Answer {
                result: Ok(response),
                ..
            }) => self.answered(&batch, &response),
            Ok(Answer {
                result: Err(error), ..
            }) => self.failed(&batch, error.message()),
            Err(error @ InvokeError::Throttled { .. }) => {
                self.failed(&batch, error.to_string());
                Verdict::BackOff
            }
            Err(error) => self.failed(&batch, error.to_string()),
        }
    }

    /// Invokes the function; while it is throttled, again and again until the messages are visible to others anyway.
    async fn invoke(&self, batch: &[Gathered]) -> Result<Answer, InvokeError> {
        let records: Vec<&str> = batch
            .iter()
            .map(|gathered| gathered.record.as_str())
            .collect();
        let payload = axum::body::Bytes::from(format!(r#"{{"Records":[{}]}}"#, records.join(",")));
        let traces: Vec<_> = batch
            .iter()
            .map(|gathered| trace_of(&gathered.message))
            .collect();
        let trace = Trace::of_batch(&traces, self.clock.now_ms());
        let gives_up_ms = self.first_visible_ms(batch);
        let mut pause = FIRST_THROTTLE_PAUSE;
        loop {
            let function = self.function.name.clone();
            let invocation = Invocation {
                function,
                payload: payload.clone(),
                trace: trace.clone(),
            };
            match self.invoke.invoke(invocation).await {
                Err(error @ InvokeError::Throttled { .. })
                    if self.clock.now_ms() >= gives_up_ms =>
                {
                    return Err(error);
                }
                Err(InvokeError::Throttled { .. }) => {
                    self.clock.sleep(pause).await;
                    pause = (pause * 2).min(LAST_THROTTLE_PAUSE);
                }
                answer => return answer,
            }
        }
    }

    fn answered(&self, batch: &[Gathered], response: &[u8]) -> Verdict {
        let mut failed = HashSet::new();
        if self.settings.report_batch_item_failures {
            let in_batch = |id: &str| {
                batch
                    .iter()
                    .any(|gathered| &*gathered.message.message_id == id)
            };
            match partial_failures(response, in_batch) {
                Ok(failures) => failed = failures,
                Err(error) => return self.failed(batch, error.to_string()),
            }
        }
        let done = batch
            .iter()
            .filter(|gathered| !failed.contains(&*gathered.message.message_id));
        let deleted = done
            .filter(|gathered| self.delete(&gathered.message))
            .count();
        self.events.publish(Event::BatchSettled {
            function: self.function.name.clone(),
            queue: self.queue.to_string(),
            deleted,
            returned: failed.len(),
        });
        Verdict::Answered
    }

    /// Nothing is deleted: every message comes back after its visibility timeout.
    fn failed(&self, batch: &[Gathered], reason: String) -> Verdict {
        self.events.publish(Event::BatchFailed {
            function: self.function.name.clone(),
            queue: self.queue.to_string(),
            messages: batch.len(),
            reason,
        });
        // With partial responses, Lambda does not slow down on errors (AWS, "Handling errors for an SQS event source").
        if self.settings.report_batch_item_failures {
            Verdict::Answered
        } else {
            Verdict::BackOff
        }
    }

    fn delete(&self, message: &ReceivedMessage) -> bool {
        let deleted = self.sqs.delete(&self.queue, &message.receipt_handle);
        deleted
            .inspect_err(
                |error| tracing::warn!(queue = %self.queue, %error, "could not delete a message"),
            )
            .is_ok()
    }

    /// Parts the batch from messages that went through this function too often.
    fn split_looping(&self, batch: Vec<Gathered>) -> (Vec<Gathered>, Vec<Gathered>) {
        if self.function.recursive_loop == RecursiveLoop::Allow {
            return (batch, Vec::new());
        }
        let hops = |message: &ReceivedMessage| {
            trace_of(message).map_or(0, |trace| trace.hops(&self.function.arn))
        };
        batch
            .into_iter()
            .partition(|gathered| hops(&gathered.message) < MAX_HOPS)
    }

    /// Moves a looping message to the dead-letter queue; without one it is lost, as on AWS.
    fn take_out(&self, message: &ReceivedMessage) {
        if let Some(request) = self.burial(message)
            && let Err(error) = self.sqs.send(request)
        {
            tracing::warn!(queue = %self.queue, %error, "could not move a looping message to its dead-letter queue");
            return;
        }
        self.delete(message);
        let (function, queue) = (self.function.name.clone(), self.queue.to_string());
        let message_id = message.message_id.to_string();
        tracing::warn!(
            function,
            queue,
            message_id,
            "recursive loop detected, the invocation is dropped"
        );
        self.events.publish(Event::RecursionStopped {
            function,
            queue,
            message_id,
        });
    }

    /// The message again, without its trace: who sends it back on purpose starts a new chain.
    fn burial(&self, message: &ReceivedMessage) -> Option<SendRequest> {
        let attributes = self.sqs.attributes(&self.queue).ok()?;
        let policy: serde_json::Value =
            serde_json::from_str(attributes.get("RedrivePolicy")?).ok()?;
        let target = self
            .sqs
            .queue_by_arn(policy.get("deadLetterTargetArn")?.as_str()?)
            .ok()?;
        let is_fifo = target.is_fifo();
        let mut request = SendRequest::new(target, &*message.body);
        request.attributes = (*message.message_attributes).clone();
        request.message_group_id = message.attributes.get("MessageGroupId").cloned();
        request.message_deduplication_id = is_fifo.then(|| message.message_id.to_string());
        Some(request)
    }

    /// When the first message of the batch becomes visible again.
    fn first_visible_ms(&self, batch: &[Gathered]) -> u64 {
        let attributes = self.sqs.attributes(&self.queue).unwrap_or_default();
        let seconds: u64 = attributes
            .get("VisibilityTimeout")
            .and_then(|seconds| seconds.parse().ok())
            .unwrap_or(30);
        let received_ms = batch
            .iter()
            .map(|gathered| gathered.received_ms)
            .min()
            .unwrap_or_default();
        received_ms + seconds * 1000
    }
}

fn trace_of(message: &ReceivedMessage) -> Option<Trace> {
    Trace::parse(message.attributes.get("AWSTraceHeader")?)
}
