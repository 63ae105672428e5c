//! Laravel's cache in DynamoDB (the store `dynamodb`), with the attribute names it has unless they are configured.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use hikyaku_core::{BoxFuture, Cache, Lock, StoreError, Timestamp, Unlock};
use hikyaku_laravel::overflow::dynamodb::{EXPIRES_AT, KEY, VALUE};

use crate::store::{failed, is_refused};

/// Laravel's cache table.
#[derive(Debug)]
pub(super) struct DynamoDbCache {
    client: Client,
    table: String,
}

impl DynamoDbCache {
    pub(super) fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }
}

fn text(value: &str) -> AttributeValue {
    AttributeValue::S(value.to_owned())
}

fn seconds(moment: Timestamp) -> AttributeValue {
    AttributeValue::N(moment.as_secs().to_string())
}

impl Cache for DynamoDbCache {
    fn lock<'a>(&'a self, lock: &'a Lock) -> BoxFuture<'a, Result<bool, StoreError>> {
        Box::pin(async move {
            let request = self
                .client
                .put_item()
                .table_name(&self.table)
                .item(KEY, text(&lock.key))
                .item(VALUE, text(&lock.value))
                .item(EXPIRES_AT, seconds(lock.expires))
                .condition_expression(
                    "attribute_not_exists(#k) OR #e < :now OR (begins_with(#v, :job) AND #v <= :v)",
                )
                .expression_attribute_names("#k", KEY)
                .expression_attribute_names("#e", EXPIRES_AT)
                .expression_attribute_names("#v", VALUE)
                .expression_attribute_values(":now", seconds(lock.now))
                .expression_attribute_values(":job", text(&lock.job))
                .expression_attribute_values(":v", text(&lock.value));
            match request.send().await {
                Ok(_) => Ok(true),
                Err(error) if is_refused(&error) => Ok(false),
                Err(error) => Err(failed("taking lock", &lock.key, error)),
            }
        })
    }

    fn unlock<'a>(&'a self, unlock: &'a Unlock) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(async move {
            let mut request = self
                .client
                .delete_item()
                .table_name(&self.table)
                .key(KEY, text(&unlock.key));
            if let Some(value) = &unlock.value {
                request = request
                    .condition_expression("#v = :v")
                    .expression_attribute_names("#v", VALUE)
                    .expression_attribute_values(":v", text(value));
            }
            match request.send().await {
                Ok(_) => Ok(()),
                Err(error) if is_refused(&error) => Ok(()),
                Err(error) => Err(failed("giving up lock", &unlock.key, error)),
            }
        })
    }

    fn get<'a>(
        &'a self,
        key: &'a str,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<Option<String>, StoreError>> {
        Box::pin(async move {
            let request = self
                .client
                .get_item()
                .table_name(&self.table)
                .key(KEY, text(key))
                .consistent_read(true);
            let answer = request.send().await;
            let answer = answer.map_err(|error| failed("reading cache entry", key, error))?;
            let Some(item) = answer.item else {
                return Ok(None);
            };
            let expires = item
                .get(EXPIRES_AT)
                .and_then(|expires| expires.as_n().ok()?.parse::<u64>().ok());
            if expires.is_some_and(|expires| now.as_secs() >= expires) {
                return Ok(None);
            }
            Ok(item.get(VALUE).and_then(|value| value.as_s().ok()).cloned())
        })
    }
}
