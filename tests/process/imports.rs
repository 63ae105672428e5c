//! The function import-csv on the local cloud.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use hikyaku::{Config, clients};
use hikyaku_local::cloud::{Cloud, Options};
use hikyaku_local::lambda::{Binaries, CargoBinaries};
use hikyaku_local::template::Template;

use super::binaries;
use super::stage::{Stage, TABLES};

pub(super) const ID: &str = "0199a1f0-0000-7000-8000-00000000dead";

/// Queue and function with timeouts of seconds, so that a redelivery is not far away, and what becomes of dead letters.
const TEMPLATE: &str = r"
Transform: AWS::Serverless-2016-10-31
Parameters:
  DatabaseUrl: { Type: String }
  Sources: { Type: String }
  Tables: { Type: String }
  SliceRows: { Type: String }
  MaxReceiveCount: { Type: Number }
  Seconds: { Type: Number }
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
    Properties:
      QueueName: imports
      VisibilityTimeout: !Ref Seconds
      RedrivePolicy: { deadLetterTargetArn: !GetAtt DeadLetters.Arn, maxReceiveCount: !Ref MaxReceiveCount }
  DeadLetters:
    Type: AWS::SQS::Queue
    Properties: { QueueName: dead-letters, VisibilityTimeout: 60 }
  Failed:
    Type: AWS::DynamoDB::Table
    Properties:
      TableName: failed_jobs
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{ AttributeName: application, AttributeType: S }, { AttributeName: uuid, AttributeType: S }]
      KeySchema: [{ AttributeName: application, KeyType: HASH }, { AttributeName: uuid, KeyType: RANGE }]
  BuryDeadLettersFunction:
    Type: AWS::Serverless::Function
    Metadata: { BuildMethod: rust-cargolambda, BuildProperties: { Binary: bury-dead-letters } }
    Properties:
      Runtime: provided.al2023
      CodeUri: .
      Timeout: 60
      Events:
        Messages:
          Type: SQS
          Properties: { Queue: !GetAtt DeadLetters.Arn, BatchSize: 10, FunctionResponseTypes: [ReportBatchItemFailures] }
  ImportCsvFunction:
    Type: AWS::Serverless::Function
    Metadata: { BuildMethod: rust-cargolambda, BuildProperties: { Binary: import-csv } }
    Properties:
      Runtime: provided.al2023
      CodeUri: .
      Timeout: !Ref Seconds
      Environment:
        Variables: { DATABASE_URL: !Ref DatabaseUrl, IMPORT_SOURCES: !Ref Sources, IMPORT_TABLES: !Ref Tables, IMPORT_SLICE_ROWS: !Ref SliceRows, HIKYAKU_QUEUE_VISIBILITY: !Ref Seconds }
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

/// How the cloud of a test differs from others.
pub(super) struct Terms {
    /// `IMPORT_SLICE_ROWS`, or nothing.
    pub(super) slice_rows: String,
    pub(super) max_receive_count: u32,
    /// The function's timeout, and the queue's.
    pub(super) seconds: u32,
    /// What the functions are.
    pub(super) binaries: Arc<dyn Binaries>,
}

impl Default for Terms {
    fn default() -> Self {
        Self {
            slice_rows: String::new(),
            max_receive_count: 100,
            seconds: 16,
            binaries: Arc::new(CargoBinaries::new(binaries::folder())),
        }
    }
}

pub(super) async fn start(stage: &Stage, terms: Terms, log: &Log) -> Cloud {
    let template = Template::parse(TEMPLATE, "test").unwrap();
    let parameters = [
        ("DatabaseUrl", stage.database_url()),
        ("Sources", stage.url("")),
        ("Tables", TABLES.to_owned()),
        ("SliceRows", terms.slice_rows),
        ("MaxReceiveCount", terms.max_receive_count.to_string()),
        ("Seconds", terms.seconds.to_string()),
    ];
    let log = Arc::clone(log);
    let options = Options {
        parameters: parameters
            .map(|(name, value)| (name.to_owned(), value))
            .into(),
        variables: [("HIKYAKU_LOCAL_FILES".to_owned(), "1".to_owned())].into(),
        binaries: terms.binaries,
        logs: Some(Arc::new(move |_, line| {
            log.lock().unwrap().push(line.to_owned());
        })),
        ..Options::on_free_ports()
    };
    Cloud::start(&template, options).await.unwrap()
}

/// What the functions wrote.
pub(super) type Log = Arc<Mutex<Vec<String>>>;

fn config(cloud: &Cloud) -> Config {
    Config {
        dynamodb_endpoint: Some(cloud.endpoints().dynamodb.clone()),
        credentials: Some(crate::local_keys()),
        ..Config::from_lookup(|_| Ok(None)).unwrap()
    }
}

fn dynamodb(cloud: &Cloud) -> aws_sdk_dynamodb::Client {
    clients::dynamodb(&config(cloud))
}

/// The failed job's row: where it is sent again, its payload, and why it failed.
pub(super) async fn failed(cloud: &Cloud) -> Option<[String; 3]> {
    let key = |value: &str| AttributeValue::S(value.to_owned());
    let read = dynamodb(cloud)
        .get_item()
        .table_name("failed_jobs")
        .key("application", key("Laravel"))
        .key("uuid", key(ID));
    let item = read.send().await.unwrap().item?;
    Some(["queue", "payload", "exception"].map(|name| item[name].as_s().unwrap().clone()))
}

/// The state of the job's record, and its fencing token.
pub(super) async fn record(cloud: &Cloud) -> (String, String) {
    let client = dynamodb(cloud);
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
