//! Asynchronous invocations: taken in at once, tried up to three times, then given up.
//!
//! AWS, "How Lambda handles errors and retries with asynchronous invocation": the second try comes after one minute, the
//! third after two more; throttled events are tried for up to six hours; then the record goes to the destination.

use std::time::Duration;

use serde_json::{Value, json};

use super::sandbox::Request;
use super::{Answer, FunctionError, InvokeError, Lambda};
use crate::event::Event;
use crate::template::{Destination, Function};

/// The pauses before the second and the third try.
const RETRY_AFTER: [Duration; 2] = [Duration::from_mins(1), Duration::from_mins(2)];

/// A throttled event is tried again after 1 s, then ever later, up to 5 minutes.
const FIRST_THROTTLE_PAUSE: Duration = Duration::from_secs(1);
const LAST_THROTTLE_PAUSE: Duration = Duration::from_mins(5);

/// Where records of finished events are sent.
pub trait Outbox: Send + Sync + 'static {
    /// Sends a message with string attributes to the queue of that name, or says why it could not.
    fn send(&self, queue: &str, body: String, attributes: &[(&str, String)]) -> Result<(), String>;
}

/// Why an event was given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Condition {
    Success,
    RetriesExhausted,
    EventAgeExceeded,
}

/// How one try went.
type Outcome = Result<Answer, InvokeError>;

/// One event on its way.
pub(crate) struct AsyncEvent {
    lambda: Lambda,
    function: Function,
    request: Request,
    accepted_ms: u64,
    tries: u32,
    errors: u32,
    throttle_pause: Duration,
}

impl AsyncEvent {
    /// An event that was just accepted.
    pub(crate) fn new(lambda: Lambda, function: Function, request: Request) -> Self {
        let accepted_ms = lambda.host().clock.now_ms();
        Self {
            lambda,
            function,
            request,
            accepted_ms,
            tries: 0,
            errors: 0,
            throttle_pause: FIRST_THROTTLE_PAUSE,
        }
    }

    /// Tries until it succeeds or is given up.
    pub(crate) async fn run(mut self) {
        loop {
            let outcome = self
                .lambda
                .run(&self.function.name, self.request.clone())
                .await;
            let pause = match &outcome {
                Err(InvokeError::Stopped) => return,
                Ok(Answer { result: Ok(_), .. }) => {
                    return self.finish(Condition::Success, &outcome);
                }
                Err(InvokeError::Throttled { .. }) => self.throttled(),
                _ => match self.failed() {
                    Some(pause) => pause,
                    None => return self.finish(Condition::RetriesExhausted, &outcome),
                },
            };
            let age = self.lambda.host().elapsed(self.accepted_ms);
            if age + pause > self.function.asynchronous.maximum_event_age {
                return self.finish(Condition::EventAgeExceeded, &outcome);
            }
            self.lambda.host().clock.sleep(pause).await;
        }
    }

    /// A throttled event has not been tried.
    fn throttled(&mut self) -> Duration {
        let pause = self.throttle_pause;
        self.throttle_pause = (pause * 2).min(LAST_THROTTLE_PAUSE);
        pause
    }

    /// How long until the next try, if there is one.
    fn failed(&mut self) -> Option<Duration> {
        self.tries += 1;
        self.errors += 1;
        if self.errors > self.function.asynchronous.maximum_retry_attempts {
            return None;
        }
        let index = usize::try_from(self.errors - 1).unwrap_or(usize::MAX);
        let delay = RETRY_AFTER.get(index).copied().unwrap_or(RETRY_AFTER[1]);
        let (function, request_id) = (self.function.name.clone(), self.request.id.clone());
        self.lambda.host().events.publish(Event::AsyncRetried {
            function,
            request_id,
            delay,
        });
        Some(delay)
    }

    fn finish(mut self, condition: Condition, outcome: &Outcome) {
        let policy = self.function.asynchronous.clone();
        if condition == Condition::Success {
            self.tries += 1;
            if let Some(destination) = &policy.on_success {
                self.deliver(destination, &self.record(condition, outcome));
            }
            return;
        }
        let mut reached = None;
        if let Some(destination) = &policy.on_failure {
            reached = self.deliver(destination, &self.record(condition, outcome));
        }
        if let Some(destination) = &self.function.dead_letter {
            reached = self.bury(destination, outcome).or(reached);
        }
        let (function, request_id) = (self.function.name.clone(), self.request.id.clone());
        self.lambda.host().events.publish(Event::AsyncFailed {
            function,
            request_id,
            destination: reached,
        });
    }

