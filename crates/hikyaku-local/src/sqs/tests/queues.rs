//! Queues: created, found, purged and deleted.

use super::*;

#[tokio::test(start_paused = true)]
async fn creating_a_queue_again_gives_the_same_queue_unless_an_attribute_differs() {
    let (sqs, queue) = with_queue("jobs", [("DelaySeconds", "5")]);
    assert_eq!(sqs.create_queue("jobs", &attributes([])), Ok(queue.clone()));
    assert_eq!(
        sqs.create_queue("jobs", &attributes([("DelaySeconds", "5")])),
        Ok(queue.clone())
    );
    assert_eq!(
        sqs.create_queue("jobs", &attributes([("VisibilityTimeout", "30")])),
        Ok(queue),
        "the default"
    );
    let differs = sqs.create_queue(
        "jobs",
        &attributes([("DelaySeconds", "6"), ("VisibilityTimeout", "30")]),
    );
    assert_eq!(
        differs,
        Err(SqsError::QueueNameExists {
            attribute: "DelaySeconds".to_owned()
        })
    );
}

#[tokio::test(start_paused = true)]
async fn names_have_a_form_and_fifo_queues_say_so_twice() {
    let sqs = sqs();
    for name in ["", "a b", "a.b", ".fifo", "é", &"q".repeat(81)] {
        let refused = sqs.create_queue(name, &attributes([])).unwrap_err();
        assert_eq!(refused.code(), "InvalidParameterValue", "{name:?}");
    }
    sqs.create_queue(&"q".repeat(80), &attributes([])).unwrap();
    let fifo = |name: &str, says: &str| sqs.create_queue(name, &attributes([("FifoQueue", says)]));
    fifo(&format!("{}.fifo", "q".repeat(76)), "true").unwrap_err();
    fifo(&format!("{}.fifo", "q".repeat(75)), "true").unwrap();
    fifo("jobs", "true").unwrap_err();
    fifo("jobs", "false").unwrap_err();
    sqs.create_queue("jobs.fifo", &attributes([])).unwrap_err();
}

#[tokio::test(start_paused = true)]
async fn a_queue_is_found_by_name_arn_and_url_of_any_host() {
    let (sqs, queue) = with_queue("jobs", []);
    assert_eq!(sqs.queue_by_name("jobs"), Ok(queue.clone()));
    assert_eq!(
        sqs.queue_by_arn("arn:aws:sqs:us-east-1:000000000000:jobs"),
        Ok(queue.clone())
    );
    for url in [
        "http://localhost:9324/000000000000/jobs",
        "https://sqs.us-east-1.amazonaws.com/000000000000/jobs/",
        "jobs",
    ] {
        assert_eq!(sqs.queue_by_url(url), Ok(queue.clone()), "{url}");
    }
    for url in [
        "http://localhost/111111111111/jobs",
        "http://localhost/000000000000/other",
        "other",
        "",
    ] {
        assert_eq!(
            sqs.queue_by_url(url),
            Err(SqsError::QueueDoesNotExist),
            "{url}"
        );
    }
    assert_eq!(
        sqs.queue_by_arn("arn:aws:sqs:eu-west-1:000000000000:jobs"),
        Err(SqsError::QueueDoesNotExist)
    );
}

#[tokio::test(start_paused = true)]
async fn a_deleted_queue_is_gone_and_its_name_is_free_after_a_minute() {
    let (sqs, queue) = with_queue("jobs", []);
    send(&sqs, &queue, "a");
    let old = receive_one(&sqs, &queue).await;
    sqs.delete_queue(&queue).unwrap();
    assert_eq!(sqs.counts(&queue), Err(SqsError::QueueDoesNotExist));
    assert_eq!(sqs.delete_queue(&queue), Err(SqsError::QueueDoesNotExist));
    assert_eq!(
        sqs.create_queue("jobs", &attributes([])),
        Err(SqsError::QueueDeletedRecently)
    );
    pass(60).await;
    let queue = sqs.create_queue("jobs", &attributes([])).unwrap();
    assert_eq!(counts(&sqs, &queue), (0, 0, 0));
    assert_eq!(
        sqs.delete(&queue, &old.receipt_handle),
        Err(SqsError::ReceiptHandleIsInvalid)
    );
}

#[tokio::test(start_paused = true)]
async fn a_purge_removes_everything_and_may_be_repeated_after_a_minute() {
    for (name, fifo) in [("jobs", ""), ("jobs.fifo", "true")] {
        let sqs = sqs();
        let given = if fifo.is_empty() {
            attributes([])
        } else {
            attributes([("FifoQueue", fifo)])
        };
        let queue = sqs.create_queue(name, &given).unwrap();
        let request = |id: &str| SendRequest {
            message_deduplication_id: (!fifo.is_empty()).then(|| id.to_owned()),
            ..fifo_request(&queue, "g", id, id)
        };
        sqs.send(request("1")).unwrap();
        let in_flight = receive_one(&sqs, &queue).await;
        sqs.send(request("2")).unwrap();
        sqs.purge(&queue).unwrap();
        assert_eq!(counts(&sqs, &queue), (0, 0, 0));
        sqs.delete(&queue, &in_flight.receipt_handle).unwrap();
        assert_eq!(sqs.purge(&queue).unwrap_err().status(), 403);
        sqs.send(request("3")).unwrap();
        assert_eq!(
            bodies(&sqs, &queue).await,
            ["3"],
            "the group is not blocked by what was purged"
        );
        pass(60).await;
        sqs.purge(&queue).unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn tags_are_added_replaced_and_removed() {
    let sqs = sqs();
    let queue = sqs
        .create_tagged_queue("jobs", &attributes([]), attributes([("a", "1")]))
        .unwrap();
    sqs.tags(&queue, |tags| {
        tags.extend(attributes([("a", "2"), ("b", "3")]));
    })
    .unwrap();
    assert_eq!(
        sqs.tags(&queue, |tags| tags.clone()).unwrap(),
        attributes([("a", "2"), ("b", "3")])
    );
}

#[tokio::test(start_paused = true)]
async fn queues_are_listed_by_prefix_in_order() {
    let sqs = sqs();
    for name in ["b", "a-2", "a-1"] {
        sqs.create_queue(name, &attributes([])).unwrap();
    }
    let names = |prefix: &str| {
        sqs.queues(prefix)
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
    };
    assert_eq!(names(""), ["a-1", "a-2", "b"]);
    assert_eq!(names("a-"), ["a-1", "a-2"]);
}
