//! What the shadows of a class came to, in the ledger's table.
//!
//! | attribute | meaning |
//! |---|---|
//! | `pk` `S`, `sk` the class | the key |
//! | `a`, `d` | how many attempts came to the same as in PHP, and how many to something else |
//! | `m`, `n` | how long they took in PHP and in Rust, in ms, all together |
//! | `t` | when the first was counted, in ms |
//! | `q` | the last that came to something else: `i` the id, `c` the attempt, `p` and `r` the outcomes, `e` Rust's error, `t` when |

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use hikyaku_core::{Comparison, StoreError, Timestamp};

use super::item::{number, text};
use super::routes::{DynamoDbRoutes, Item, key_in, whole};
use crate::store::failed;

/// All of them are one partition, so that one query lists them.
const PARTITION: &str = "S";

/// What the shadows of a class came to since its route was set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparisons {
    /// How many attempts came to the same in Rust as in PHP.
    pub agreed: u64,
    /// How many came to something else.
    pub differed: u64,
    /// How long an attempt takes in PHP, on average.
    pub php: Duration,
    /// And in Rust, without effects.
    pub rust: Duration,
    /// When the first was counted.
    pub since: Timestamp,
    /// The last one that came to something else.
    pub last: Option<Difference>,
}

/// An attempt that would have come to something else in Rust.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The job's id.
    pub id: String,
    /// Which attempt it was, from 1.
    pub attempt: u64,
    /// What became of it in PHP, in a word.
    pub php: String,
    /// What would have become of it in Rust.
    pub rust: String,
    /// What went wrong in Rust.
    pub error: Option<String>,
    /// When it was compared.
    pub at: Timestamp,
}

impl DynamoDbRoutes {
    /// What the shadows of each class came to. One query, of one unit for 8 KB.
    ///
    /// # Errors
    /// The table cannot be read.
    pub async fn comparisons(&self) -> Result<BTreeMap<String, Comparisons>, StoreError> {
        let items = self.all(PARTITION).await?;
        let classes = items.iter().filter_map(|item| {
            let job = item.get("sk")?.as_s().ok()?;
            Some((job.clone(), comparisons(item)))
        });
        Ok(classes.collect())
    }

    pub(super) async fn count_comparison(&self, comparison: &Comparison) -> Result<(), StoreError> {
        let Comparison { job, php, rust, .. } = comparison;
        let (same, other) = if comparison.agrees() { (1, 0) } else { (0, 1) };
        let mut set = "t = if_not_exists(t, :at)".to_owned();
        let mut update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key_in(PARTITION, job)))
            .expression_attribute_values(":a", number(same))
            .expression_attribute_values(":d", number(other))
            .expression_attribute_values(":m", number(php.took.as_millis()))
            .expression_attribute_values(":n", number(rust.took.as_millis()))
            .expression_attribute_values(":at", number(comparison.at.as_millis()));
        if !comparison.agrees() {
            set.push_str(", q = :q");
            update = update.expression_attribute_values(":q", difference(comparison));
        }
        let update = update.update_expression(format!("SET {set} ADD a :a, d :d, m :m, n :n"));
        let updated = update.send().await;
        updated
            .map(drop)
            .map_err(|error| failed("counting a comparison of", job, error))
    }

    pub(super) async fn forget_comparisons(&self, job: &str) -> Result<(), StoreError> {
        let key = key_in(PARTITION, job);
        self.delete(key, "forgetting the comparisons of", job).await
    }
}

fn difference(comparison: &Comparison) -> AttributeValue {
    let Comparison { php, rust, .. } = comparison;
    let error = rust.error.as_deref().unwrap_or_default();
    let parts = [
        ("i", text(&comparison.id)),
        ("c", number(comparison.attempt)),
        ("p", text(php.outcome.word())),
        ("r", text(rust.outcome.word())),
        ("e", text(error)),
        ("t", number(comparison.at.as_millis())),
    ];
    AttributeValue::M(HashMap::from(
        parts.map(|(name, value)| (name.to_owned(), value)),
    ))
}

fn comparisons(item: &Item) -> Comparisons {
    let count = |name| whole(item, name).unwrap_or(0);
    let (agreed, differed) = (count("a"), count("d"));
    let mean = |name| Duration::from_millis(count(name) / (agreed + differed).max(1));
    Comparisons {
        agreed,
        differed,
        php: mean("m"),
        rust: mean("n"),
        since: Timestamp::from_millis(count("t")),
        last: item.get("q").and_then(|last| last.as_m().ok()).map(last),
    }
}

fn last(item: &Item) -> Difference {
    let said = |name: &str| {
        let value = item.get(name).and_then(|value| value.as_s().ok());
        value.cloned().unwrap_or_default()
    };
    Difference {
        id: said("i"),
        attempt: whole(item, "c").unwrap_or(0),
        php: said("p"),
        rust: said("r"),
        error: Some(said("e")).filter(|error| !error.is_empty()),
        at: Timestamp::from_millis(whole(item, "t").unwrap_or(0)),
    }
}
