//! What Lambda itself writes into the log of a function that cannot start, after whatever the process has written.

use std::time::Duration;

use serde_json::{Value, json};

use super::{FunctionError, Host};
use crate::template::Function;

impl Host {
    /// The line of a failed start, in the format of the function's log.
    ///
    /// In text it is the one that users see (`INIT_REPORT Init Duration: 206.72 ms  Phase: init  Status: error  Error Type:
    /// Runtime.ExitError`), in JSON that of the page "Telemetry API Event schema reference", `platform.initReport`.
    pub(super) fn report_failed_start(
        &self,
        function: &Function,
        took: Duration,
        error: &FunctionError,
    ) {
        let (status, kind) = of(error);
        let ms = took.as_secs_f64() * 1000.0;
        let format = function.environment.get("AWS_LAMBDA_LOG_FORMAT");
        let line = if format.unwrap_or(&self.surroundings.log_format) == "JSON" {
            let mut record = json!({ "initializationType": "on-demand", "phase": "init", "status": status,
                "metrics": { "durationMs": ms } });
            if let Some(kind) = kind {
                record["errorType"] = json!(kind);
            }
            let now = i64::try_from(self.clock.now_ms()).unwrap_or(i64::MAX);
            let time = jiff::Timestamp::from_millisecond(now).unwrap_or(jiff::Timestamp::MAX);
            json!({ "time": format!("{time:.3}"), "type": "platform.initReport", "record": record })
                .to_string()
        } else {
            let kind = kind.map_or_else(String::new, |kind| format!("\tError Type: {kind}"));
            format!("INIT_REPORT Init Duration: {ms:.2} ms\tPhase: init\tStatus: {status}{kind}")
        };
        (self.logs)(&function.name, &line);
    }
}

/// The status, and what the error is called.
fn of(error: &FunctionError) -> (&'static str, Option<String>) {
    let payload: Value = serde_json::from_slice(&error.payload).unwrap_or_default();
    match payload["errorType"].as_str() {
        Some("Sandbox.Timedout") => ("timeout", None),
        kind => ("error", kind.map(str::to_owned)),
    }
}
