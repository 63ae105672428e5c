//! One log line, as people and as programs read it.

use clap::ValueEnum;
use hikyaku::Timestamp;
use serde_json::{Map, Value as Json};

use crate::output::{self, Text};

/// How grave a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(crate) enum Level {
    Trace,
    Debug,
    Info,
    Warn,
    Error,
}

impl Level {
    fn parse(text: &str) -> Option<Self> {
        Some(match text.to_ascii_uppercase().as_str() {
            "TRACE" => Self::Trace,
            "DEBUG" => Self::Debug,
            "INFO" => Self::Info,
            "WARN" | "WARNING" => Self::Warn,
            "ERROR" | "FATAL" | "CRITICAL" => Self::Error,
            _ => return None,
        })
    }

    fn name(self) -> &'static str {
        match self {
            Self::Trace => "TRACE",
            Self::Debug => "DEBUG",
            Self::Info => "INFO",
            Self::Warn => "WARN",
            Self::Error => "ERROR",
        }
    }
}

/// What Lambda itself writes about each invocation where logs are text (AWS Lambda developer guide, "Working with Lambda
/// function logs").
const OF_LAMBDA: [&str; 5] = [
    "START RequestId:",
    "END RequestId:",
    "REPORT RequestId:",
    "INIT_START ",
    INIT_REPORT,
];

/// Written if a process does not start (or where that is asked for).
const INIT_REPORT: &str = "INIT_REPORT ";

/// Members that have their own place, or that say again what is said, or that only programs need.
const NOT_REPEATED: [&str; 11] = [
    "timestamp",
    "level",
    "message",
    "requestId",
    "message.id",
    "trace.id",
    "job.name",
    "job.attempt",
    "error",
    "outcome",
    "target",
];

/// One log line.
pub(crate) struct Line {
    at: u64,
    function: String,
    level: Option<Level>,
    /// Its members; without any it is no JSON, and `message` is all there is.
    members: Map<String, Json>,
    message: String,
}

impl Line {
    pub(crate) fn read(function: &str, at: u64, text: &str) -> Self {
        let members: Map<String, Json> = serde_json::from_str(text).unwrap_or_default();
        let (level, message) = match members.get("type").and_then(Json::as_str) {
            Some(kind) if kind.starts_with("platform.") => of_platform(kind, &members),
            _ if members.is_empty() => (of_text(text), text.to_owned()),
            _ => (
                text_of(&members, "level").and_then(Level::parse),
                text_of(&members, "message").unwrap_or_default().to_owned(),
            ),
        };
        Self {
            at,
            function: function.to_owned(),
            level,
            members,
            message,
        }
    }

    pub(crate) fn at(&self) -> u64 {
        self.at
    }

    pub(crate) fn function(&self) -> &str {
        &self.function
    }

    /// The member of that name, if it is text.
    pub(crate) fn text_of(&self, name: &str) -> Option<&str> {
        text_of(&self.members, name)
    }

    /// The message, and the error after it.
    pub(crate) fn said(&self) -> String {
        match self.text_of("error") {
            Some(error) => format!("{}: {error}", self.message),
            None => self.message.clone(),
        }
    }

    /// Whether Lambda wrote it, and not the function.
    pub(crate) fn is_of_lambda(&self) -> bool {
        self.text_of("type").is_some_and(is_platform)
            || OF_LAMBDA
                .iter()
                .any(|start| self.message.starts_with(start))
    }

    /// Whether Lambda says in it that a process did not start.
    pub(crate) fn is_failed_start(&self) -> bool {
        if self.text_of("type") == Some("platform.initReport") {
            let status = self.members.get("record").map(|record| &record["status"]);
            return status.is_some_and(|status| status != "success");
        }
        self.members.is_empty()
            && self.message.starts_with(INIT_REPORT)
            && self.message.contains("Status: ")
    }

    /// Whether somebody should act: by its level, or by the word that Rust prints of an error that ends `main`.
    pub(crate) fn complains(&self) -> bool {
        self.level == Some(Level::Error) || self.message.starts_with("Error: ")
    }

    /// Whether a job was worked on, which only a function does that has started.
    pub(crate) fn is_of_work(&self) -> bool {
        ["job.id", "message.id", "requestId"]
            .iter()
            .any(|name| self.members.contains_key(*name))
    }

    pub(crate) fn is_at_least(&self, least: Level) -> bool {
        self.level.is_none_or(|level| level >= least)
    }

    /// One line: time, level, job and attempt (or the function), message, error, and what else there is. The uuid that was
    /// asked for is not said again.
    pub(crate) fn text(&self, asked_for: Option<&str>) -> Text {
        let time = output::precise_moment(Timestamp::from_millis(self.at));
        let level = self.level.map_or("", Level::name);
        let level = format!("{level:<5}");
        let level = match self.level {
            Some(Level::Error) => output::red(&level),
            _ => text!("{}", level),
        };
        text!(
            "{}  {}  {}  {}{}",
            time,
            level,
            self.subject(),
            self.said(),
            self.rest(asked_for)
        )
    }

    fn subject(&self) -> String {
        let Some(job) = text_of(&self.members, "job.name") else {
            return self.function.clone();
        };
        match self.members.get("job.attempt") {
            Some(attempt) => format!("{job} #{attempt}"),
            None => job.to_owned(),
        }
    }

