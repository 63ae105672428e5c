//! CloudWatch: what functions log, and the metrics in it.
//!
//! Every line is kept, the last 10,000 of each function. A line in the embedded metric format (a JSON object with `_aws`; Amazon
//! CloudWatch user guide, "Specification: Embedded metric format") also gives metrics, whose values are kept for three
//! hours. So do the metrics that AWS's services have of themselves. All live in memory and end with the cloud.
//!
//! They are asked for on Lambda's port, at `POST /`, by the header `X-Amz-Target`:
//!
//! | target | protocol | what of it |
//! |---|---|---|
//! | `GraniteServiceVersion20100801.GetMetricData` | awsJson1.0 | `MetricStat` with `Sum`, `Average`, `Minimum`, `Maximum`, `SampleCount` and `p1` to `p99.9`; no `Expression`, everything in one answer |
//! | `GraniteServiceVersion20100801.ListMetrics` | awsJson1.0 | `Namespace`, `MetricName`, `Dimensions` |
//! | `Logs_20140328.FilterLogEvents` | awsJson1.1 | `logGroupName` (`/aws/lambda/FUNCTION`), `startTime`, `endTime`, `limit`, `nextToken`, and a `filterPattern` of words or quoted text, all of which must occur, or with `?` before each one of which |
//!
//! CloudWatch's CBOR and query protocols are not served.

mod api;
mod emf;
mod logs;
mod metrics;
mod services;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use crate::clock::SharedClock;
use crate::lambda::LogSink;
use crate::lock::Lock;

pub(crate) use api::routes;
pub use emf::is_metrics;

use logs::Logs;
use metrics::Metrics;

/// What functions have logged. Clones are handles to the same.
#[derive(Clone)]
pub(crate) struct Watch {
    clock: SharedClock,
    logs: Arc<Lock<Logs>>,
    metrics: Arc<Lock<Metrics>>,
}

impl Watch {
    /// Keeps the logs of these functions.
    pub(crate) fn new(clock: SharedClock, functions: impl Iterator<Item = String>) -> Self {
        Self {
            clock,
            logs: Arc::new(Lock::new(Logs::of(functions))),
            metrics: Arc::default(),
        }
    }

    /// A sink that keeps each line before `next` gets it.
    pub(crate) fn before(&self, next: LogSink) -> LogSink {
        let watch = self.clone();
        Arc::new(move |function, line| {
            watch.keep(function, line);
            next(function, line);
        })
    }

    fn keep(&self, function: &str, line: &str) {
        let now = self.clock.now_ms();
        self.logs.lock().push(function, now, line);
        if is_metrics(line) {
            self.metrics.lock().add(emf::values(line, now), now);
        }
    }
}
