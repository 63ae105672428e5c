//! What functions measured of themselves (`HIKYAKU_METRICS`), asked of CloudWatch.
//!
//! Amazon CloudWatch API reference, `ListMetrics` and `GetMetricData`.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use hikyaku::Timestamp;
use hikyaku::metrics::{FUNCTION, JOB, Metric, NAMESPACE};
use hikyaku::signed::SignedRequest;
use serde_json::{Value as Json, json};

use crate::outcome::OperatorError;
use crate::place::Reach;

/// The most metrics in one request (`GetMetricData`).
const MOST_QUERIES: usize = 500;

/// What to do where nobody measures.
pub(crate) const HOW_TO_MEASURE: &str = "set HIKYAKU_METRICS=function, or =jobs, in the functions'\nenvironment \
                                         (docs/monitoring.md says what each metric costs)";

/// Whom a metric is about: a function, or one job type of it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Subject {
    pub(crate) function: String,
    pub(crate) job: Option<String>,
}

impl Subject {
    fn of(metric: &Json) -> Option<Self> {
        let dimensions = metric["Dimensions"].as_array()?;
        let value = |name: &str| {
            let mut found = dimensions.iter().filter(|own| own["Name"] == name);
            found.next()?["Value"].as_str().map(str::to_owned)
        };
        Some(Self {
            function: value(FUNCTION)?,
            job: value(JOB),
        })
    }

    fn dimensions(&self) -> Json {
        let function = json!({"Name": FUNCTION, "Value": self.function});
        match &self.job {
            Some(job) => json!([function, {"Name": JOB, "Value": job}]),
            None => json!([function]),
        }
    }
}

/// One statistic of one metric.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Asked {
    pub(crate) subject: Subject,
    pub(crate) metric: Metric,
    /// `Sum`, `Maximum`, `p50`.
    pub(crate) statistic: &'static str,
}

/// The time that is asked about. It begins where one of its periods begins, counted from 1970: then it does not matter
/// whether periods are counted from there or from its own start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) from: Timestamp,
    pub(crate) to: Timestamp,
    /// In seconds.
    pub(crate) period: u64,
}

impl Span {
    /// At least from `from` on.
    pub(crate) fn new(from: Timestamp, to: Timestamp, period: u64) -> Self {
        let from = from.as_secs() / period * period;
        Self {
            from: Timestamp::from_millis(from * 1_000),
            to,
            period,
        }
    }

    pub(crate) fn duration(self) -> Duration {
        Duration::from_millis(self.to.as_millis().saturating_sub(self.from.as_millis()))
    }
}

/// The values of periods in which there were any: when each began, in seconds since 1970, and the value as `CloudWatch`
/// writes it.
pub(crate) type Points = BTreeMap<u64, serde_json::Number>;

impl Reach {
    /// Whom there are metrics of, of the last two weeks. One request for five hundred.
    pub(crate) async fn measured(&self) -> Result<BTreeSet<Subject>, OperatorError> {
        // The one that every level has, and functions as well as jobs.
        let mut body = json!({"Namespace": NAMESPACE, "MetricName": Metric::Failed.name()});
        let mut found = BTreeSet::new();
        loop {
            let answer = self.ask_cloudwatch("ListMetrics", &body).await?;
            let metrics = answer["Metrics"].as_array().into_iter().flatten();
            found.extend(metrics.filter_map(Subject::of));
            match answer["NextToken"].as_str() {
                Some(next) => body["NextToken"] = next.into(),
                None => return Ok(found),
            }
        }
    }

    /// Values. One request for five hundred of `asked`, more if there are many periods; `CloudWatch` charges for each.
    pub(crate) async fn values(
        &self,
        asked: &[Asked],
        span: Span,
    ) -> Result<BTreeMap<Asked, Points>, OperatorError> {
        let mut values = BTreeMap::new();
        for asked in asked.chunks(MOST_QUERIES) {
            let queries = asked.iter().enumerate();
            let queries: Vec<_> = queries.map(|(at, asked)| query(at, asked, span)).collect();
            let mut body = json!({
                "MetricDataQueries": queries,
                "StartTime": span.from.as_secs(),
                "EndTime": span.to.as_secs(),
            });
            loop {
                let answer = self.ask_cloudwatch("GetMetricData", &body).await?;
                for result in answer["MetricDataResults"].as_array().into_iter().flatten() {
                    let id = result["Id"].as_str().and_then(|id| id.strip_prefix('m'));
                    let at: Option<usize> = id.and_then(|id| id.parse().ok());
                    if let Some(asked) = at.and_then(|at| asked.get(at)) {
                        let kept: &mut Points = values.entry(asked.clone()).or_default();
                        kept.extend(points(result));
                    }
                }
                match answer["NextToken"].as_str() {
                    Some(next) => body["NextToken"] = next.into(),
                    None => break,
                }
            }
        }
        Ok(values)
    }

    async fn ask_cloudwatch(&self, operation: &str, body: &Json) -> Result<Json, OperatorError> {
        let target = format!("GraniteServiceVersion20100801.{operation}");
        let request = SignedRequest::json(&target, "1.0", body);
        self.ask("monitoring", request).await.map_err(|error| {
            let doing = format!("asking for the metrics of {}", self.name());
            let next = format!("may these keys do cloudwatch:{operation}?");
            OperatorError::asking(doing, next, error)
        })
    }
}

fn query(at: usize, asked: &Asked, span: Span) -> Json {
    let metric = json!({
        "Namespace": NAMESPACE,
        "MetricName": asked.metric.name(),
        "Dimensions": asked.subject.dimensions(),
    });
    json!({
        "Id": format!("m{at}"),
        "MetricStat": {"Period": span.period, "Stat": asked.statistic, "Metric": metric},
    })
}

/// The two lists of an answer, side by side. A time is a number of seconds, with or without a fraction.
fn points(result: &Json) -> Points {
    let times = result["Timestamps"].as_array().into_iter().flatten();
    let values = result["Values"].as_array().into_iter().flatten();
    let pairs = times.zip(values);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "seconds since 1970"
    )]
    let points =
        pairs.filter_map(|(time, value)| Some((time.as_f64()? as u64, value.as_number()?.clone())));
    points.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_begins_where_a_period_begins() {
        let at = Timestamp::from_secs;
        let span = Span::new(at(1_000), at(1_234), 300);
        assert_eq!((span.from, span.to), (at(900), at(1_234)));
    }

    #[test]
    fn a_metric_is_about_a_function_or_a_job_of_it_whatever_the_order_of_its_dimensions() {
        let of = |dimensions: Json| Subject::of(&json!({ "Dimensions": dimensions }));
        let function = json!({"Name": "Function", "Value": "f"});
        let job = json!({"Name": "Job", "Value": "j"});
        let subject = |job: Option<&str>| Subject {
            function: "f".to_owned(),
            job: job.map(str::to_owned),
        };
        assert_eq!(of(json!([function])), Some(subject(None)));
        assert_eq!(of(json!([job, function])), Some(subject(Some("j"))));
        assert_eq!(of(json!([job])), None);
    }

    #[test]
    fn values_come_with_the_times_of_their_periods() {
        let result = json!({"Timestamps": [1_200.0, 900], "Values": [2.5, 7]});
        let points = points(&result);
        let newest = points.last_key_value().unwrap();
        assert_eq!((newest.0, newest.1.as_f64()), (&1_200, Some(2.5)));
        assert_eq!(points.len(), 2);
    }
}
