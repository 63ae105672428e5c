//! The rows of failed jobs, as Laravel's `DynamoDbFailedJobProvider` keeps them.

use std::collections::HashMap;

use hikyaku::Timestamp;
use hikyaku::dynamodb::error::SdkError;
use hikyaku::dynamodb::operation::delete_item::DeleteItemError;
use hikyaku::dynamodb::types::AttributeValue;
use hikyaku_laravel::Envelope;

use crate::outcome::OperatorError;
use crate::place::{ABOUT_TABLES, Reach};

type Item = HashMap<String, AttributeValue>;

/// What stands in an exception of a job that is run at most once and never reported its end (`docs/reliability.md`).
const OUTCOME_UNKNOWN: &str = "outcome unknown:";

/// A failed job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) uuid: String,
    pub(crate) connection: String,
    /// A URL, or a name where Laravel wrote the row; empty where the job came from no queue.
    pub(crate) queue: String,
    pub(crate) payload: String,
    pub(crate) exception: String,
    /// The trace that it failed in; None where Laravel wrote the row.
    pub(crate) trace: Option<String>,
    /// To the millisecond where hikyaku wrote the row, to the second where Laravel did.
    pub(crate) failed_at: Timestamp,
    /// The ordered group that its message came in.
    pub(crate) group: Option<String>,
    /// When its message was sent.
    pub(crate) sent: Option<Timestamp>,
}

/// What became of a row that was to be deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Forgotten {
    /// It is gone.
    Yes,
    /// It is not the row that was read: the job has failed again since, or somebody was faster.
    Changed,
}

impl Row {
    fn of(item: &Item) -> Option<Self> {
        let text = |name: &str| item.get(name).and_then(|value| value.as_s().ok()).cloned();
        let number = |name: &str| item.get(name)?.as_n().ok()?.parse::<i64>().ok();
        let milliseconds = |name: &str| {
            let number = u64::try_from(number(name)?).ok()?;
            Some(Timestamp::from_millis(number))
        };
        let second = Timestamp::from_secs(number("failed_at")?);
        Some(Self {
            uuid: text("uuid")?,
            connection: text("connection").unwrap_or_default(),
            queue: text("queue").unwrap_or_default(),
            payload: text("payload").unwrap_or_default(),
            exception: text("exception").unwrap_or_default(),
            trace: text("trace"),
            failed_at: milliseconds("failed_ms").unwrap_or(second),
            group: text("message_group"),
            sent: milliseconds("sent_ms"),
        })
    }

    /// What the job is called; the payload's own word for it where it is no envelope of ours or Laravel's.
    pub(crate) fn job(&self) -> String {
        let envelope = Envelope::parse_stored(&self.payload);
        envelope.map_or_else(
            |_| "(unreadable)".to_owned(),
            |envelope| envelope.name().to_owned(),
        )
    }

    /// The queue's name.
    pub(crate) fn queue_name(&self) -> &str {
        self.queue.rsplit('/').next().unwrap_or_default()
    }

    /// What went wrong, without the class of the exception and the trace.
    pub(crate) fn error(&self) -> &str {
        let line = self.exception.lines().next().unwrap_or_default();
        let line = line.strip_suffix(" in hikyaku:0").unwrap_or(line);
        match line.split_once(": ") {
            Some((class, error)) if class.contains('\\') && !class.contains(' ') => error,
            _ => line,
        }
    }

    /// Its place among others: when it was sent, as far as that is known. Of those that were sent in the same millisecond the
    /// first to fail came first, for an ordered group is worked off in its order.
    pub(crate) fn place(&self) -> impl Ord + use<> {
        let sent = self.sent.unwrap_or(self.failed_at);
        (sent, self.failed_at, self.uuid.clone())
    }

    /// The group in which it is sent again to a FIFO queue: its own, or that which a string job has there by default.
    pub(crate) fn group_in(&self, queue: &str) -> String {
        let default = || queue.rsplit('/').next().unwrap_or_default().to_owned();
        self.group.clone().unwrap_or_else(default)
    }

    /// Whether nobody knows if the job did its work: it is run at most once, and must not be sent again in bulk.
    pub(crate) fn is_outcome_unknown(&self) -> bool {
        self.exception.contains(OUTCOME_UNKNOWN)
    }
}

