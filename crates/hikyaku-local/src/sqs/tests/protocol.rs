//! The JSON protocol as bytes, without a network.

use axum::http::{HeaderMap, HeaderValue, Method, Uri};
use serde_json::{Value, json};

use super::*;
use crate::sqs::operations::Context;
use crate::sqs::protocol;

struct Answer {
    status: u16,
    query_error: Option<String>,
    body: Value,
}

async fn call(sqs: &Sqs, target: Option<&str>, body: &str) -> Answer {
    let context = Context {
        sqs: sqs.clone(),
        base_url: "http://laptop:9324".to_owned(),
    };
    let mut headers = HeaderMap::new();
    if let Some(target) = target {
        headers.insert("x-amz-target", HeaderValue::from_str(target).unwrap());
    }
    let request = protocol::Request {
        method: &Method::POST,
        uri: &Uri::from_static("/"),
        headers: &headers,
        body: body.as_bytes(),
    };
    let response = protocol::respond(&context, request).await;
    assert_eq!(
        response.headers()["content-type"],
        "application/x-amz-json-1.0"
    );
    let query_error = response
        .headers()
        .get("x-amzn-query-error")
        .map(|value| value.to_str().unwrap().to_owned());
    let status = response.status().as_u16();
    let bytes = axum::body::to_bytes(response.into_body(), usize::MAX)
        .await
        .unwrap();
    Answer {
        status,
        query_error,
        body: serde_json::from_slice(&bytes).unwrap(),
    }
}

async fn ok(sqs: &Sqs, action: &str, body: Value) -> Value {
    let answer = call(sqs, Some(&format!("AmazonSQS.{action}")), &body.to_string()).await;
    assert_eq!(answer.status, 200, "{action}: {}", answer.body);
    answer.body
}

#[tokio::test(start_paused = true)]
async fn an_error_has_its_type_in_the_body_and_its_older_code_in_a_header() {
    let answer = call(
        &sqs(),
        Some("AmazonSQS.GetQueueUrl"),
        r#"{"QueueName":"none"}"#,
    )
    .await;
    assert_eq!(answer.status, 400);
    assert_eq!(
        answer.query_error.as_deref(),
        Some("AWS.SimpleQueueService.NonExistentQueue;Sender")
    );
    let expected = json!({"__type": "com.amazonaws.sqs#QueueDoesNotExist", "message": "The specified queue does not exist."});
    assert_eq!(answer.body, expected);
}

#[tokio::test(start_paused = true)]
async fn what_is_not_spoken_is_answered_with_what_is() {
    for target in [
        None,
        Some("AmazonSQS.SendMessages"),
        Some("DynamoDB_20120810.PutItem"),
    ] {
        let answer = call(&sqs(), target, "{}").await;
        assert_eq!(answer.status, 400);
        assert_eq!(answer.query_error.as_deref(), Some("InvalidAction;Sender"));
        assert!(
            answer.body["message"]
                .as_str()
                .unwrap()
                .contains("X-Amz-Target: AmazonSQS.<Action>")
        );
    }
}

#[tokio::test(start_paused = true)]
async fn bodies_that_are_no_json_or_of_the_wrong_type_are_refused() {
    for body in ["{", "[]", r#"{"QueueUrl":5}"#] {
        let answer = call(&sqs(), Some("AmazonSQS.PurgeQueue"), body).await;
        assert_eq!(
            answer.body["__type"], "com.amazon.coral.service#SerializationException",
            "{body}"
        );
    }
    let answer = call(&sqs(), Some("AmazonSQS.PurgeQueue"), "").await;
    assert_eq!(
        answer.query_error.as_deref(),
        Some("MissingParameter;Sender")
    );
}

#[tokio::test(start_paused = true)]
async fn queue_urls_have_the_host_of_the_request_and_lists_have_pages() {
    let sqs = sqs();
    for name in ["a", "b", "c"] {
        let created = ok(
            &sqs,
            "CreateQueue",
            json!({"QueueName": name, "tags": {"name": name}}),
        )
        .await;
        assert_eq!(
            created,
            json!({"QueueUrl": format!("http://laptop:9324/000000000000/{name}")})
        );
    }
    let first = ok(&sqs, "ListQueues", json!({"MaxResults": 2})).await;
    assert_eq!(first["QueueUrls"].as_array().unwrap().len(), 2);
    let second = ok(
        &sqs,
        "ListQueues",
        json!({"MaxResults": 2, "NextToken": first["NextToken"]}),
    )
    .await;
    assert_eq!(
        second,
        json!({"QueueUrls": ["http://laptop:9324/000000000000/c"]})
    );
    assert_eq!(
        ok(&sqs, "ListQueues", json!({"QueueNamePrefix": "x"})).await,
        json!({})
    );
    let url = &second["QueueUrls"][0];
    ok(
        &sqs,
        "TagQueue",
        json!({"QueueUrl": url, "Tags": {"more": ""}}),
    )
    .await;
    ok(
        &sqs,
        "UntagQueue",
        json!({"QueueUrl": url, "TagKeys": ["name"]}),
    )
    .await;
    assert_eq!(
        ok(&sqs, "ListQueueTags", json!({"QueueUrl": url})).await,
        json!({"Tags": {"more": ""}})
    );
}

const URL: &str = "http://elsewhere/000000000000/jobs";

