//! The routes, in the ledger's table: on which side the jobs of a class run.
//!
//! | attribute | meaning |
//! |---|---|
//! | `pk` `R`, `sk` the class | the key |
//! | `p` | how many percent run in Rust |
//! | `t` | when it was set, in ms |

use std::collections::{BTreeMap, HashMap};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use hikyaku_core::{BoxFuture, Route, Routes, Side, StoreError, Timestamp};

use super::item::{number, side, text};
use crate::Config;
use crate::store::{failed, unusable};

const READING: &str = "reading the route of job";

/// All routes are one partition, so that one query lists them.
const PARTITION: &str = "R";

/// The routes on DynamoDB.
#[derive(Debug, Clone)]
pub struct DynamoDbRoutes {
    client: Client,
    table: String,
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

type Item = HashMap<String, AttributeValue>;

impl DynamoDbRoutes {
    /// The routes in the ledger's table. Asks for nothing yet.
    pub fn new(client: Client, config: &Config) -> Self {
        Self {
            client,
            table: config.ledger_table.clone(),
        }
    }

    /// Sets the route of a class. One write.
    ///
    /// # Errors
    /// The table cannot be written.
    pub async fn set(&self, job: &str, route: Route, now: Timestamp) -> Result<(), StoreError> {
        let mut item = key(job);
        item.insert("p".to_owned(), number(route.in_rust()));
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

    /// Removes the route of a class. One write.
    ///
    /// # Errors
    /// The table cannot be written.
    pub async fn remove(&self, job: &str) -> Result<(), StoreError> {
        let delete = self
            .client
            .delete_item()
            .table_name(&self.table)
            .set_key(Some(key(job)));
        let delete = delete.send().await;
        delete
            .map(drop)
            .map_err(|error| failed("removing the route of", job, error))
    }

    /// All routes, by class. One query, of one unit for 8 KB.
    ///
    /// # Errors
    /// The table cannot be read, or holds a route that does not read as one.
    pub async fn list(&self) -> Result<Vec<RouteSet>, StoreError> {
        let mut pages = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", text(PARTITION))
            .into_paginator()
            .items()
            .send();
        let mut routes = Vec::new();
        while let Some(item) = pages.next().await {
            let item = item.map_err(|error| failed("listing the routes in", &self.table, error))?;
            routes.push(route_set(&item)?);
        }
        Ok(routes)
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
}

fn key(job: &str) -> Item {
    HashMap::from([
        ("pk".to_owned(), text(PARTITION)),
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
    let percent = whole(item, "p").and_then(|percent| u8::try_from(percent).ok());
    percent.and_then(Route::percent).ok_or_else(|| {
        let why = "attribute `p` of its item is no percentage: set the route again";
        unusable(READING, job, why)
    })
}

fn whole(item: &Item, name: &str) -> Option<u64> {
    item.get(name)?.as_n().ok()?.parse().ok()
}
