//! `hikyaku monitor`: how full the queues are and how fast jobs run, again and again on a terminal.

use std::collections::BTreeSet;
use std::time::Duration;

use clap::Args;
use hikyaku::SystemClock;
use hikyaku::core::Clock as _;
use hikyaku::signed::SignedRequest;
use serde_json::{Value as Json, json};

use super::depth::Depth;
use super::mapping::Reading;
use super::work::Work;
use crate::logs::{self, NotStarted};
use crate::outcome::{OperatorError, Outcome};
use crate::output::{self, Text};
use crate::place::{Place, Reach};
use crate::time;

/// On AWS metrics are of whole minutes, and each that is asked for is paid for.
const WORK_EVERY: Duration = Duration::from_mins(1);

/// What `hikyaku monitor` takes.
#[derive(Debug, Clone, Args)]
pub(crate) struct Monitor {
    /// Queues by their names or URLs; without any, all, and how fast functions and jobs work
    #[arg(value_name = "QUEUE")]
    queues: Vec<String>,
    /// Queues whose names begin so
    #[arg(long, value_name = "TEXT", conflicts_with = "queues")]
    prefix: Option<String>,
    /// Look once; what is not a terminal is shown one look
    #[arg(long)]
    once: bool,
    /// Look again after this time
    #[arg(long, value_name = "TIME", value_parser = time::wait, default_value = "5s")]
    interval: Duration,
    #[command(flatten)]
    place: Place,
}

/// One look.
struct Look {
    queues: Vec<Depth>,
    failed: usize,
}

/// What costs more to ask for, and changes less.
#[derive(Default)]
struct Seldom {
    work: Option<Result<Work, OperatorError>>,
    not_started: Vec<NotStarted>,
}

impl Seldom {
    async fn look(reach: &Reach) -> Self {
        // Who may not read logs sees the rest.
        let not_started = match reach.functions().await {
            Ok(functions) => reach.not_started(&functions).await,
            Err(error) => Err(error),
        };
        Self {
            work: Some(reach.work().await),
            not_started: not_started.unwrap_or_default(),
        }
    }

    fn text(&self) -> Text {
        let work = self.work.as_ref().map_or_else(Text::default, work_as_text);
        if self.not_started.is_empty() {
            return work;
        }
        text!("\n{}{}", logs::as_text(&self.not_started), work)
    }
}

impl Monitor {
    /// Looks until Ctrl-C, or once.
    pub(crate) fn run(self) -> Result<Outcome, OperatorError> {
        self.place.run(|reach| self.clone().monitor(reach))
    }

    async fn monitor(self, reach: Reach) -> Result<Outcome, OperatorError> {
        let urls = self.urls(&reach).await?;
        let once = self.once || self.place.json || !output::is_terminal();
        let (mut seldom, mut asked) = (Seldom::default(), None);
        loop {
            let look = look(&reach, &urls).await?;
            let now = SystemClock.now();
            let is_due = reach.local.is_some() || asked.is_none_or(|at| now >= at + WORK_EVERY);
            if self.queues.is_empty() && is_due {
                (seldom, asked) = (Seldom::look(&reach).await, Some(now));
            }
            if self.place.json {
                let work = seldom.work.as_ref().map(work_as_json);
                output::json(
                    &json!({"queues": look.queues, "failedJobs": look.failed, "notStarted": seldom.not_started, "work": work}),
                );
                return Ok(Outcome::Done);
            }
            let text = text!("{}{}", look.text(), seldom.text());
            if once {
                output::say(&text);
            } else {
                output::say(&text!("{}{}\nCtrl-C ends.\n", output::cleared(), text));
            }
            if once {
                return Ok(Outcome::Done);
            }
            tokio::select! {
                _ = tokio::signal::ctrl_c() => return Ok(Outcome::Done),
                () = tokio::time::sleep(self.interval) => {}
            }
        }
    }

    async fn urls(&self, reach: &Reach) -> Result<Vec<String>, OperatorError> {
        if self.queues.is_empty() {
            return reach.queue_urls(self.prefix.as_deref()).await;
        }
        let mut urls = Vec::new();
        for queue in &self.queues {
            urls.push(reach.queue_url(queue).await?);
        }
        Ok(urls)
    }
}

/// Whoever may not ask for metrics still sees the queues.
fn work_as_text(work: &Result<Work, OperatorError>) -> Text {
    match work {
        Ok(work) => text!("\n{}", work.text()),
        Err(error) => text!("\nNo metrics: {}\n", hikyaku::explain(error)),
    }
}

fn work_as_json(work: &Result<Work, OperatorError>) -> Json {
    match work {
        Ok(work) => work.to_json(),
        Err(error) => json!({"error": hikyaku::explain(error)}),
    }
}

