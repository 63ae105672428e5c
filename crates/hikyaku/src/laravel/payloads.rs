//! Bodies that are too long for a message: where Laravel's overflow keeps them, and where the failed store does.

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use hikyaku_core::{BoxFuture, Payloads, StoreError, Timestamp};
use hikyaku_laravel::overflow::{OwnPointer, Pointer, dynamodb};

use crate::Config;
use crate::config::{CacheTable, ConfigError};
use crate::ledger::piece_key;
use crate::store::{failed, unusable};

#[cfg(feature = "objects")]
use crate::objects::{Objects, ObjectsConfig};

const FETCHING: &str = "fetching the body that a message points to,";

/// Finds bodies by their pointers.
#[derive(Debug)]
pub(super) struct StoredPayloads {
    client: Client,
    ledger_table: String,
    cache: Option<CacheTable>,
    #[cfg(feature = "objects")]
    disk: Option<Disk>,
    #[cfg(not(feature = "objects"))]
    disk: Option<url::Url>,
}

/// A disk of Laravel's filesystem on which its cache store `storage` lies.
#[cfg(feature = "objects")]
#[derive(Debug)]
struct Disk {
    objects: Objects,
    url: url::Url,
    prefix: String,
}

impl StoredPayloads {
    #[cfg_attr(
        not(feature = "objects"),
        expect(clippy::unnecessary_wraps, reason = "a disk may be misspelt")
    )]
    pub(super) fn new(config: &Config, client: Client) -> Result<Self, ConfigError> {
        Ok(Self {
            client,
            ledger_table: config.ledger_table.clone(),
            cache: config.cache.clone(),
            #[cfg(feature = "objects")]
            disk: disk(config)?,
            #[cfg(not(feature = "objects"))]
            disk: config.overflow_url.clone(),
        })
    }

    async fn item(
        &self,
        pointer: &str,
        table: &str,
        key: HashMap<String, AttributeValue>,
    ) -> Result<Option<HashMap<String, AttributeValue>>, StoreError> {
        let request = self
            .client
            .get_item()
            .table_name(table)
            .set_key(Some(key))
            .consistent_read(true);
        match request.send().await {
            Ok(answer) => Ok(answer.item),
            Err(error) => Err(failed(FETCHING, pointer, error)),
        }
    }

    /// What was put away in pieces because a row of the failed store had no room for it. One read a piece.
    async fn own(&self, pointer: &OwnPointer) -> Result<String, StoreError> {
        let key = pointer.key();
        let mut body = String::new();
        let mut count = 1_usize;
        let mut index = 0;
        while index < count {
            let piece = HashMap::from([
                ("pk".to_owned(), AttributeValue::S(piece_key(&key))),
                ("sk".to_owned(), AttributeValue::S(index.to_string())),
            ]);
            let item = self.item(&key, &self.ledger_table, piece).await?;
            let gone = || unusable(FETCHING, &key, "it is not in the ledger's table any more");
            let item = item.ok_or_else(gone)?;
            let text = item.get("b").and_then(|text| text.as_s().ok());
            body.push_str(text.ok_or_else(gone)?);
            let pieces = item.get("c").and_then(|count| count.as_n().ok());
            count = pieces
                .and_then(|count| count.parse().ok())
                .ok_or_else(gone)?;
            index += 1;
        }
        Ok(body)
    }

    async fn cached(
        &self,
        cache: &CacheTable,
        key: &str,
        now: Timestamp,
    ) -> Result<Option<String>, StoreError> {
        let item_key = dynamodb::item_key(&cache.prefix, key);
        let item_key = HashMap::from([(dynamodb::KEY.to_owned(), AttributeValue::S(item_key))]);
        let Some(item) = self.item(key, &cache.table, item_key).await? else {
            return Ok(None);
        };
        let value = item
            .get(dynamodb::VALUE)
            .and_then(|value| value.as_s().ok());
        let value = value.ok_or_else(|| unusable(FETCHING, key, "the cache has no text there"))?;
        let expires = item
            .get(dynamodb::EXPIRES_AT)
            .and_then(|expires| expires.as_n().ok());
        dynamodb::body_of_item(key, value, expires.map(String::as_str), seconds(now))
            .map(Some)
            .map_err(|error| unusable(FETCHING, key, error))
    }

    async fn laravels(&self, key: &str, now: Timestamp) -> Result<String, StoreError> {
        if let Some(disk) = &self.disk {
            return self.on_disk(disk, key, now).await;
        }
        let Some(cache) = &self.cache else {
            return Err(unusable(
                FETCHING,
                key,
                "nobody said where: set HIKYAKU_OVERFLOW_URL to the disk, or HIKYAKU_CACHE_TABLE to the table, of the cache store that `overflow` names in config/queue.php",
            ));
        };
        let body = self.cached(cache, key, now).await?;
        body.ok_or_else(|| {
            let table = &cache.table;
            unusable(
                FETCHING,
                key,
                format!("it is not in the cache table `{table}`"),
            )
        })
    }

    #[cfg(feature = "objects")]
    async fn on_disk(&self, disk: &Disk, key: &str, now: Timestamp) -> Result<String, StoreError> {
        use futures_util::StreamExt;
        use hikyaku_laravel::envelope::MAX_STORED_BYTES;
        use hikyaku_laravel::overflow::storage;

        let failed = |error: crate::objects::ObjectsError| StoreError {
            action: FETCHING,
            subject: key.to_owned(),
            retryable: !error.is_permanent(),
            source: error.into(),
        };
        let url = object_url(&disk.url, &disk.prefix, key);
        let mut object = disk.objects.get(&url).await.map_err(failed)?;
        let mut content = Vec::new();
        while let Some(piece) = object.bytes.next().await.transpose().map_err(failed)? {
            if content.len() + piece.len() > 2 * MAX_STORED_BYTES {
                return Err(unusable(FETCHING, key, "it is too long"));
            }
            content.extend_from_slice(&piece);
        }
        storage::body_of_object(key, &content, seconds(now))
            .map_err(|error| unusable(FETCHING, key, error))
    }

    #[cfg(not(feature = "objects"))]
    #[expect(clippy::unused_async, reason = "as with objects")]
    async fn on_disk(&self, _: &url::Url, key: &str, _: Timestamp) -> Result<String, StoreError> {
        Err(unusable(
            FETCHING,
            key,
            "this function cannot read objects: build it with the feature `objects` of the crate hikyaku",
        ))
    }
}

