//! The failed store: Laravel's own DynamoDB schema, so that `php artisan queue:failed`, `queue:retry` and
//! `queue:forget` work on every job that hikyaku buried.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use hikyaku_core::{Buried, FailedJob, Place};
use hikyaku_laravel::failed::truncate_exception;

use super::item::{number, text};
use super::pieces::LONGEST_PAYLOAD;
use crate::Config;

/// An item holds 400 KB (Amazon DynamoDB developer guide, "Service, account, and table quotas"), and the payload is
/// worth more of it than a long text about what went wrong.
const LONGEST_EXCEPTION: usize = 32 * 1024;

type Item = HashMap<String, AttributeValue>;

const SECONDS_PER_DAY: u64 = 24 * 60 * 60;

/// Where failed jobs are written, and under which names.
#[derive(Debug, Clone)]
pub struct FailedStore {
    table: String,
    application: String,
    connection: String,
    days: u64,
}

impl FailedStore {
    pub(super) fn new(config: &Config) -> Self {
        Self {
            table: config.failed_table.clone(),
            application: config.application.clone(),
            connection: config.connection.clone(),
            days: config.failed_days.into(),
        }
    }

    pub(super) fn table(&self) -> &str {
        &self.table
    }

    /// When the row may be forgotten, in Unix seconds.
    pub(super) fn expires(&self, row: &FailedJob) -> u64 {
        row.failed_at.as_secs() + self.days * SECONDS_PER_DAY
    }

    /// The row, with the attributes and types of Laravel's `DynamoDbFailedJobProvider`, and beside them `job`, `failed_ms`,
    /// `trace`, of a message that had them `message_group` and `sent_ms`, and `body` when the message was not a job.
    ///
    /// `payload` stands for the row's own where that is kept elsewhere.
    pub(super) fn item(&self, row: &FailedJob, payload: &str) -> HashMap<String, AttributeValue> {
        let failed_at = row.failed_at.as_secs();
        let mut item = HashMap::from(
            [
                ("application", text(&self.application)),
                ("uuid", text(&row.id)),
                ("connection", text(&self.connection)),
                ("queue", text(&row.queue)),
                ("payload", text(payload)),
                (
                    "exception",
                    text(&truncate_exception(&row.exception, LONGEST_EXCEPTION)),
                ),
                ("failed_at", number(failed_at)),
                ("failed_ms", number(row.failed_at.as_millis())),
                ("job", text(&row.job)),
                ("expires_at", number(self.expires(row))),
            ]
            .map(|(name, value)| (name.to_owned(), value)),
        );
        // The payload has it too; this copy is for those who look into the table.
        let body = row
            .body
            .as_ref()
            .filter(|body| body.len() + payload.len() <= LONGEST_PAYLOAD);
        if let Some(body) = body {
            item.insert("body".to_owned(), text(body));
        }
        if let Some(group) = &row.group {
            item.insert("message_group".to_owned(), text(group));
        }
        if let Some(sent) = row.sent {
            item.insert("sent_ms".to_owned(), number(sent.as_millis()));
        }
        if let Some(trace) = &row.trace {
            item.insert("trace".to_owned(), text(trace));
        }
        item
    }

    /// What has to hold for a row to be written.
    pub(super) fn condition(row: &FailedJob, place: Place) -> Condition {
        let names = |names: &[(&str, &str)]| {
            let names = names.iter();
            names
                .map(|(alias, name)| ((*alias).to_owned(), (*name).to_owned()))
                .collect()
        };
        match place {
            Place::Empty => Condition {
                expression: "attribute_not_exists(#uuid)",
                names: names(&[("#uuid", "uuid")]),
                values: None,
            },
            Place::OfItsJob => Condition {
                expression: "attribute_not_exists(#uuid) OR #job = :job \
                    OR (attribute_not_exists(#job) AND contains(#payload, :named))",
                names: names(&[("#uuid", "uuid"), ("#job", "job"), ("#payload", "payload")]),
                values: Some(HashMap::from([
                    (":job".to_owned(), text(&row.job)),
                    (":named".to_owned(), text(&named(row))),
                ])),
            },
        }
    }

    /// What stands in the way of a row. Rows of Laravel's own and of versions before do not say whose they are: their payload
    /// does.
    pub(super) fn standing(row: &FailedJob, found: &Item) -> Buried {
        let text = |name: &str| found.get(name).and_then(|value| value.as_s().ok());
        let is_its_own = match (text("job"), text("payload")) {
            (Some(job), _) => *job == row.job,
            (None, Some(payload)) => payload.contains(&named(row)),
            (None, None) => false,
        };
        if is_its_own {
            Buried::There
        } else {
            Buried::Taken
        }
    }
}

/// A condition of DynamoDB's.
pub(super) struct Condition {
    pub(super) expression: &'static str,
    pub(super) names: HashMap<String, String>,
    pub(super) values: Option<Item>,
}

/// The job's name as a payload has it.
fn named(row: &FailedJob) -> String {
    serde_json::Value::from(row.job.as_str()).to_string()
}
