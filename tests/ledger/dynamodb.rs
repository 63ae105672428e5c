//! The contract on the ledger in DynamoDB, and what its writes cost.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, KeySchemaElement, KeyType,
    ScalarAttributeType,
};
use hikyaku::ledger::DynamoDbLedger;
use hikyaku::{Config, clients};
use hikyaku_core::{ClaimReply, End, Fence, Held, Ledger};

use super::contract::{self, DAY, NOW, request, row};

/// DynamoDB on loopback, with the two tables that hikyaku asks for.
pub(crate) struct Emulator {
    config: Config,
    client: Client,
    server: tokio::task::JoinHandle<()>,
}

impl Drop for Emulator {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Emulator {
    pub(crate) async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let database = dynoxide::Database::memory().unwrap();
        let server =
            tokio::runtime::Handle::current().spawn(dynoxide::server::serve_on(listener, database));
        let mut config = Config::from_lookup(|_| Ok(None)).unwrap();
        config.dynamodb_endpoint = Some(endpoint);
        config.credentials = Some(crate::local_keys());
        let client = clients::dynamodb(&config);
        create_table(&client, &config.ledger_table, "pk", "sk").await;
        create_table(&client, &config.failed_table, "application", "uuid").await;
        Self {
            config,
            client,
            server,
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
}

async fn create_table(client: &Client, name: &str, partition: &str, sort: &str) {
    let attribute = |name: &str| {
        AttributeDefinition::builder()
            .attribute_name(name)
            .attribute_type(ScalarAttributeType::S)
            .build()
            .unwrap()
    };
    let key = |name: &str, kind| {
        KeySchemaElement::builder()
            .attribute_name(name)
            .key_type(kind)
            .build()
            .unwrap()
    };
    client
        .create_table()
        .table_name(name)
        .attribute_definitions(attribute(partition))
        .attribute_definitions(attribute(sort))
        .key_schema(key(partition, KeyType::Hash))
        .key_schema(key(sort, KeyType::Range))
        .billing_mode(BillingMode::PayPerRequest)
        .send()
        .await
        .unwrap();
}

#[tokio::test(flavor = "current_thread")]
async fn the_ledger_on_dynamodb_keeps_the_contract() {
    let emulator = Emulator::start().await;
    contract::exercise(&emulator.ledger()).await;
}

#[tokio::test(flavor = "current_thread")]
async fn a_failed_job_is_a_row_of_laravels_schema() {
    let emulator = Emulator::start().await;
    let ledger = emulator.ledger();
    let ClaimReply::Granted(grant) = ledger.claim(&request("row", 1)).await.unwrap() else {
        panic!("refused")
    };
    let held = Held {
        id: "row".to_owned(),
        token: grant.token,
    };
    assert_eq!(
        ledger
            .fail(&held, &row("row"), &End::plain(NOW + DAY))
            .await
            .unwrap(),
        Fence::Applied
    );
    let text = |value: &str| AttributeValue::S(value.to_owned());
    let found = emulator
        .client
        .get_item()
        .table_name("failed_jobs")
        .key("application", text("Laravel"))
        .key("uuid", text("row"))
        .send()
        .await
        .unwrap();
    let item = found.item.unwrap();
    let mut names: Vec<_> = item.keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(
        names,
        [
            "application",
            "connection",
            "exception",
            "expires_at",
            "failed_at",
            "payload",
            "queue",
            "uuid"
        ]
    );
    assert_eq!(item["connection"], text("sqs"));
    assert_eq!(
        item["failed_at"],
        AttributeValue::N(NOW.as_secs().to_string())
    );
    assert_eq!(
        item["expires_at"],
        AttributeValue::N((NOW.as_secs() + 7 * 86_400).to_string())
    );
}

#[tokio::test(flavor = "current_thread")]
async fn a_failure_that_is_fenced_writes_no_row() {
    let emulator = Emulator::start().await;
    let ledger = emulator.ledger();
    ledger.claim(&request("fenced-row", 1)).await.unwrap();
    let zombie = Held {
        id: "fenced-row".to_owned(),
        token: 99,
    };
    assert!(matches!(
        ledger
            .fail(&zombie, &row("fenced-row"), &End::plain(NOW + DAY))
            .await
            .unwrap(),
        Fence::Refused(Some(_))
    ));
    let rows = emulator
        .client
        .scan()
        .table_name("failed_jobs")
        .send()
        .await
        .unwrap();
    assert_eq!(rows.count, 0);
}
