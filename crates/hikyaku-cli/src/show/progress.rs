//! How far a job says it is.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What of a checkpoint is for people: a job that saves `done`, and `total` if it knows it, says how far it is, and pays
/// for no request besides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
pub(super) struct Progress {
    done: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    total: Option<u64>,
}

impl Progress {
    /// None: the checkpoint says nothing of it.
    pub(super) fn of(checkpoint: &str) -> Option<Self> {
        serde_json::from_str(checkpoint).ok()
    }
}

impl fmt::Display for Progress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let done = u128::from(self.done);
        match self.total {
            Some(total) if total > 0 => {
                let percent = done * 100 / u128::from(total);
                write!(formatter, "{done} of {total}, {percent} %")
            }
            _ => write!(formatter, "{done} done"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(checkpoint: &str) -> Option<String> {
        Progress::of(checkpoint).map(|progress| progress.to_string())
    }

    #[test]
    fn a_checkpoint_with_done_says_how_far_a_job_is() {
        let of_total = shown(r#"{"done": 3400, "total": 10000, "page": 34}"#);
        assert_eq!(of_total.as_deref(), Some("3400 of 10000, 34 %"));
        assert_eq!(shown(r#"{"done": 3400}"#).as_deref(), Some("3400 done"));
        let empty = shown(r#"{"done": 0, "total": 0}"#);
        assert_eq!(empty.as_deref(), Some("0 done"));
        let most = format!(r#"{{"done": {}, "total": 1}}"#, u64::MAX);
        assert!(shown(&most).is_some());
    }

    #[test]
    fn any_other_checkpoint_says_nothing_of_it() {
        for checkpoint in [
            "34",
            "{}",
            r#"{"done": "yes"}"#,
            r#"{"done": -1}"#,
            "not json",
        ] {
            assert_eq!(shown(checkpoint), None, "{checkpoint}");
        }
    }
}
