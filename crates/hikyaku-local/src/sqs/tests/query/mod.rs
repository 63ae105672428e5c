//! The Query protocol as bytes, without a network. What AWS's own client of that time makes of it is seen by
//! `make -C tests clients`.

mod parameters;

use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};

use super::*;
use crate::sqs::operations::Context;
use crate::sqs::protocol;

const FORM: [(&str, &str); 1] = [(
    "content-type",
    "application/x-www-form-urlencoded; charset=utf-8",
)];
const QUEUE_PATH: &str = "/000000000000/jobs";

struct Answer {
    status: u16,
    content_type: String,
    request_id: Option<String>,
    body: String,
}

impl Answer {
    /// What stands between the first element of that name and its end.
    fn text(&self, element: &str) -> Option<&str> {
        let (_, rest) = self.body.split_once(&format!("<{element}>"))?;
        Some(rest.split_once(&format!("</{element}>"))?.0)
    }

    /// The body without what is the same in every answer.
    fn inside(&self) -> &str {
        let start = self.body.find("2012-11-05/\">").unwrap() + "2012-11-05/\">".len();
        &self.body[start..self.body.find("<ResponseMetadata>").unwrap()]
    }
}

async fn call(
    sqs: &Sqs,
    method: Method,
    uri: &str,
    given: &[(&'static str, &'static str)],
    body: &[u8],
) -> Answer {
    let context = Context {
        sqs: sqs.clone(),
        base_url: "http://laptop:9324".to_owned(),
    };
    let pairs = given.iter().map(|(name, value)| {
        (
            HeaderName::from_static(name),
            HeaderValue::from_static(value),
        )
    });
    let headers: HeaderMap = pairs.collect();
    let request = protocol::Request {
        method: &method,
        uri: &uri.parse::<Uri>().unwrap(),
        headers: &headers,
        body,
    };
    let response = protocol::respond(&context, request).await;
    let header = |name: &str| {
        let value = response.headers().get(name);
        value.map(|value| value.to_str().unwrap().to_owned())
    };
    let (content_type, request_id) = (header("content-type").unwrap(), header("x-amzn-requestid"));
    let status = response.status().as_u16();
    let bytes = axum::body::to_bytes(response.into_body(), usize::MAX)
        .await
        .unwrap();
    Answer {
        status,
        content_type,
        request_id,
        body: String::from_utf8(bytes.to_vec()).unwrap(),
    }
}

async fn post(sqs: &Sqs, form: &str) -> Answer {
    call(sqs, Method::POST, QUEUE_PATH, &FORM, form.as_bytes()).await
}

async fn ok(sqs: &Sqs, form: &str) -> Answer {
    let answer = post(sqs, form).await;
    assert_eq!(answer.status, 200, "{form}: {}", answer.body);
    answer
}

/// The code of a refusal.
async fn code(sqs: &Sqs, form: &str) -> String {
    let answer = post(sqs, form).await;
    assert_ne!(answer.status, 200, "{form}: {}", answer.body);
    answer.text("Code").unwrap().to_owned()
}

fn jobs() -> Sqs {
    with_queue("jobs", [("VisibilityTimeout", "0")]).0
}

