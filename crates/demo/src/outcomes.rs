//! What the functions said of each job, read from their log lines.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::Deserialize;
use tokio::sync::Notify;

use crate::Result;
use crate::check::Facts;
use crate::messages::Message;

/// One line a function wrote about a delivery.
#[derive(Debug, Clone, Deserialize)]
struct Line {
    #[serde(rename = "job.id")]
    id: String,
    outcome: String,
}

/// The outcomes by job, in their order.
#[derive(Debug, Default)]
pub(crate) struct Outcomes {
    by_job: Mutex<HashMap<String, Vec<String>>>,
    changed: Notify,
}

impl Outcomes {
    /// Takes a line of a function's log; one that is not about a delivery is passed over.
    ///
    /// Released and released again counts once: it depends on how soon this process lets the job through.
    pub(crate) fn read(&self, line: &str) {
        if let Ok(Line { id, outcome }) = serde_json::from_str(line) {
            let mut by_job = self.by_job();
            let outcomes = by_job.entry(id).or_default();
            if outcome != "released" || outcomes.last() != Some(&outcome) {
                outcomes.push(outcome);
            }
            self.changed.notify_waiters();
        }
    }

    /// Waits until some job has come to `outcome`.
    pub(crate) async fn wait_for(&self, outcome: &str, patience: Duration) -> Result<()> {
        let seen = || self.by_job().values().flatten().any(|seen| seen == outcome);
        let wait = async {
            loop {
                let changed = self.changed.notified();
                if seen() {
                    return;
                }
                changed.await;
            }
        };
        tokio::time::timeout(patience, wait)
            .await
            .map_err(|_| format!("no job was ever {outcome}").into())
    }

    fn by_job(&self) -> MutexGuard<'_, HashMap<String, Vec<String>>> {
        self.by_job.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Prints one line a message. Answers whether each went as it should.
    pub(crate) fn print(&self, messages: &[Message], facts: &Facts) -> bool {
        println!(
            "\n{:<38} {:<11} {:<16} where the result is",
            "message", "sent by", "what happened"
        );
        println!("{}", "-".repeat(118));
        let mut left = self.by_job().clone();
        let mut all_well = true;
        for message in messages {
            let mut said = left.remove(&message.id).unwrap_or_default();
            // Messages of one job share its outcomes: the first takes what it should, the next the rest.
            let rest = said.split_off(message.expected.len().min(said.len()));
            left.insert(message.id.clone(), rest);
            let as_expected = said == message.expected;
            let what = if as_expected {
                said.join(", ")
            } else {
                format!("{} (!)", said.join(", "))
            };
            println!(
                "{:<38} {:<11} {what:<16} {}",
                message.title,
                message.producer,
                facts.place(message)
            );
            all_well &= as_expected;
        }
        all_well
            & messages
                .iter()
                .all(|message| left.get(&message.id).is_none_or(Vec::is_empty))
    }
}
