//! The metrics that AWS's services have of themselves: what alarms look at when functions write none, or are killed.
//!
//! | namespace | metrics | counted |
//! |---|---|---|
//! | `AWS/Lambda`, by `FunctionName` | `Invocations`, `Errors`, `Throttles` | when an invocation ends or is refused |
//! | `AWS/SQS`, by `QueueName` | `ApproximateNumberOfMessagesVisible`, `ApproximateNumberOfMessagesNotVisible`, `ApproximateAgeOfOldestMessage` | every minute |
//! | `AWS/DynamoDB`, by `TableName` | `ConsumedWriteCapacityUnits` | at each write that came over HTTP, as if no item were larger than 1 KB |

use std::time::Duration;

use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

use super::Watch;
use super::metrics::{Sample, Series};
use crate::event::Event;
use crate::sqs::{QueueName, Sqs, SqsError};

/// How often SQS measures its queues (Amazon SQS developer guide, "Available CloudWatch metrics for Amazon SQS").
const MEASURED_EVERY: Duration = Duration::from_mins(1);

impl Watch {
    /// Counts the ends of invocations until nobody publishes any more.
    pub(crate) async fn count_invocations(self, mut events: Receiver<Event>) {
        loop {
            match events.recv().await {
                Ok(Event::Invoked {
                    function, error, ..
                }) => {
                    let errors = if error.is_some() { 1.0 } else { 0.0 };
                    self.measure_function(&function, "Invocations", 1.0);
                    self.measure_function(&function, "Errors", errors);
                }
                Ok(Event::Throttled { function }) => {
                    self.measure_function(&function, "Throttles", 1.0);
                }
                Ok(_) => {}
                Err(RecvError::Lagged(missed)) => {
                    tracing::warn!("{missed} events are missing in the metrics of AWS/Lambda");
                }
                Err(RecvError::Closed) => return,
            }
        }
    }

    /// Measures all queues, every minute.
    pub(crate) async fn measure_queues(self, sqs: Sqs) {
        loop {
            self.clock.sleep(MEASURED_EVERY).await;
            for queue in sqs.queues("") {
                // An error says that it was deleted meanwhile.
                let _ = self.measure_queue(&sqs, &queue);
            }
        }
    }

    fn measure_queue(&self, sqs: &Sqs, queue: &QueueName) -> Result<(), SqsError> {
        let counts = sqs.counts(queue)?;
        let age = sqs.age_of_oldest(queue)?.unwrap_or_default();
        for (name, value) in [
            ("ApproximateNumberOfMessagesVisible", number(counts.visible)),
            (
                "ApproximateNumberOfMessagesNotVisible",
                number(counts.not_visible),
            ),
            ("ApproximateAgeOfOldestMessage", age.as_secs_f64().floor()),
        ] {
            self.measure("AWS/SQS", ("QueueName", &queue.to_string()), name, value);
        }
        Ok(())
    }

    /// Counts what a write to a table consumed.
    pub(crate) fn count_writes(&self, table: &str, units: usize) {
        let dimension = ("TableName", table);
        let units = number(units);
        self.measure(
            "AWS/DynamoDB",
            dimension,
            "ConsumedWriteCapacityUnits",
            units,
        );
    }

    fn measure_function(&self, function: &str, name: &str, value: f64) {
        self.measure("AWS/Lambda", ("FunctionName", function), name, value);
    }

    fn measure(&self, namespace: &str, dimension: (&str, &str), name: &str, value: f64) {
        let series = Series {
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            dimensions: vec![(dimension.0.to_owned(), dimension.1.to_owned())],
        };
        let at = self.clock.now_ms();
        let samples = vec![Sample { at, value }];
        self.metrics.lock().add(vec![(series, samples)], at);
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "nobody has so many messages on a laptop"
)]
fn number(count: usize) -> f64 {
    count as f64
}
