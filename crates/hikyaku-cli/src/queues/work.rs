//! How fast functions and jobs work, as they measured it themselves.

use std::collections::BTreeMap;
use std::time::Duration;

use hikyaku::core::Clock as _;
use hikyaku::metrics::Metric;
use hikyaku::{SystemClock, Timestamp};
use serde_json::{Value as Json, json};

use crate::metrics::{Asked, HOW_TO_MEASURE, Points, Span, Subject};
use crate::outcome::OperatorError;
use crate::output::{self, Text};
use crate::place::Reach;

/// How far back it is counted; up to a period more.
const WINDOW: Duration = Duration::from_mins(15);
/// In seconds. Percentiles of several periods cannot be put together, so one shows the newest.
const PERIOD: u64 = 300;

/// What is shown of each function and job.
const SHOWN: [(Metric, &str); 6] = [
    (Metric::Processed, "Sum"),
    (Metric::Failed, "Sum"),
    (Metric::Buried, "Sum"),
    (Metric::Duration, "p50"),
    (Metric::Duration, "p99"),
    (Metric::OldestAge, "Maximum"),
];

/// One look at all of them.
pub(super) struct Work {
    span: Span,
    subjects: Vec<(Subject, Pace)>,
    /// Whether anybody has measured anything in two weeks.
    is_measured: bool,
}

/// One function or job. What its level of metrics does not have is none.
struct Pace {
    done_per_minute: Option<f64>,
    failed_per_minute: Option<f64>,
    buried: Option<f64>,
    p50_ms: Option<f64>,
    p99_ms: Option<f64>,
    oldest_seconds: Option<f64>,
}

impl Reach {
    /// Two requests, and 6 metrics to pay for each function and each job type.
    pub(super) async fn work(&self) -> Result<Work, OperatorError> {
        let now = SystemClock.now();
        let span = Span::new(now - WINDOW, now, PERIOD);
        let measured = self.measured().await?;
        let asked: Vec<_> = measured
            .iter()
            .flat_map(|subject| SHOWN.map(|(metric, statistic)| asked(subject, metric, statistic)))
            .collect();
        let values = self.values(&asked, span).await?;
        let subjects = measured.into_iter().filter_map(|subject| {
            let pace = Pace::of(&subject, &values, span)?;
            Some((subject, pace))
        });
        Ok(Work {
            span,
            subjects: subjects.collect(),
            is_measured: !asked.is_empty(),
        })
    }
}

fn asked(subject: &Subject, metric: Metric, statistic: &'static str) -> Asked {
    Asked {
        subject: subject.clone(),
        metric,
        statistic,
    }
}

impl Pace {
    /// None: nothing ran.
    fn of(subject: &Subject, values: &BTreeMap<Asked, Points>, span: Span) -> Option<Self> {
        let points = |metric, statistic| {
            let points = values.get(&asked(subject, metric, statistic));
            points.filter(|points| !points.is_empty())
        };
        let sum = |metric| {
            let points = points(metric, "Sum")?;
            Some(
                points
                    .values()
                    .filter_map(serde_json::Number::as_f64)
                    .sum::<f64>(),
            )
        };
        let newest = |metric, statistic| {
            let points = points(metric, statistic)?;
            points.last_key_value()?.1.as_f64()
        };
        let minutes = span.duration().as_secs_f64() / 60.0;
        let per_minute = |metric| Some(sum(metric)? / minutes);
        let pace = Self {
            done_per_minute: per_minute(Metric::Processed),
            failed_per_minute: per_minute(Metric::Failed),
            buried: sum(Metric::Buried),
            p50_ms: newest(Metric::Duration, "p50"),
            p99_ms: newest(Metric::Duration, "p99"),
            oldest_seconds: newest(Metric::OldestAge, "Maximum"),
        };
        pace.failed_per_minute.is_some().then_some(pace)
    }

    fn row(&self, subject: &Subject) -> [String; 7] {
        let or_dash = |value: Option<String>| value.unwrap_or_else(|| "-".to_owned());
        [
            match &subject.job {
                Some(job) => format!("  {job}"),
                None => subject.function.clone(),
            },
            or_dash(self.done_per_minute.map(rate)),
            or_dash(self.failed_per_minute.map(rate)),
            or_dash(self.buried.map(|count| format!("{count:.0}"))),
            or_dash(self.p50_ms.map(took)),
            or_dash(self.p99_ms.map(took)),
            or_dash(self.oldest_seconds.map(|seconds| took(seconds * 1000.0))),
        ]
    }

