//! One function: a worker behind its ports, answering events.

use std::sync::Arc;
use std::time::Duration;

use aws_lambda_events::event::sqs::SqsBatchResponse;
use hikyaku_core::{
    Delivery, Invocation, Outcome, Outgoing, Ports, Report, Timestamp, Verdict, Worker,
};
use serde_json::json;
use serde_json::value::RawValue;

use crate::Config;
use crate::event::{self, Event, EventError, Surroundings};
use crate::metrics::{CountingLedger, Detail, Measured, write_line};

type MetricLines = Box<dyn Fn(&str) + Send + Sync>;

/// A worker behind its ports. [`serve`](crate::serve()) makes one on AWS; a test makes one on ports of its own.
pub struct Function<S> {
    worker: Worker<S>,
    ports: Ports,
    config: Config,
    jobs: Vec<&'static str>,
    requests: Arc<CountingLedger>,
    metrics: MetricLines,
    #[cfg(feature = "otel")]
    spans: Option<crate::otel::Spans>,
}

/// An invocation failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FunctionError {
    /// Its payload is nothing that a function accepts.
    #[error("reading the event")]
    Event(#[from] EventError),
    /// Its one job did not succeed, and there is no queue to try it again from.
    #[error("job `{job}` ({id}) {outcome}: {error}")]
    Job {
        /// The job's name.
        job: String,
        /// Its id.
        id: String,
        /// What became of it.
        outcome: &'static str,
        /// Why.
        error: String,
    },
    /// The answer could not be put together.
    #[error("writing the answer")]
    Answer(#[from] serde_json::Error),
}

impl FunctionError {
    /// What kind of error it is: the `errorType` of the invocation's answer.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Event(_) => "hikyaku::UnknownEvent",
            Self::Job { .. } => "hikyaku::JobFailed",
            Self::Answer(_) => "hikyaku::Answer",
        }
    }
}

impl<S: Send + Sync + 'static> Function<S> {
    /// Puts a worker behind ports.
    pub fn new(worker: Worker<S>, mut ports: Ports, config: Config) -> Self {
        let jobs = worker.descriptions().iter().map(|job| job.name).collect();
        let requests = Arc::new(CountingLedger::new(Arc::clone(&ports.ledger)));
        if config.metrics != Detail::Off {
            ports.ledger = Arc::<CountingLedger>::clone(&requests);
        }
        Self {
            #[cfg(feature = "otel")]
            spans: crate::otel::Spans::of(&config),
            worker,
            ports,
            config,
            jobs,
            requests,
            metrics: Box::new(write_line),
        }
    }

    /// Hands each line of [metrics](crate::metrics) to `sink`, not to standard output.
    #[must_use]
    pub fn metrics_to(mut self, sink: impl Fn(&str) + Send + Sync + 'static) -> Self {
        self.metrics = Box::new(sink);
        self
    }

    async fn process(
        &self,
        deliveries: &[Delivery],
        invocation: Invocation,
        #[cfg_attr(not(feature = "otel"), expect(unused_variables))] surroundings: Surroundings<'_>,
    ) -> Vec<Report> {
        let reports = self
            .worker
            .process(deliveries, invocation, &self.ports)
            .await;
        if self.config.metrics != Detail::Off {
            let measured = Measured {
                deliveries,
                reports: &reports,
                requests: &self.requests.take(),
                started: invocation.started,
                ended: self.ports.clock.now(),
            };
            for line in measured.lines(&self.config, &self.jobs) {
                (self.metrics)(&line);
            }
        }
        #[cfg(feature = "otel")]
        if let Some(spans) = &self.spans {
            let invoked = crate::otel::Invoked {
                function: &self.config.function_name,
                request_id: surroundings.request_id,
                trace: surroundings.trace,
                invocation,
                ended: self.ports.clock.now(),
            };
            spans.send(&invoked, deliveries, &reports).await;
        }
        reports
    }

    /// Answers one invocation.
    ///
    /// `deadline` is when the process is killed; one that has already passed is not known, which is what
    /// `cargo lambda watch` sends. `trace` is the invocation's X-Ray header, if there is one.
    pub async fn handle(
        &self,
        payload: &str,
        request_id: &str,
        deadline: Timestamp,
        trace: Option<&str>,
    ) -> Result<Box<RawValue>, FunctionError> {
        let now = self.ports.clock.now();
        let invocation = Invocation {
            started: now,
            deadline: Some(deadline).filter(|deadline| *deadline > now),
        };
        let surroundings = Surroundings {
            request_id,
            trace,
            now,
            sqs_endpoint: self.config.sqs_endpoint.as_deref(),
            queue_url: self.config.queue_url.as_deref(),
            jobs: &self.jobs,
        };
        match event::read(payload, surroundings)? {
            Event::Queue(deliveries) => {
                let reports = self.process(&deliveries, invocation, surroundings).await;
                let mut answer = SqsBatchResponse::default();
                for report in reports {
                    if !report.verdict.acknowledges() {
                        answer.add_failure(report.message_id);
                    }
                }
                Ok(serde_json::value::to_raw_value(&answer)?)
            }
            Event::Single(delivery) => {
                let deliveries = std::slice::from_ref(&*delivery);
                let mut reports = self.process(deliveries, invocation, surroundings).await;
                match reports.pop() {
                    Some(report) => self.answer(report, &delivery).await,
                    None => Ok(RawValue::NULL.to_owned()),
                }
            }
        }
    }

    /// What a job that came from no queue is answered with.
    async fn answer(
        &self,
        report: Report,
        delivery: &Delivery,
    ) -> Result<Box<RawValue>, FunctionError> {
        if report.outcome == Outcome::Done {
            return Ok(report.output.unwrap_or_else(|| RawValue::NULL.to_owned()));
        }
        if let Verdict::Redeliver(delay) = report.verdict {
            if self.hand_over(delivery, delay.unwrap_or_default()).await {
                let said = json!({ "job": report.job, "id": report.id, "outcome": report.outcome.word(),
                    "handedOverTo": self.config.queue_url });
                return Ok(serde_json::value::to_raw_value(&said)?);
            }
            return Err(failed(report));
        }
        match report.outcome {
            Outcome::Buried | Outcome::FailedBefore => Err(failed(report)),
            _ => {
                let said =
                    json!({ "job": report.job, "id": report.id, "outcome": report.outcome.word() });
                Ok(serde_json::value::to_raw_value(&said)?)
            }
        }
    }

    /// No receipt, so no visibility to change: the job goes to its queue to be tried again from there.
    async fn hand_over(&self, delivery: &Delivery, delay: Duration) -> bool {
        let Some(url) = &self.config.queue_url else {
            return false;
        };
        // A copy sent twice is harmless, but one that SQS takes for a copy and drops is not.
        let unlike_any = format!("{:032x}", fastrand::u128(..));
        let message = Outgoing {
            delay,
            ..Outgoing::new(url, delivery.body.clone(), unlike_any)
                .in_group(None, "hikyaku")
                .in_trace(delivery.trace.as_deref())
        };
        match self.ports.queue.send(&message).await {
            Ok(()) => true,
            Err(error) => {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "the job stays with the invocation"
                );
                false
            }
        }
    }
}

fn failed(report: Report) -> FunctionError {
    FunctionError::Job {
        job: report.job.unwrap_or_else(|| "unknown".to_owned()),
        id: report.id,
        outcome: report.outcome.word(),
        error: report
            .error
            .unwrap_or_else(|| "no reason was given".to_owned()),
    }
}
