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
//! | `m`, `j` | last message id, job name: for those who look into the table |
//! | `xc`, `e` | exceptions so far, last error in short |
//! | `r` | when this generation was opened again, in ms |
//! | `x` | TTL, in seconds |
//!
//! Every write is one conditional request on one item under 1 KB, so it costs one write unit; the last failure of a job
//! is one transaction on two items. Nothing is ever read to decide.

mod error;
mod expressions;
mod failed;
mod item;

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{
    AttributeValue, Put, ReturnValue, ReturnValuesOnConditionCheckFailure, TransactWriteItem,
    Update,
};
use hikyaku_core::{
    BoxFuture, ClaimReply, ClaimRequest, FailedJob, Fence, Held, Ledger, LedgerError, Record,
    Release, Replace, Timestamp,
};

use crate::Config;
use error::Refusal;
use expressions::Expression;
pub use failed::FailedStore;

/// The ledger on DynamoDB.
#[derive(Debug, Clone)]
pub struct DynamoDbLedger {
    client: Client,
    table: String,
    failed: FailedStore,
}

impl DynamoDbLedger {
    /// A ledger on the tables that `config` names. Asks for nothing yet.
    pub fn new(client: Client, config: &Config) -> Self {
        Self {
            client,
            table: config.ledger_table.clone(),
            failed: FailedStore::new(config),
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

    async fn fail_both(
        &self,
        held: &Held,
        row: &FailedJob,
        expires: Timestamp,
    ) -> Result<Fence, LedgerError> {
        let expression = expressions::fail(held, expires);
        let update = Update::builder()
            .table_name(&self.table)
            .set_key(Some(item::key(&held.id)))
            .update_expression(expression.update)
            .condition_expression(expression.condition)
            .set_expression_attribute_values(Some(expression.values))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .build();
        let put = Put::builder()
            .table_name(self.failed.table())
            .set_item(Some(self.failed.item(row)))
            .build();
        let (Ok(update), Ok(put)) = (update, put) else {
            return Err(error::incomplete("failure", &held.id));
        };
        let written = self
            .client
            .transact_write_items()
            .transact_items(TransactWriteItem::builder().update(update).build())
            .transact_items(TransactWriteItem::builder().put(put).build())
            .send()
            .await;
        answer(
            "failure",
            held,
            written.map(drop).map_err(Refusal::of_transaction),
        )
    }
}

/// An update that was applied, with the item it left if that was asked for.
struct Applied(Option<HashMap<String, AttributeValue>>);

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
        expires: Timestamp,
    ) -> BoxFuture<'a, Result<Fence, LedgerError>> {
        Box::pin(self.fenced("completion", held, expressions::complete(held, expires)))
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
        expires: Timestamp,
    ) -> BoxFuture<'a, Result<Fence, LedgerError>> {
        Box::pin(self.fail_both(held, row, expires))
    }

    fn bury<'a>(&'a self, row: &'a FailedJob) -> BoxFuture<'a, Result<(), LedgerError>> {
        Box::pin(async move {
            let put = self
                .client
                .put_item()
                .table_name(self.failed.table())
                .set_item(Some(self.failed.item(row)));
            put.send()
                .await
                .map(drop)
                .map_err(|error| error::put(&row.id, error))
        })
    }
}
