//! What is written together with a job's end: its batch's counters, the locks that end with it, its failed row.
//!
//! All of it is one transaction, so that a job is counted once however often its message comes. A batch that is gone or
//! a lock that somebody else holds by now must not keep a job from ending: such a part is left out, and the rest is
//! written again.

use std::collections::{BTreeSet, HashMap};

use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::types::{
    AttributeValue, Delete, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update,
};
use hikyaku_core::End;

use super::item::{number, text};

type Item = HashMap<String, AttributeValue>;

/// So many ids of failed jobs are kept in a batch's row: about 200 KB of an item's 400. Failures beyond them are
/// counted without their ids.
const MOST_FAILED_IDS: usize = 5_000;

/// Why a part could not be written.
#[derive(Debug)]
pub(super) enum Obstacle {
    /// Its condition did not hold; this stood there.
    Condition(Option<Item>),
    /// Its condition held, but the row is full, or not as Laravel writes it. (DynamoDB API reference,
    /// `TransactWriteItems`, cancellation reason `ValidationError`.)
    Unfit,
}

/// A part of a transaction that may be left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    /// The batch's counter of pending jobs goes down.
    Succeeded { batch: String },
    /// The batch's failures go up, and the job's id is kept.
    Failed { batch: String, id: String },
    /// The same for a row that has no room for the id.
    FailedWithoutId { batch: String },
    /// A lock ends.
    Unlock { key: String, value: Option<String> },
}

/// Where the parts are written.
#[derive(Debug, Clone)]
pub(super) struct Tables {
    /// Laravel's `app.name`: the partition of batches.
    pub(super) application: String,
    /// Laravel's table of batches.
    pub(super) batches: Option<String>,
    /// Laravel's cache table.
    pub(super) cache: Option<String>,
}

impl Part {
    /// The parts of an end. `failed`: the job's id, if it failed.
    pub(super) fn all(end: &End, failed: Option<&str>) -> Vec<Self> {
        let batch = end.batch.iter().map(|batch| match failed {
            Some(id) => Self::Failed {
                batch: batch.clone(),
                id: id.to_owned(),
            },
            None => Self::Succeeded {
                batch: batch.clone(),
            },
        });
        // A transaction must not name one item twice.
        let mut keys = BTreeSet::new();
        let unlock = end
            .unlock
            .iter()
            .filter(|unlock| keys.insert(&unlock.key))
            .map(|unlock| Self::Unlock {
                key: unlock.key.clone(),
                value: unlock.value.clone(),
            });
        batch.chain(unlock).collect()
    }

    /// What is tried instead where this part could not be written. None: it is left out.
    pub(super) fn instead(&self, obstacle: &Obstacle) -> Option<Self> {
        let Self::Failed { batch, id } = self else {
            return None;
        };
        let lacks_room = match obstacle {
            Obstacle::Unfit => true,
            Obstacle::Condition(found) => {
                let ids = found.as_ref()?.get("failed_job_ids")?.as_l().ok()?;
                let is_counted = ids.iter().any(|one| one.as_s().is_ok_and(|one| one == id));
                !is_counted && ids.len() >= MOST_FAILED_IDS
            }
        };
        lacks_room.then(|| Self::FailedWithoutId {
            batch: batch.clone(),
        })
    }

    pub(super) fn write(&self, tables: &Tables) -> Result<TransactWriteItem, BuildError> {
        let item = TransactWriteItem::builder();
        Ok(match self {
            Self::Succeeded { batch } => item.update(tables.count(
                batch,
                "SET pending_jobs = pending_jobs - :one",
                "attribute_exists(id)",
                [(":one", number(1))],
            )?),
            Self::Failed { batch, id } => item.update(tables.count(
                batch,
                "SET failed_jobs = failed_jobs + :one, failed_job_ids = list_append(failed_job_ids, :ids)",
                "attribute_exists(id) AND NOT contains(failed_job_ids, :id) AND size(failed_job_ids) < :most",
                [
                    (":one", number(1)),
                    (":id", text(id)),
                    (":ids", AttributeValue::L(vec![text(id)])),
                    (":most", number(MOST_FAILED_IDS)),
                ],
            )?),
            Self::FailedWithoutId { batch } => item.update(tables.count(
                batch,
                "SET failed_jobs = failed_jobs + :one",
                "attribute_exists(id)",
                [(":one", number(1))],
            )?),
            Self::Unlock { key, value } => item.delete(tables.unlock(key, value.as_deref())?),
        }
        .build())
    }
}

impl Tables {
    fn count<const N: usize>(
        &self,
        batch: &str,
        update: &str,
        condition: &str,
        values: [(&str, AttributeValue); N],
    ) -> Result<Update, BuildError> {
        let values = values.map(|(name, value)| (name.to_owned(), value));
        Update::builder()
            .table_name(self.batches.clone().unwrap_or_default())
            .set_key(Some(batch_key(&self.application, batch)))
            .update_expression(update)
            .condition_expression(condition)
            .set_expression_attribute_values(Some(HashMap::from(values)))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .build()
    }

    fn unlock(&self, key: &str, value: Option<&str>) -> Result<Delete, BuildError> {
        let delete = Delete::builder()
            .table_name(self.cache.clone().unwrap_or_default())
            .key("key", text(key));
        match value {
            None => delete,
            // `value` is a reserved word.
            Some(value) => delete
                .condition_expression("#v = :v")
                .expression_attribute_names("#v", "value")
                .expression_attribute_values(":v", text(value)),
        }
        .build()
    }
}

/// The key of a batch's row.
pub(crate) fn batch_key(application: &str, id: &str) -> Item {
    HashMap::from([
        ("application".to_owned(), text(application)),
        ("id".to_owned(), text(id)),
    ])
}
