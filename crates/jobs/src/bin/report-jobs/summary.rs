//! What a day's failed jobs come to. Its size is bounded, however many there are.

use std::collections::{BTreeMap, BTreeSet};

use crate::day::Day;
use crate::failed_jobs::{FailedJob, FailedJobs, FailedJobsError};

/// How many jobs are listed one by one; all are counted.
const MOST_LISTED: usize = 10_000;
/// How many names, queues or errors are counted apart. Errors that contain an id are as many as the jobs.
const MOST_COUNTED: usize = 1000;
/// Where the others are counted.
const OTHERS: &str = "(others)";

/// The failed jobs of one day.
#[derive(Debug)]
pub(crate) struct Summary {
    /// The day.
    pub(crate) day: Day,
    /// How many failed.
    pub(crate) failed: u64,
    /// By display name.
    pub(crate) by_job: Counts,
    /// By queue.
    pub(crate) by_queue: Counts,
    /// By the first line of the exception.
    pub(crate) by_exception: Counts,
    /// The earliest of them, in order.
    pub(crate) listed: BTreeSet<FailedJob>,
    most_listed: usize,
}

/// How often each of some texts occurred.
#[derive(Debug, Default)]
pub(crate) struct Counts(BTreeMap<String, u64>);

/// Why there is no summary. Trying again may help.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SummaryError {
    /// The store failed.
    #[error(transparent)]
    Read(#[from] FailedJobsError),
    /// Out of time.
    #[error("counting the failed jobs: the attempt was told to stop after {failed} of them")]
    Stopped {
        /// So far.
        failed: u64,
    },
}

impl Summary {
    /// Reads all pages of `day`. Of each only counts and short lines are kept.
    pub(crate) async fn collect(
        failed_jobs: &impl FailedJobs,
        day: Day,
        should_stop: impl Fn() -> bool,
    ) -> Result<Self, SummaryError> {
        let mut summary = Self::new(day, MOST_LISTED);
        let mut after = None;
        loop {
            let page = failed_jobs.page(&summary.day, after).await?;
            page.jobs.into_iter().for_each(|job| summary.add(job));
            if page.next.is_none() {
                return Ok(summary);
            }
            after = page.next;
            if should_stop() {
                return Err(SummaryError::Stopped {
                    failed: summary.failed,
                });
            }
        }
    }

    fn new(day: Day, most_listed: usize) -> Self {
        let (by_job, by_queue, by_exception) = Default::default();
        Self {
            day,
            failed: 0,
            by_job,
            by_queue,
            by_exception,
            listed: BTreeSet::new(),
            most_listed,
        }
    }

    fn add(&mut self, job: FailedJob) {
        self.failed += 1;
        self.by_job.count(&job.name);
        self.by_queue.count(&job.queue);
        self.by_exception.count(&job.exception);
        self.listed.insert(job);
        if self.listed.len() > self.most_listed {
            self.listed.pop_last();
        }
    }
}

impl Counts {
    fn count(&mut self, text: &str) {
        let key = if self.0.contains_key(text) || self.0.len() < MOST_COUNTED {
            text
        } else {
            OTHERS
        };
        *self.0.entry(key.to_owned()).or_default() += 1;
    }

    /// The most frequent first; equally frequent ones in the order of the alphabet.
    pub(crate) fn ranked(&self) -> Vec<(&str, u64)> {
        let mut ranked: Vec<_> = self
            .0
            .iter()
            .map(|(text, count)| (text.as_str(), *count))
            .collect();
        ranked.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        ranked
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(failed_at: i64) -> FailedJob {
        FailedJob {
            failed_at,
            uuid: format!("id-{failed_at}"),
            name: "import-csv".to_owned(),
            connection: "sqs".to_owned(),
            queue: "imports".to_owned(),
            exception: format!("no row {failed_at}"),
        }
    }

    #[test]
    fn the_earliest_are_listed_whatever_order_they_come_in() {
        let mut summary = Summary::new(Day::new("2026-11-22".parse().unwrap(), "UTC").unwrap(), 3);
        for second in [5, 1, 4, 2, 3] {
            summary.add(job(second));
        }
        assert_eq!(summary.failed, 5);
        assert_eq!(
            summary
                .listed
                .iter()
                .map(|job| job.failed_at)
                .collect::<Vec<_>>(),
            [1, 2, 3]
        );
        assert_eq!(summary.by_job.ranked(), [("import-csv", 5)]);
    }

    #[test]
    fn too_many_different_errors_are_counted_together() {
        let mut counts = Counts::default();
        (0..MOST_COUNTED + 50).for_each(|number| counts.count(&format!("no row {number}")));
        counts.count("no row 0");
        let ranked = counts.ranked();
        assert_eq!(ranked[..2], [(OTHERS, 50), ("no row 0", 2)]);
        assert_eq!(ranked.len(), MOST_COUNTED + 1);
    }

    #[test]
    fn equal_counts_stand_in_the_order_of_the_alphabet() {
        let mut counts = Counts::default();
        for text in ["b", "c", "a", "c"] {
            counts.count(text);
        }
        assert_eq!(counts.ranked(), [("c", 2), ("a", 1), ("b", 1)]);
    }
}
