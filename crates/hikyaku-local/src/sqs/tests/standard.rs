//! Standard queues: sending, receiving, deleting, delays and retention.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_message_arrives_with_everything_a_lambda_record_holds() {
    let (sqs, queue) = with_queue("jobs", []);
    let sent = sqs
        .send(SendRequest {
            message_group_id: Some("tenant-7".to_owned()),
            attributes: BTreeMap::from([("Hello".to_owned(), MessageAttribute::string("There"))]),
            trace_header: Some("Root=1-5e3d83c1-e6a0db584850d61342823d4c".to_owned()),
            ..SendRequest::new(queue.clone(), "msg")
        })
        .unwrap();
    pass(2).await;
    let message = receive_one(&sqs, &queue).await;
    assert_eq!(message.message_id, sent.message_id);
    assert_eq!(&*message.body, "msg");
    assert_eq!(&*message.md5_of_body, "6e2baaf3b97dbeef01c0043275f9a0e7");
    assert_eq!(
        message.md5_of_message_attributes.as_deref(),
        Some("a311262e065454b75da111d535b8dacd")
    );
    assert_eq!(
        sent.md5_of_message_attributes,
        message.md5_of_message_attributes
    );
    assert_eq!(
        message.message_attributes["Hello"],
        MessageAttribute::string("There")
    );
    let expected = attributes([
        ("AWSTraceHeader", "Root=1-5e3d83c1-e6a0db584850d61342823d4c"),
        ("ApproximateFirstReceiveTimestamp", "1800000002000"),
        ("ApproximateReceiveCount", "1"),
        ("MessageGroupId", "tenant-7"),
        ("SenderId", "000000000000"),
        ("SentTimestamp", "1800000000000"),
    ]);
    let received: BTreeMap<String, String> = message
        .attributes
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect();
    assert_eq!(received, expected);
}

#[tokio::test(start_paused = true)]
async fn messages_come_in_the_order_they_were_sent() {
    let (sqs, queue) = with_queue("jobs", []);
    for body in ["1", "2", "3"] {
        send(&sqs, &queue, body);
    }
    assert_eq!(bodies(&sqs, &queue).await, ["1", "2", "3"]);
}

#[tokio::test(start_paused = true)]
async fn a_received_message_is_hidden_until_its_timeout_and_then_comes_again_with_a_new_handle() {
    let (sqs, queue) = with_queue("jobs", [("VisibilityTimeout", "5")]);
    send(&sqs, &queue, "a");
    let first = receive_one(&sqs, &queue).await;
    pass(4).await;
    assert!(receive(&sqs, &queue).await.is_empty());
    pass(1).await;
    let second = receive_one(&sqs, &queue).await;
    assert_ne!(first.receipt_handle, second.receipt_handle);
    assert_eq!(second.attributes["ApproximateReceiveCount"], "2");
    assert_eq!(
        second.attributes["ApproximateFirstReceiveTimestamp"],
        NOON_MS.to_string()
    );
}

