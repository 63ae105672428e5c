//! What an operator sees of a job. The engine itself never reads.

use aws_sdk_dynamodb::types::AttributeValue;
use hikyaku_core::{LedgerError, Record};

use super::{DynamoDbLedger, error, item, retryable};

/// A job's item, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Where the job stands.
    pub record: Record,
    /// The job's name at its last claim.
    pub job: Option<String>,
    /// The message that brought it last.
    pub message: Option<String>,
}

impl DynamoDbLedger {
    /// What the ledger knows of the job with this id. One strongly consistent read (one unit for 4 KB).
    ///
    /// # Errors
    /// The table cannot be read, or what stands there is not a job's item.
    pub async fn find(&self, id: &str) -> Result<Option<Found>, LedgerError> {
        let read = self
            .client
            .get_item()
            .table_name(&self.table)
            .set_key(Some(item::key(id)))
            .consistent_read(true);
        let answer = read.send().await.map_err(|error| LedgerError {
            operation: "reading",
            id: id.to_owned(),
            retryable: retryable(&error),
            source: error.into(),
        })?;
        let Some(attributes) = answer.item else {
            return Ok(None);
        };
        let record =
            item::record(&attributes).map_err(|error| error::unreadable("reading", id, error))?;
        let text = |name: &str| {
            let value = attributes.get(name).map(AttributeValue::as_s);
            value.and_then(Result::ok).cloned()
        };
        Ok(Some(Found {
            record,
            job: text("j"),
            message: text("m"),
        }))
    }
}
