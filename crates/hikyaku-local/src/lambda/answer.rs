//! What comes back from an invocation.

use std::time::Duration;

use axum::body::Bytes;

/// A finished invocation, successful or not.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The invocation's id.
    pub request_id: String,
    /// The function's response, or its error.
    pub result: Result<Bytes, FunctionError>,
    /// The last lines it logged, at most 4 KB (AWS, "Invoke", parameter `LogType`).
    pub log_tail: Vec<u8>,
}

/// An invocation that failed inside the function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunctionError {
    /// What went wrong.
    pub cause: FailureCause,
    /// The JSON object that the invoker gets, with `errorType` and `errorMessage`.
    pub payload: Bytes,
    /// Whether the process called its error handled; almost none does.
    pub handled: bool,
}

/// Why an invocation failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureCause {
    /// The function answered with an error.
    Reported,
    /// The process could not start, or reported that it cannot.
    Init,
    /// The process ended.
    Exit,
    /// The function's time was over.
    Timeout,
    /// The local cloud was stopped meanwhile.
    Stopped,
}

impl FunctionError {
    /// An error in Lambda's own words.
    pub(crate) fn of(cause: FailureCause, error_type: &str, message: &str) -> Self {
        let payload = serde_json::json!({ "errorType": error_type, "errorMessage": message });
        Self {
            cause,
            payload: Bytes::from(payload.to_string()),
            handled: false,
        }
    }

    /// The process ended by itself.
    pub(crate) fn exit(request_id: &str, reason: &str) -> Self {
        Self::of(
            FailureCause::Exit,
            "Runtime.ExitError",
            &format!("RequestId: {request_id} Error: {reason}"),
        )
    }

    /// The function's time was over.
    pub(crate) fn timeout(cause: FailureCause, request_id: &str, after: Duration) -> Self {
        let message = format!(
            "RequestId: {request_id} Error: Task timed out after {:.2} seconds",
            after.as_secs_f64()
        );
        Self::of(cause, "Sandbox.Timedout", &message)
    }

    /// The error as one readable line.
    pub fn message(&self) -> String {
        let parsed: Option<serde_json::Value> = serde_json::from_slice(&self.payload).ok();
        let text = |key: &str| parsed.as_ref()?.get(key)?.as_str().map(str::to_owned);
        match (text("errorType"), text("errorMessage")) {
            (Some(kind), Some(message)) => format!("{kind}: {message}"),
            (None, Some(message)) => message,
            _ => String::from_utf8_lossy(&self.payload).into_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_read_as_lambda_writes_them() {
        let error = FunctionError::timeout(FailureCause::Timeout, "id", Duration::from_secs(3));
        assert_eq!(
            error.message(),
            "Sandbox.Timedout: RequestId: id Error: Task timed out after 3.00 seconds"
        );
        assert_eq!(
            FunctionError {
                payload: Bytes::from("nonsense"),
                ..error
            }
            .message(),
            "nonsense"
        );
    }
}
