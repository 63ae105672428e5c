//! What a service in trouble answers, in its own words (AWS: "Error handling with DynamoDB"; Amazon SQS API reference,
//! "Common error types").

use super::Target;
use super::operation::Asked;

/// A refusal for the rate of requests. DynamoDB has two of them, which `second` chooses between.
pub(super) fn throttled(target: Target, asked: &Asked, second: bool) -> Vec<u8> {
    let (shape, code) = match (target, second) {
        (Target::Sqs, _) => ("com.amazonaws.sqs#RequestThrottled", "RequestThrottled"),
        (Target::DynamoDb, false) => (
            "com.amazon.coral.availability#ThrottlingException",
            "ThrottlingException",
        ),
        (Target::DynamoDb, true) => (
            "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException",
            "ProvisionedThroughputExceededException",
        ),
    };
    answer("400 Bad Request", shape, code, asked)
}

/// An error of the service's own: 503 if `busy`, else 500.
pub(super) fn unavailable(target: Target, asked: &Asked, busy: bool) -> Vec<u8> {
    let (status, code) = if busy {
        ("503 Service Unavailable", "ServiceUnavailable")
    } else if target == Target::DynamoDb {
        ("500 Internal Server Error", "InternalServerError")
    } else {
        ("500 Internal Server Error", "InternalFailure")
    };
    let namespace = match target {
        Target::DynamoDb => "com.amazonaws.dynamodb.v20120810",
        Target::Sqs => "com.amazonaws.sqs",
    };
    answer(status, &format!("{namespace}#{code}"), code, asked)
}

fn answer(status: &str, shape: &str, code: &str, asked: &Asked) -> Vec<u8> {
    const MESSAGE: &str = "Injected by the fault port of the local cloud.";
    let (media_type, body) = if asked.query {
        let sender = if status.starts_with('4') {
            "Sender"
        } else {
            "Receiver"
        };
        let body = format!(
            "<ErrorResponse xmlns=\"http://queue.amazonaws.com/doc/2012-11-05/\"><Error><Type>{sender}</Type>\
             <Code>{code}</Code><Message>{MESSAGE}</Message></Error></ErrorResponse>"
        );
        ("text/xml", body)
    } else {
        let body = serde_json::json!({ "__type": shape, "message": MESSAGE });
        ("application/x-amz-json-1.0", body.to_string())
    };
    let length = body.len();
    format!(
        "HTTP/1.1 {status}\r\ncontent-type: {media_type}\r\ncontent-length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}
