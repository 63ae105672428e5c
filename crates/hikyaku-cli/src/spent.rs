//! `hikyaku spent`: what each job type has cost, as it measured itself, and what that is in a month.

use std::collections::BTreeMap;

use clap::Args;
use hikyaku::core::Clock as _;
use hikyaku::metrics::Metric;
use hikyaku::{SystemClock, Timestamp};
use rust_decimal::{Decimal, RoundingStrategy};
use serde_json::{Value as Json, json};

use crate::cost::{HOURS, usd};
use crate::metrics::{Asked, Points, Span, Subject};
use crate::outcome::{OperatorError, Outcome};
use crate::output::{self, Text};
use crate::place::{Place, Reach};
use crate::time::Since;

/// What is not in the metric `CostMicroDollars`.
const NOT_IN_IT: &str = "Lambda's time and requests, and the ledger's writes, before free tiers.\nNot in it: SQS, logs, metrics, starts, \
                         and what a job itself asks of others;\n`hikyaku cost` counts SQS, logs and metrics.";

/// What `hikyaku spent` takes.
#[derive(Debug, Clone, Args)]
pub(crate) struct Spent {
    /// How far back: 6h, 7d or a time such as 2026-11-26T10:00:00Z
    #[arg(long, value_name = "TIME", default_value = "7d")]
    since: Since,
    #[command(flatten)]
    place: Place,
}

/// What one job type did and cost.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Bill {
    subject: Subject,
    done: Decimal,
    usd: Decimal,
    /// When the first of it was measured.
    first: Timestamp,
}

struct Spending {
    span: Span,
    bills: Vec<Bill>,
}

impl Spent {
    /// Asks for two metrics of each job type.
    pub(crate) fn run(self) -> Result<Outcome, OperatorError> {
        let now = SystemClock.now();
        let since = self.since.moment(now);
        let span = Span::new(since, now, period(now, since));
        let spending = self.place.run(|reach| look(reach, span))?;
        if self.place.json {
            output::json(&spending.to_json());
        } else {
            output::say(&spending.text());
        }
        Ok(Outcome::of(!spending.bills.is_empty()))
    }
}

/// In seconds: as short as there are values for that long (Amazon CloudWatch API reference, `GetMetricData`: a minute for
/// 15 days, five for 63, an hour for 455), and not so short that an answer has thousands of them.
fn period(now: Timestamp, since: Timestamp) -> u64 {
    match now.as_secs().saturating_sub(since.as_secs()) {
        0..=10_800 => 60,
        10_801..=86_400 => 300,
        _ => 3_600,
    }
}

async fn look(reach: Reach, span: Span) -> Result<Spending, OperatorError> {
    let subjects = reach.measured().await?;
    let jobs: Vec<_> = subjects
        .into_iter()
        .filter(|subject| subject.job.is_some())
        .collect();
    let asked = |subject: &Subject, metric| Asked {
        subject: subject.clone(),
        metric,
        statistic: "Sum",
    };
    let all: Vec<_> = jobs
        .iter()
        .flat_map(|job| {
            [Metric::CostMicroDollars, Metric::Processed].map(|metric| asked(job, metric))
        })
        .collect();
    let values = reach.values(&all, span).await?;
    let bills = jobs.iter().filter_map(|job| bill(job, &values, asked));
    Ok(Spending {
        span,
        bills: bills.collect(),
    })
}

/// None: it has not run.
fn bill(
    job: &Subject,
    values: &BTreeMap<Asked, Points>,
    asked: impl Fn(&Subject, Metric) -> Asked,
) -> Option<Bill> {
    let costs = values.get(&asked(job, Metric::CostMicroDollars))?;
    let done = values.get(&asked(job, Metric::Processed));
    Some(Bill {
        subject: job.clone(),
        done: done.map(sum).unwrap_or_default(),
        usd: sum(costs) / Decimal::from(1_000_000),
        first: Timestamp::from_millis(costs.first_key_value()?.0 * 1_000),
    })
}

/// The digits are those that `CloudWatch` wrote.
fn sum(points: &Points) -> Decimal {
    let numbers = points.values().filter_map(|value| {
        let text = value.to_string();
        text.parse()
            .ok()
            .or_else(|| Decimal::from_scientific(&text).ok())
    });
    numbers.sum()
}

impl Spending {
    /// A month's part of a cost, if all of the month is as this span.
    fn a_month(&self, cost: Decimal) -> Decimal {
        let seconds = Decimal::from(self.span.duration().as_secs().max(1));
        cost * HOURS * Decimal::from(3_600) / seconds
    }

    fn total(&self) -> Decimal {
        self.bills.iter().map(|bill| bill.usd).sum()
    }

    fn text(&self) -> Text {
        let since = output::moment(self.span.from);
        if self.bills.is_empty() {
            return text!(
                "No job type has measured its cost since {} UTC. Set\nHIKYAKU_METRICS=jobs in the functions' environment \
                 (docs/monitoring.md says what\neach metric costs), or say --since.\n",
                since
            );
        }
        let heading = ["JOB", "FUNCTION", "DONE", "USD", "USD/MILLION", "USD/MONTH"];
        let mut rows = vec![heading.map(str::to_owned)];
        rows.extend(self.bills.iter().map(|bill| self.row(bill)));
        let total = [
            "all",
            "",
            "",
            &dollars(self.total()),
            "",
            &usd(self.a_month(self.total())),
        ];
        rows.push(total.map(str::to_owned));
        text!(
            "{}\nSince {} UTC, and in a month of {} hours like that.\n{}{}",
            output::table(&rows),
            since,
            HOURS,
            self.about_new_ones(),
            Text::block("", NOT_IN_IT)
        )
    }

