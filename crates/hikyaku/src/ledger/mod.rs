//! The ledger on DynamoDB: one item per job in one table, and the failed store in Laravel's own schema.
//!
//! | attribute | meaning |
//! |---|---|
//! | `pk` `J#<job id>`, `sk` `.` | the key |
//! | `s` | state: P pending, R running, D done, F failed, C cancelled |
//! | `a` | fencing token, raised by every claim, never reset |
//! | `n` | tries spent in this generation |
//! | `g` | generation |
//! | `l`, `o` | lease end in ms, owner nonce |
//! | `i` | 1 if the attempt that holds it spends its try when its process dies: it runs alone, or at most once |
//! | `k` | what the job saved of its progress, JSON |
//! | `m`, `j` | last message id, job name: for those who look into the table |
//! | `xc`, `e` | exceptions so far, last error in short |
//! | `r` | when this generation was opened again, in ms |
//! | `u`, `ua` | until when the job waits, in ms, and the token that it was given back with |
//! | `w`, `v` | where this generation runs, and where the one before ran: R Rust, P PHP |
//! | `x` | TTL, in seconds |
//!
//! Every write is one conditional request on one item under 1 KB, so it costs one write unit; the last failure of a job
//! is one transaction on two items. Nothing is ever read to decide.
//!
//! The routes of classes that run in Rust or in PHP are in the same table ([`DynamoDbRoutes`]).

mod comparisons;
mod end;
mod error;
mod expressions;
mod failed;
mod find;
mod item;
mod own;
mod pieces;
mod routes;

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::transact_write_items::builders::TransactWriteItemsFluentBuilder;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{
    AttributeValue, Put, ReturnValue, ReturnValuesOnConditionCheckFailure, TransactWriteItem,
    Update,
};
use hikyaku_core::{
    BoxFuture, Buried, ClaimReply, ClaimRequest, End, FailedJob, Fence, Held, Ledger, LedgerError,
    Place, Record, Release, Replace, Timestamp,
};

use crate::Config;
pub use comparisons::{Comparisons, Difference};
pub(crate) use end::batch_key;
use end::{Part, Tables};
pub(crate) use error::retryable;
use error::{Cancelled, Refusal, own_declined, row_declined};
use expressions::Expression;
use failed::Condition;
pub use failed::FailedStore;
pub use find::Found;
pub use own::Writes;
use pieces::Pieces;
pub(crate) use pieces::{LONGEST_PAYLOAD, piece_key};
pub use routes::{DynamoDbRoutes, RouteSet, SideCounts};

/// The ledger on DynamoDB.
#[derive(Debug, Clone)]
pub struct DynamoDbLedger {
    client: Client,
    table: String,
    failed: FailedStore,
    /// Laravel's tables that change together with a job's end.
    tables: Tables,
}

impl DynamoDbLedger {
    /// A ledger on the tables that `config` names. Asks for nothing yet.
    pub fn new(client: Client, config: &Config) -> Self {
        Self {
            client,
            table: config.ledger_table.clone(),
            failed: FailedStore::new(config),
            tables: Tables {
                application: config.application.clone(),
                batches: config.batch_table.clone(),
                cache: config.cache.as_ref().map(|cache| cache.table.clone()),
            },
        }
    }

    /// Opens the connection, so that the first job does not pay for it: one read of a key that does not exist. What
    /// comes of it does not matter.
    pub async fn connect(&self) {
        let key = item::key("");
        let read = self
            .client
            .get_item()
            .table_name(&self.table)
            .set_key(Some(key))
            .send();
        if let Err(error) = read.await {
            tracing::debug!(
                error = &error as &dyn std::error::Error,
                "the ledger did not answer during init"
            );
        }
    }

