//! The cloud that a campaign runs on: two queues with a function each, tables, an SQLite database, and faults before all.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use hikyaku_local::cloud::{Cloud, Options};
use hikyaku_local::faults::{Fault, Faults, Rule, Target};
use hikyaku_local::lambda::{CargoBinaries, Limits};
use hikyaku_local::template::Template;
use serde_json::{Value, json};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode};
use sqlx::{Connection as _, SqliteConnection};

use super::Result;
use super::book::Book;
use super::plan::Plan;
use super::proxy::Proxy;

/// Processes of one function at a time: what two cores carry.
const PROCESSES: usize = 8;

/// Timeouts of seconds, so that a killed job runs again soon. `Jobs` is killed, frozen and starved; `Zombies` has the time
/// to be frozen beyond a lease and to wake up.
const TEMPLATE: &str = r"
Transform: AWS::Serverless-2016-10-31
Parameters:
  Book: { Type: String }
  Database: { Type: String }
  Keys: { Type: String }
Globals:
  Function:
    Runtime: provided.al2023
    CodeUri: .
    RecursiveLoop: Allow
    Environment:
      Variables:
        CAMPAIGN_BOOK: !Ref Book
        CAMPAIGN_DATABASE: !Ref Database
        CAMPAIGN_KEYS: !Ref Keys
        HIKYAKU_LEDGER_TABLE: !Ref Ledger
        HIKYAKU_FAILED_TABLE: !Ref FailedJobs
        HIKYAKU_BATCH_TABLE: !Ref Batches
        HIKYAKU_RELAY_QUEUE_URL: !Ref Relay
Resources:
  Ledger:
    Type: AWS::DynamoDB::Table
    Properties:
      TableName: ledger
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{ AttributeName: pk, AttributeType: S }, { AttributeName: sk, AttributeType: S }]
      KeySchema: [{ AttributeName: pk, KeyType: HASH }, { AttributeName: sk, KeyType: RANGE }]
      TimeToLiveSpecification: { AttributeName: x, Enabled: true }
  FailedJobs:
    Type: AWS::DynamoDB::Table
    Properties:
      TableName: failed_jobs
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{ AttributeName: application, AttributeType: S }, { AttributeName: uuid, AttributeType: S }]
      KeySchema: [{ AttributeName: application, KeyType: HASH }, { AttributeName: uuid, KeyType: RANGE }]
  Batches:
    Type: AWS::DynamoDB::Table
    Properties:
      TableName: job_batches
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{ AttributeName: application, AttributeType: S }, { AttributeName: id, AttributeType: S }]
      KeySchema: [{ AttributeName: application, KeyType: HASH }, { AttributeName: id, KeyType: RANGE }]
  DeadLetters:
    Type: AWS::SQS::Queue
    Properties: { QueueName: dead-letters, MessageRetentionPeriod: 1209600 }
  Relay:
    Type: AWS::SQS::Queue
    Properties: { QueueName: relay, MessageRetentionPeriod: 1209600 }
  Jobs:
    Type: AWS::SQS::Queue
    Properties:
      QueueName: jobs
      VisibilityTimeout: 5
      MessageRetentionPeriod: 1209600
      RedrivePolicy: { deadLetterTargetArn: !GetAtt DeadLetters.Arn, maxReceiveCount: 100 }
  Zombies:
    Type: AWS::SQS::Queue
    Properties:
      QueueName: zombies
      VisibilityTimeout: 25
      MessageRetentionPeriod: 1209600
      RedrivePolicy: { deadLetterTargetArn: !GetAtt DeadLetters.Arn, maxReceiveCount: 100 }
  JobsFunction:
    Type: AWS::Serverless::Function
    Metadata: { BuildMethod: rust-cargolambda, BuildProperties: { Binary: campaign-function } }
    Properties:
      FunctionName: jobs
      Timeout: 5
      Events:
        Messages:
          Type: SQS
          Properties: { Queue: !GetAtt Jobs.Arn, BatchSize: 10, FunctionResponseTypes: [ReportBatchItemFailures] }
  ZombiesFunction:
    Type: AWS::Serverless::Function
    Metadata: { BuildMethod: rust-cargolambda, BuildProperties: { Binary: campaign-function } }
    Properties:
      FunctionName: zombies
      Timeout: 25
      Events:
        Messages:
          Type: SQS
          Properties: { Queue: !GetAtt Zombies.Arn, BatchSize: 4, FunctionResponseTypes: [ReportBatchItemFailures] }
";

/// What goes wrong on the way to DynamoDB and SQS. More than one request in twenty.
fn faults(seed: u64) -> Faults {
    let rules = vec![
        Rule::new(Fault::Throttle, 0.02),
        Rule::new(Fault::Unavailable, 0.01),
        Rule::new(Fault::Reset, 0.01),
        Rule::new(Fault::LoseAnswer, 0.015),
        Rule::new(Fault::FailAnswer, 0.005),
        Rule::new(Fault::Hang { seconds: 4 }, 0.0005),
        Rule::new(Fault::Delay { seconds: 2 }, 0.001),
        // Beyond the lease of the claim that it carries, and beyond the life of most attempts.
        Rule::new(Fault::Delay { seconds: 13 }, 0.0005).of(Target::DynamoDb),
        Rule::new(Fault::Delay { seconds: 6 }, 0.001).of(Target::Sqs),
    ];
    Faults { seed, rules }
}