    fn rest(&self, asked_for: Option<&str>) -> String {
        let is_asked_for = |value: &Json| asked_for.is_some() && value.as_str() == asked_for;
        let others = self.members.iter().filter(|(name, value)| {
            !NOT_REPEATED.contains(&name.as_str()) && !is_asked_for(value) && !value.is_null()
        });
        let others: Vec<_> = others
            .map(|(name, value)| match value.as_str() {
                Some(text) => format!("{name}={text}"),
                None => format!("{name}={value}"),
            })
            .collect();
        if others.is_empty() || text_of(&self.members, "type").is_some_and(is_platform) {
            return String::new();
        }
        format!(" ({})", others.join(", "))
    }

    /// The line as it was logged, with the function's name; one that is no JSON gets the names that others have.
    pub(crate) fn to_json(&self) -> Json {
        let mut members = self.members.clone();
        if members.is_empty() {
            let time = output::rfc3339(Timestamp::from_millis(self.at));
            members.insert("timestamp".to_owned(), time.into());
            members.insert("message".to_owned(), self.message.clone().into());
        }
        members.insert("function".to_owned(), self.function.clone().into());
        Json::Object(members)
    }
}

fn text_of<'a>(members: &'a Map<String, Json>, name: &str) -> Option<&'a str> {
    members.get(name).and_then(Json::as_str)
}

fn is_platform(kind: &str) -> bool {
    kind.starts_with("platform.")
}

/// What Lambda writes about invocations where logs are JSON: it matters when one did not succeed (AWS Lambda Telemetry API
/// reference, "Event schema", `Status`).
fn of_platform(kind: &str, members: &Map<String, Json>) -> (Option<Level>, String) {
    let record = members.get("record");
    let status = record.and_then(|record| record["status"].as_str());
    match status {
        Some(status) if status != "success" => (Some(Level::Error), format!("{kind}: {status}")),
        _ => (Some(Level::Debug), kind.to_owned()),
    }
}

fn of_text(text: &str) -> Option<Level> {
    if text.starts_with(INIT_REPORT) && text.contains("Status: ") {
        return Some(Level::Error);
    }
    let is_routine = OF_LAMBDA.iter().any(|start| text.starts_with(start));
    is_routine.then_some(Level::Debug)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-26T11:00:00.250Z.
    const AT: u64 = 1_795_690_800_250;

    const BURIED: &str = r#"{"timestamp":"2026-11-26T11:00:00.250Z","level":"ERROR","requestId":"r","message.id":"m","job.id":"u-1","job.name":"App\\Jobs\\ImportCsv","job.attempt":2,"outcome":"buried","duration_ms":12,"error":"no such file","message":"job `App\\Jobs\\ImportCsv` buried"}"#;

    #[test]
    fn a_line_of_a_job_says_when_how_grave_which_attempt_what_and_why() {
        let line = Line::read("import", AT, BURIED);
        assert_eq!(
            line.text(Some("u-1")).as_str(),
            r"2026-11-26 11:00:00.250  ERROR  App\Jobs\ImportCsv #2  job `App\Jobs\ImportCsv` buried: no such file (duration_ms=12)"
        );
        assert!(
            line.text(None)
                .as_str()
                .ends_with("(duration_ms=12, job.id=u-1)")
        );
        assert_eq!(line.to_json()["function"], "import");
        assert_eq!(line.to_json()["job.attempt"], 2);
    }

    #[test]
    fn a_line_that_is_no_json_is_shown_as_it_is_but_cannot_move_the_cursor() {
        let line = Line::read("import", AT, "memory\u{1b}[2J allocation\nfailed");
        assert_eq!(
            line.text(None).as_str(),
            "2026-11-26 11:00:00.250         import  memory\u{fffd}[2J allocation failed"
        );
        assert!(line.is_at_least(Level::Error), "it has no level");
        assert_eq!(line.to_json()["timestamp"], "2026-11-26T11:00:00.25Z");
    }

    #[test]
    fn what_lambda_writes_of_each_invocation_is_for_debugging_unless_it_failed() {
        let report = |status: &str| {
            let text = format!(
                r#"{{"time":"t","type":"platform.report","record":{{"status":"{status}"}}}}"#
            );
            Line::read("import", AT, &text)
        };
        assert!(!report("success").is_at_least(Level::Info));
        assert!(report("timeout").is_at_least(Level::Error));
        assert!(
            report("timeout")
                .text(None)
                .as_str()
                .ends_with("ERROR  import  platform.report: timeout")
        );
        let start = Line::read("import", AT, "START RequestId: 1 Version: $LATEST");
        assert!(!start.is_at_least(Level::Info) && start.is_at_least(Level::Debug));
    }

    #[test]
    fn levels_are_in_their_order() {
        let line =
            |level: &str| Line::read("f", AT, &format!(r#"{{"level":"{level}","message":"m"}}"#));
        assert!(line("WARN").is_at_least(Level::Warn));
        assert!(!line("INFO").is_at_least(Level::Warn));
        assert!(line("FATAL").is_at_least(Level::Error));
    }
}
