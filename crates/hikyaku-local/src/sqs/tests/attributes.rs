//! Queue attributes.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_standard_queue_shows_aws_defaults() {
    let (sqs, queue) = with_queue("jobs", []);
    let expected = attributes([
        ("ApproximateNumberOfMessages", "0"),
        ("ApproximateNumberOfMessagesDelayed", "0"),
        ("ApproximateNumberOfMessagesNotVisible", "0"),
        ("CreatedTimestamp", "1800000000"),
        ("DelaySeconds", "0"),
        ("LastModifiedTimestamp", "1800000000"),
        ("MaximumMessageSize", "1048576"),
        ("MessageRetentionPeriod", "345600"),
        ("QueueArn", "arn:aws:sqs:us-east-1:000000000000:jobs"),
        ("ReceiveMessageWaitTimeSeconds", "0"),
        ("SqsManagedSseEnabled", "true"),
        ("VisibilityTimeout", "30"),
    ]);
    assert_eq!(sqs.attributes(&queue).unwrap(), expected);
}

#[tokio::test(start_paused = true)]
async fn a_fifo_queue_shows_its_own_attributes_too() {
    let (sqs, queue) = with_queue("jobs.fifo", [("FifoQueue", "true")]);
    let shown = sqs.attributes(&queue).unwrap();
    let expected = [
        ("FifoQueue", "true"),
        ("ContentBasedDeduplication", "false"),
        ("DeduplicationScope", "queue"),
        ("FifoThroughputLimit", "perQueue"),
    ];
    for (name, value) in expected {
        assert_eq!(shown[name], value, "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn numbers_out_of_range_and_unknown_names_are_refused_and_change_nothing() {
    let (sqs, queue) = with_queue("jobs", []);
    let before = sqs.attributes(&queue).unwrap();
    let wrong = [
        ("DelaySeconds", "901"),
        ("MaximumMessageSize", "1023"),
        ("MaximumMessageSize", "1048577"),
        ("MessageRetentionPeriod", "59"),
        ("MessageRetentionPeriod", "1209601"),
        ("ReceiveMessageWaitTimeSeconds", "21"),
        ("VisibilityTimeout", "43201"),
        ("VisibilityTimeout", "-1"),
        ("VisibilityTimeout", "soon"),
    ];
    for (name, value) in wrong {
        let refused = sqs
            .set_attributes(&queue, &attributes([("DelaySeconds", "1"), (name, value)]))
            .unwrap_err();
        assert_eq!(refused.code(), "InvalidAttributeValue", "{name}={value}");
    }
    for name in [
        "Colour",
        "QueueArn",
        "ContentBasedDeduplication",
        "FifoQueue",
    ] {
        let refused = sqs
            .set_attributes(&queue, &attributes([(name, "true")]))
            .unwrap_err();
        assert_eq!(refused.code(), "InvalidAttributeName", "{name}");
    }
    assert_eq!(sqs.attributes(&queue).unwrap(), before);
}

#[tokio::test(start_paused = true)]
async fn a_queue_stays_fifo_and_its_choices_are_checked() {
    let (sqs, queue) = with_queue("jobs.fifo", [("FifoQueue", "true")]);
    let set = |name: &str, value: &str| sqs.set_attributes(&queue, &attributes([(name, value)]));
    assert_eq!(
        set("FifoQueue", "false").unwrap_err().code(),
        "InvalidAttributeValue"
    );
    set("FifoQueue", "true").unwrap();
    set("ContentBasedDeduplication", "yes").unwrap_err();
    set("FifoThroughputLimit", "perMessageGroupId").unwrap_err();
    set("DeduplicationScope", "messageGroup").unwrap();
    set("FifoThroughputLimit", "perMessageGroupId").unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_change_is_dated_and_takes_effect() {
    let (sqs, queue) = with_queue("jobs", []);
    pass(10).await;
    sqs.set_attributes(
        &queue,
        &attributes([
            ("VisibilityTimeout", "1"),
            ("KmsMasterKeyId", "alias/aws/sqs"),
        ]),
    )
    .unwrap();
    let shown = sqs.attributes(&queue).unwrap();
    assert_eq!(shown["LastModifiedTimestamp"], "1800000010");
    assert_eq!(shown["CreatedTimestamp"], "1800000000");
    assert_eq!(shown["KmsMasterKeyId"], "alias/aws/sqs");
    send(&sqs, &queue, "a");
    receive_one(&sqs, &queue).await;
    pass(1).await;
    receive_one(&sqs, &queue).await;
}
