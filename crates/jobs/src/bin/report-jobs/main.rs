//! Writes down, once a night, which jobs failed yesterday: a CSV file to sort and a Markdown page to read.

mod config;
mod csv;
mod day;
mod dynamodb;
mod failed_jobs;
mod markdown;
mod summary;
#[cfg(test)]
#[path = "../../testing.rs"]
mod testing;
#[cfg(test)]
mod tests;
mod text;

use std::time::Duration;

use hikyaku::objects::{Headers, Objects, ObjectsError};
use hikyaku::{Context, Guarantee, Job, JobError, ResultExt, Worker};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::config::{Config, ConfigError};
use crate::day::{Day, object};
use crate::dynamodb::DynamoDbFailedJobs;
use crate::summary::Summary;

/// Stores `failed-jobs-2026-11-22.csv` and `failed-jobs-2026-11-22.md` under `REPORT_URL`: how many jobs failed that
/// day, counted by name, queue and error, and which, with the command that sends each one back.
///
/// Of a job's payload the reports hold its display name and nothing else. They follow from the failed jobs alone, so a
/// second run of the same day overwrites them with the same text, less what was retried or has expired meanwhile.
#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ReportJobs {
    /// The day, as `2026-11-22`. `null`: the day before the schedule's time.
    #[serde(default)]
    date: Option<Date>,
    /// Whose midnight begins a day: an IANA name, such as `Asia/Tokyo`.
    #[serde(default = "default_time_zone")]
    time_zone: String,
    /// The time the schedule stands for, as EventBridge states it: `2026-11-22T15:30:00Z`. `null`: now, so a retry
    /// after midnight would report another day.
    #[serde(default)]
    scheduled_time: Option<Timestamp>,
}

fn default_time_zone() -> String {
    "Asia/Tokyo".to_owned()
}

/// What the jobs of this function share.
pub(crate) struct Reporter {
    failed_jobs: DynamoDbFailedJobs,
    objects: Objects,
    folder: Url,
}

/// What was written.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Report {
    /// The day in question.
    date: Date,
    /// How many jobs failed.
    failed: u64,
    /// One line per failed job.
    csv: Url,
    /// Counts and the first of the jobs.
    markdown: Url,
}

impl Job for ReportJobs {
    const NAME: &'static str = "report-jobs";
    /// A day of many failures with large payloads is many pages to read.
    const TIMEOUT: Duration = Duration::from_mins(5);
    const GUARANTEE: Guarantee = Guarantee::Once;
    type State = Reporter;
    type Output = Report;

    async fn run(self, context: &Context<Reporter>) -> Result<Report, JobError> {
        let Reporter {
            failed_jobs,
            objects,
            folder,
        } = context.state();
        let day = self.day(now(context)?).or_fail()?;
        let summary = Summary::collect(failed_jobs, day, || context.should_stop()).await?;
        let csv = object(folder, &summary.day, "csv");
        let markdown = object(folder, &summary.day, "md");
        let files = [
            (&csv, csv::write(&summary), spreadsheet_csv::CONTENT_TYPE),
            (&markdown, markdown::write(&summary), markdown::CONTENT_TYPE),
        ];
        for (url, text, content_type) in files {
            let headers = Headers::of_type(content_type);
            objects
                .put(url, text.into(), headers)
                .await
                .map_err(judge)?;
        }
        Ok(Report {
            date: summary.day.date(),
            failed: summary.failed,
            csv,
            markdown,
        })
    }
}

impl ReportJobs {
    fn day(&self, now: Timestamp) -> Result<Day, day::DayError> {
        match self.date {
            Some(date) => Day::new(date, &self.time_zone),
            None => Day::before(self.scheduled_time.unwrap_or(now), &self.time_zone),
        }
    }
}

/// The time by the engine's clock, from the two things it tells a job.
fn now(context: &Context<Reporter>) -> Result<Timestamp, JobError> {
    let now = context.now();
    Ok(Timestamp::from_millisecond(i64::try_from(
        now.as_millis(),
    )?)?)
}

fn judge(error: ObjectsError) -> JobError {
    if error.is_permanent() {
        JobError::fail(error)
    } else {
        error.into()
    }
}

impl Reporter {
    fn new(config: Config) -> Result<Self, ObjectsError> {
        let Config {
            folder,
            objects,
            hikyaku,
        } = config;
        let client = hikyaku::clients::dynamodb(&hikyaku);
        let failed_jobs =
            DynamoDbFailedJobs::new(client, hikyaku.failed_table, hikyaku.application);
        Ok(Self {
            failed_jobs,
            objects: Objects::new(objects)?,
            folder,
        })
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), hikyaku::Error> {
    hikyaku::serve(Worker::setup(reporter).register::<ReportJobs>()).await
}

fn reporter() -> Result<Reporter, ConfigError> {
    Ok(Reporter::new(Config::from_env()?)?)
}
