//! The cloud as a whole, over HTTP where its users come over HTTP.

mod pages;

use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::*;
use crate::lambda::Binaries;
use crate::sqs::{ReceiveRequest, SendRequest};

/// The child of the tests of `lambda`: this test binary with one test selected.
struct SelfAsBinary;

impl Binaries for SelfAsBinary {
    fn path(&self, _: &Function) -> PathBuf {
        std::env::current_exe().unwrap()
    }

    fn arguments(&self, _: &Function) -> Vec<String> {
        ["--exact", "lambda::tests::child", "--nocapture"]
            .map(str::to_owned)
            .to_vec()
    }
}

const TEMPLATE: &str = r"
Transform: AWS::Serverless-2016-10-31
Resources:
  EchoJob:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: echo
      CodeUri: .
      Handler: bootstrap
      Runtime: provided.al2023
      Timeout: 60
      Environment: { Variables: { TEST_CHILD: serves } }
      Events:
        Jobs:
          Type: SQS
          Properties: { Queue: !GetAtt JobsQueue.Arn, BatchSize: 1 }
    Metadata: { BuildMethod: rust-cargolambda, BuildProperties: { Binary: echo } }
  JobsQueue:
    Type: AWS::SQS::Queue
    Properties:
      QueueName: jobs
      VisibilityTimeout: 60
      RedrivePolicy: { deadLetterTargetArn: !GetAtt DeadQueue.Arn, maxReceiveCount: 5 }
  DeadQueue:
    Type: AWS::SQS::Queue
    Properties: { QueueName: dead }
  Ledger:
    Type: AWS::DynamoDB::Table
    Properties:
      TableName: ledger
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{ AttributeName: pk, AttributeType: S }]
      KeySchema: [{ AttributeName: pk, KeyType: HASH }]
";

async fn cloud(template: &str, change: impl FnOnce(&mut Options)) -> Result<Cloud, CloudError> {
    let template = Template::parse(template, "test").unwrap();
    let mut options = Options {
        binaries: std::sync::Arc::new(SelfAsBinary),
        ..Options::on_free_ports()
    };
    change(&mut options);
    Cloud::start(&template, options).await
}

/// One request by hand; returns the head and the body.
async fn post(endpoint: &str, path: &str, headers: &str, body: &Value) -> (String, String) {
    let address = endpoint.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).await.unwrap();
    let body = body.to_string();
    let length = body.len();
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: {address}\r\ncontent-length: {length}\r\nconnection: close\r\n"
    );
    stream
        .write_all(format!("{head}{headers}\r\n{body}").as_bytes())
        .await
        .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.to_owned(), body.to_owned())
}

