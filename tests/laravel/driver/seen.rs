//! What the functions said of each job, read from their log lines.

use std::collections::HashMap;
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
    outcome: String,
}

/// The outcomes by job, in their order, and every line in a file.
pub(crate) struct Seen {
    outcomes: Mutex<HashMap<String, Vec<String>>>,
    log: File,
}

impl Seen {
    pub(crate) fn new(log: &Path) -> Result<Self> {
        Ok(Self {
            outcomes: Mutex::default(),
            log: File::create(log)?,
        })
    }

    /// Takes a line of a function's log.
    pub(crate) fn read(&self, function: &str, line: &str) {
        // The file is for people; without it the scenes go on.
        drop(writeln!(&self.log, "{function} | {line}"));
        if let Ok(Line { id, outcome }) = serde_json::from_str(line) {
            self.outcomes().entry(id).or_default().push(outcome);
        }
    }

    /// What became of a job's deliveries so far.
    pub(crate) fn of(&self, id: &str) -> Vec<String> {
        self.outcomes().get(id).cloned().unwrap_or_default()
    }

    fn outcomes(&self) -> MutexGuard<'_, HashMap<String, Vec<String>>> {
        self.outcomes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
