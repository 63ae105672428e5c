//! The function import-csv on the local cloud.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use hikyaku::{Config, clients};
use hikyaku_local::cloud::{Cloud, Options};
use hikyaku_local::lambda::CargoBinaries;
use hikyaku_local::template::Template;

use super::binaries;
use super::stage::{Stage, TABLES};

pub(super) const ID: &str = "0199a1f0-0000-7000-8000-00000000dead";

/// Queue and function with timeouts of seconds, so that a redelivery is not far away.
const TEMPLATE: &str = r"
Transform: AWS::Serverless-2016-10-31
Parameters:
  DatabaseUrl: { Type: String }
  Sources: { Type: String }
  Tables: { Type: String }
  SliceRows: { Type: String }
Resources:
  Ledger:
    Type: AWS::DynamoDB::Table
    Properties:
      TableName: hikyaku
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{ AttributeName: pk, AttributeType: S }, { AttributeName: sk, AttributeType: S }]
      KeySchema: [{ AttributeName: pk, KeyType: HASH }, { AttributeName: sk, KeyType: RANGE }]
  Imports:
    Type: AWS::SQS::Queue
    Properties: { QueueName: imports, VisibilityTimeout: 16 }
  ImportCsvFunction:
    Type: AWS::Serverless::Function
    Metadata: { BuildMethod: rust-cargolambda, BuildProperties: { Binary: import-csv } }
    Properties:
      Runtime: provided.al2023
      CodeUri: .
      Timeout: 16
      Environment:
        Variables: { DATABASE_URL: !Ref DatabaseUrl, IMPORT_SOURCES: !Ref Sources, IMPORT_TABLES: !Ref Tables, IMPORT_SLICE_ROWS: !Ref SliceRows }
      Events:
        Messages:
          Type: SQS
          Properties: { Queue: !GetAtt Imports.Arn, BatchSize: 1, FunctionResponseTypes: [ReportBatchItemFailures] }
";

/// The message as Laravel sends it; its own `timeout` keeps the attempt short.
pub(super) fn message(stage: &Stage) -> String {
    let url = stage.url("numbers.csv");
    let command = format!(
        "O:18:\"App\\Jobs\\ImportCsv\":2:{{s:3:\"url\";s:{}:\"{url}\";s:5:\"table\";s:7:\"numbers\";}}",
        url.len()
    );
    serde_json::json!({
        "uuid": ID, "displayName": "App\\Jobs\\ImportCsv", "job": "Illuminate\\Queue\\CallQueuedHandler@call",
        "maxTries": null, "maxExceptions": null, "failOnTimeout": false, "backoff": null, "timeout": 12,
        "retryUntil": null, "data": { "commandName": "App\\Jobs\\ImportCsv", "command": command }
    })
    .to_string()
}

pub(super) async fn start(stage: &Stage, slice_rows: &str, log: &Log) -> Cloud {
    let template = Template::parse(TEMPLATE, "test").unwrap();
    let parameters = [
        ("DatabaseUrl", stage.database_url()),
        ("Sources", stage.url("")),
        ("Tables", TABLES.to_owned()),
        ("SliceRows", slice_rows.to_owned()),
    ];
    let log = Arc::clone(log);
    let options = Options {
        parameters: parameters
            .map(|(name, value)| (name.to_owned(), value))
            .into(),
        variables: [("HIKYAKU_LOCAL_FILES".to_owned(), "1".to_owned())].into(),
        binaries: Arc::new(CargoBinaries::new(binaries::folder())),
        logs: Some(Arc::new(move |_, line| {
            log.lock().unwrap().push(line.to_owned());
        })),
        ..Options::on_free_ports()
    };
    Cloud::start(&template, options).await.unwrap()
}

/// What the functions wrote.
pub(super) type Log = Arc<Mutex<Vec<String>>>;

/// The state of the job's record, and its fencing token.
pub(super) async fn record(cloud: &Cloud) -> (String, String) {
    let mut config = Config::from_lookup(|_| Ok(None)).unwrap();
    config.dynamodb_endpoint = Some(cloud.endpoints().dynamodb.clone());
    config.credentials = Some(crate::local_keys());
    let client = clients::dynamodb(&config);
    let text = |value: &str| AttributeValue::S(value.to_owned());
    let read = client
        .get_item()
        .table_name("hikyaku")
        .key("pk", text(&format!("J#{ID}")))
        .key("sk", text("."));
    let item = read.send().await.unwrap().item.unwrap();
    (
        item["s"].as_s().unwrap().clone(),
        item["a"].as_n().unwrap().clone(),
    )
}

pub(super) fn kill(pid: u32) {
    let killed = std::process::Command::new("kill")
        .args(["-9", &pid.to_string()])
        .status()
        .unwrap();
    assert!(killed.success());
}

pub(super) async fn wait_until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let patience = Duration::from_secs(90);
    let waiting = async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(patience, waiting)
        .await
        .unwrap_or_else(|_| panic!("never came: {what}"));
}