    /// Sends the record of the event; returns where it went.
    fn deliver(&self, destination: &Destination, record: &Value) -> Option<String> {
        let sent = match destination {
            Destination::Queue(queue) => self
                .lambda
                .outbox()
                .send(queue, record.to_string(), &[])
                .map(|()| queue),
            Destination::Function(function) => {
                let payload = record.to_string().into();
                let invocation = super::Invocation {
                    function: function.clone(),
                    payload,
                    trace: None,
                };
                self.lambda
                    .invoke_asynchronously(invocation)
                    .map(|_| function)
                    .map_err(|error| error.to_string())
            }
            Destination::Elsewhere(arn) => Err(format!("`{arn}` does not exist on a laptop")),
        };
        sent.map_err(|reason| self.warn(&reason)).ok().cloned()
    }

    /// Sends the event itself to the function's own dead-letter queue, which gets no record (AWS, "Dead-letter queues").
    fn bury(&self, destination: &Destination, outcome: &Outcome) -> Option<String> {
        let Destination::Queue(queue) = destination else {
            self.warn("its dead-letter target does not exist on a laptop");
            return None;
        };
        let event = String::from_utf8_lossy(&self.request.payload).into_owned();
        let attributes = [
            ("RequestID", self.request.id.clone()),
            ("ErrorCode", status_code(outcome).to_string()),
            (
                "ErrorMessage",
                error_of(outcome).chars().take(1024).collect(),
            ),
        ];
        let sent = self.lambda.outbox().send(queue, event, &attributes);
        sent.map_err(|reason| self.warn(&reason))
            .ok()
            .map(|()| queue.clone())
    }

    fn warn(&self, reason: &str) {
        tracing::warn!(
            function = self.function.name,
            request_id = self.request.id,
            reason,
            "could not deliver the record"
        );
    }

    /// What a destination gets (AWS, "Capturing records of Lambda asynchronous invocations").
    fn record(&self, condition: Condition, outcome: &Outcome) -> Value {
        let json = |bytes: &[u8]| serde_json::from_slice(bytes).unwrap_or(Value::Null);
        let response = match outcome {
            Ok(Answer {
                result: Ok(payload) | Err(FunctionError { payload, .. }),
                ..
            }) => json(payload),
            Err(_) => Value::Null,
        };
        let mut context =
            json!({ "statusCode": status_code(outcome), "executedVersion": "$LATEST" });
        if let Ok(Answer {
            result: Err(error), ..
        }) = outcome
        {
            context["functionError"] = json!(if error.handled {
                "Handled"
            } else {
                "Unhandled"
            });
        }
        json!({
            "version": "1.0",
            "timestamp": timestamp(self.lambda.host().clock.now_ms()),
            "requestContext": {
                "requestId": self.request.id,
                "functionArn": format!("{}:$LATEST", self.function.arn),
                "condition": format!("{condition:?}"),
                "approximateInvokeCount": self.tries,
            },
            "requestPayload": json(&self.request.payload),
            "responseContext": context,
            "responsePayload": response,
        })
    }
}

fn status_code(outcome: &Outcome) -> u16 {
    match outcome {
        Ok(_) => 200,
        Err(InvokeError::Throttled { .. }) => 429,
        Err(_) => 500,
    }
}

fn error_of(outcome: &Outcome) -> String {
    match outcome {
        Ok(Answer {
            result: Err(error), ..
        }) => error.message(),
        Ok(_) => String::new(),
        Err(error) => error.to_string(),
    }
}

/// Milliseconds since 1970 as `2026-11-23T08:00:00.000Z`.
fn timestamp(now_ms: u64) -> String {
    let millisecond = i64::try_from(now_ms).unwrap_or_default();
    jiff::Timestamp::from_millisecond(millisecond)
        .map(|time| format!("{time:.3}"))
        .unwrap_or_default()
}
