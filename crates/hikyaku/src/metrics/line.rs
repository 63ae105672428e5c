//! The lines: what an invocation measured, in the embedded metric format (Amazon CloudWatch user guide, "Specification:
//! Embedded metric format").

use std::collections::{BTreeMap, HashMap};
use std::io::Write;

use hikyaku_core::{Delivery, Outcome, Report, Side, Timestamp};
use serde_json::{Map, Value, json};

use super::count::Requests;
use super::{Detail, FUNCTION, JOB, Metric, NAMESPACE, OTHER, PROCESSED_IN, price};
use crate::Config;
use crate::logs::rfc3339;

/// A metric has at most 100 values in one line (the specification, "Target members").
const MOST_VALUES: usize = 100;

/// What is known of an invocation when it is over.
pub(crate) struct Measured<'a> {
    pub(crate) deliveries: &'a [Delivery],
    /// One for each delivery, in their order.
    pub(crate) reports: &'a [Report],
    /// By the job's id.
    pub(crate) requests: &'a HashMap<String, Requests>,
    pub(crate) started: Timestamp,
    pub(crate) ended: Timestamp,
}

type Pair<'a> = (&'a Delivery, &'a Report);

impl Measured<'_> {
    /// One line for the invocation. Where jobs are told apart, it is one line for each job type in the batch, because a line
    /// can say of one job only; and for more than a hundred deliveries it is one for each hundred.
    pub(crate) fn lines(&self, config: &Config, jobs: &[&'static str]) -> Vec<String> {
        let mut groups: BTreeMap<Option<&str>, Vec<Pair<'_>>> = BTreeMap::new();
        for pair in self.deliveries.iter().zip(self.reports) {
            let job = (config.metrics == Detail::Jobs).then(|| {
                let name = pair.1.job.as_deref();
                name.filter(|name| jobs.contains(name)).unwrap_or(OTHER)
            });
            groups.entry(job).or_default().push(pair);
        }
        let mut lines = Vec::new();
        for (job, pairs) in groups {
            let chunks = pairs.chunks(MOST_VALUES);
            lines.extend(chunks.map(|pairs| self.line(config, job, pairs)));
        }
        lines
    }

    fn line(&self, config: &Config, job: Option<&str>, pairs: &[Pair<'_>]) -> String {
        let now = self.ended.as_millis();
        let values: Vec<(Metric, Value)> = Metric::ALL
            .into_iter()
            .filter_map(|metric| Some((metric, self.value(metric, config, pairs)?)))
            .collect();
        let directive = |dimensions: &[&str], wanted: &[Metric]| {
            let metrics = values.iter().filter(|(metric, _)| wanted.contains(metric));
            let metrics: Vec<_> = metrics
                .map(|(metric, _)| json!({ "Name": metric.name(), "Unit": metric.unit() }))
                .collect();
            json!({ "Namespace": NAMESPACE, "Dimensions": [dimensions], "Metrics": metrics })
        };
        let mut directives = vec![directive(&[FUNCTION], config.metrics.of_function())];
        if job.is_some() {
            directives.push(directive(&[FUNCTION, JOB], config.metrics.of_job()));
        }
        let mut line = Map::new();
        line.insert(
            "_aws".to_owned(),
            json!({ "Timestamp": now, "CloudWatchMetrics": directives }),
        );
        // Lambda takes a line without these for INFO, and drops it where the application log level is above that.
        line.insert("timestamp".to_owned(), Value::from(rfc3339(now)));
        line.insert("level".to_owned(), Value::from(level(config)));
        line.insert(
            FUNCTION.to_owned(),
            Value::from(config.function_name.as_str()),
        );
        if let Some(job) = job {
            line.insert(JOB.to_owned(), Value::from(job));
        }
        for (metric, value) in values {
            if config.metrics.of_function().contains(&metric) {
                line.insert(metric.name().to_owned(), value);
            }
        }
        if pairs.iter().any(|(_, report)| report.side.is_some()) {
            for (side, name) in PROCESSED_IN {
                line.insert(name.to_owned(), Value::from(done_in(side, pairs)));
            }
        }
        Value::Object(line).to_string()
    }

    /// None: there is nothing to say. An empty list of values is none that the format knows.
    fn value(&self, metric: Metric, config: &Config, pairs: &[Pair<'_>]) -> Option<Value> {
        let count = |is: fn(&Report) -> bool| {
            Value::from(pairs.iter().filter(|(_, report)| is(report)).count())
        };
        let list = |values: Vec<u64>| (!values.is_empty()).then(|| Value::from(values));
        match metric {
            Metric::Processed => Some(count(|report| report.outcome == Outcome::Done)),
            Metric::Failed => Some(count(Report::went_wrong)),
            Metric::Retried => Some(count(|report| report.outcome == Outcome::Released)),
            Metric::Buried => Some(count(|report| report.outcome == Outcome::Buried)),
            Metric::Duration => {
                let ran = pairs.iter().filter(|(_, report)| report.attempt > 0);
                list(ran.map(|(_, report)| duration_ms(report)).collect())
            }
            Metric::Wait => {
                let first = pairs
                    .iter()
                    .filter(|(delivery, _)| delivery.receive_count == 1);
                let waits = first.filter_map(|(delivery, _)| delivery.sent);
                list(waits.map(|sent| milliseconds(sent, self.started)).collect())
            }
            Metric::LedgerRequests => Some(Value::from(
                self.requests_of(pairs)
                    .map(|asked| asked.requests)
                    .sum::<u64>(),
            )),
            Metric::CostMicroDollars => Some(micro(self.cost(config, pairs))),
            Metric::OldestAge => {
                let sent = pairs.iter().filter_map(|(delivery, _)| delivery.sent);
                let oldest = sent.min()?;
                Some(Value::from(milliseconds(oldest, self.started) / 1000))
            }
        }
    }

    fn requests_of(&self, pairs: &[Pair<'_>]) -> impl Iterator<Item = &Requests> {
        // Copies of a job in one batch share its requests, which count once.
        let mut ids: Vec<_> = pairs.iter().map(|(_, report)| &report.id).collect();
        ids.sort_unstable();
        ids.dedup();
        ids.into_iter().filter_map(|id| self.requests.get(id))
    }

    /// In picodollars: what these wrote, and their share of the invocation, by the time that each took.
    fn cost(&self, config: &Config, pairs: &[Pair<'_>]) -> u64 {
        let units = self.requests_of(pairs).map(|asked| asked.units).sum();
        let took = milliseconds(self.started, self.ended);
        let invocation = price::invocation(config.memory_mb, took);
        // One more for each, so that a batch in which nothing took any time is shared out, too.
        let weight = |report: &Report| u128::from(duration_ms(report)) + 1;
        let mine: u128 = pairs.iter().map(|(_, report)| weight(report)).sum();
        let all: u128 = self.reports.iter().map(weight).sum();
        let share = u128::from(invocation) * mine / all.max(1);
        price::writes(&config.region, units)
            .saturating_add(u64::try_from(share).unwrap_or(u64::MAX))
    }
}

/// The lowest level that Lambda lets through.
fn level(config: &Config) -> &str {
    match config.log_level_name.as_str() {
        above @ ("WARN" | "ERROR" | "FATAL") => above,
        _ => "INFO",
    }
}

fn done_in(side: Side, pairs: &[Pair<'_>]) -> usize {
    let done =
        |(_, report): &&Pair<'_>| report.outcome == Outcome::Done && report.side == Some(side);
    pairs.iter().filter(done).count()
}

fn duration_ms(report: &Report) -> u64 {
    u64::try_from(report.duration.as_millis()).unwrap_or(u64::MAX)
}

fn milliseconds(from: Timestamp, to: Timestamp) -> u64 {
    to.as_millis().saturating_sub(from.as_millis())
}

/// Picodollars as microdollars. The digits are those of the whole number; a float only carries them into JSON.
fn micro(pico: u64) -> Value {
    let text = format!("{}.{:06}", pico / 1_000_000, pico % 1_000_000);
    text.parse::<f64>().map_or(Value::Null, Value::from)
}

/// Writes a line to standard output. Nobody is left to be told when that is gone.
pub(crate) fn write_line(line: &str) {
    let line = format!("{line}\n");
    drop(std::io::stdout().lock().write_all(line.as_bytes()));
}
