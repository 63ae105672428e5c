//! What AWS was recorded to answer, where its documentation says otherwise or nothing.

use super::*;

fn fifo<const N: usize>(given: [(&str, &str); N]) -> (Sqs, QueueName) {
    let mut attributes = attributes(given);
    attributes.insert("FifoQueue".to_owned(), "true".to_owned());
    let sqs = sqs();
    let queue = sqs.create_queue("jobs.fifo", &attributes).unwrap();
    (sqs, queue)
}

async fn take(sqs: &Sqs, queue: &QueueName, max: usize) -> Vec<ReceivedMessage> {
    let request = ReceiveRequest::new(queue.clone(), max);
    sqs.receive(request).await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_visibility_is_changed_after_its_end_without_an_error_and_without_effect() {
    for given in [vec![], vec![("FifoQueue", "true")]] {
        let sqs = sqs();
        let name = if given.is_empty() {
            "jobs"
        } else {
            "jobs.fifo"
        };
        let mut attributes = attributes([("VisibilityTimeout", "1")]);
        attributes.extend(
            given
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned())),
        );
        let queue = sqs.create_queue(name, &attributes).unwrap();
        if given.is_empty() {
            send(&sqs, &queue, "a");
        } else {
            send_to_group(&sqs, &queue, "g", "a");
        }
        let message = receive_one(&sqs, &queue).await;
        pass(1).await;
        let handle = &message.receipt_handle;
        sqs.change_visibility(&queue, handle, 30).unwrap();
        assert_eq!(counts(&sqs, &queue), (1, 0, 0), "{name}");
        let batch = vec![("x".to_owned(), (handle.clone(), 30))];
        let outcome = sqs.change_visibility_batch(&queue, batch).unwrap();
        assert_eq!(outcome.failed, [], "{name}");
        receive_one(&sqs, &queue).await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_older_receipt_changes_the_visibility_that_a_later_receive_gave() {
    let (sqs, queue) = with_queue("jobs", [("VisibilityTimeout", "10")]);
    send(&sqs, &queue, "a");
    let first = receive_one(&sqs, &queue).await;
    pass(10).await;
    let second = receive_one(&sqs, &queue).await;
    sqs.change_visibility(&queue, &first.receipt_handle, 20)
        .unwrap();
    pass(19).await;
    assert_eq!(counts(&sqs, &queue), (0, 1, 0));
    sqs.change_visibility(&queue, &first.receipt_handle, 0)
        .unwrap();
    assert_eq!(counts(&sqs, &queue), (1, 0, 0));
    sqs.delete(&queue, &second.receipt_handle).unwrap();
    assert_eq!(counts(&sqs, &queue), (0, 0, 0));
    let refused = sqs.change_visibility(&queue, &first.receipt_handle, 20);
    assert_eq!(
        refused.unwrap_err().code(),
        "InvalidParameterValue",
        "it is deleted"
    );
}

#[tokio::test(start_paused = true)]
async fn what_stands_before_a_hidden_message_of_a_group_comes_again_and_what_stands_behind_does_not()
 {
    for hidden in 0..4 {
        let (sqs, queue) = fifo([("VisibilityTimeout", "1")]);
        for body in ["0", "1", "2", "3"] {
            send_to_group(&sqs, &queue, "g", body);
        }
        let taken = take(&sqs, &queue, 10).await;
        sqs.change_visibility(&queue, &taken[hidden].receipt_handle, 4)
            .unwrap();
        // One that was never taken waits behind all of them.
        send_to_group(&sqs, &queue, "g", "4");
        pass(2).await;
        let before: Vec<_> = (0..hidden).map(|number| number.to_string()).collect();
        assert_eq!(bodies(&sqs, &queue).await, before, "{hidden} is hidden");
        pass(2).await;
        let again = bodies(&sqs, &queue).await;
        assert_eq!(again.first(), Some(&"0".to_owned()));
        assert_eq!(again.len(), 5, "{hidden} has come back: {again:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_message_that_is_released_comes_again_while_its_successor_is_in_flight() {
    let (sqs, queue) = fifo([]);
    for (group, body) in [("1", "g1-m1"), ("1", "g1-m2"), ("2", "g2-m1")] {
        send_to_group(&sqs, &queue, group, body);
    }
    let taken = take(&sqs, &queue, 2).await;
    sqs.change_visibility(&queue, &taken[0].receipt_handle, 0)
        .unwrap();
    assert_eq!(bodies(&sqs, &queue).await, ["g2-m1", "g1-m1"]);
    assert_eq!(counts(&sqs, &queue), (0, 3, 0));
}

#[tokio::test(start_paused = true)]
async fn a_group_stands_where_its_oldest_message_was_shown_last() {
    let (sqs, queue) = fifo([]);
    let sent = [
        ("1", "g1-m1"),
        ("2", "g2-m1"),
        ("2", "g2-m2"),
        ("3", "g3-m1"),
        ("1", "g1-m2"),
    ];
    for (group, body) in sent {
        send_to_group(&sqs, &queue, group, body);
    }
    let at_once = |max| ReceiveRequest {
        visibility_timeout_seconds: Some(0),
        ..ReceiveRequest::new(queue.clone(), max)
    };
    let first = sqs.receive(at_once(3)).await.unwrap();
    let first: Vec<_> = first.iter().map(|message| &*message.body).collect();
    assert_eq!(first, ["g1-m1", "g1-m2", "g2-m1"]);
    let then = sqs.receive(at_once(10)).await.unwrap();
    let then: Vec<_> = then.iter().map(|message| &*message.body).collect();
    assert_eq!(then, ["g3-m1", "g1-m1", "g1-m2", "g2-m1", "g2-m2"]);
}

#[tokio::test(start_paused = true)]
async fn messages_that_were_hidden_by_one_receive_come_after_groups_that_nobody_took() {
    let (sqs, queue) = fifo([("VisibilityTimeout", "1")]);
    let sent = [
        ("1", "g1-m1"),
        ("1", "g1-m2"),
        ("1", "g1-m3"),
        ("1", "g1-m4"),
        ("2", "g2-m1"),
        ("3", "g3-m1"),
    ];
    for (group, body) in sent {
        send_to_group(&sqs, &queue, group, body);
    }
    assert_eq!(take(&sqs, &queue, 2).await.len(), 2);
    assert_eq!(&*take(&sqs, &queue, 1).await[0].body, "g2-m1");
    pass(2).await;
    let all = bodies(&sqs, &queue).await;
    assert_eq!(all, ["g3-m1", "g1-m1", "g1-m2", "g1-m3", "g1-m4", "g2-m1"]);
}

#[tokio::test(start_paused = true)]
async fn a_group_whose_messages_are_deleted_stands_where_the_next_was_sent() {
    let (sqs, queue) = fifo([]);
    let sent = [
        ("1", "g1-m1"),
        ("2", "g2-m1"),
        ("1", "g1-m2"),
        ("2", "g2-m2"),
        ("1", "g1-m3"),
        ("1", "g1-m4"),
        ("3", "g3-m1"),
    ];
    for (group, body) in sent {
        send_to_group(&sqs, &queue, group, body);
    }
    let taken = take(&sqs, &queue, 2).await;
    sqs.delete(&queue, &taken[0].receipt_handle).unwrap();
    sqs.delete(&queue, &taken[1].receipt_handle).unwrap();
    let all = bodies(&sqs, &queue).await;
    assert_eq!(all, ["g2-m1", "g2-m2", "g1-m3", "g1-m4", "g3-m1"]);
}

#[tokio::test(start_paused = true)]
async fn a_batch_to_a_fifo_queue_is_refused_whole_for_an_entry_without_its_ids() {
    let complete = |queue: &QueueName, id: &str| fifo_request(queue, "g", id, id);
    let bare = |queue: &QueueName, change: fn(&mut SendRequest)| {
        let mut request = fifo_request(queue, "g", "bare", "bare");
        change(&mut request);
        request
    };
    let without_group: fn(&mut SendRequest) = |request| request.message_group_id = None;
    let without_id: fn(&mut SendRequest) = |request| request.message_deduplication_id = None;
    for (content_based, change, refused) in [
        ("false", without_group, Some("MessageGroupId")),
        ("true", without_group, Some("MessageGroupId")),
        ("false", without_id, Some("ContentBasedDeduplication")),
        ("true", without_id, None),
    ] {
        let (sqs, queue) = fifo([("ContentBasedDeduplication", content_based)]);
        let entries = |place: usize| {
            let mut requests = vec![complete(&queue, "one"), complete(&queue, "two")];
            requests.insert(place, bare(&queue, change));
            let ids = ["a", "b", "c"].map(str::to_owned);
            ids.into_iter().zip(requests).collect::<Vec<_>>()
        };
        for place in 0..3 {
            match (sqs.send_batch(entries(place)), refused) {
                (Err(error), Some(named)) => {
                    assert_eq!(error.code(), "InvalidParameterValue");
                    assert!(error.to_string().contains(named), "{error}");
                    assert_eq!(counts(&sqs, &queue), (0, 0, 0), "none of them is sent");
                }
                (Ok(outcome), None) => assert_eq!(outcome.successful.len(), 3),
                (outcome, _) => panic!("{outcome:?}"),
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_entry_that_is_wrong_otherwise_fails_alone() {
    let (sqs, queue) = fifo([]);
    let entries = vec![
        ("good".to_owned(), fifo_request(&queue, "g", "1", "x")),
        ("bad".to_owned(), fifo_request(&queue, "g", "2", "\u{1}")),
    ];
    let outcome = sqs.send_batch(entries).unwrap();
    assert_eq!(outcome.successful.len(), 1);
    assert_eq!(outcome.failed[0].error.code(), "InvalidMessageContents");
}

#[tokio::test(start_paused = true)]
async fn truth_is_written_in_any_case_and_shown_in_small_letters() {
    let given = attributes([
        ("FifoQueue", "True"),
        ("ContentBasedDeduplication", "False"),
        ("SqsManagedSseEnabled", "TRUE"),
    ]);
    let sqs = sqs();
    let queue = sqs.create_queue("jobs.fifo", &given).unwrap();
    let small = attributes([
        ("FifoQueue", "true"),
        ("ContentBasedDeduplication", "false"),
    ]);
    assert_eq!(sqs.create_queue("jobs.fifo", &small).unwrap(), queue);
    let set = attributes([("ContentBasedDeduplication", "True"), ("FifoQueue", "TRUE")]);
    sqs.set_attributes(&queue, &set).unwrap();
    let shown = sqs.attributes(&queue).unwrap();
    for name in [
        "FifoQueue",
        "ContentBasedDeduplication",
        "SqsManagedSseEnabled",
    ] {
        assert_eq!(shown[name], "true", "{name}");
    }
    let by_content = SendRequest {
        message_group_id: Some("g".to_owned()),
        ..SendRequest::new(queue.clone(), "x")
    };
    sqs.send(by_content).unwrap();
    for (name, value) in [("FifoQueue", "False"), ("ContentBasedDeduplication", "yes")] {
        let refused = sqs.set_attributes(&queue, &attributes([(name, value)]));
        assert_eq!(
            refused.unwrap_err().code(),
            "InvalidAttributeValue",
            "{name}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_purge_forgets_what_it_would_take_for_a_copy() {
    let (sqs, queue) = fifo([]);
    let first = sqs.send(fifo_request(&queue, "g", "id", "1")).unwrap();
    sqs.purge(&queue).unwrap();
    let second = sqs.send(fifo_request(&queue, "g", "id", "2")).unwrap();
    assert_ne!(first.message_id, second.message_id);
    assert_eq!(bodies(&sqs, &queue).await, ["2"]);
}

#[tokio::test(start_paused = true)]
async fn a_control_character_of_an_attribute_is_an_invalid_value_and_that_of_a_body_invalid_contents()
 {
    let (sqs, queue) = with_queue("jobs", []);
    for text in ["\u{8}", "a\u{b}", "\u{0}", "\u{1b}[0m", "\u{ffff}"] {
        let mut request = SendRequest::new(queue.clone(), "x");
        request
            .attributes
            .insert("a".to_owned(), MessageAttribute::string(text));
        let refused = sqs.send(request).unwrap_err();
        assert_eq!(refused.code(), "InvalidParameterValue", "{text:?}");
        let refused = sqs.send(SendRequest::new(queue.clone(), text)).unwrap_err();
        assert_eq!(refused.code(), "InvalidMessageContents", "{text:?}");
    }
    let mut letters = SendRequest::new(queue.clone(), "x");
    letters
        .attributes
        .insert("attr.1øßä".to_owned(), MessageAttribute::string("語"));
    sqs.send(letters).unwrap();
    for name in ["a§", "a(", "a b", "a!"] {
        let mut request = SendRequest::new(queue.clone(), "x");
        request
            .attributes
            .insert(name.to_owned(), MessageAttribute::string("x"));
        assert_eq!(
            sqs.send(request).unwrap_err().code(),
            "InvalidParameterValue",
            "{name}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_name_and_its_attribute_that_disagree_are_an_invalid_parameter() {
    let sqs = sqs();
    for (name, given) in [
        ("jobs.fifo", attributes([])),
        ("jobs.fifo", attributes([("VisibilityTimeout", "1")])),
        ("jobs", attributes([("FifoQueue", "true")])),
        ("jobs", attributes([("FifoQueue", "True")])),
    ] {
        let refused = sqs.create_queue(name, &given).unwrap_err();
        assert_eq!(refused.code(), "InvalidParameterValue", "{name} {given:?}");
    }
    for name in [
        "FifoQueue",
        "ContentBasedDeduplication",
        "DeduplicationScope",
    ] {
        let refused = sqs.create_queue("jobs", &attributes([(name, "false")]));
        assert_eq!(
            refused.unwrap_err().code(),
            "InvalidAttributeName",
            "{name}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_key_of_ones_own_and_sqss_exclude_each_other() {
    let (sqs, queue) = with_queue("jobs", []);
    let shown = |name: &str| sqs.attributes(&queue).unwrap()[name].clone();
    assert_eq!(shown("SqsManagedSseEnabled"), "true");
    let both = attributes([("KmsMasterKeyId", "k"), ("SqsManagedSseEnabled", "true")]);
    let refused = sqs.set_attributes(&queue, &both).unwrap_err();
    assert_eq!(refused.code(), "InvalidAttributeName");
    let refused = sqs.create_queue("other", &both).unwrap_err();
    assert_eq!(refused.code(), "InvalidAttributeName");
    let key = attributes([("KmsMasterKeyId", "k")]);
    sqs.set_attributes(&queue, &key).unwrap();
    assert_eq!(shown("SqsManagedSseEnabled"), "false");
    let other = sqs.create_queue("other", &key).unwrap();
    assert_eq!(
        sqs.attributes(&other).unwrap()["SqsManagedSseEnabled"],
        "false"
    );
    let said = attributes([("KmsMasterKeyId", "k"), ("SqsManagedSseEnabled", "false")]);
    sqs.set_attributes(&queue, &said).unwrap();
}

#[tokio::test(start_paused = true)]
async fn an_attempt_id_means_nothing_to_a_standard_queue() {
    let (sqs, queue) = with_queue("jobs", []);
    send(&sqs, &queue, "1");
    send(&sqs, &queue, "2");
    let request = ReceiveRequest {
        attempt_id: Some("x".to_owned()),
        ..ReceiveRequest::new(queue, 1)
    };
    for body in ["1", "2"] {
        let received = sqs.receive(request.clone()).await.unwrap();
        assert_eq!(&*received[0].body, body);
    }
}