impl Reach {
    /// All rows of the application, the newest first. One query, and one more for each MB.
    pub(crate) async fn failed_jobs(&self) -> Result<Vec<Row>, OperatorError> {
        let table = &self.config.failed_table;
        let pages = self
            .dynamodb
            .query()
            .table_name(table)
            .key_condition_expression("application = :application")
            .expression_attribute_values(
                ":application",
                AttributeValue::S(self.config.application.clone()),
            )
            .into_paginator()
            .items()
            .send()
            .collect::<Result<Vec<_>, _>>()
            .await;
        let items = pages.map_err(|error| {
            let doing = format!(
                "reading the failed jobs in table `{table}` of {}",
                self.name()
            );
            OperatorError::asking(doing, ABOUT_TABLES, error)
        })?;
        let mut rows: Vec<_> = items.iter().filter_map(Row::of).collect();
        rows.sort_by(|one, other| (other.failed_at, &one.uuid).cmp(&(one.failed_at, &other.uuid)));
        Ok(rows)
    }

    /// The row of one job. One strongly consistent read.
    pub(crate) async fn failed_job(&self, uuid: &str) -> Result<Option<Row>, OperatorError> {
        let table = &self.config.failed_table;
        let read = self
            .dynamodb
            .get_item()
            .table_name(table)
            .set_key(Some(self.key(uuid)))
            .consistent_read(true);
        let answer = read.send().await.map_err(|error| {
            let doing = format!(
                "reading failed job `{uuid}` in table `{table}` of {}",
                self.name()
            );
            OperatorError::asking(doing, ABOUT_TABLES, error)
        })?;
        Ok(answer.item.as_ref().and_then(Row::of))
    }

    /// Deletes a row if it is still the one that was read. One write.
    pub(crate) async fn forget(&self, row: &Row) -> Result<Forgotten, OperatorError> {
        let table = &self.config.failed_table;
        let delete = self
            .dynamodb
            .delete_item()
            .table_name(table)
            .set_key(Some(self.key(&row.uuid)))
            .condition_expression("failed_at = :failed_at AND payload = :payload")
            .expression_attribute_values(
                ":failed_at",
                AttributeValue::N(row.failed_at.as_secs().to_string()),
            )
            .expression_attribute_values(":payload", AttributeValue::S(row.payload.clone()));
        match delete.send().await {
            Ok(_) => Ok(Forgotten::Yes),
            Err(SdkError::ServiceError(refused))
                if matches!(
                    refused.err(),
                    DeleteItemError::ConditionalCheckFailedException(_)
                ) =>
            {
                Ok(Forgotten::Changed)
            }
            Err(error) => {
                let uuid = &row.uuid;
                let doing = format!("deleting the row of failed job `{uuid}` in table `{table}`");
                let next = format!("try again with `hikyaku forget {uuid}`");
                Err(OperatorError::asking(doing, next, error))
            }
        }
    }

    fn key(&self, uuid: &str) -> Item {
        HashMap::from([
            (
                "application".to_owned(),
                AttributeValue::S(self.config.application.clone()),
            ),
            ("uuid".to_owned(), AttributeValue::S(uuid.to_owned())),
        ])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(uuid: &str, numbers: &[(&str, u64)], group: Option<&str>) -> Row {
        let text = |text: &str| AttributeValue::S(text.to_owned());
        let mut item = Item::from([
            ("uuid".to_owned(), text(uuid)),
            ("payload".to_owned(), text("{}")),
        ]);
        for (name, number) in numbers {
            let number = AttributeValue::N(number.to_string());
            item.insert((*name).to_owned(), number);
        }
        if let Some(group) = group {
            item.insert("message_group".to_owned(), text(group));
        }
        Row::of(&item).unwrap()
    }

    #[test]
    fn what_is_sent_again_together_goes_in_the_order_in_which_it_was_sent() {
        // All of one second, and their uuids the other way round.
        let failed = |uuid, failed_ms: u64, sent_ms: u64| {
            let numbers = [
                ("failed_at", 1_800_000_000),
                ("failed_ms", 1_800_000_000_000 + failed_ms),
                ("sent_ms", 1_799_999_000_000 + sent_ms),
            ];
            row(uuid, &numbers, Some("tenant"))
        };
        let mut rows = [
            failed("a", 40, 9),
            failed("b", 30, 5),
            failed("c", 20, 5),
            failed("d", 90, 1),
            row("php", &[("failed_at", 1_799_998_000)], None),
        ];
        rows.sort_by_key(Row::place);
        let order: Vec<_> = rows.iter().map(|row| row.uuid.as_str()).collect();
        assert_eq!(order, ["php", "d", "c", "b", "a"]);
    }

    #[test]
    fn a_job_goes_back_into_its_group_and_one_without_into_that_of_its_queue() {
        let queue = "http://127.0.0.1/000000000000/jobs.fifo";
        let of = |group| row("a", &[("failed_at", 1)], group).group_in(queue);
        assert_eq!(of(Some("tenant")), "tenant");
        assert_eq!(of(None), "jobs.fifo");
    }
}