#[tokio::test(start_paused = true)]
async fn a_receive_shows_only_the_attributes_that_were_asked_for() {
    let (sqs, _) = with_queue("jobs", [("VisibilityTimeout", "0")]);
    let text = |value: &str| json!({"DataType": "String", "StringValue": value});
    let message = json!({"QueueUrl": URL, "MessageBody": "msg", "MessageAttributes":
        {"Help.Me": text("Me"), "Hello": text("There"), "General": text("Kenobi")}});
    ok(&sqs, "SendMessage", message).await;
    // The digests are those that AWS answered with for the same questions.
    let all = Some("4c360f3fdafd970e05fae2f149d997f5");
    let cases = [
        (json!([]), "", None),
        (json!(["All"]), "General Hello Help.Me", all),
        (json!([".*"]), "General Hello Help.Me", all),
        (json!(["*"]), "General Hello Help.Me", all),
        (json!(["AWS."]), "", None),
        (json!(["..foo"]), "", None),
        (json!(["Foo", "Help"]), "", None),
        (
            json!(["Hello", "General"]),
            "General Hello",
            Some("fca026605781cb4126a1e9044df24232"),
        ),
        (
            json!(["Foo", "Hello"]),
            "Hello",
            Some("a311262e065454b75da111d535b8dacd"),
        ),
        (
            json!(["Hel.*"]),
            "Hello Help.Me",
            Some("83fee93c1bcd8b9a5a923ffacdc636c7"),
        ),
    ];
    for (names, expected, digest) in cases {
        let asked = json!({"QueueUrl": URL, "MessageAttributeNames": names});
        let message = ok(&sqs, "ReceiveMessage", asked).await["Messages"][0].take();
        let shown = message["MessageAttributes"].as_object();
        let shown: Vec<&str> = shown
            .into_iter()
            .flat_map(|map| map.keys().map(String::as_str))
            .collect();
        assert_eq!(shown.join(" "), expected, "{names}");
        assert_eq!(
            message["MD5OfMessageAttributes"].as_str(),
            digest,
            "{names}"
        );
        assert!(message.get("Attributes").is_none());
    }
}

#[tokio::test(start_paused = true)]
async fn system_attributes_are_asked_for_by_either_of_two_names() {
    let (sqs, queue) = with_queue("jobs", [("VisibilityTimeout", "0")]);
    send(&sqs, &queue, "a");
    for field in ["AttributeNames", "MessageSystemAttributeNames"] {
        let asked = json!({"QueueUrl": URL, field: ["SenderId"]});
        let received = ok(&sqs, "ReceiveMessage", asked).await;
        assert_eq!(
            received["Messages"][0]["Attributes"],
            json!({"SenderId": "000000000000"})
        );
    }
    let asked = json!({"QueueUrl": URL, "AttributeNames": ["Colour"]}).to_string();
    let refused = call(&sqs, Some("AmazonSQS.ReceiveMessage"), &asked).await;
    assert_eq!(
        refused.query_error.as_deref(),
        Some("InvalidAttributeName;Sender")
    );
}

#[tokio::test(start_paused = true)]
async fn numbers_of_the_public_api_have_its_limits() {
    let (sqs, _) = with_queue("jobs", []);
    let cases = [
        (
            "MaxNumberOfMessages",
            11,
            "Value 11 for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 and 10, if provided.",
        ),
        (
            "MaxNumberOfMessages",
            0,
            "Value 0 for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 and 10, if provided.",
        ),
        (
            "WaitTimeSeconds",
            21,
            "Value 21 for parameter WaitTimeSeconds is invalid. Reason: Must be between 0 and 20, if provided.",
        ),
        (
            "VisibilityTimeout",
            -1,
            "Value -1 for parameter VisibilityTimeout is invalid. Reason: Must be between 0 and 43200, if provided.",
        ),
    ];
    for (parameter, value, message) in cases {
        let body = json!({"QueueUrl": "http://x/000000000000/jobs", parameter: value}).to_string();
        let answer = call(&sqs, Some("AmazonSQS.ReceiveMessage"), &body).await;
        assert_eq!(
            answer.body["__type"],
            "com.amazon.coral.service#InvalidParameterValueException"
        );
        assert_eq!(answer.body["message"], message);
    }
}

#[tokio::test(start_paused = true)]
async fn only_the_trace_header_may_be_set_as_a_system_attribute() {
    let (sqs, queue) = with_queue("jobs", []);
    let url = "http://x/000000000000/jobs";
    let with = |name: &str| {
        json!({"QueueUrl": url, "MessageBody": "a", "MessageSystemAttributes":
            {name: {"DataType": "String", "StringValue": "Root=1"}}})
    };
    assert!(
        ok(&sqs, "SendMessage", with("AWSTraceHeader")).await["MD5OfMessageSystemAttributes"]
            .is_string()
    );
    assert_eq!(
        receive_one(&sqs, &queue).await.attributes["AWSTraceHeader"],
        "Root=1"
    );
    let refused = call(
        &sqs,
        Some("AmazonSQS.SendMessage"),
        &with("SenderId").to_string(),
    )
    .await;
    assert_eq!(
        refused.query_error.as_deref(),
        Some("InvalidParameterValue;Sender")
    );
}

#[tokio::test(start_paused = true)]
async fn a_wait_over_the_api_is_answered_without_messages_field() {
    let (sqs, _) = with_queue("jobs", []);
    let asked = json!({"QueueUrl": "http://x/000000000000/jobs", "WaitTimeSeconds": 20});
    assert_eq!(ok(&sqs, "ReceiveMessage", asked).await, json!({}));
    assert_eq!(sqs.clock().now_ms(), NOON_MS + 20_000);
}
