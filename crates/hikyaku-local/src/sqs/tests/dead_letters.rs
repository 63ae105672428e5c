//! Dead-letter queues.

use super::*;

fn with_dead_letters(suffix: &str, max_receive_count: u32) -> (Sqs, QueueName, QueueName) {
    let sqs = sqs();
    let fifo = if suffix.is_empty() {
        attributes([])
    } else {
        attributes([("FifoQueue", "true")])
    };
    let dead = sqs.create_queue(&format!("dead{suffix}"), &fifo).unwrap();
    let mut given = fifo;
    given.insert(
        "RedrivePolicy".to_owned(),
        redrive_policy(&sqs, &dead, max_receive_count),
    );
    given.insert("VisibilityTimeout".to_owned(), "1".to_owned());
    let queue = sqs.create_queue(&format!("jobs{suffix}"), &given).unwrap();
    (sqs, queue, dead)
}

#[tokio::test(start_paused = true)]
async fn the_receive_after_the_last_allowed_one_buries_the_message() {
    let (sqs, queue, dead) = with_dead_letters("", 2);
    let sent = send(&sqs, &queue, "a");
    for expected in ["1", "2"] {
        assert_eq!(
            receive_one(&sqs, &queue).await.attributes["ApproximateReceiveCount"],
            expected
        );
        pass(1).await;
    }
    assert_eq!(
        counts(&sqs, &dead),
        (0, 0, 0),
        "it stays until somebody receives again"
    );
    assert!(receive(&sqs, &queue).await.is_empty());
    let message = receive_one(&sqs, &dead).await;
    assert_eq!(message.message_id, sent.message_id);
    assert_eq!(
        message.attributes["SentTimestamp"],
        NOON_MS.to_string(),
        "a standard queue keeps the age"
    );
    assert_eq!(
        message.attributes["ApproximateReceiveCount"], "3",
        "counted over all queues"
    );
    assert_eq!(
        message.attributes["DeadLetterQueueSourceArn"],
        "arn:aws:sqs:us-east-1:000000000000:jobs"
    );
}

#[tokio::test(start_paused = true)]
async fn a_buried_fifo_message_starts_its_age_anew_and_frees_its_group() {
    let (sqs, queue, dead) = with_dead_letters(".fifo", 1);
    send_to_group(&sqs, &queue, "g", "1");
    send_to_group(&sqs, &queue, "g", "2");
    assert_eq!(&*receive_one(&sqs, &queue).await.body, "1");
    pass(1).await;
    assert_eq!(bodies(&sqs, &queue).await, ["2"]);
    let message = receive_one(&sqs, &dead).await;
    assert_eq!(&*message.body, "1");
    assert_eq!(
        message.attributes["SentTimestamp"],
        (NOON_MS + 1000).to_string()
    );
    assert_eq!(message.attributes["MessageGroupId"], "g");
}

#[tokio::test(start_paused = true)]
async fn a_burial_wakes_who_waits_for_dead_letters() {
    let (sqs, queue, dead) = with_dead_letters("", 1);
    send(&sqs, &queue, "a");
    receive_one(&sqs, &queue).await;
    pass(1).await;
    let waiting = sqs.receive(ReceiveRequest::new(dead, 1).waiting(Duration::from_secs(20)));
    let burying = async {
        pass(3).await;
        receive(&sqs, &queue).await
    };
    let (found, left) = tokio::join!(waiting, burying);
    assert_eq!(found.unwrap().len(), 1);
    assert!(left.is_empty());
    assert_eq!(sqs.clock().now_ms(), NOON_MS + 4000);
}

#[tokio::test(start_paused = true)]
async fn a_message_goes_through_a_chain_of_dead_letter_queues_step_by_step() {
    let (sqs, queue, dead) = with_dead_letters("", 1);
    let last = sqs.create_queue("last", &attributes([])).unwrap();
    let given = [
        ("RedrivePolicy", &*redrive_policy(&sqs, &last, 1)),
        ("VisibilityTimeout", "1"),
    ];
    sqs.set_attributes(&dead, &attributes(given)).unwrap();
    send(&sqs, &queue, "a");
    receive_one(&sqs, &queue).await;
    pass(1).await;
    assert!(receive(&sqs, &queue).await.is_empty());
    receive_one(&sqs, &dead).await;
    pass(1).await;
    assert!(receive(&sqs, &dead).await.is_empty());
    let message = receive_one(&sqs, &last).await;
    assert_eq!(
        message.attributes["DeadLetterQueueSourceArn"],
        "arn:aws:sqs:us-east-1:000000000000:dead"
    );
}

