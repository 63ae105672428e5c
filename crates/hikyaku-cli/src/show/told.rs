//! What the log says of a job that keeps no ledger.

use std::time::Duration;

use hikyaku::Timestamp;
use serde::Serialize;

use crate::functions::Function;
use crate::logs::{Line, Reader};
use crate::output;
use crate::place::Reach;

/// How far back its line is looked for.
const WINDOW: Duration = Duration::from_hours(24);

/// The end of a job's last delivery.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Told {
    pub(super) job: Option<String>,
    pub(super) outcome: String,
    pub(super) error: Option<String>,
    /// RFC 3339.
    pub(super) at: String,
}

impl Told {
    /// By the last of these lines that says how a delivery of the job ended.
    fn of(lines: &[Line], uuid: &str) -> Option<Self> {
        let lines = lines.iter().rev();
        let mut lines = lines.filter(|line| line.text_of("job.id") == Some(uuid));
        lines.find_map(|line| {
            let owned = |name: &str| line.text_of(name).map(str::to_owned);
            Some(Self {
                outcome: owned("outcome")?,
                job: owned("job.name"),
                error: owned("error"),
                at: output::rfc3339(Timestamp::from_millis(line.at())),
            })
        })
    }

    /// The job's state, in the words that the ledger has for it.
    pub(super) fn state(&self) -> &str {
        match self.outcome.as_str() {
            "done before" => "done",
            "buried" | "failed before" => "failed",
            "released" | "continued" | "snoozed" | "held" | "postponed" | "overlapping" => {
                "pending"
            }
            outcome => outcome,
        }
    }
}

impl Reach {
    /// One request for each function. Who may not read logs is told nothing.
    pub(super) async fn told(
        &self,
        functions: &[Function],
        uuid: &str,
        now: Timestamp,
    ) -> Option<Told> {
        let lines = Reader::of_job(functions, uuid, now - WINDOW)
            .read(self)
            .await;
        Told::of(&lines.ok()?, uuid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(lines: &[&str]) -> Option<(String, String)> {
        let lines: Vec<_> = lines
            .iter()
            .zip(1..)
            .map(|(text, at)| Line::read("f", at, text))
            .collect();
        Told::of(&lines, "u").map(|told| (told.outcome.clone(), told.state().to_owned()))
    }

    #[test]
    fn the_last_end_counts() {
        let line =
            |outcome: &str| format!(r#"{{"job.id":"u","job.name":"j","outcome":"{outcome}"}}"#);
        let [released, done] = ["released", "done"].map(line);
        let both = |one: &str, other: &str| Some((one.to_owned(), other.to_owned()));
        assert_eq!(told(&[&released]), both("released", "pending"));
        assert_eq!(told(&[&released, &done]), both("done", "done"));
        let other = r#"{"job.id":"v","outcome":"buried","note":"\"u\""}"#;
        assert_eq!(told(&[&done, other]), both("done", "done"));
        assert_eq!(told(&[&line("buried")]), both("buried", "failed"));
        assert_eq!(told(&[r#"{"job.id":"u","message":"worked"}"#, "u"]), None);
    }
}