    fn to_json(&self, subject: &Subject) -> Json {
        json!({
            "function": subject.function,
            "job": subject.job,
            "donePerMinute": self.done_per_minute,
            "failedPerMinute": self.failed_per_minute,
            "buried": self.buried,
            "p50Ms": self.p50_ms,
            "p99Ms": self.p99_ms,
            "oldestSeconds": self.oldest_seconds,
        })
    }
}

impl Work {
    pub(super) fn text(&self) -> Text {
        if !self.is_measured {
            return Text::block(
                "",
                &format!(
                    "No function has measured anything in two weeks. If jobs have run since then,\nnone measures: {HOW_TO_MEASURE}."
                ),
            );
        }
        let since = clock_time(self.span.from);
        if self.subjects.is_empty() {
            return text!("No job has run since {} UTC.\n", since);
        }
        let heading = [
            "FUNCTION, JOB",
            "DONE/MIN",
            "FAILED/MIN",
            "BURIED",
            "P50",
            "P99",
            "OLDEST",
        ];
        let mut rows = vec![heading.map(str::to_owned)];
        rows.extend(
            self.subjects
                .iter()
                .map(|(subject, pace)| pace.row(subject)),
        );
        text!(
            "{}since {} UTC; P50, P99 and OLDEST of the last five minutes with a job\n",
            output::table(&rows),
            since
        )
    }

    pub(super) fn to_json(&self) -> Json {
        let subjects = self.subjects.iter();
        let work: Vec<_> = subjects
            .map(|(subject, pace)| pace.to_json(subject))
            .collect();
        json!({
            "measured": self.is_measured,
            "since": output::rfc3339(self.span.from),
            "work": work,
        })
    }
}

fn clock_time(moment: Timestamp) -> String {
    let text = output::moment(moment);
    text.get(11..16).unwrap_or(&text).to_owned()
}

/// `0`, `0.07`, `3.4`, `120`.
fn rate(per_minute: f64) -> String {
    match per_minute {
        0.0 => "0".to_owned(),
        below if below < 1.0 => format!("{below:.2}"),
        below if below < 100.0 => format!("{below:.1}"),
        rate => format!("{rate:.0}"),
    }
}

/// `8ms`, `1.2s`, `3.5min`, `2.0h`.
fn took(milliseconds: f64) -> String {
    match milliseconds {
        0.0 => "0".to_owned(),
        below if below < 1_000.0 => format!("{below:.0}ms"),
        below if below < 120_000.0 => format!("{:.1}s", below / 1_000.0),
        below if below < 7_200_000.0 => format!("{:.1}min", below / 60_000.0),
        long => format!("{:.1}h", long / 3_600_000.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(values: &[(u64, f64)]) -> Points {
        let numbers = values
            .iter()
            .filter_map(|(at, value)| Some((*at, serde_json::Number::from_f64(*value)?)));
        numbers.collect()
    }

    #[test]
    fn counts_are_of_the_whole_span_and_times_of_its_newest_period() {
        let subject = Subject {
            function: "f".to_owned(),
            job: None,
        };
        let at = Timestamp::from_secs;
        let span = Span::new(at(900), at(1_500), PERIOD);
        let known = [
            (
                (Metric::Processed, "Sum"),
                points(&[(900, 5.0), (1_200, 15.0)]),
            ),
            ((Metric::Failed, "Sum"), points(&[(900, 1.0)])),
            (
                (Metric::Duration, "p99"),
                points(&[(900, 9_000.0), (1_200, 30.0)]),
            ),
        ];
        let values =
            known.map(|((metric, statistic), points)| (asked(&subject, metric, statistic), points));
        let pace = Pace::of(&subject, &values.into(), span).unwrap();
        assert_eq!(
            pace.row(&subject),
            ["f", "2.0", "0.10", "-", "-", "30ms", "-"]
        );
        assert!(Pace::of(&subject, &BTreeMap::new(), span).is_none());
    }

    #[test]
    fn where_nobody_measures_it_is_said_how_to() {
        let at = Timestamp::from_secs;
        let mut work = Work {
            span: Span::new(at(1_795_690_800), at(1_795_691_000), PERIOD),
            subjects: Vec::new(),
            is_measured: false,
        };
        assert!(work.text().as_str().contains("HIKYAKU_METRICS=function"));
        work.is_measured = true;
        assert_eq!(work.text().as_str(), "No job has run since 11:00 UTC.\n");
    }

    #[test]
    fn rates_and_times_are_short() {
        assert_eq!(
            [0.0, 0.067, 3.44, 120.4].map(rate),
            ["0", "0.07", "3.4", "120"]
        );
        let times = [0.0, 8.2, 1_234.0, 210_000.0, 7_200_000.0].map(took);
        assert_eq!(times, ["0", "8ms", "1.2s", "3.5min", "2.0h"]);
    }
}