async fn until(seen: &mut broadcast::Receiver<Event>, wanted: impl Fn(&Event) -> bool) -> Event {
    let search = async {
        loop {
            let event = seen.recv().await.unwrap();
            if wanted(&event) {
                return event;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(60), search)
        .await
        .expect("the event did not come")
}

#[tokio::test]
async fn what_a_process_writes_is_read_on_lambdas_port_as_from_cloudwatch() {
    let cloud = cloud(TEMPLATE, |_| {}).await.unwrap();
    let lambda = cloud.endpoints().lambda.clone();
    let path = "/2015-03-31/functions/echo/invocations";
    let (head, _) = post(&lambda, path, "", &json!({ "do": "echo" })).await;
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    let target = "x-amz-target: Logs_20140328.FilterLogEvents\r\n";
    // The child is a test binary, which says so first.
    let asked = json!({ "logGroupName": "/aws/lambda/echo", "filterPattern": "running" });
    let (head, body) = post(&lambda, "/", target, &asked).await;
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    let page: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(page["events"][0]["message"], "running 1 test", "{page}");
    cloud.stop().await;
}

#[tokio::test]
async fn the_invoke_api_is_lambdas() {
    let cloud = cloud(TEMPLATE, |_| {}).await.unwrap();
    let lambda = cloud.endpoints().lambda.clone();
    let path = |name: &str| format!("/2015-03-31/functions/{name}/invocations");

    let (head, body) = post(
        &lambda,
        &path("echo"),
        "x-amz-log-type: Tail\r\n",
        &json!({ "do": "echo" }),
    )
    .await;
    assert!(
        head.starts_with("HTTP/1.1 200") && head.contains("x-amz-executed-version: $LATEST"),
        "{head}"
    );
    assert!(
        head.contains("x-amz-log-result: ") && !head.contains("x-amz-function-error"),
        "{head}"
    );
    assert_eq!(body, r#"{"do":"echo"}"#);

    for name in [
        "EchoJob",
        "arn:aws:lambda:us-east-1:000000000000:function:echo",
        "echo:$LATEST",
    ] {
        let (head, body) = post(&lambda, &path(name), "", &json!({ "do": "fail" })).await;
        assert!(
            head.starts_with("HTTP/1.1 200") && head.contains("x-amz-function-error: Unhandled"),
            "{head}"
        );
        assert_eq!(body, r#"{"errorMessage":"no","errorType":"Odd"}"#);
    }

    let (head, body) = post(&lambda, &path("nobody"), "", &json!({})).await;
    assert!(
        head.starts_with("HTTP/1.1 404") && head.contains("ResourceNotFoundException"),
        "{head}"
    );
    assert!(body.contains("the template has echo"), "{body}");

    let (head, body) = post(
        &lambda,
        &path("echo"),
        "x-amz-invocation-type: DryRun\r\n",
        &json!({}),
    )
    .await;
    assert!(
        head.starts_with("HTTP/1.1 204") && body.is_empty(),
        "{head}"
    );

    cloud.stop().await;
}

#[tokio::test]
async fn an_event_is_accepted_at_once_and_run_later() {
    let cloud = cloud(TEMPLATE, |_| {}).await.unwrap();
    let lambda = cloud.endpoints().lambda.clone();
    let path = "/2015-03-31/functions/echo/invocations";
    let mut seen = cloud.watch();
    let event = "x-amz-invocation-type: Event\r\n";
    let (head, _) = post(&lambda, path, event, &json!({ "do": "echo" })).await;
    assert!(head.starts_with("HTTP/1.1 202"), "{head}");
    until(&mut seen, |event| {
        matches!(event, Event::Invoked { error: None, .. })
    })
    .await;

    let (head, _) = post(&lambda, path, event, &json!("x".repeat(2_000_000))).await;
    assert!(
        head.starts_with("HTTP/1.1 413") && head.contains("RequestTooLargeException"),
        "{head}"
    );
    cloud.stop().await;
}

#[tokio::test]
async fn a_message_reaches_a_process_and_is_deleted() {
    let cloud = cloud(TEMPLATE, |_| {}).await.unwrap();
    let mut seen = cloud.watch();
    let url = format!("{}/000000000000/jobs", cloud.endpoints().sqs);
    let send = json!({ "QueueUrl": url, "MessageBody": "hello" });
    let headers =
        "content-type: application/x-amz-json-1.0\r\nx-amz-target: AmazonSQS.SendMessage\r\n";
    let (head, _) = post(&cloud.endpoints().sqs, "/", headers, &send).await;
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    // The child panics over an event without "do": the batch fails, and the process is replaced.
    until(&mut seen, |event| {
        matches!(event, Event::ProcessCrashed { .. })
    })
    .await;
    let failed = until(&mut seen, |event| {
        matches!(event, Event::BatchFailed { .. })
    })
    .await;
    assert!(failed.to_string().contains("Runtime.ExitError"), "{failed}");
    cloud.stop().await;
}

#[tokio::test]
async fn what_a_function_sends_carries_its_trace() {
    let only_a_queue =
        "Resources:\n  Jobs:\n    Type: AWS::SQS::Queue\n    Properties: { QueueName: jobs }\n";
    let cloud = cloud(only_a_queue, |_| {}).await.unwrap();
    let url = format!("{}/000000000000/jobs", cloud.endpoints().sqs);
    let send = json!({ "QueueUrl": url, "MessageBody": "hello" });
    let headers = "content-type: application/x-amz-json-1.0\r\nx-amz-target: AmazonSQS.SendMessage\r\nx-amzn-trace-id: Root=1-a-b;Lineage=0:3\r\n";
    let (head, body) = post(&cloud.endpoints().sqs, "/", headers, &send).await;
    assert!(head.starts_with("HTTP/1.1 200"), "{head} {body}");
    let request = ReceiveRequest::new(cloud.sqs().queue_by_name("jobs").unwrap(), 1);
    let messages = cloud.sqs().receive(request).await.unwrap();
    assert_eq!(
        messages[0].attributes["AWSTraceHeader"],
        "Root=1-a-b;Lineage=0:3"
    );
    cloud.stop().await;
}

#[tokio::test]
async fn a_template_without_functions_starts_too() {
    let only_a_queue =
        "Resources:\n  Jobs:\n    Type: AWS::SQS::Queue\n    Properties: { QueueName: jobs }\n";
    let cloud = cloud(only_a_queue, |_| {}).await.unwrap();
    let queue = cloud.sqs().queue_by_name("jobs").unwrap();
    cloud.sqs().send(SendRequest::new(queue, "x")).unwrap();
    let lines = cloud.environment_lines().join("\n");
    let (sqs, dynamodb) = (&cloud.endpoints().sqs, &cloud.endpoints().dynamodb);
    assert!(lines.contains(&format!(
        "AWS_ENDPOINT_URL_SQS={sqs}\nAWS_ENDPOINT_URL_DYNAMODB={dynamodb}\nAWS_REGION=us-east-1"
    )));
    assert!(
        lines.contains(&format!("JOBS_URL={sqs}/000000000000/jobs")),
        "{lines}"
    );
    cloud.stop().await;
}

#[tokio::test]
async fn a_taken_port_is_named_with_its_option() {
    let first = cloud("Resources: {}", |_| {}).await.unwrap();
    let taken: u16 = first
        .endpoints()
        .dynamodb
        .rsplit(':')
        .next()
        .unwrap()
        .parse()
        .unwrap();
    let Err(error) = cloud("Resources: {}", |options| options.dynamodb_port = taken).await else {
        panic!("it is taken")
    };
    let message = error.to_string();
    let expected = format!("127.0.0.1:{taken} is taken, which DynamoDB needs");
    assert!(
        message.starts_with(&expected) && message.ends_with("`--dynamodb-port 0`"),
        "{message}"
    );
    first.stop().await;
}

#[tokio::test]
async fn tables_answer_over_http_and_survive_a_new_start() {
    let folder = tempfile::tempdir().unwrap();
    let at = |options: &mut Options| options.data = Some(folder.path().to_owned());
    let call = async |cloud: &Cloud, action: &str, body: Value| {
        let headers = format!(
            "content-type: application/x-amz-json-1.0\r\nx-amz-target: DynamoDB_20120810.{action}\r\n\
             authorization: AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0\r\n\
             x-amz-date: 20260101T000000Z\r\n"
        );
        post(&cloud.endpoints().dynamodb, "/", &headers, &body).await
    };
    let first = cloud(TEMPLATE, at).await.unwrap();
    let (head, body) = call(
        &first,
        "PutItem",
        json!({ "TableName": "ledger", "Item": { "pk": { "S": "a" } } }),
    )
    .await;
    assert!(head.starts_with("HTTP/1.1 200"), "{head} {body}");
    first.stop().await;
    let second = cloud(TEMPLATE, at).await.unwrap();
    let (_, body) = call(
        &second,
        "GetItem",
        json!({ "TableName": "ledger", "Key": { "pk": { "S": "a" } } }),
    )
    .await;
    assert_eq!(body, r#"{"Item":{"pk":{"S":"a"}}}"#);
    second.stop().await;
}

#[test]
fn resources_shout() {
    assert_eq!(shouting("ImportCsvQueue"), "IMPORT_CSV_QUEUE");
    assert_eq!(shouting("DLQ"), "DLQ");
}
