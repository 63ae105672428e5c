//! Bodies that Laravel put on a disk because they are too long for a message (the cache store `storage`).

use std::collections::BTreeMap;
use std::sync::Arc;

use hikyaku::core::Payloads;
use hikyaku::{Config, Timestamp, clients, laravel};
use hikyaku_laravel::overflow::{Pointer, storage};
use tempfile::TempDir;
use url::Url;

const KEY: &str = "laravel:sqs-payloads:82fbfa2b-bb6b-464e-985b-aa9a2397b0cc";
const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);
const BODY: &str = r#"{"uuid":"u-1","job":"日本"}"#;

/// A disk whose store has the path `cache` and the prefix `app:`.
struct Disk {
    folder: TempDir,
    payloads: Arc<dyn Payloads>,
}

impl Disk {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        std::fs::create_dir(folder.path().join("the cache")).unwrap();
        let url = Url::from_directory_path(folder.path().join("the cache")).unwrap();
        let config = Config {
            overflow_url: Some(url),
            overflow_prefix: "app:".to_owned(),
            ..Config::from_lookup(|_| Ok(None)).unwrap()
        };
        let client = clients::dynamodb(&config);
        let laravel = laravel::reach(&config, &client, BTreeMap::new()).unwrap();
        Self {
            folder,
            payloads: laravel.payloads.unwrap(),
        }
    }

    /// Puts an object where `StorageStore` does.
    fn put(&self, key: &str, content: &str) {
        let path = storage::object_path("the cache", "app:", key);
        let path = self.folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }

    async fn fetch(&self, key: &str) -> Result<String, String> {
        let pointer = Pointer::Laravel {
            key: key.to_owned(),
        };
        let fetched = self.payloads.fetch(&pointer, NOW).await;
        fetched.map_err(|error| {
            assert!(!error.retryable, "{error:?}");
            hikyaku::explain(&error)
        })
    }
}

fn content(expires: u64, value: &str) -> String {
    format!("{expires:010}{value}")
}

#[tokio::test(flavor = "current_thread")]
async fn a_body_on_a_disk_is_found_by_the_hash_of_its_key() {
    let disk = Disk::new();
    let value = hikyaku_laravel::cache::serialized(BODY);
    disk.put(KEY, &content(9_999_999_999, &value));
    assert_eq!(disk.fetch(KEY).await.as_deref(), Ok(BODY));
    // The path is spelled out once, so that not only the test's own arithmetic agrees.
    // php -r 'echo sha1("app:laravel:sqs-payloads:82fbfa2b-bb6b-464e-985b-aa9a2397b0cc");'
    let hash = "8035631f536df461231d1c7a11973f443c5af664";
    let path = format!("the cache/{}/{}/{hash}", &hash[..2], &hash[2..4]);
    assert!(disk.folder.path().join(path).is_file());
}

#[tokio::test(flavor = "current_thread")]
async fn what_cannot_be_read_from_a_disk_says_why() {
    let disk = Disk::new();
    let value = hikyaku_laravel::cache::serialized(BODY);
    disk.put("expired", &content(NOW.as_secs(), &value));
    disk.put("list", &content(9_999_999_999, "a:0:{}"));
    disk.put("cut", &content(9_999_999_999, &value[..10]));
    disk.put("no time", &value);
    for (key, reason) in [
        ("expired", "it expired"),
        ("list", "there is something else than text"),
        ("cut", "it is not a serialized value"),
        ("no time", "its time of expiry is not a number"),
        ("missing", "there is no such object in the local files"),
    ] {
        let error = disk.fetch(key).await.unwrap_err();
        assert!(error.contains(reason), "{key}: {error}");
        assert!(error.contains(key), "{error}");
    }
}

#[tokio::test(flavor = "current_thread")]
async fn an_object_that_is_longer_than_any_body_is_not_read_to_its_end() {
    let disk = Disk::new();
    disk.put(KEY, &"x".repeat(33 * 1024 * 1024));
    let error = disk.fetch(KEY).await.unwrap_err();
    assert!(error.ends_with("it is too long"), "{error}");
}
