//! FIFO queues: order, groups, deduplication and repeated attempts.

use super::*;

#[tokio::test(start_paused = true)]
async fn one_receive_brings_several_messages_of_a_group_in_order() {
    let (sqs, queue) = with_queue("jobs.fifo", [("FifoQueue", "true")]);
    for (group, body) in [
        ("a", "a1"),
        ("b", "b1"),
        ("a", "a2"),
        ("b", "b2"),
        ("a", "a3"),
    ] {
        send_to_group(&sqs, &queue, group, body);
    }
    assert_eq!(bodies(&sqs, &queue).await, ["a1", "a2", "a3", "b1", "b2"]);
}

#[tokio::test(start_paused = true)]
async fn a_group_is_blocked_while_any_of_its_messages_is_in_flight() {
    let (sqs, queue) = with_queue("jobs.fifo", [("FifoQueue", "true")]);
    for (group, body) in [("a", "a1"), ("a", "a2"), ("b", "b1")] {
        send_to_group(&sqs, &queue, group, body);
    }
    let first = receive_one(&sqs, &queue).await;
    assert_eq!(&*first.body, "a1");
    assert_eq!(bodies(&sqs, &queue).await, ["b1"], "a2 waits for a1");
    sqs.delete(&queue, &first.receipt_handle).unwrap();
    assert_eq!(bodies(&sqs, &queue).await, ["a2"]);
}

#[tokio::test(start_paused = true)]
async fn messages_come_back_to_their_place_in_the_group() {
    let (sqs, queue) = with_queue(
        "jobs.fifo",
        [("FifoQueue", "true"), ("VisibilityTimeout", "30")],
    );
    for body in ["1", "2", "3"] {
        send_to_group(&sqs, &queue, "g", body);
    }
    let taken = sqs
        .receive(ReceiveRequest::new(queue.clone(), 2))
        .await
        .unwrap();
    sqs.change_visibility(&queue, &taken[1].receipt_handle, 0)
        .unwrap();
    assert!(
        receive(&sqs, &queue).await.is_empty(),
        "1 is still in flight"
    );
    pass(30).await;
    assert_eq!(bodies(&sqs, &queue).await, ["1", "2", "3"]);
}

#[tokio::test(start_paused = true)]
async fn a_fifo_message_carries_its_group_id_and_a_growing_sequence_number() {
    let (sqs, queue) = with_queue("jobs.fifo", [("FifoQueue", "true")]);
    let first = send_to_group(&sqs, &queue, "g", "1")
        .sequence_number
        .unwrap();
    let second = send_to_group(&sqs, &queue, "g", "2")
        .sequence_number
        .unwrap();
    assert_eq!((first.len(), second.len()), (20, 20));
    assert!(first < second);
    let message = receive_one(&sqs, &queue).await;
    assert_eq!(message.attributes["SequenceNumber"], *first);
    assert_eq!(message.attributes["MessageGroupId"], "g");
    assert_eq!(message.attributes["MessageDeduplicationId"], "1");
}

#[tokio::test(start_paused = true)]
async fn a_duplicate_within_five_minutes_is_answered_with_the_original() {
    let (sqs, queue) = with_queue("jobs.fifo", [("FifoQueue", "true")]);
    let original = sqs.send(fifo_request(&queue, "g", "id", "first")).unwrap();
    let message = receive_one(&sqs, &queue).await;
    sqs.delete(&queue, &message.receipt_handle).unwrap();
    pass(299).await;
    let duplicate = sqs
        .send(fifo_request(&queue, "other", "id", "second"))
        .unwrap();
    assert_eq!(duplicate.message_id, original.message_id);
    assert_eq!(duplicate.sequence_number, original.sequence_number);
    assert!(receive(&sqs, &queue).await.is_empty());
    pass(1).await;
    let renewed = sqs.send(fifo_request(&queue, "g", "id", "third")).unwrap();
    assert_ne!(renewed.message_id, original.message_id);
    assert_eq!(bodies(&sqs, &queue).await, ["third"]);
}

#[tokio::test(start_paused = true)]
async fn content_makes_the_id_where_the_queue_says_so_and_an_explicit_id_wins() {
    let given = [("FifoQueue", "true"), ("ContentBasedDeduplication", "true")];
    let (sqs, queue) = with_queue("jobs.fifo", given);
    let by_content = |body: &str| SendRequest {
        message_group_id: Some("g".to_owned()),
        ..SendRequest::new(queue.clone(), body)
    };
    let first = sqs.send(by_content("same")).unwrap();
    assert_eq!(
        sqs.send(by_content("same")).unwrap().message_id,
        first.message_id
    );
    let sha_256 = "0967115f2813a3541eaef77de9d9d5773f1c0c04314b0bbfe4ff3b3b1c55b5d5"; // of "same"
    let explicit = sqs
        .send(fifo_request(&queue, "g", sha_256, "another body"))
        .unwrap();
    assert_eq!(explicit.message_id, first.message_id);
    assert_ne!(
        sqs.send(fifo_request(&queue, "g", "own", "same"))
            .unwrap()
            .message_id,
        first.message_id
    );
}

#[tokio::test(start_paused = true)]
async fn high_throughput_queues_deduplicate_within_a_group() {
    let (sqs, queue) = with_queue(
        "jobs.fifo",
        [
            ("FifoQueue", "true"),
            ("DeduplicationScope", "messageGroup"),
            ("FifoThroughputLimit", "perMessageGroupId"),
        ],
    );
    let in_a = sqs.send(fifo_request(&queue, "a", "id", "1")).unwrap();
    let in_b = sqs.send(fifo_request(&queue, "b", "id", "1")).unwrap();
    assert_ne!(in_a.message_id, in_b.message_id);
    assert_eq!(
        sqs.send(fifo_request(&queue, "a", "id", "1"))
            .unwrap()
            .message_id,
        in_a.message_id
    );
}