/// The database that jobs write rows into.
pub(crate) struct Database {
    path: PathBuf,
}

impl Database {
    pub(crate) async fn create(folder: &Path) -> Result<Self> {
        let database = Self {
            path: folder.join("effects.sqlite"),
        };
        let tables = "CREATE TABLE marks (job TEXT PRIMARY KEY, token INTEGER NOT NULL, written INTEGER NOT NULL); \
                      CREATE TABLE effects (subject TEXT NOT NULL, number INTEGER NOT NULL)";
        let mut connection = database.connect().await?;
        sqlx::raw_sql(tables).execute(&mut connection).await?;
        Ok(database)
    }

    fn url(&self) -> String {
        format!("sqlite://{}", self.path.display())
    }

    async fn connect(&self) -> Result<SqliteConnection> {
        let options = SqliteConnectOptions::new()
            .filename(&self.path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .busy_timeout(Duration::from_secs(30));
        Ok(SqliteConnection::connect_with(&options).await?)
    }

    /// Every row with how often it is there.
    pub(crate) async fn rows(&self) -> Result<Vec<(String, i64, i64)>> {
        let rows = sqlx::query_as(
            "SELECT subject, number, COUNT(*) FROM effects GROUP BY subject, number",
        );
        Ok(rows.fetch_all(&mut self.connect().await?).await?)
    }
}

/// Starts the cloud. `book` is told what functions log; `address` is where it listens. `keys`: whether keyed effects
/// have their keys.
pub(crate) async fn start(
    seed: u64,
    book: &Book,
    address: &str,
    database: &Database,
    keys: bool,
    proxy: Option<&Proxy>,
) -> Result<Cloud> {
    let template = Template::parse(TEMPLATE, "the campaign's template")?;
    let log = book.clone();
    let options = Options {
        parameters: [
            ("Book".to_owned(), address.to_owned()),
            ("Database".to_owned(), database.url()),
            ("Keys".to_owned(), u8::from(keys).to_string()),
        ]
        .into(),
        binaries: Arc::new(CargoBinaries::new(beside_this_example()?)),
        logs: Some(Arc::new(move |_function, line| log.log(line))),
        limits: Limits {
            environments: PROCESSES,
            ..Limits::default()
        },
        faults: proxy.is_none().then(|| faults(seed)),
        told: proxy.map(|proxy| proxy.endpoints.clone()),
        ..Options::on_free_ports()
    };
    let cloud = Cloud::start(&template, options).await?;
    if let Some(proxy) = proxy {
        proxy.stand_before(cloud.endpoints())?;
    }
    Ok(cloud)
}

/// The folder that the function was built into: this example's own.
fn beside_this_example() -> Result<PathBuf> {
    let example = std::env::current_exe()?;
    let folder = example.parent().ok_or("this example lies nowhere")?;
    if !folder.join("campaign-function").exists() {
        return Err("the function is not built: `make -C tests campaign` builds it, and so does `cargo build --examples`".into());
    }
    Ok(folder.to_owned())
}

/// Puts the batches into their table, as Laravel does before it sends their jobs.
pub(crate) fn create_batches(cloud: &Cloud, plan: &Plan) -> Result<()> {
    for batch in &plan.batches {
        let jobs = json!({ "N": batch.jobs.to_string() });
        put(
            cloud,
            "job_batches",
            &json!({
                "application": { "S": "Laravel" }, "id": { "S": batch.id }, "name": { "S": "campaign" },
                "total_jobs": jobs, "pending_jobs": jobs, "failed_jobs": { "N": "0" }, "failed_job_ids": { "L": [] },
                "options": { "S": "a:1:{s:4:\"then\";a:1:{i:0;s:1:\"x\";}}" },
                "created_at": { "N": "1795408211" }, "cancelled_at": { "NULL": true }, "finished_at": { "NULL": true },
            }),
        )?;
    }
    Ok(())
}

fn put(cloud: &Cloud, table: &str, item: &Value) -> Result<()> {
    let request = json!({ "TableName": table, "Item": item });
    cloud
        .dynamodb()
        .database()
        .put_item(serde_json::from_value(request)?)?;
    Ok(())
}

/// An item of a table, as DynamoDB writes it in JSON; null if there is none.
pub(crate) fn get(cloud: &Cloud, table: &str, key: &Value) -> Result<Value> {
    let request = json!({ "TableName": table, "Key": key, "ConsistentRead": true });
    let answer = cloud
        .dynamodb()
        .database()
        .get_item(serde_json::from_value(request)?)?;
    let answer = serde_json::to_value(answer)?;
    Ok(answer["Item"].clone())
}
