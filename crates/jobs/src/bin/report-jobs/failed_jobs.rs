//! Failed jobs, wherever they are kept.

use std::future::Future;

use serde::Deserialize;

use crate::day::Day;
use crate::text::first_line;

/// What a report says of one failed job. They sort by time.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct FailedJob {
    /// Seconds since 1970.
    pub(crate) failed_at: i64,
    /// The job's id.
    pub(crate) uuid: String,
    /// Its display name: a class, or what the producer called it.
    pub(crate) name: String,
    /// Laravel's name for the queue's service.
    pub(crate) connection: String,
    /// The queue it came from.
    pub(crate) queue: String,
    /// The first line of what went wrong.
    pub(crate) exception: String,
}

/// Some of the failed jobs.
#[derive(Debug, Default)]
pub(crate) struct Page {
    /// In the store's order.
    pub(crate) jobs: Vec<FailedJob>,
    /// The uuid that the next page begins after; `None`: there is none.
    pub(crate) next: Option<String>,
}

/// The store did not answer. Trying again may help.
#[derive(Debug, thiserror::Error)]
#[error("reading the failed jobs of `{application}` from `{table}`")]
pub(crate) struct FailedJobsError {
    pub(crate) application: String,
    pub(crate) table: String,
    pub(crate) source: Box<dyn std::error::Error + Send + Sync>,
}

/// Where failed jobs are kept.
pub(crate) trait FailedJobs: Sync {
    /// The jobs that failed on `day`, a page at a time. A page may be empty and yet not be the last one.
    fn page(
        &self,
        day: &Day,
        after: Option<String>,
    ) -> impl Future<Output = Result<Page, FailedJobsError>> + Send;
}

/// The part of a payload that is a name.
#[derive(Deserialize)]
struct Named {
    #[serde(rename = "displayName")]
    display_name: Option<String>,
    job: Option<String>,
}

/// What a payload calls its job.
pub(crate) fn name_in(payload: &str) -> String {
    let named = serde_json::from_str::<Named>(payload).ok();
    let name = named
        .and_then(|named| named.display_name.or(named.job))
        .map(|name| first_line(&name));
    name.filter(|name| !name.is_empty())
        .unwrap_or_else(|| "(no name)".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_found_in_what_producers_send() {
        let laravel = r#"{"uuid":"1","displayName":"App\\Jobs\\ImportCsv","job":"Illuminate\\Queue\\CallQueuedHandler@call","data":{}}"#;
        assert_eq!(name_in(laravel), "App\\Jobs\\ImportCsv");
        assert_eq!(
            name_in(r#"{"displayName":null,"job":"import-csv","data":{"secret":1}}"#),
            "import-csv"
        );
        for nameless in [
            "{}",
            "not json",
            "",
            r#"{"displayName":7}"#,
            r#"{"displayName":" \n"}"#,
        ] {
            assert_eq!(name_in(nameless), "(no name)", "{nameless}");
        }
    }
}