#[tokio::test(start_paused = true)]
async fn group_and_id_are_required_and_a_delay_is_refused() {
    let (sqs, queue) = with_queue("jobs.fifo", [("FifoQueue", "true")]);
    let bare = SendRequest::new(queue.clone(), "a");
    assert_eq!(
        sqs.send(bare.clone()),
        Err(SqsError::MissingParameter("MessageGroupId"))
    );
    let without_id = SendRequest {
        message_group_id: Some("g".to_owned()),
        ..bare
    };
    assert_eq!(
        sqs.send(without_id).unwrap_err().code(),
        "InvalidParameterValue"
    );
    let delayed = SendRequest {
        delay_seconds: Some(2),
        ..fifo_request(&queue, "g", "id", "a")
    };
    assert!(
        sqs.send(delayed)
            .unwrap_err()
            .to_string()
            .starts_with("value 2 for parameter DelaySeconds is invalid")
    );
    let standard = sqs.create_queue("standard", &BTreeMap::new()).unwrap();
    let with_id = SendRequest {
        message_deduplication_id: Some("id".to_owned()),
        ..SendRequest::new(standard, "a")
    };
    assert_eq!(
        sqs.send(with_id).unwrap_err().code(),
        "InvalidParameterValue"
    );
}

#[tokio::test(start_paused = true)]
async fn the_delay_of_a_fifo_queue_applies_to_messages_that_wait_already() {
    let (sqs, queue) = with_queue("jobs.fifo", [("FifoQueue", "true"), ("DelaySeconds", "60")]);
    send_to_group(&sqs, &queue, "g", "1");
    assert_eq!(counts(&sqs, &queue), (0, 0, 1));
    sqs.set_attributes(&queue, &attributes([("DelaySeconds", "5")]))
        .unwrap();
    pass(5).await;
    assert_eq!(bodies(&sqs, &queue).await, ["1"]);
}

#[tokio::test(start_paused = true)]
async fn deleting_after_the_visibility_timeout_is_an_error() {
    let (sqs, queue) = with_queue(
        "jobs.fifo",
        [("FifoQueue", "true"), ("VisibilityTimeout", "5")],
    );
    send_to_group(&sqs, &queue, "g", "1");
    let message = receive_one(&sqs, &queue).await;
    pass(5).await;
    let refused = sqs.delete(&queue, &message.receipt_handle).unwrap_err();
    assert!(
        refused
            .to_string()
            .ends_with("Reason: The receipt handle has expired"),
        "{refused}"
    );
    let again = receive_one(&sqs, &queue).await;
    sqs.delete(&queue, &message.receipt_handle).unwrap_err();
    sqs.delete(&queue, &again.receipt_handle).unwrap();
    sqs.delete(&queue, &again.receipt_handle).unwrap();
}

#[tokio::test(start_paused = true)]
async fn the_same_attempt_gets_the_same_messages_hidden_anew() {
    let (sqs, queue) = with_queue(
        "jobs.fifo",
        [("FifoQueue", "true"), ("VisibilityTimeout", "10")],
    );
    send_to_group(&sqs, &queue, "g", "1");
    send_to_group(&sqs, &queue, "g", "2");
    let attempt = |id: &str| ReceiveRequest {
        attempt_id: Some(id.to_owned()),
        ..ReceiveRequest::new(queue.clone(), 10)
    };
    let first = sqs.receive(attempt("x")).await.unwrap();
    pass(9).await;
    assert_eq!(sqs.receive(attempt("x")).await.unwrap(), first);
    assert!(sqs.receive(attempt("y")).await.unwrap().is_empty());
    pass(9).await;
    assert_eq!(
        counts(&sqs, &queue),
        (0, 2, 0),
        "hidden from the second attempt on"
    );
    sqs.change_visibility(&queue, &first[0].receipt_handle, 10)
        .unwrap();
    assert!(
        sqs.receive(attempt("x")).await.unwrap().is_empty(),
        "a message was touched"
    );
}

#[tokio::test(start_paused = true)]
async fn every_message_of_many_groups_comes_exactly_once_and_in_order() {
    let (sqs, queue) = with_queue("jobs.fifo", [("FifoQueue", "true")]);
    for number in 0..500 {
        send_to_group(
            &sqs,
            &queue,
            &format!("group-{}", number % 7),
            &format!("{number:03}"),
        );
    }
    let mut seen: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut held: Vec<ReceivedMessage> = Vec::new();
    for round in 0..1000 {
        let batch = sqs
            .receive(ReceiveRequest::new(queue.clone(), 1 + round % 4))
            .await
            .unwrap();
        let is_empty = batch.is_empty();
        for message in &batch {
            let group = message.attributes["MessageGroupId"].clone();
            assert!(
                !held
                    .iter()
                    .any(|other| other.attributes["MessageGroupId"] == group),
                "{group} is blocked"
            );
            seen.entry(group)
                .or_default()
                .push(message.body.to_string());
        }
        held.extend(batch);
        if is_empty || round % 3 == 0 {
            held.drain(..)
                .for_each(|message| sqs.delete(&queue, &message.receipt_handle).unwrap());
        }
    }
    assert_eq!(seen.values().map(Vec::len).sum::<usize>(), 500);
    assert!(seen.values().all(|bodies| bodies.is_sorted()));
    assert_eq!(counts(&sqs, &queue), (0, 0, 0));
}
