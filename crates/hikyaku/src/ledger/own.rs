//! A job's own writes, carried out in the transaction that records it as done.

use aws_sdk_dynamodb::types::TransactWriteItem;
use hikyaku_core::Commit;

/// Writes of a job's own on DynamoDB tables that take effect together with its being done: once, or not at all.
///
/// A transaction holds 100 items and 4 MB (Amazon DynamoDB developer guide, "Amazon DynamoDB Transactions: How it works");
/// the ledger needs a few of them, so that 90 are left. Each item is charged twice.
///
/// ```
/// use hikyaku::dynamodb::types::{AttributeValue, Put, TransactWriteItem};
/// use hikyaku::{Context, JobError, Writes};
///
/// async fn book(context: &Context<()>, amount: u64) -> Result<(), JobError> {
///     let entry = Put::builder()
///         .table_name("ledger_entries")
///         .item("id", AttributeValue::S(context.id().to_owned()))
///         .item("amount", AttributeValue::N(amount.to_string()))
///         .condition_expression("attribute_not_exists(id)")
///         .build()?;
///     let entry = TransactWriteItem::builder().put(entry).build();
///     context.commit(Writes::of([entry]).into())?;
///     Ok(())
/// }
/// ```
#[derive(Debug, Clone)]
pub struct Writes(Vec<TransactWriteItem>);

impl Writes {
    /// These writes.
    pub fn of(items: impl IntoIterator<Item = TransactWriteItem>) -> Self {
        Self(items.into_iter().collect())
    }

    /// The writes that an end carries, none if it carries none.
    pub(super) fn in_end(end: &hikyaku_core::End) -> Result<Vec<TransactWriteItem>, Foreign> {
        let Some(commit) = &end.commit else {
            return Ok(Vec::new());
        };
        let writes = commit.of::<Self>().ok_or(Foreign)?;
        Ok(writes.0.clone())
    }
}

/// What a job commits is not in DynamoDB's terms.
pub(super) struct Foreign;

impl From<Writes> for Commit {
    fn from(writes: Writes) -> Self {
        Self::new(writes)
    }
}
