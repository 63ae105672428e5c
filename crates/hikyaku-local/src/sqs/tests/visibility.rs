//! `ChangeMessageVisibility`.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_longer_timeout_counts_from_now() {
    let (sqs, queue) = with_queue("jobs", [("VisibilityTimeout", "10")]);
    send(&sqs, &queue, "a");
    let message = receive_one(&sqs, &queue).await;
    pass(9).await;
    sqs.change_visibility(&queue, &message.receipt_handle, 10)
        .unwrap();
    pass(9).await;
    assert!(receive(&sqs, &queue).await.is_empty());
    pass(1).await;
    receive_one(&sqs, &queue).await;
}

#[tokio::test(start_paused = true)]
async fn zero_makes_a_message_visible_at_once() {
    let (sqs, queue) = with_queue("jobs", []);
    send(&sqs, &queue, "a");
    let message = receive_one(&sqs, &queue).await;
    sqs.change_visibility(&queue, &message.receipt_handle, 0)
        .unwrap();
    assert_eq!(
        receive_one(&sqs, &queue).await.attributes["ApproximateReceiveCount"],
        "2"
    );
}

#[tokio::test(start_paused = true)]
async fn a_message_is_hidden_for_twelve_hours_at_most_after_one_receive() {
    let (sqs, queue) = with_queue("jobs", [("VisibilityTimeout", "60")]);
    send(&sqs, &queue, "a");
    let message = receive_one(&sqs, &queue).await;
    sqs.change_visibility(&queue, &message.receipt_handle, 43_200)
        .unwrap();
    pass(1).await;
    let refused = sqs
        .change_visibility(&queue, &message.receipt_handle, 43_200)
        .unwrap_err();
    assert!(
        refused
            .to_string()
            .contains("beyond the limit [43200 seconds]"),
        "{refused}"
    );
    sqs.change_visibility(&queue, &message.receipt_handle, 43_199)
        .unwrap();
    let refused = sqs
        .change_visibility(&queue, &message.receipt_handle, 43_201)
        .unwrap_err();
    assert_eq!(refused.code(), "InvalidParameterValue");
}

#[tokio::test(start_paused = true)]
async fn a_receive_may_choose_its_own_timeout_even_none() {
    let (sqs, queue) = with_queue("jobs", []);
    send(&sqs, &queue, "a");
    let request = ReceiveRequest {
        visibility_timeout_seconds: Some(0),
        ..ReceiveRequest::new(queue.clone(), 10)
    };
    assert_eq!(
        sqs.receive(request.clone()).await.unwrap().len(),
        1,
        "once in one receive"
    );
    assert_eq!(
        sqs.receive(request).await.unwrap().len(),
        1,
        "and in the next one again"
    );
    let request = ReceiveRequest {
        visibility_timeout_seconds: Some(100),
        ..ReceiveRequest::new(queue.clone(), 1)
    };
    assert_eq!(sqs.receive(request).await.unwrap().len(), 1);
    pass(99).await;
    assert_eq!(counts(&sqs, &queue), (0, 1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_batch_of_changes_fails_entry_by_entry() {
    let (sqs, queue) = with_queue("jobs", []);
    send(&sqs, &queue, "a");
    let handle = receive_one(&sqs, &queue).await.receipt_handle;
    let entries = vec![
        ("good".to_owned(), (handle.clone(), 5)),
        ("bad-handle".to_owned(), ("x".to_owned(), 5)),
        ("bad-timeout".to_owned(), (handle, 43_201)),
    ];
    let outcome = sqs.change_visibility_batch(&queue, entries).unwrap();
    assert_eq!(outcome.successful, [("good".to_owned(), ())]);
    let failed: Vec<_> = outcome
        .failed
        .iter()
        .map(|failure| (failure.id.as_str(), failure.error.code()))
        .collect();
    assert_eq!(
        failed,
        [
            ("bad-handle", "ReceiptHandleIsInvalid"),
            ("bad-timeout", "InvalidParameterValue")
        ]
    );
}