#[tokio::test(start_paused = true)]
async fn an_answer_is_a_document_with_its_result_and_the_id_of_its_request() {
    let (sqs, queue) = with_queue("jobs", []);
    let form = "Action=SendMessage&Version=2012-11-05&MessageBody=a+b%2Bc&DelaySeconds=5";
    let answer = ok(&sqs, form).await;
    assert_eq!(answer.content_type, "text/xml");
    let id = answer.request_id.as_deref().unwrap();
    assert_eq!(answer.text("RequestId"), Some(id));
    let message_id = answer.text("MessageId").unwrap();
    let expected = format!(
        "<?xml version=\"1.0\"?><SendMessageResponse xmlns=\"http://queue.amazonaws.com/doc/2012-11-05/\">\
         <SendMessageResult><MD5OfMessageBody>96d80e8112312bb9da906a9e813dbe1b</MD5OfMessageBody>\
         <MessageId>{message_id}</MessageId></SendMessageResult>\
         <ResponseMetadata><RequestId>{id}</RequestId></ResponseMetadata></SendMessageResponse>"
    );
    assert_eq!(answer.body, expected);
    assert_eq!(counts(&sqs, &queue), (0, 0, 1));
    pass(5).await;
    assert_eq!(bodies(&sqs, &queue).await, ["a b+c"]);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_has_the_code_that_old_clients_know() {
    let answer = call(
        &sqs(),
        Method::POST,
        "/",
        &FORM,
        b"Action=GetQueueUrl&QueueName=none",
    )
    .await;
    assert_eq!(
        (answer.status, answer.content_type.as_str()),
        (400, "text/xml")
    );
    let id = answer.request_id.as_deref().unwrap();
    let expected = format!(
        "<?xml version=\"1.0\"?><ErrorResponse xmlns=\"http://queue.amazonaws.com/doc/2012-11-05/\"><Error><Type>Sender</Type>\
         <Code>AWS.SimpleQueueService.NonExistentQueue</Code><Message>The specified queue does not exist.</Message>\
         <Detail></Detail></Error><RequestId>{id}</RequestId></ErrorResponse>"
    );
    assert_eq!(answer.body, expected);
    let sqs = jobs();
    assert_eq!(code(&sqs, "Action=SendMessages").await, "InvalidAction");
    assert_eq!(code(&sqs, "MessageBody=a").await, "InvalidAction");
    let another = "Action=ListQueues&Version=2008-01-01";
    assert_eq!(code(&sqs, another).await, "InvalidAction");
    assert_eq!(code(&sqs, "Action=SendMessage").await, "MissingParameter");
    ok(&sqs, "Action=PurgeQueue").await;
    let again = post(&sqs, "Action=PurgeQueue").await;
    assert_eq!(again.status, 403);
    assert_eq!(
        again.text("Code"),
        Some("AWS.SimpleQueueService.PurgeQueueInProgress")
    );
}

#[tokio::test(start_paused = true)]
async fn the_queue_is_the_one_of_the_parameter_or_else_of_the_path() {
    let (sqs, jobs) = with_queue("jobs", []);
    let mails = sqs.create_queue("mails", &attributes([])).unwrap();
    ok(&sqs, "Action=SendMessage&MessageBody=a").await;
    let form =
        "Action=SendMessage&MessageBody=b&QueueUrl=http%3A%2F%2Felsewhere%2F000000000000%2Fmails";
    ok(&sqs, form).await;
    assert_eq!(bodies(&sqs, &jobs).await, ["a"]);
    assert_eq!(bodies(&sqs, &mails).await, ["b"]);
    for (path, expected) in [
        ("/", "MissingParameter"),
        (
            "/000000000000/none",
            "AWS.SimpleQueueService.NonExistentQueue",
        ),
        ("/none", "AWS.SimpleQueueService.NonExistentQueue"),
    ] {
        let answer = call(&sqs, Method::POST, path, &FORM, b"Action=DeleteQueue").await;
        assert_eq!(answer.text("Code"), Some(expected), "{path}");
    }
}

#[tokio::test(start_paused = true)]
async fn parameters_may_stand_in_the_url() {
    let sqs = jobs();
    let url =
        "/000000000000/jobs?Action=SendMessage&MessageBody=%E5%AE%85%E9%85%8D&Version=2012-11-05";
    for method in [Method::GET, Method::POST] {
        assert_eq!(call(&sqs, method, url, &[], b"").await.status, 200);
    }
    let received = ok(&sqs, "Action=ReceiveMessage&MaxNumberOfMessages=10").await;
    assert_eq!(received.body.matches("<Body>宅配</Body>").count(), 2);
    let other = call(&sqs, Method::PUT, url, &FORM, b"").await;
    assert_eq!(other.status, 405);
    let nothing = call(&sqs, Method::GET, QUEUE_PATH, &[], b"").await;
    assert_eq!(nothing.status, 405);
    assert!(nothing.body.contains("Action=<Action>"));
}

#[tokio::test(start_paused = true)]
async fn a_request_with_a_target_speaks_json_whatever_its_type() {
    let headers = [FORM[0], ("x-amz-target", "AmazonSQS.ListQueues")];
    let answer = call(&jobs(), Method::POST, "/", &headers, b"{}").await;
    assert_eq!(answer.content_type, "application/x-amz-json-1.0");
    assert_eq!(answer.status, 200);
}

#[tokio::test(start_paused = true)]
async fn an_answer_without_messages_still_has_its_result() {
    let (sqs, _) = with_queue("jobs", []);
    let answer = ok(&sqs, "Action=ReceiveMessage&WaitTimeSeconds=20").await;
    assert_eq!(
        answer.inside(),
        "<ReceiveMessageResult></ReceiveMessageResult>"
    );
    assert_eq!(sqs.clock().now_ms(), NOON_MS + 20_000);
    assert_eq!(
        code(&sqs, "Action=ReceiveMessage&WaitTimeSeconds=21").await,
        "InvalidParameterValue"
    );
}