fn seconds(now: Timestamp) -> i64 {
    i64::try_from(now.as_secs()).unwrap_or(i64::MAX)
}

/// The URL of the object for a pointer. The disk's own path is percent-encoded already.
#[cfg(feature = "objects")]
fn object_url(disk: &url::Url, prefix: &str, key: &str) -> url::Url {
    let path = hikyaku_laravel::overflow::storage::object_path(disk.path(), prefix, key);
    let mut url = disk.clone();
    url.set_path(&format!("/{path}"));
    url
}

#[cfg(feature = "objects")]
fn disk(config: &Config) -> Result<Option<Disk>, ConfigError> {
    let Some(url) = config.overflow_url.clone() else {
        return Ok(None);
    };
    let wrong = |_| ConfigError {
        name: "HIKYAKU_OVERFLOW_URL",
        value: url.to_string(),
        expected: "s3://bucket/path or file:///path",
    };
    let objects = ObjectsConfig {
        local_files: config.local_files || !config.under_lambda,
        region: Some(config.region.clone()),
        endpoint: config.s3_endpoint.clone(),
        credentials: config.credentials.as_ref().map(|keys| {
            crate::objects::Credentials::new(
                keys.key_id.clone(),
                keys.secret.clone(),
                keys.session.clone(),
            )
        }),
        ..ObjectsConfig::allow([url.clone()])
    };
    Ok(Some(Disk {
        objects: Objects::new(objects).map_err(wrong)?,
        prefix: config.overflow_prefix.clone(),
        url,
    }))
}

impl Payloads for StoredPayloads {
    fn fetch<'a>(
        &'a self,
        pointer: &'a Pointer,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<String, StoreError>> {
        Box::pin(async move {
            match pointer {
                Pointer::Own(pointer) => self.own(pointer).await,
                pointer => self.laravels(&pointer.key(), now).await,
            }
        })
    }
}

#[cfg(all(test, feature = "objects"))]
mod tests {
    use super::*;

    #[test]
    fn an_object_is_below_its_disk_whether_that_has_a_path_or_not() {
        // php -r 'echo sha1("app:key");'
        let object = "bc/d8/bcd8cdaa2bbdb3842e3ed9f8df9cb69bb10ac15c";
        for (disk, below) in [
            ("s3://bucket", "s3://bucket/"),
            ("s3://bucket/", "s3://bucket/"),
            ("s3://bucket/dir", "s3://bucket/dir/"),
            ("s3://bucket/a%20dir/sub/", "s3://bucket/a%20dir/sub/"),
            ("file:///dir", "file:///dir/"),
            ("file:///", "file:///"),
        ] {
            let url = object_url(&disk.parse().unwrap(), "app:", "key");
            assert_eq!(url.as_str(), format!("{below}{object}"), "{disk}");
        }
    }
}