    /// A function that is newer than the span makes a month look cheaper than it will be.
    fn about_new_ones(&self) -> Text {
        let first = self.bills.iter().map(|bill| bill.first).min();
        let first = first.unwrap_or(self.span.from);
        let before = first.as_secs().saturating_sub(self.span.from.as_secs());
        if before < self.span.duration().as_secs() / 10 {
            return Text::default();
        }
        text!(
            "The first job was measured at {} UTC: if there were none\nbefore because the functions are new, say --since \
             with that time.\n",
            output::moment(first)
        )
    }

    fn row(&self, bill: &Bill) -> [String; 6] {
        [
            bill.subject.job.clone().unwrap_or_default(),
            bill.subject.function.clone(),
            bill.done.normalize().to_string(),
            dollars(bill.usd),
            bill.per_million().map_or_else(|| "-".to_owned(), usd),
            usd(self.a_month(bill.usd)),
        ]
    }

    fn to_json(&self) -> Json {
        let bills: Vec<_> = self
            .bills
            .iter()
            .map(|bill| {
                json!({
                    "job": bill.subject.job,
                    "function": bill.subject.function,
                    "done": bill.done.normalize(),
                    "usd": bill.usd.normalize(),
                    "usdPerMillion": bill.per_million().map(|usd| usd.round_dp(6).normalize()),
                    "usdPerMonth": self.a_month(bill.usd).round_dp(6).normalize(),
                })
            })
            .collect();
        json!({
            "since": output::rfc3339(self.span.from),
            "until": output::rfc3339(self.span.to),
            "jobs": bills,
            "usd": self.total().normalize(),
            "usdPerMonth": self.a_month(self.total()).round_dp(6).normalize(),
        })
    }
}

impl Bill {
    /// None: none was done.
    fn per_million(&self) -> Option<Decimal> {
        (self.usd * Decimal::from(1_000_000)).checked_div(self.done)
    }
}

/// A few jobs cost less than a cent: as many digits as it takes to see something.
fn dollars(amount: Decimal) -> String {
    if amount >= Decimal::ONE {
        return usd(amount);
    }
    let rounded = amount.round_dp_with_strategy(6, RoundingStrategy::MidpointAwayFromZero);
    format!("{rounded:.6}")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn spending(seconds: u64, bills: Vec<Bill>) -> Spending {
        let from = Timestamp::from_secs(1_795_690_800);
        Spending {
            span: Span::new(from, from + Duration::from_secs(seconds), 60),
            bills,
        }
    }

    fn of(job: &str, done: u32, micro_usd: i64, first: u64) -> Bill {
        Bill {
            subject: Subject {
                function: "jobs".to_owned(),
                job: Some(job.to_owned()),
            },
            done: Decimal::from(done),
            usd: Decimal::new(micro_usd, 6),
            first: Timestamp::from_millis((1_795_690_800 + first) * 1_000),
        }
    }

    #[test]
    fn an_hour_is_a_730th_of_a_month() {
        let spending = spending(
            3_600,
            vec![of("import", 1_000, 2_500_000, 0), of("idle", 0, 10, 60)],
        );
        let text = spending.text();
        let text = text.as_str();
        let lines: Vec<Vec<&str>> = text
            .lines()
            .map(|line| line.split_whitespace().collect())
            .collect();
        assert_eq!(
            lines[1],
            ["import", "jobs", "1000", "2.50", "2,500.00", "1,825.00"]
        );
        assert_eq!(lines[2], ["idle", "jobs", "0", "0.000010", "-", "0.01"]);
        assert_eq!(lines[3], ["all", "2.50", "1,825.01"]);
        assert!(!text.contains("The first job was measured"), "{text}");
    }

    #[test]
    fn where_the_first_part_of_the_time_is_empty_it_is_said() {
        let text = spending(3_600, vec![of("import", 1, 10, 600)]).text();
        let text = text.as_str();
        assert!(
            text.contains("measured at 2026-11-26 11:10:00 UTC"),
            "{text}"
        );
    }

    #[test]
    fn small_and_large_numbers_are_read_as_cloudwatch_writes_them() {
        let points = [1e-7, 41.25, 3e6].map(|value| serde_json::Number::from_f64(value).unwrap());
        let points: Points = (0..).zip(points).collect();
        assert_eq!(sum(&points).to_string(), "3000041.2500001");
    }

    #[test]
    fn periods_are_as_long_as_values_are_kept() {
        let now = Timestamp::from_secs(10_000_000);
        let periods =
            [600, 10_800, 86_400, 604_800].map(|ago| period(now, now - Duration::from_secs(ago)));
        assert_eq!(periods, [60, 60, 300, 3_600]);
    }
}
