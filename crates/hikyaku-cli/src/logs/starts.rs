//! Functions that did not start, and why, by what Lambda and they themselves have logged.

use std::collections::BTreeMap;
use std::time::Duration;

use hikyaku::core::Clock as _;
use hikyaku::{SystemClock, Timestamp};
use serde::Serialize;

use super::line::Line;
use super::read::Reader;
use crate::functions::Function;
use crate::outcome::OperatorError;
use crate::output::{self, Text};
use crate::place::Reach;

/// How far back is looked: a function that cannot start is tried again and again, as long as it has messages.
const WINDOW: Duration = Duration::from_mins(15);

/// A start takes ten seconds at most, and what is said on the way stands before Lambda's own line.
const BEFORE: Duration = Duration::from_secs(15);

/// Lambda's line of a failed start, in text and in JSON.
const PATTERN: &str = "?\"INIT_REPORT\" ?\"platform.initReport\"";

/// A function that did not start when it was last tried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct NotStarted {
    pub(crate) function: String,
    /// RFC 3339, as programs read it.
    #[serde(rename = "at")]
    said_at: String,
    #[serde(skip)]
    pub(crate) at: Timestamp,
    /// What it said before it ended; if nothing, what Lambda calls it.
    pub(crate) reason: String,
}

impl Reach {
    /// Those of these functions that did not start in the last minutes and have done nothing since. One request for each
    /// function, and one more for one that did not start.
    pub(crate) async fn not_started(
        &self,
        functions: &[Function],
    ) -> Result<Vec<NotStarted>, OperatorError> {
        let from = SystemClock.now() - WINDOW;
        let lines = Reader::new(functions, Some(PATTERN), from)
            .read(self)
            .await?;
        let failed = lines.into_iter().filter(Line::is_failed_start);
        // The newest of each.
        let failed: BTreeMap<_, _> = failed
            .map(|line| (line.function().to_owned(), line))
            .collect();
        let mut found = Vec::new();
        for (name, report) in failed {
            let function = functions.iter().find(|function| function.name == name);
            let Some(function) = function.cloned() else {
                continue;
            };
            let at = Timestamp::from_millis(report.at());
            let around = Reader::new(&[function], None, at - BEFORE)
                .read(self)
                .await?;
            if around
                .iter()
                .any(|line| line.at() > report.at() && line.is_of_work())
            {
                continue;
            }
            let said = around.iter().filter(|line| line.at() <= report.at());
            found.push(NotStarted {
                function: name,
                said_at: output::rfc3339(at),
                at,
                reason: reason(said).unwrap_or_else(|| report.said()),
            });
        }
        Ok(found)
    }
}

/// The last complaint of a process, else its last words.
fn reason<'l>(lines: impl Iterator<Item = &'l Line> + Clone) -> Option<String> {
    let own = lines.filter(|line| !line.is_of_lambda());
    let complaint = own.clone().filter(|line| line.complains()).last();
    let last = || own.filter(|line| !line.said().starts_with("note: ")).last();
    complaint.or_else(last).map(Line::said)
}

/// A line for each, for people.
pub(crate) fn as_text(all: &[NotStarted]) -> Text {
    let lines: Vec<_> = all
        .iter()
        .map(|one| {
            text!(
                "{} {} at {} UTC: {}",
                output::name(&one.function),
                output::red("did not start"),
                output::moment(one.at),
                one.reason
            )
        })
        .collect();
    Text::lines(&lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    const REPORT: &str = "INIT_REPORT Init Duration: 20.11 ms\tPhase: init\tStatus: error\tError Type: Runtime.ExitError";

    fn reason_of(lines: &[&str]) -> Option<String> {
        let lines: Vec<_> = lines.iter().map(|text| Line::read("f", 1, text)).collect();
        reason(lines.iter())
    }

    #[test]
    fn the_reason_is_what_a_process_complained_of_last() {
        for (lines, expected) in [
            (
                &["one", "Error: Missing(\"HIKYAKU_PHP_KEY\")", REPORT][..],
                "Error: Missing(\"HIKYAKU_PHP_KEY\")",
            ),
            (
                &[
                    "thread 'main' panicked at src/main.rs:3:5:",
                    "no table",
                    "note: run with `RUST_BACKTRACE=1`",
                ],
                "no table",
            ),
            (
                &[
                    r#"{"level":"ERROR","message":"could not start","error":"no key"}"#,
                    "later",
                ],
                "could not start: no key",
            ),
            (&["START RequestId: 1", "words", REPORT], "words"),
        ] {
            assert_eq!(reason_of(lines).as_deref(), Some(expected));
        }
        assert_eq!(reason_of(&["START RequestId: 1", REPORT]), None);
    }

    #[test]
    fn a_failed_start_is_known_in_both_formats() {
        let json = |status: &str| {
            let text = format!(
                r#"{{"time":"t","type":"platform.initReport","record":{{"status":"{status}","errorType":"Runtime.ExitError"}}}}"#
            );
            Line::read("f", 1, &text)
        };
        assert!(json("error").is_failed_start() && json("timeout").is_failed_start());
        assert!(!json("success").is_failed_start());
        assert!(Line::read("f", 1, REPORT).is_failed_start());
        assert!(
            !Line::read("f", 1, "INIT_REPORT Init Duration: 1 ms\tPhase: init").is_failed_start()
        );
        assert!(!Line::read("f", 1, "a job wrote INIT_REPORT Status: error").is_failed_start());
    }
}
