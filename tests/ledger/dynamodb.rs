//! DynamoDB on loopback, and the contract on it.
//!
//! It is the embedded one, unless `HIKYAKU_TEST_DYNAMODB` is the URL of another, whose tables it then may replace:
//! `make -C tests second-opinion` runs every test of a ledger on servers that others wrote.

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, KeySchemaElement, KeyType,
    ScalarAttributeType,
};
use hikyaku::config::CacheTable;
use hikyaku::ledger::DynamoDbLedger;
use hikyaku::{Config, clients, laravel};
use hikyaku_core::{Batches, Cache, Laravel, Ledger, Timestamp};

use super::application::Application;
use super::contract;

pub(crate) const BATCHES: &str = "job_batches";
pub(crate) const CACHE: &str = "cache";
/// `cache.prefix`.
pub(crate) const PREFIX: &str = "laravel-cache-";

pub(crate) type Item = std::collections::HashMap<String, AttributeValue>;

/// DynamoDB on loopback, with the two tables that hikyaku asks for and the two that Laravel has there.
pub(crate) struct Emulator {
    config: Config,
    client: Client,
    laravel: Laravel,
    embedded: Option<tokio::task::JoinHandle<()>>,
}

impl Drop for Emulator {
    fn drop(&mut self) {
        if let Some(server) = &self.embedded {
            server.abort();
        }
    }
}

impl Emulator {
    pub(crate) async fn start() -> Self {
        let (endpoint, embedded) = match second_opinion() {
            Some(endpoint) => (endpoint, None),
            None => embedded().await,
        };
        let config = Config {
            dynamodb_endpoint: Some(endpoint),
            credentials: Some(crate::local_keys()),
            batch_table: Some(BATCHES.to_owned()),
            cache: Some(CacheTable {
                table: CACHE.to_owned(),
                prefix: PREFIX.to_owned(),
                store: "dynamodb".to_owned(),
            }),
            ..Config::from_lookup(|_| Ok(None)).unwrap()
        };
        let client = patient_client(&config);
        if embedded.is_none() {
            let tables = [&config.ledger_table, &config.failed_table];
            remove_tables(&client, tables.map(String::as_str)).await;
            remove_tables(&client, [BATCHES, CACHE]).await;
        }
        create_table(&client, &config.ledger_table, &["pk", "sk"]).await;
        create_table(&client, &config.failed_table, &["application", "uuid"]).await;
        create_table(&client, BATCHES, &["application", "id"]).await;
        create_table(&client, CACHE, &["key"]).await;
        let laravel = laravel::reach(&config, &client, std::collections::BTreeMap::new()).unwrap();
        Self {
            config,
            client,
            laravel,
            embedded,
        }
    }

    pub(crate) fn config(&self) -> &Config {
        &self.config
    }

    /// Host and port.
    pub(crate) fn address(&self) -> String {
        let endpoint = self.config.dynamodb_endpoint.as_deref().unwrap_or_default();
        endpoint.trim_start_matches("http://").to_owned()
    }

    pub(crate) fn ledger(&self) -> DynamoDbLedger {
        DynamoDbLedger::new(self.client.clone(), &self.config)
    }

    /// What it is asked with.
    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    /// What of the application is within reach.
    pub(crate) fn laravel(&self) -> &Laravel {
        &self.laravel
    }

    pub(crate) async fn item(&self, table: &str, key: &[(&str, &str)]) -> Option<Item> {
        let key = key
            .iter()
            .map(|(name, value)| ((*name).to_owned(), text(value)));
        let request = self
            .client
            .get_item()
            .table_name(table)
            .set_key(Some(key.collect()));
        request.send().await.unwrap().item
    }

    pub(crate) async fn items(&self, table: &str) -> Vec<Item> {
        let found = self.client.scan().table_name(table).send().await.unwrap();
        found.items.unwrap_or_default()
    }

    pub(crate) async fn put_item(&self, table: &str, item: Item) {
        let request = self
            .client
            .put_item()
            .table_name(table)
            .set_item(Some(item));
        request.send().await.unwrap();
    }

    pub(crate) async fn batch_row(&self, id: &str) -> Item {
        let key = [("application", "Laravel"), ("id", id)];
        self.item(BATCHES, &key).await.unwrap()
    }

    pub(crate) async fn failed_row(&self, id: &str) -> Option<Item> {
        let key = [("application", "Laravel"), ("uuid", id)];
        self.item(&self.config.failed_table, &key).await
    }
}

/// The client of a function, but for its patience: DynamoDB answers in milliseconds, and a megabyte takes an emulator
/// seconds that is not optimised and has no core of its own.
pub(crate) fn patient_client(config: &Config) -> Client {
    let patience = TimeoutConfig::builder().operation_attempt_timeout(Duration::from_secs(120));
    let client = clients::dynamodb(config);
    let patient = client
        .config()
        .to_builder()
        .timeout_config(patience.build());
    Client::from_conf(patient.build())
}

