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
    pub(crate) failed_at: Timestamp,
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
        let seconds = item.get("failed_at")?.as_n().ok()?.parse().ok()?;
        Some(Self {
            uuid: text("uuid")?,
            connection: text("connection").unwrap_or_default(),
            queue: text("queue").unwrap_or_default(),
            payload: text("payload").unwrap_or_default(),
            exception: text("exception").unwrap_or_default(),
            trace: text("trace"),
            failed_at: Timestamp::from_secs(seconds),
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
