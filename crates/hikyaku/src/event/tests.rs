use super::*;

const SURROUNDINGS: Surroundings<'static> = Surroundings {
    request_id: "request-1",
    trace: None,
    now: Timestamp::from_millis(1_000),
    sqs_endpoint: None,
    queue_url: None,
    jobs: &["report-jobs"],
};

fn single(payload: &str) -> Delivery {
    match read(payload, SURROUNDINGS).unwrap() {
        Event::Single(delivery) => *delivery,
        Event::Queue(_) => panic!("not a single job"),
    }
}

fn refused(payload: &str) -> String {
    read(payload, SURROUNDINGS).unwrap_err().to_string()
}

#[test]
fn an_sqs_event_becomes_one_delivery_a_record() {
    let event = serde_json::json!({ "Records": [{
        "messageId": "m-1", "receiptHandle": "h-1", "body": "{\"job\":\"x\"}",
        "attributes": { "ApproximateReceiveCount": "3", "MessageGroupId": "tenant" },
        "messageAttributes": {}, "md5OfBody": "", "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:ap-northeast-1:1:jobs", "awsRegion": "ap-northeast-1"
    }] });
    let Event::Queue(deliveries) = read(&event.to_string(), SURROUNDINGS).unwrap() else {
        panic!("not a queue")
    };
    let [delivery] = &deliveries[..] else {
        panic!("not one delivery")
    };
    assert_eq!(delivery.body, "{\"job\":\"x\"}");
    assert_eq!(delivery.receive_count, 3);
    assert_eq!(delivery.group, None, "a standard queue's group is no order");
    assert_eq!(delivery.receipt.as_ref().unwrap().handle, "h-1");
    assert_eq!(
        delivery.queue,
        "https://sqs.ap-northeast-1.amazonaws.com/1/jobs"
    );
}

#[test]
fn an_event_that_lambda_gave_up_is_known_where_dead_letters_are_read() {
    let event = serde_json::json!({ "Records": [{
        "messageId": "m-1", "receiptHandle": "h-1", "body": "{}", "attributes": {},
        "messageAttributes": {
            "RequestID": { "stringValue": "r-1", "dataType": "String" },
            "ErrorCode": { "stringValue": "200", "dataType": "Number" },
            "ErrorMessage": { "stringValue": "no table", "dataType": "String" }
        },
        "eventSource": "aws:sqs", "eventSourceARN": "arn:aws:sqs:ap-northeast-1:1:dead"
    }] });
    let letter = |jobs| {
        let surroundings = Surroundings {
            jobs,
            ..SURROUNDINGS
        };
        let Event::Queue(deliveries) = read(&event.to_string(), surroundings).unwrap() else {
            panic!("not a queue")
        };
        deliveries[0].dead_letter.clone()
    };
    let given_up = letter(&[]).and_then(|letter| letter.event).unwrap();
    assert_eq!(given_up.request_id, "r-1");
    assert_eq!(given_up.error.as_deref(), Some("no table"));
    assert_eq!(letter(&["report-jobs"]), None, "a sender's own attributes");
}

#[test]
fn an_event_of_another_service_is_refused_by_name() {
    let event = r#"{"Records":[{"messageId":"","receiptHandle":"","body":"","eventSource":"aws:sns","eventSourceARN":""}]}"#;
    assert!(refused(event).starts_with("the event is an event of `aws:sns`; accepted are"));
}

#[test]
fn a_job_without_a_uuid_gets_the_invocations_own() {
    let delivery = single(r#" {"job":"report-jobs","data":{"n":1.0}}"#);
    assert_eq!(
        delivery.body,
        r#"{"uuid":"request-1","job":"report-jobs","data":{"n":1.0}}"#
    );
}

#[test]
fn a_job_with_a_uuid_keeps_its_exact_text() {
    let body = r#"{ "uuid": "u", "job": "report-jobs" }"#;
    assert_eq!(single(body).body, body);
}

#[test]
fn a_schedule_is_the_same_job_however_often_its_time_is_delivered() {
    let fire = |id: &str| {
        single(&format!(
            r#"{{"id":"{id}","detail-type":"Scheduled Event","source":"aws.events","time":"2026-11-23T18:00:00Z",
               "resources":["arn:aws:events:us-east-1:1:rule/nightly"],"detail":{{}}}}"#
        ))
    };
    assert_eq!(fire("a").message_id, fire("b").message_id);
    assert!(
        fire("a")
            .body
            .contains(r#""scheduledTime":"2026-11-23T18:00:00Z""#)
    );
}

#[test]
fn a_custom_event_hands_its_detail_to_the_only_job() {
    let delivery =
        single(r#"{"id":"e-1","detail-type":"Order Placed","source":"shop","detail":{"order":7}}"#);
    assert!(delivery.body.contains(r#""data":{"order":7}"#));
    assert_eq!(delivery.message_id, "e-1");
}

#[test]
fn an_events_detail_keeps_its_exact_text() {
    let detail = r#"{"id": 12345678901234567890123, "price": 0.10, "a": 1e400}"#;
    let event = format!(r#"{{"id":"e","detail-type":"x","source":"shop","detail":{detail}}}"#);
    assert!(single(&event).body.contains(detail));
}

#[test]
fn a_record_without_what_lambda_always_sends_is_refused_by_the_members_name() {
    let whole = serde_json::json!({
        "messageId": "m", "receiptHandle": "h", "body": "{}", "eventSource": "aws:sqs", "eventSourceARN": "arn"
    });
    for member in [
        "messageId",
        "receiptHandle",
        "body",
        "eventSource",
        "eventSourceARN",
    ] {
        let mut record = whole.clone();
        record.as_object_mut().unwrap().remove(member);
        let event = serde_json::json!({ "Records": [whole, record] });
        let wanted = format!("record 1 of the SQS event has no `{member}`");
        assert_eq!(refused(&event.to_string()), wanted);
    }
}

#[test]
fn a_custom_event_that_fits_no_job_says_so() {
    let surroundings = Surroundings {
        jobs: &["a", "b"],
        ..SURROUNDINGS
    };
    let error = read(
        r#"{"detail-type":"Order Placed","source":"shop","detail":{}}"#,
        surroundings,
    )
    .unwrap_err();
    assert!(
        error
            .to_string()
            .contains("`Order Placed` names no job of this function")
    );
}

#[test]
fn anything_else_is_described_by_its_shape() {
    assert!(refused("{}").starts_with("the event is an empty object;"));
    assert!(refused("[1]").starts_with("the event is an array;"));
    assert!(refused("nonsense").starts_with("the event is not JSON;"));
    assert!(refused(r#"{"secret":"x"}"#).starts_with("the event is an object with `secret`;"));
}

#[test]
fn deep_nesting_is_no_way_to_break_the_reader() {
    let deep = format!("{{\"x\":{}1{}}}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(refused(&deep).starts_with("the event is not JSON;"));
}