    async fn update(&self, id: &str, expression: Expression) -> Result<Applied, Refusal> {
        let request: UpdateItemFluentBuilder = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(item::key(id)))
            .update_expression(expression.update)
            .condition_expression(expression.condition)
            .set_expression_attribute_values(Some(expression.values))
            .return_values(if expression.answers {
                ReturnValue::AllNew
            } else {
                ReturnValue::None
            })
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        match request.send().await {
            Ok(output) => Ok(Applied(output.attributes)),
            Err(error) => Err(Refusal::of_update(error)),
        }
    }

    async fn claim_by(
        &self,
        request: &ClaimRequest,
        expression: Expression,
    ) -> Result<ClaimReply, LedgerError> {
        match self.update(&request.id, expression).await {
            Ok(Applied(attributes)) => item::record(&attributes.unwrap_or_default())
                .map(|record| ClaimReply::Granted((&record).into()))
                .map_err(|error| error::unreadable("claim", &request.id, error)),
            Err(Refusal::Condition(found)) => {
                Ok(ClaimReply::Refused(read("claim", &request.id, found)?))
            }
            Err(Refusal::Error { retryable, source }) => Err(LedgerError {
                operation: "claim",
                id: request.id.clone(),
                retryable,
                source,
            }),
        }
    }

    async fn fenced(
        &self,
        operation: &'static str,
        held: &Held,
        expression: Expression,
    ) -> Result<Fence, LedgerError> {
        answer(
            operation,
            held,
            self.update(&held.id, expression).await.map(drop),
        )
    }

    /// Writes a job's end together with all that belongs to it. A part whose condition does not hold is left out, and
    /// the rest is written again.
    async fn end_with(
        &self,
        operation: &'static str,
        held: &Held,
        expression: Expression,
        puts: Vec<TransactWriteItem>,
        mut parts: Vec<Part>,
    ) -> Result<Fence, LedgerError> {
        let incomplete = |_| error::incomplete(operation, &held.id);
        let update = self.ledger_update(held, expression).map_err(incomplete)?;
        loop {
            let written = parts.iter().map(|part| part.write(&self.tables));
            let written: Result<Vec<_>, _> = written.collect();
            let request = self
                .client
                .transact_write_items()
                .transact_items(TransactWriteItem::builder().update(update.clone()).build());
            let request = puts
                .iter()
                .cloned()
                .chain(written.map_err(incomplete)?)
                .fold(request, TransactWriteItemsFluentBuilder::transact_items);
            let refused = match request.send().await {
                Ok(_) => return Ok(Fence::Applied),
                Err(error) => match Cancelled::of(&error, 1 + puts.len()) {
                    Some(cancelled) => cancelled,
                    None if operation == COMPLETION && own_declined(&error, puts.len()) => {
                        return Ok(Fence::Declined(hikyaku_core::explain(&error)));
                    }
                    None if operation == FAILURE && row_declined(&error) => {
                        let why = "a row of another job has its id";
                        return Ok(Fence::Declined(why.to_owned()));
                    }
                    None => return ended(operation, held, Refusal::of_transaction(error), &puts),
                },
            };
            parts = refused.without(parts);
            tracing::warn!(
                job.id = held.id,
                "a batch or a lock is not what the job left it: its end is recorded without it"
            );
        }
    }

    fn ledger_update(&self, held: &Held, expression: Expression) -> Result<Update, BuildError> {
        Update::builder()
            .table_name(&self.table)
            .set_key(Some(item::key(&held.id)))
            .update_expression(expression.update)
            .condition_expression(expression.condition)
            .set_expression_attribute_values(Some(expression.values))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .build()
    }

    /// The failed row, and the pieces of a payload that it has no room for.
    fn row_and_pieces(&self, row: &FailedJob) -> (FailedItem, Vec<FailedItem>) {
        let expires = self.failed.expires(row) + PIECES_OUTLIVE_ROW;
        match pieces::take_apart(row, expires) {
            None => (self.failed.item(row, &row.payload), Vec::new()),
            Some(Pieces { pointer, items }) => (self.failed.item(row, &pointer), items),
        }
    }

    /// Writes the pieces of a payload that its row has no room for. They are found by their row alone, so that they come first
    /// and need not come together: a transaction holds 4 MB (Amazon DynamoDB developer guide, "Service, account, and table
    /// quotas"), and a body that was kept elsewhere may be longer.
    async fn put_pieces(
        &self,
        operation: &'static str,
        id: &str,
        pieces: Vec<FailedItem>,
    ) -> Result<(), LedgerError> {
        for piece in pieces {
            let put = self
                .client
                .put_item()
                .table_name(&self.table)
                .set_item(Some(piece));
            let put = put.send().await;
            put.map_err(|error| error::put(operation, id, error))?;
        }
        Ok(())
    }

    async fn bury_row(&self, row: &FailedJob, place: Place) -> Result<Buried, LedgerError> {
        let (item, pieces) = self.row_and_pieces(row);
        self.put_pieces(BURIAL, &row.id, pieces).await?;
        let Condition {
            expression,
            names,
            values,
        } = FailedStore::condition(row, place);
        let put = self
            .client
            .put_item()
            .table_name(self.failed.table())
            .set_item(Some(item))
            .condition_expression(expression)
            .set_expression_attribute_names(Some(names))
            .set_expression_attribute_values(values)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        match put.send().await {
            Ok(_) => Ok(Buried::Written),
            Err(error) => match error.as_service_error() {
                Some(PutItemError::ConditionalCheckFailedException(refused)) => {
                    let found = refused.item.clone().unwrap_or_default();
                    Ok(FailedStore::standing(row, &found))
                }
                _ => Err(error::put(BURIAL, &row.id, error)),
            },
        }
    }

    /// The row, as a part of the transaction that ends its job.
    fn put_row(&self, row: &FailedJob, item: FailedItem) -> Result<TransactWriteItem, BuildError> {
        let Condition {
            expression,
            names,
            values,
        } = FailedStore::condition(row, Place::OfItsJob);
        let put = Put::builder()
            .table_name(self.failed.table())
            .set_item(Some(item))
            .condition_expression(expression)
            .set_expression_attribute_names(Some(names))
            .set_expression_attribute_values(values);
        Ok(TransactWriteItem::builder().put(put.build()?).build())
    }
}

