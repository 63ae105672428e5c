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

/// A refusal because somebody else writes an item at this moment; of a transaction's `items`, the `last` or the first.
/// DynamoDB API reference, `TransactionCanceledException` and `TransactionConflictException`.
pub(super) fn conflict(items: usize, last: bool) -> Vec<u8> {
    const NAMESPACE: &str = "com.amazonaws.dynamodb.v20120810";
    const ONGOING: &str = "Transaction is ongoing for the item";
    if items == 0 {
        let shape = format!("{NAMESPACE}#TransactionConflictException");
        let body = serde_json::json!({ "__type": shape, "message": ONGOING });
        return json("400 Bad Request", &body);
    }
    let conflicting = if last { items - 1 } else { 0 };
    let code = |item| {
        if item == conflicting {
            "TransactionConflict"
        } else {
            "None"
        }
    };
    let codes: Vec<_> = (0..items).map(code).collect();
    let reasons: Vec<_> = codes
        .iter()
        .map(|&code| match code {
            "None" => serde_json::json!({ "Code": code }),
            _ => serde_json::json!({ "Code": code, "Message": ONGOING }),
        })
        .collect();
    let message = format!(
        "Transaction cancelled, please refer cancellation reasons for specific reasons [{}]",
        codes.join(", ")
    );
    let shape = format!("{NAMESPACE}#TransactionCanceledException");
    let body =
        serde_json::json!({ "__type": shape, "message": message, "CancellationReasons": reasons });
    json("400 Bad Request", &body)
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
    if asked.query {
        let sender = if status.starts_with('4') {
            "Sender"
        } else {
            "Receiver"
        };
        let body = format!(
            "<ErrorResponse xmlns=\"http://queue.amazonaws.com/doc/2012-11-05/\"><Error><Type>{sender}</Type>\
             <Code>{code}</Code><Message>{MESSAGE}</Message></Error></ErrorResponse>"
        );
        message(status, "text/xml", &body)
    } else {
        json(
            status,
            &serde_json::json!({ "__type": shape, "message": MESSAGE }),
        )
    }
}

fn json(status: &str, body: &serde_json::Value) -> Vec<u8> {
    message(status, "application/x-amz-json-1.0", &body.to_string())
}

fn message(status: &str, media_type: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!(
        "HTTP/1.1 {status}\r\ncontent-type: {media_type}\r\ncontent-length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}