#[tokio::test(start_paused = true)]
async fn a_deleted_message_is_gone_and_deleting_it_again_succeeds() {
    let (sqs, queue) = with_queue("jobs", []);
    send(&sqs, &queue, "a");
    let message = receive_one(&sqs, &queue).await;
    sqs.delete(&queue, &message.receipt_handle).unwrap();
    sqs.delete(&queue, &message.receipt_handle).unwrap();
    pass(60).await;
    assert!(receive(&sqs, &queue).await.is_empty());
    assert_eq!(counts(&sqs, &queue), (0, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_late_delete_removes_the_message_unless_it_was_received_again() {
    let (sqs, queue) = with_queue("jobs", [("VisibilityTimeout", "5")]);
    send(&sqs, &queue, "a");
    let first = receive_one(&sqs, &queue).await;
    pass(5).await;
    let second = receive_one(&sqs, &queue).await;
    sqs.delete(&queue, &first.receipt_handle).unwrap();
    assert_eq!(
        counts(&sqs, &queue),
        (0, 1, 0),
        "the old handle deleted nothing"
    );
    pass(5).await;
    sqs.delete(&queue, &second.receipt_handle).unwrap();
    assert_eq!(
        counts(&sqs, &queue),
        (0, 0, 0),
        "visible again, but the handle is still the latest"
    );
    send(&sqs, &queue, "b");
    assert_eq!(
        bodies(&sqs, &queue).await,
        ["b"],
        "the place of the deleted message is skipped"
    );
}

#[tokio::test(start_paused = true)]
async fn handles_of_other_queues_and_nonsense_are_refused() {
    let (sqs, queue) = with_queue("jobs", []);
    let other = sqs.create_queue("other", &BTreeMap::new()).unwrap();
    send(&sqs, &queue, "a");
    let message = receive_one(&sqs, &queue).await;
    assert_eq!(
        sqs.delete(&other, &message.receipt_handle),
        Err(SqsError::ReceiptHandleIsInvalid)
    );
    assert_eq!(
        sqs.delete(&queue, "nonsense"),
        Err(SqsError::ReceiptHandleIsInvalid)
    );
    assert_eq!(
        sqs.change_visibility(&queue, "", 1),
        Err(SqsError::ReceiptHandleIsInvalid)
    );
}

#[tokio::test(start_paused = true)]
async fn a_delayed_message_is_counted_apart_and_arrives_when_its_delay_ends() {
    let (sqs, queue) = with_queue("jobs", [("DelaySeconds", "3")]);
    send(&sqs, &queue, "by the queue");
    sqs.send(SendRequest {
        delay_seconds: Some(900),
        ..SendRequest::new(queue.clone(), "by itself")
    })
    .unwrap();
    sqs.send(SendRequest {
        delay_seconds: Some(0),
        ..SendRequest::new(queue.clone(), "not at all")
    })
    .unwrap();
    assert_eq!(counts(&sqs, &queue), (1, 0, 2));
    assert_eq!(bodies(&sqs, &queue).await, ["not at all"]);
    pass(3).await;
    assert_eq!(bodies(&sqs, &queue).await, ["by the queue"]);
    pass(897).await;
    assert!(bodies(&sqs, &queue).await.contains(&"by itself".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn a_changed_delay_leaves_the_messages_of_a_standard_queue_alone() {
    let (sqs, queue) = with_queue("jobs", [("DelaySeconds", "10")]);
    send(&sqs, &queue, "a");
    sqs.set_attributes(&queue, &attributes([("DelaySeconds", "0")]))
        .unwrap();
    assert_eq!(counts(&sqs, &queue), (0, 0, 1));
}

#[tokio::test(start_paused = true)]
async fn messages_are_dropped_when_the_retention_period_ends() {
    let (sqs, queue) = with_queue("jobs", [("MessageRetentionPeriod", "60")]);
    send(&sqs, &queue, "a");
    send(&sqs, &queue, "b");
    let message = receive_one(&sqs, &queue).await;
    pass(59).await;
    assert_eq!(counts(&sqs, &queue), (2, 0, 0));
    pass(1).await;
    assert_eq!(counts(&sqs, &queue), (0, 0, 0));
    sqs.delete(&queue, &message.receipt_handle).unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_shorter_retention_period_drops_what_is_too_old_already() {
    let (sqs, queue) = with_queue("jobs", []);
    send(&sqs, &queue, "old");
    pass(100).await;
    send(&sqs, &queue, "new");
    sqs.set_attributes(&queue, &attributes([("MessageRetentionPeriod", "60")]))
        .unwrap();
    assert_eq!(bodies(&sqs, &queue).await, ["new"]);
}

#[tokio::test(start_paused = true)]
async fn a_mapping_may_take_ten_thousand_messages_at_once() {
    let (sqs, queue) = with_queue("jobs", []);
    for number in 0..10_001 {
        send(&sqs, &queue, &number.to_string());
    }
    let taken = sqs
        .receive(ReceiveRequest::new(queue.clone(), 10_000))
        .await
        .unwrap();
    assert_eq!(taken.len(), 10_000);
    assert_eq!(counts(&sqs, &queue), (1, 10_000, 0));
    let refused = sqs
        .receive(ReceiveRequest::new(queue, 10_001))
        .await
        .unwrap_err();
    assert_eq!(refused.code(), "InvalidParameterValue");
}

#[tokio::test(start_paused = true)]
async fn a_short_poll_is_told_when_too_many_messages_are_in_flight() {
    let (sqs, queue) = with_queue("jobs", []);
    sqs.with(|state, _| {
        assert_eq!(state.in_flight_limit, 120_000);
        state.in_flight_limit = 2;
    });
    for body in ["1", "2", "3"] {
        send(&sqs, &queue, body);
    }
    let last = receive(&sqs, &queue).await;
    assert_eq!(counts(&sqs, &queue), (1, 2, 0));
    let short = ReceiveRequest::new(queue.clone(), 1);
    assert_eq!(sqs.receive(short.clone()).await, Err(SqsError::OverLimit));
    let long = short.waiting(Duration::from_secs(1));
    assert_eq!(
        sqs.receive(long).await,
        Ok(Vec::new()),
        "a long poll is not told"
    );
    sqs.delete(&queue, &last[0].receipt_handle).unwrap();
    receive_one(&sqs, &queue).await;
}
