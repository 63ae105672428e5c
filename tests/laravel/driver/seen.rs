//! What the functions said of each job, read from their log lines.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::Deserialize;

use crate::Result;

/// One line that a function wrote about a delivery.
#[derive(Deserialize)]
struct Line {
    #[serde(rename = "job.id")]
    id: String,
    #[serde(rename = "job.name", default)]
    name: String,
    outcome: String,
    side: Option<String>,
}

/// A job that a function has spoken of.
#[derive(Debug, Clone)]
pub(crate) struct Job {
    pub(crate) id: String,
    pub(crate) name: String,
    /// The function, by its resource in the template.
    pub(crate) function: String,
    /// What became of its deliveries, in their order.
    pub(crate) outcomes: Vec<String>,
    /// On which sides it was claimed, where the function has both.
    sides: Vec<String>,
}

/// The jobs in the order in which they were first spoken of, and every line in a file.
pub(crate) struct Seen {
    jobs: Mutex<Vec<Job>>,
    log: File,
}

impl Seen {
    pub(crate) fn new(log: &Path) -> Result<Self> {
        Ok(Self {
            jobs: Mutex::default(),
            log: File::create(log)?,
        })
    }

    /// Takes a line of a function's log.
    pub(crate) fn read(&self, function: &str, line: &str) {
        // The file is for people; without it the scenes go on.
        drop(writeln!(&self.log, "{function} | {line}"));
        let Ok(Line {
            id,
            name,
            outcome,
            side,
        }) = serde_json::from_str(line)
        else {
            return;
        };
        let mut jobs = self.locked();
        if let Some(job) = jobs.iter_mut().find(|job| job.id == id) {
            job.outcomes.push(outcome);
            job.sides.extend(side);
        } else {
            jobs.push(Job {
                id,
                name,
                function: function.to_owned(),
                outcomes: vec![outcome],
                sides: side.into_iter().collect(),
            });
        }
    }

    /// What became of a job's deliveries so far.
    pub(crate) fn of(&self, id: &str) -> Vec<String> {
        let jobs = self.locked();
        let job = jobs.iter().find(|job| job.id == id);
        job.map(|job| job.outcomes.clone()).unwrap_or_default()
    }

    /// On which sides a job was claimed so far, each once.
    pub(crate) fn sides(&self, id: &str) -> BTreeSet<String> {
        let jobs = self.locked();
        let job = jobs.iter().find(|job| job.id == id);
        job.map(|job| job.sides.iter().cloned().collect())
            .unwrap_or_default()
    }

    /// Every job so far.
    pub(crate) fn jobs(&self) -> Vec<Job> {
        self.locked().clone()
    }

    fn locked(&self) -> MutexGuard<'_, Vec<Job>> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