/// A row of `job_batches` as `DynamoBatchRepository` leaves it when a batch was dispatched: AWS's marshaler makes N of
/// numbers, L of lists and NULL of null.
pub(crate) fn batch_row(id: &str, jobs: i64, options: &str) -> Item {
    item([
        ("application", text("Laravel")),
        ("id", text(id)),
        ("name", text("Import")),
        ("total_jobs", number(jobs)),
        ("pending_jobs", number(jobs)),
        ("failed_jobs", number(0)),
        ("failed_job_ids", AttributeValue::L(Vec::new())),
        ("options", text(options)),
        ("created_at", number(1_795_408_211)),
        ("cancelled_at", AttributeValue::Null(true)),
        ("finished_at", AttributeValue::Null(true)),
    ])
}

pub(crate) fn item<const N: usize>(attributes: [(&str, AttributeValue); N]) -> Item {
    let named = attributes.map(|(name, value)| (name.to_owned(), value));
    named.into()
}

pub(crate) fn text(value: &str) -> AttributeValue {
    AttributeValue::S(value.to_owned())
}

pub(crate) fn number(value: impl std::fmt::Display) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

/// The URL of the server that is asked instead of the embedded one.
#[expect(
    clippy::disallowed_methods,
    reason = "which server a run asks is no setting of hikyaku"
)]
fn second_opinion() -> Option<String> {
    let endpoint = std::env::var("HIKYAKU_TEST_DYNAMODB").ok()?;
    assert!(
        endpoint.starts_with("http://127.0.0.1:"),
        "HIKYAKU_TEST_DYNAMODB is `{endpoint}`: tables are removed there, so it has to be on this machine"
    );
    Some(endpoint)
}

async fn embedded() -> (String, Option<tokio::task::JoinHandle<()>>) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let database = dynoxide::Database::memory().unwrap();
    let server =
        tokio::runtime::Handle::current().spawn(dynoxide::server::serve_on(listener, database));
    (endpoint, Some(server))
}

/// Removes what an earlier test left.
async fn remove_tables(client: &Client, names: [&str; 2]) {
    let listed = client.list_tables().send().await.unwrap();
    for name in names {
        if listed.table_names().iter().any(|table| table == name) {
            let request = client.delete_table().table_name(name);
            request.send().await.unwrap();
        }
    }
}

async fn create_table(client: &Client, name: &str, keys: &[&str]) {
    let mut request = client
        .create_table()
        .table_name(name)
        .billing_mode(BillingMode::PayPerRequest);
    for (key, kind) in keys.iter().zip([KeyType::Hash, KeyType::Range]) {
        let attribute = AttributeDefinition::builder()
            .attribute_name(*key)
            .attribute_type(ScalarAttributeType::S);
        let element = KeySchemaElement::builder()
            .attribute_name(*key)
            .key_type(kind);
        request = request
            .attribute_definitions(attribute.build().unwrap())
            .key_schema(element.build().unwrap());
    }
    request.send().await.unwrap();
}

impl Application for Emulator {
    fn ledger(&self) -> Arc<dyn Ledger> {
        Arc::new(self.ledger())
    }

    fn batches(&self) -> Arc<dyn Batches> {
        self.laravel.batches.clone().unwrap()
    }

    fn cache(&self) -> Arc<dyn Cache> {
        self.laravel.cache.as_ref().unwrap().cache.clone()
    }

    async fn add_batch(&self, id: &str, jobs: i64, options: &str) {
        self.put_item(BATCHES, batch_row(id, jobs, options)).await;
    }

    async fn finished_at(&self, id: &str) -> Option<u64> {
        let row = self.batch_row(id).await;
        let finished = row["finished_at"].as_n().ok()?;
        Some(finished.parse().unwrap())
    }

    async fn put(&self, key: &str, value: &str, expires: Timestamp) {
        let entry = [
            ("key", text(key)),
            ("value", text(value)),
            ("expires_at", number(expires.as_secs())),
        ];
        self.put_item(CACHE, item(entry)).await;
    }
}

#[tokio::test(flavor = "current_thread")]
async fn the_ledger_on_dynamodb_keeps_the_contract() {
    let emulator = Emulator::start().await;
    contract::exercise(&emulator.ledger()).await;
    super::ends::exercise(&emulator).await;
    super::locks::exercise(&emulator).await;
}

#[tokio::test(flavor = "current_thread")]
async fn what_is_larger_than_an_item_on_dynamodb_is_refused_for_good() {
    let emulator = Emulator::start().await;
    let ledger = emulator.ledger();
    contract::what_is_larger_than_an_item_is_refused_for_good_and_changes_nothing(&ledger).await;
}