#[tokio::test(start_paused = true)]
async fn without_its_dead_letter_queue_a_message_keeps_coming() {
    let (sqs, queue, dead) = with_dead_letters("", 1);
    sqs.delete_queue(&dead).unwrap();
    send(&sqs, &queue, "a");
    receive_one(&sqs, &queue).await;
    pass(1).await;
    receive_one(&sqs, &queue).await;
}

/// Creates a queue with a redrive policy.
fn create(sqs: &Sqs, name: &str, policy: &str) -> Result<QueueName, String> {
    let mut given = attributes([("RedrivePolicy", policy)]);
    if QueueName::new(name).unwrap().is_fifo() {
        given.insert("FifoQueue".to_owned(), "true".to_owned());
    }
    sqs.create_queue(name, &given)
        .map_err(|error| error.to_string())
}

#[tokio::test(start_paused = true)]
async fn a_redrive_policy_must_name_a_fitting_queue() {
    let sqs = sqs();
    let dead = sqs.create_queue("dead", &attributes([])).unwrap();
    let good = redrive_policy(&sqs, &dead, 3);
    let counted = |count: &str| good.replace(":3}", &format!(":{count}}}"));
    let dummy = "{\"deadLetterTargetArn\":\"dummy\",\"maxReceiveCount\":42}";
    let cases = [
        ("jobs", "nonsense", "not a valid JSON map"),
        (
            "jobs",
            "{\"maxReceiveCount\":3}",
            "mandatory attribute: deadLetterTargetArn",
        ),
        ("jobs", dummy, "Invalid value for deadLetterTargetArn"),
        ("jobs", &counted("0"), "valid values are from 1 to 1000"),
        ("jobs", &counted("1001"), "valid values are from 1 to 1000"),
        (
            "jobs",
            &good.replace("dead\"", "missing\""),
            "Dead letter target does not exist",
        ),
        ("jobs.fifo", &good, "must be same type"),
    ];
    for (name, policy, reason) in cases {
        let refused = create(&sqs, name, policy).unwrap_err();
        assert!(refused.contains(reason), "{policy}: {refused}");
    }
    create(&sqs, "jobs", &counted("\"3\"")).unwrap();
    assert_eq!(
        sqs.dead_letter_sources(&dead),
        Ok(vec![QueueName::new("jobs").unwrap()])
    );
}

#[tokio::test(start_paused = true)]
async fn a_dead_letter_queue_may_refuse_its_sources() {
    let sqs = sqs();
    let dead = sqs.create_queue("dead", &attributes([])).unwrap();
    let policy = redrive_policy(&sqs, &dead, 3);
    let allow = |text: &str| sqs.set_attributes(&dead, &attributes([("RedriveAllowPolicy", text)]));
    allow("{\"redrivePermission\":\"denyAll\"}").unwrap();
    assert!(
        create(&sqs, "jobs", &policy)
            .unwrap_err()
            .contains("does not permit")
    );
    let jobs = "arn:aws:sqs:us-east-1:000000000000:jobs";
    allow(&format!(
        "{{\"redrivePermission\":\"byQueue\",\"sourceQueueArns\":[\"{jobs}\"]}}"
    ))
    .unwrap();
    create(&sqs, "jobs", &policy).unwrap();
    create(&sqs, "others", &policy).unwrap_err();
    allow("{\"redrivePermission\":\"byQueue\"}").unwrap_err();
    allow("").unwrap();
    create(&sqs, "others", &policy).unwrap();
}

#[tokio::test(start_paused = true)]
async fn an_empty_redrive_policy_takes_it_away() {
    let (sqs, queue, dead) = with_dead_letters("", 1);
    sqs.set_attributes(&queue, &attributes([("RedrivePolicy", "")]))
        .unwrap();
    assert!(
        !sqs.attributes(&queue)
            .unwrap()
            .contains_key("RedrivePolicy")
    );
    assert!(sqs.dead_letter_sources(&dead).unwrap().is_empty());
}
