//! The routes, in the ledger's table: on which side the jobs of a class run.
//!
//! | attribute | meaning |
//! |---|---|
//! | `pk` `R`, `sk` the class | the key |
//! | `p` | how many percent run in Rust |
//! | `h` | how many percent of PHP's runs have a shadow; only where the route is one for shadows |
//! | `t` | when it was set, in ms |
//!
//! What shadows came to is an item of its own (`comparisons.rs`).

use std::collections::{BTreeMap, HashMap};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use hikyaku_core::{BoxFuture, Comparison, Route, Routes, Side, StoreError, Timestamp};

use super::item::{number, side, text};
use crate::Config;
use crate::store::{failed, unusable};

const READING: &str = "reading the route of job";

/// All routes are one partition, so that one query lists them.
const PARTITION: &str = "R";

/// The routes on DynamoDB.
#[derive(Debug, Clone)]
pub struct DynamoDbRoutes {
    pub(super) client: Client,
    pub(super) table: String,
}

/// A route that somebody has set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RouteSet {
    /// The class, or the name of a string job.
    pub job: String,
    /// Where its jobs run.
    pub route: Route,
    /// When it was set.
    pub at: Timestamp,
}

/// How many jobs of a class the ledger remembers on each side: all that have begun within 15 days.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SideCounts {
    /// In Rust.
    pub rust: u64,
    /// In PHP.
    pub php: u64,
}

pub(super) type Item = HashMap<String, AttributeValue>;

impl DynamoDbRoutes {
    /// The routes in the ledger's table. Asks for nothing yet.
    pub fn new(client: Client, config: &Config) -> Self {
        Self {
            client,
            table: config.ledger_table.clone(),
        }
    }

    /// Sets the route of a class. One write; a route for shadows, which begins to count anew, is two.
    ///
    /// # Errors
    /// The table cannot be written.
    pub async fn set(&self, job: &str, route: Route, now: Timestamp) -> Result<(), StoreError> {
        let mut item = key(job);
        item.insert("p".to_owned(), number(route.in_rust()));
        if let Some(percent) = route.shadowed() {
            self.forget_comparisons(job).await?;
            item.insert("h".to_owned(), number(percent));
        }
        item.insert("t".to_owned(), number(now.as_millis()));
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item));
        let put = put.send().await;
        put.map(drop)
            .map_err(|error| failed("setting the route of", job, error))
    }

    /// Removes the route of a class, and what its shadows came to. Two writes.
    ///
    /// # Errors
    /// The table cannot be written.
    pub async fn remove(&self, job: &str) -> Result<(), StoreError> {
        self.forget_comparisons(job).await?;
        self.delete(key(job), "removing the route of", job).await
    }

    pub(super) async fn delete(
        &self,
        key: Item,
        doing: &'static str,
        job: &str,
    ) -> Result<(), StoreError> {
        let delete = self
            .client
            .delete_item()
            .table_name(&self.table)
            .set_key(Some(key));
        let delete = delete.send().await;
        delete.map(drop).map_err(|error| failed(doing, job, error))
    }

    /// The items of one partition.
    pub(super) async fn all(&self, partition: &str) -> Result<Vec<Item>, StoreError> {
        let mut pages = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", text(partition))
            .into_paginator()
            .items()
            .send();
        let mut items = Vec::new();
        while let Some(item) = pages.next().await {
            let item = item.map_err(|error| failed("listing the routes in", &self.table, error))?;
            items.push(item);
        }
        Ok(items)
    }

    /// All routes, by class. One query, of one unit for 8 KB.
    ///
    /// # Errors
    /// The table cannot be read, or holds a route that does not read as one.
    pub async fn list(&self) -> Result<Vec<RouteSet>, StoreError> {
        let items = self.all(PARTITION).await?;
        items.iter().map(route_set).collect()
    }

    /// How many jobs the ledger remembers on each side, by class. It reads the whole table: one unit for 8 KB, so about
    /// 0.125 USD for 30 million jobs (Amazon DynamoDB pricing, on-demand in us-east-1), one request for each MB.
    ///
    /// # Errors
    /// The table cannot be read.
    pub async fn count(&self) -> Result<BTreeMap<String, SideCounts>, StoreError> {
        let mut pages = self
            .client
            .scan()
            .table_name(&self.table)
            .projection_expression("j, w")
            .filter_expression("attribute_exists(w)")
            .into_paginator()
            .items()
            .send();
        let mut counts: BTreeMap<String, SideCounts> = BTreeMap::new();
        while let Some(item) = pages.next().await {
            let item = item.map_err(|error| failed("counting the jobs in", &self.table, error))?;
            let job = item.get("j").and_then(|job| job.as_s().ok());
            if let (Some(job), Some(side)) = (job, side(&item, "w")) {
                let count = counts.entry(job.clone()).or_default();
                match side {
                    Side::Rust => count.rust += 1,
                    Side::Php => count.php += 1,
                }
            }
        }
        Ok(counts)
    }
}

impl Routes for DynamoDbRoutes {
    fn find<'a>(&'a self, job: &'a str) -> BoxFuture<'a, Result<Option<Route>, StoreError>> {
        Box::pin(async move {
            let read = self
                .client
                .get_item()
                .table_name(&self.table)
                .set_key(Some(key(job)));
            let answer = read.send().await;
            let answer = answer.map_err(|error| failed(READING, job, error))?;
            answer
                .item
                .as_ref()
                .map(|item| route(item, job))
                .transpose()
        })
    }

    fn compared<'a>(&'a self, comparison: &'a Comparison) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(self.count_comparison(comparison))
    }
}

fn key(job: &str) -> Item {
    key_in(PARTITION, job)
}

pub(super) fn key_in(partition: &str, job: &str) -> Item {
    HashMap::from([
        ("pk".to_owned(), text(partition)),
        ("sk".to_owned(), text(job)),
    ])
}

fn route_set(item: &Item) -> Result<RouteSet, StoreError> {
    let job = item.get("sk").and_then(|job| job.as_s().ok());
    let job = job.cloned().unwrap_or_default();
    Ok(RouteSet {
        route: route(item, &job)?,
        at: Timestamp::from_millis(whole(item, "t").unwrap_or(0)),
        job,
    })
}

fn route(item: &Item, job: &str) -> Result<Route, StoreError> {
    let percent = |name| whole(item, name).and_then(|percent| u8::try_from(percent).ok());
    let route = if item.contains_key("h") {
        percent("h").and_then(Route::shadow)
    } else {
        percent("p").and_then(Route::percent)
    };
    route.ok_or_else(|| {
        let why = "attribute `p` or `h` of its item is no percentage: set the route again";
        unusable(READING, job, why)
    })
}

pub(super) fn whole(item: &Item, name: &str) -> Option<u64> {
    item.get(name)?.as_n().ok()?.parse().ok()
}
