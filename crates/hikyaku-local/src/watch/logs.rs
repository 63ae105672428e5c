//! The lines of each function.

use std::collections::{BTreeMap, VecDeque};

/// How many lines of one function are kept.
const MOST_LINES: usize = 10_000;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LogLine {
    /// Its number among all of its function's lines, from 0.
    pub(super) number: u64,
    /// When it was written, in milliseconds since 1970.
    pub(super) at: u64,
    pub(super) text: String,
}

#[derive(Debug, Default)]
struct Log {
    lines: VecDeque<LogLine>,
    next: u64,
}

#[derive(Debug)]
pub(super) struct Logs(BTreeMap<String, Log>);

impl Logs {
    pub(super) fn of(functions: impl Iterator<Item = String>) -> Self {
        Self(functions.map(|name| (name, Log::default())).collect())
    }

    pub(super) fn push(&mut self, function: &str, at: u64, text: &str) {
        let log = self.0.entry(function.to_owned()).or_default();
        log.lines.push_back(LogLine {
            number: log.next,
            at,
            text: text.to_owned(),
        });
        log.next += 1;
        if log.lines.len() > MOST_LINES {
            log.lines.pop_front();
        }
    }

    /// The lines of a function, the oldest first. None: there is no such function.
    pub(super) fn of_function(&self, function: &str) -> Option<impl Iterator<Item = &LogLine>> {
        self.0.get(function).map(|log| log.lines.iter())
    }
}
