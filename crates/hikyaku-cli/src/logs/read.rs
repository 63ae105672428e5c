//! Reads log groups, and reads on.
//!
//! Amazon CloudWatch Logs API reference, `FilterLogEvents`: a page may be empty and yet not be the last.

use std::collections::HashMap;
use std::time::Duration;

use hikyaku::core::Clock as _;
use hikyaku::signed::{SignedError, SignedRequest};
use hikyaku::{SystemClock, Timestamp};
use serde_json::{Value as Json, json};

use super::line::Line;
use crate::functions::Function;
use crate::outcome::OperatorError;
use crate::place::Reach;

/// How long a line may be on its way: what was read up to a minute ago is read again.
const LATE_MS: u64 = 60_000;

/// An account has few of these requests a second, for all its readers together: who is told so asks again, so often.
const PATIENCE: u32 = 10;
const PAUSE: Duration = Duration::from_secs(1);

/// What is read, and how far it was.
pub(crate) struct Reader {
    sources: Vec<Source>,
    pattern: Option<String>,
}

struct Source {
    function: Function,
    from: u64,
    /// The ids and times of events that will come again.
    seen: HashMap<String, u64>,
}

impl Reader {
    /// Lines that a filter pattern finds, or all.
    pub(crate) fn new(functions: &[Function], pattern: Option<&str>, from: Timestamp) -> Self {
        let source = |function: &Function| Source {
            function: function.clone(),
            from: from.as_millis(),
            seen: HashMap::new(),
        };
        Self {
            sources: functions.iter().map(source).collect(),
            pattern: pattern.map(str::to_owned),
        }
    }

    /// Lines that have a job's uuid. Text in quotes is looked for in the line as it is, whatever member has it.
    pub(crate) fn of_job(functions: &[Function], uuid: &str, from: Timestamp) -> Self {
        Self::new(functions, Some(&format!("\"{uuid}\"")), from)
    }

    /// The lines that were not read before, the oldest first. At least one request for each function.
    pub(crate) async fn read(&mut self, reach: &Reach) -> Result<Vec<Line>, OperatorError> {
        let mut lines = Vec::new();
        for source in &mut self.sources {
            lines.extend(source.read(reach, self.pattern.as_deref()).await?);
        }
        lines.sort_by_key(Line::at);
        Ok(lines)
    }
}

impl Source {
    async fn read(
        &mut self,
        reach: &Reach,
        pattern: Option<&str>,
    ) -> Result<Vec<Line>, OperatorError> {
        let began = SystemClock.now().as_millis();
        let mut lines = Vec::new();
        let mut token = None;
        loop {
            let Some(page) = self.page(reach, pattern, token).await? else {
                return Ok(lines);
            };
            for event in page["events"].as_array().into_iter().flatten() {
                lines.extend(self.new_line(event));
            }
            match page["nextToken"].as_str() {
                Some(next) => token = Some(next.to_owned()),
                None => break,
            }
        }
        self.from = self.from.max(began.saturating_sub(LATE_MS));
        self.seen.retain(|_, at| *at >= self.from);
        Ok(lines)
    }

    /// None: the group does not exist, because the function has never run.
    async fn page(
        &self,
        reach: &Reach,
        pattern: Option<&str>,
        token: Option<String>,
    ) -> Result<Option<Json>, OperatorError> {
        let group = &self.function.log_group;
        let mut body = json!({"logGroupName": group, "startTime": self.from});
        if let Some(pattern) = pattern {
            body["filterPattern"] = pattern.into();
        }
        if let Some(token) = token {
            body["nextToken"] = token.into();
        }
        let request = SignedRequest::json("Logs_20140328.FilterLogEvents", "1.1", &body);
        let mut answer = reach.ask("logs", request.clone()).await;
        for _ in 0..PATIENCE {
            if !is_throttled(&answer) {
                break;
            }
            tokio::time::sleep(PAUSE).await;
            answer = reach.ask("logs", request.clone()).await;
        }
        match answer {
            Ok(page) => Ok(Some(page)),
            Err(SignedError::Refused { source, .. })
                if source.code == "ResourceNotFoundException" =>
            {
                Ok(None)
            }
            Err(error) => {
                let doing = format!("reading log group `{group}` of {}", reach.name());
                let next = "may these keys do logs:FilterLogEvents?";
                Err(OperatorError::asking(doing, next, error))
            }
        }
    }

    fn new_line(&mut self, event: &Json) -> Option<Line> {
        let id = event["eventId"].as_str()?;
        let at = event["timestamp"].as_u64()?;
        let is_new = self.seen.insert(id.to_owned(), at).is_none();
        let text = event["message"].as_str()?.trim_end();
        let is_shown = is_new && !hikyaku_local::watch::is_metrics(text);
        is_shown.then(|| Line::read(&self.function.name, at, text))
    }
}

/// The answer to too many requests has the status 400, which is not asked again by itself.
fn is_throttled(answer: &Result<Json, SignedError>) -> bool {
    matches!(answer, Err(SignedError::Refused { source, .. }) if source.code == "ThrottlingException")
}