async fn look(reach: &Reach, urls: &[String]) -> Result<Look, OperatorError> {
    let mut queues = Vec::new();
    for url in urls {
        queues.push(reach.depth(url).await?);
    }
    // The dead letters of what was named belong to the look.
    let known: BTreeSet<_> = queues.iter().map(|queue| queue.name.clone()).collect();
    let targets: BTreeSet<_> = queues
        .iter()
        .filter_map(|queue| queue.dead_letters_to.clone())
        .collect();
    for target in targets.difference(&known) {
        let url = reach.queue_url(target).await?;
        queues.push(reach.depth(&url).await?);
    }
    reach.find_oldest(&mut queues).await;
    // Who may not list them sees the rest.
    if let Ok(mappings) = reach.mappings().await {
        for queue in &mut queues {
            queue.state = Some(mappings.reading(&queue.name));
        }
    }
    Ok(Look {
        queues,
        failed: reach.failed_count().await?,
    })
}

impl Look {
    fn text(&self) -> Text {
        let targets: BTreeSet<_> = self
            .queues
            .iter()
            .filter_map(|queue| queue.dead_letters_to.as_deref())
            .collect();
        let heading = [
            "QUEUE",
            "WAITING",
            "DELAYED",
            "IN FLIGHT",
            "OLDEST",
            "STATE",
        ]
        .map(str::to_owned);
        let mut working = vec![heading];
        let mut dead = vec![["DEAD LETTERS", "MESSAGES"].map(str::to_owned)];
        for queue in &self.queues {
            if targets.contains(queue.name.as_str()) {
                dead.push([queue.name.clone(), queue.all().to_string()]);
            } else {
                let oldest = queue.oldest_seconds.map_or_else(|| "-".to_owned(), age);
                working.push([
                    queue.name.clone(),
                    queue.waiting.to_string(),
                    queue.delayed.to_string(),
                    queue.in_flight.to_string(),
                    oldest,
                    queue.state.map_or("-", Reading::words).to_owned(),
                ]);
            }
        }
        let failed = output::count(self.failed, "failed job");
        let more = if self.failed == 0 {
            ""
        } else {
            " (`hikyaku failed` lists them)"
        };
        let paused = self
            .queues
            .iter()
            .any(|queue| queue.state == Some(Reading::Paused));
        let resume = if paused {
            "`hikyaku resume QUEUE` lets functions read a paused queue again.\n"
        } else {
            ""
        };
        text!(
            "{}{}\n{}\n{}{}\n",
            output::table(&working),
            Text::block("", resume),
            output::table(&dead),
            failed,
            more
        )
    }
}

/// `45s`, `12m`, `3h`, `2d`.
fn age(seconds: u64) -> String {
    match seconds {
        0..120 => format!("{seconds}s"),
        120..7_200 => format!("{}m", seconds / 60),
        7_200..172_800 => format!("{}h", seconds / 3_600),
        _ => format!("{}d", seconds / 86_400),
    }
}

impl Reach {
    /// How many rows the failed jobs have. One query; it reads what it counts.
    async fn failed_count(&self) -> Result<usize, OperatorError> {
        Ok(self.failed_jobs().await?.len())
    }

    /// `CloudWatch` knows how long the oldest message waits; where it does not answer, nobody does. One request.
    ///
    /// Amazon SQS developer guide, "Available `CloudWatch` metrics": the age is at most that of the last minutes, and
    /// messages that were received three times do not count.
    async fn find_oldest(&self, queues: &mut [Depth]) {
        let now = SystemClock.now().as_secs();
        let queries: Vec<_> = queues
            .iter()
            .enumerate()
            .map(|(number, queue)| {
                json!({"Id": format!("q{number}"), "MetricStat": {"Period": 60, "Stat": "Maximum", "Metric": {
                    "Namespace": "AWS/SQS", "MetricName": "ApproximateAgeOfOldestMessage",
                    "Dimensions": [{"Name": "QueueName", "Value": queue.name}],
                }}})
            })
            .collect();
        let body = json!({"MetricDataQueries": queries, "StartTime": now.saturating_sub(600), "EndTime": now});
        let request =
            SignedRequest::json("GraniteServiceVersion20100801.GetMetricData", "1.0", &body);
        let Ok(answer) = self.ask("monitoring", request).await else {
            return;
        };
        for (number, queue) in queues.iter_mut().enumerate() {
            let results = answer["MetricDataResults"].as_array().into_iter().flatten();
            let mut results = results.filter(|result| result["Id"] == format!("q{number}"));
            let newest = results
                .next()
                .and_then(|result| result["Values"][0].as_f64());
            // Whole seconds, and never below zero.
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "an age in seconds is small and positive"
            )]
            let newest = newest.map(|age| age.max(0.0) as u64);
            queue.oldest_seconds = newest;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_age_is_told_in_one_unit() {
        let ages = [0, 119, 120, 7_199, 7_200, 172_799, 172_800].map(age);
        assert_eq!(ages, ["0s", "119s", "2m", "119m", "2h", "47h", "2d"]);
    }
}
