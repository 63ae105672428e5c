//! Laravel's batches in DynamoDB (`queue.batching.driver` = `dynamodb`, since Laravel 10.36).

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use hikyaku_core::{Batch, Batches, BoxFuture, StoreError, Timestamp};
use hikyaku_laravel::batch::{BatchOptions, Counts};

use crate::ledger::batch_key;
use crate::store::{failed, is_refused, unusable};

const READING: &str = "reading batch";

/// Laravel's table of batches. Its counters are changed by the ledger, together with a job's end.
#[derive(Debug)]
pub(super) struct DynamoDbBatches {
    client: Client,
    table: String,
    application: String,
}

impl DynamoDbBatches {
    pub(super) fn new(client: Client, table: String, application: String) -> Self {
        Self {
            client,
            table,
            application,
        }
    }

    /// Sets a time that is not set yet.
    async fn note(
        &self,
        id: &str,
        action: &'static str,
        update: &str,
        unless: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let unset = format!(
            "attribute_exists(id) AND (attribute_not_exists({unless}) OR attribute_type({unless}, :null))"
        );
        let request = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(batch_key(&self.application, id)))
            .update_expression(update)
            .condition_expression(unset)
            .expression_attribute_values(":now", AttributeValue::N(now.as_secs().to_string()))
            .expression_attribute_values(":null", AttributeValue::S("NULL".to_owned()));
        match request.send().await {
            Ok(_) => Ok(()),
            Err(error) if is_refused(&error) => Ok(()),
            Err(error) => Err(failed(action, id, error)),
        }
    }
}

impl Batches for DynamoDbBatches {
    fn read<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<Option<Batch>, StoreError>> {
        Box::pin(async move {
            let request = self
                .client
                .get_item()
                .table_name(&self.table)
                .set_key(Some(batch_key(&self.application, id)))
                .consistent_read(true);
            let answer = request.send().await;
            let answer = answer.map_err(|error| failed(READING, id, error))?;
            answer.item.map(|item| batch(id, &item)).transpose()
        })
    }

    fn finish<'a>(&'a self, id: &'a str, now: Timestamp) -> BoxFuture<'a, Result<(), StoreError>> {
        let set = "SET finished_at = :now";
        Box::pin(self.note(id, "finishing batch", set, "finished_at", now))
    }

    fn cancel<'a>(&'a self, id: &'a str, now: Timestamp) -> BoxFuture<'a, Result<(), StoreError>> {
        let set = "SET cancelled_at = :now, finished_at = :now";
        Box::pin(self.note(id, "cancelling batch", set, "cancelled_at", now))
    }
}

fn batch(id: &str, item: &HashMap<String, AttributeValue>) -> Result<Batch, StoreError> {
    let count = |name: &'static str| {
        let digits = item.get(name).and_then(|value| value.as_n().ok());
        let count = digits.and_then(|digits| digits.parse::<i64>().ok());
        count.ok_or_else(|| unusable(READING, id, format!("`{name}` is not a number")))
    };
    let counts = Counts {
        pending: count("pending_jobs")?,
        failed: count("failed_jobs")?,
    };
    let options = item.get("options").and_then(|value| value.as_s().ok());
    let options = match options {
        Some(options) => {
            BatchOptions::read(options).map_err(|error| unusable(READING, id, error))?
        }
        None => BatchOptions::default(),
    };
    let failed_ids = item.get("failed_job_ids").and_then(|ids| ids.as_l().ok());
    let first = failed_ids.and_then(|ids| ids.first());
    Ok(Batch {
        counts,
        first_failed: first.and_then(|id| id.as_s().ok()).cloned(),
        cancelled: matches!(item.get("cancelled_at"), Some(AttributeValue::N(_))),
        options,
    })
}