type FailedItem = HashMap<String, AttributeValue>;

/// A row that was sent again at its last moment may be in a queue for 14 days.
const PIECES_OUTLIVE_ROW: u64 = 15 * 24 * 60 * 60;

/// An update that was applied, with the item it left if that was asked for.
struct Applied(Option<HashMap<String, AttributeValue>>);

/// The answer to an end that was refused as a whole, such as one that DynamoDB finds malformed. Besides the record's own condition only a job's own writes can be at
/// fault for good; rows and pieces have no condition.
fn ended(
    operation: &'static str,
    held: &Held,
    refusal: Refusal,
    own: &[TransactWriteItem],
) -> Result<Fence, LedgerError> {
    match refusal {
        Refusal::Error {
            retryable: false,
            source,
        } if operation == COMPLETION && !own.is_empty() => {
            Ok(Fence::Declined(hikyaku_core::explain(&*source)))
        }
        refusal => answer(operation, held, Err(refusal)),
    }
}

const COMPLETION: &str = "completion";
const FAILURE: &str = "failure";
const BURIAL: &str = "burial";

fn answer(
    operation: &'static str,
    held: &Held,
    written: Result<(), Refusal>,
) -> Result<Fence, LedgerError> {
    match written {
        Ok(()) => Ok(Fence::Applied),
        Err(Refusal::Condition(found)) => Ok(Fence::Refused(read(operation, &held.id, found)?)),
        Err(Refusal::Error { retryable, source }) => Err(LedgerError {
            operation,
            id: held.id.clone(),
            retryable,
            source,
        }),
    }
}

fn read(
    operation: &'static str,
    id: &str,
    found: Option<HashMap<String, AttributeValue>>,
) -> Result<Option<Record>, LedgerError> {
    found
        .filter(|attributes| !attributes.is_empty())
        .map(|attributes| item::record(&attributes))
        .transpose()
        .map_err(|error| error::unreadable(operation, id, error))
}

impl Ledger for DynamoDbLedger {
    fn claim<'a>(
        &'a self,
        request: &'a ClaimRequest,
    ) -> BoxFuture<'a, Result<ClaimReply, LedgerError>> {
        Box::pin(self.claim_by(request, expressions::claim(request)))
    }

    fn replace<'a>(
        &'a self,
        request: &'a ClaimRequest,
        seen: &'a Record,
        why: Replace,
    ) -> BoxFuture<'a, Result<ClaimReply, LedgerError>> {
        Box::pin(self.claim_by(request, expressions::replace(request, seen, why)))
    }

    fn save<'a>(
        &'a self,
        held: &'a Held,
        checkpoint: &'a str,
    ) -> BoxFuture<'a, Result<Fence, LedgerError>> {
        Box::pin(self.fenced("checkpoint", held, expressions::save(held, checkpoint)))
    }

    fn extend<'a>(
        &'a self,
        held: &'a Held,
        lease: Timestamp,
    ) -> BoxFuture<'a, Result<Fence, LedgerError>> {
        Box::pin(self.fenced("heartbeat", held, expressions::extend(held, lease)))
    }

    fn complete<'a>(
        &'a self,
        held: &'a Held,
        end: &'a End,
    ) -> BoxFuture<'a, Result<Fence, LedgerError>> {
        let expression = expressions::complete(held, end);
        let parts = Part::all(end, None);
        let Ok(own) = Writes::in_end(end) else {
            let why = "it is not in DynamoDB's terms, which are `Writes`";
            return Box::pin(async move { Ok(Fence::Declined(why.to_owned())) });
        };
        if parts.is_empty() && own.is_empty() {
            return Box::pin(self.fenced(COMPLETION, held, expression));
        }
        Box::pin(self.end_with(COMPLETION, held, expression, own, parts))
    }

    fn release<'a>(
        &'a self,
        held: &'a Held,
        release: &'a Release,
    ) -> BoxFuture<'a, Result<Fence, LedgerError>> {
        Box::pin(self.fenced("release", held, expressions::release(held, release)))
    }

    fn fail<'a>(
        &'a self,
        held: &'a Held,
        row: &'a FailedJob,
        end: &'a End,
    ) -> BoxFuture<'a, Result<Fence, LedgerError>> {
        Box::pin(async move {
            let (item, pieces) = self.row_and_pieces(row);
            self.put_pieces(FAILURE, &held.id, pieces).await?;
            let put = self.put_row(row, item);
            let put = put.map_err(|_| error::incomplete(FAILURE, &held.id))?;
            let expression = expressions::fail(held, end);
            let parts = Part::all(end, Some(&held.id));
            self.end_with(FAILURE, held, expression, vec![put], parts)
                .await
        })
    }

    fn bury<'a>(
        &'a self,
        row: &'a FailedJob,
        place: Place,
    ) -> BoxFuture<'a, Result<Buried, LedgerError>> {
        Box::pin(self.bury_row(row, place))
    }
}
