//! Parameters as old clients write them, and as nobody should.

use super::*;

#[tokio::test(start_paused = true)]
async fn text_comes_back_to_the_letter_through_xml() {
    let (sqs, queue) = with_queue("jobs", []);
    let body = "<a b=\"c\">&amp;'\u{7f}\u{85}\u{a0}\r\n\r\t]]> 📦";
    send(&sqs, &queue, body);
    let answer = ok(&sqs, "Action=ReceiveMessage").await;
    assert_eq!(
        answer.text("Body").unwrap(),
        "&lt;a b=&quot;c&quot;&gt;&amp;amp;'\u{7f}\u{85}\u{a0}&#xD;\n&#xD;\t]]&gt; 📦"
    );
    let refused = code(&sqs, "Action=SendMessage&MessageBody=%00").await;
    assert_eq!(refused, "InvalidMessageContents");
    // What no XML can hold is replaced where an error quotes it.
    let answer = post(
        &sqs,
        "Action=GetQueueAttributes&AttributeName.1=%01%EF%BF%BF",
    )
    .await;
    let message = answer.text("Message").unwrap();
    assert_eq!(message, "Unknown Attribute \u{fffd}\u{fffd}.");
}

#[tokio::test(start_paused = true)]
async fn message_attributes_travel_as_numbered_pairs() {
    let sqs = jobs();
    let form = "Action=SendMessage&MessageBody=msg\
        &MessageAttribute.1.Name=Hello&MessageAttribute.1.Value.DataType=String&MessageAttribute.1.Value.StringValue=There\
        &MessageAttribute.7.Name=Bytes&MessageAttribute.7.Value.DataType=Binary&MessageAttribute.7.Value.BinaryValue=AP8%3D\
        &MessageSystemAttribute.1.Name=AWSTraceHeader&MessageSystemAttribute.1.Value.DataType=String\
        &MessageSystemAttribute.1.Value.StringValue=Root%3D1";
    let sent = ok(&sqs, form).await;
    assert!(sent.text("MD5OfMessageSystemAttributes").is_some());
    let form = "Action=ReceiveMessage&MessageAttributeName.1=Hello&AttributeName.2=AWSTraceHeader&AttributeName.1=SenderId";
    let received = ok(&sqs, form).await;
    assert_eq!(
        received.text("MD5OfMessageAttributes"),
        Some("a311262e065454b75da111d535b8dacd")
    );
    for part in [
        "<Attribute><Name>AWSTraceHeader</Name><Value>Root=1</Value></Attribute>",
        "<Attribute><Name>SenderId</Name><Value>000000000000</Value></Attribute>",
        "<MessageAttribute><Name>Hello</Name><Value><DataType>String</DataType><StringValue>There</StringValue></Value></MessageAttribute>",
    ] {
        assert!(received.body.contains(part), "{}", received.body);
    }
    let all = ok(&sqs, "Action=ReceiveMessage&MessageAttributeName.1=All").await;
    assert!(all.body.contains("<BinaryValue>AP8=</BinaryValue>"));
    let list = "Action=SendMessage&MessageBody=a&MessageAttribute.1.Name=a&MessageAttribute.1.Value.DataType=String\
        &MessageAttribute.1.Value.StringListValue.1=b";
    assert_eq!(
        code(&sqs, list).await,
        "AWS.SimpleQueueService.UnsupportedOperation"
    );
}

#[tokio::test(start_paused = true)]
async fn an_entry_of_a_batch_fails_alone() {
    let sqs = jobs();
    let form = "Action=SendMessageBatch\
        &SendMessageBatchRequestEntry.10.Id=ten&SendMessageBatchRequestEntry.10.MessageBody=c\
        &SendMessageBatchRequestEntry.3.Id=three&SendMessageBatchRequestEntry.3.MessageBody=c&SendMessageBatchRequestEntry.3.DelaySeconds=901\
        &SendMessageBatchRequestEntry.2.Id=two&SendMessageBatchRequestEntry.2.MessageBody=b\
        &SendMessageBatchRequestEntry.1.Id=one&SendMessageBatchRequestEntry.1.MessageBody=a\
        &SendMessageBatchRequestEntry.1.MessageAttribute.1.Name=Hello&SendMessageBatchRequestEntry.1.MessageAttribute.1.Value.DataType=String\
        &SendMessageBatchRequestEntry.1.MessageAttribute.1.Value.StringValue=There";
    let answer = ok(&sqs, form).await;
    let entries: Vec<&str> = answer
        .body
        .split("<SendMessageBatchResultEntry>")
        .skip(1)
        .collect();
    assert_eq!(entries.len(), 3);
    assert!(
        entries[0]
            .starts_with("<Id>one</Id><MD5OfMessageAttributes>a311262e065454b75da111d535b8dacd<")
    );
    assert!(entries[2].starts_with("<Id>ten</Id>"));
    assert!(entries[1].starts_with("<Id>two</Id>"));
    let failed = answer.text("BatchResultErrorEntry").unwrap();
    assert!(
        failed.starts_with("<Code>InvalidParameterValue</Code><Id>three</Id><Message>Value 901")
    );
    assert!(failed.ends_with("<SenderFault>true</SenderFault>"));
    let none = "Action=SendMessageBatch&DeleteMessageBatchRequestEntry.1.Id=a&Entries=";
    assert_eq!(
        code(&sqs, none).await,
        "AWS.SimpleQueueService.EmptyBatchRequest"
    );
}

#[tokio::test(start_paused = true)]
async fn queues_are_made_and_described_in_pairs() {
    let sqs = sqs();
    let form = "Action=CreateQueue&QueueName=a&Attribute.1.Name=DelaySeconds&Attribute.1.Value=3&Tag.1.Key=team&Tag.1.Value=x";
    let made = ok(&sqs, form).await;
    let url = "http://laptop:9324/000000000000/a";
    assert_eq!(made.text("QueueUrl"), Some(url));
    let at_queue = |form: &str| format!("{form}&QueueUrl={url}");
    let asked = at_queue("Action=GetQueueAttributes&AttributeName.1=DelaySeconds");
    assert_eq!(
        ok(&sqs, &asked).await.inside(),
        "<GetQueueAttributesResult><Attribute><Name>DelaySeconds</Name><Value>3</Value></Attribute></GetQueueAttributesResult>"
    );
    let tagged = ok(
        &sqs,
        &at_queue("Action=TagQueue&Tags.1.Key=k&Tags.1.Value="),
    )
    .await;
    assert_eq!(tagged.inside(), "");
    ok(&sqs, &at_queue("Action=UntagQueue&TagKey.1=team")).await;
    assert_eq!(
        ok(&sqs, &at_queue("Action=ListQueueTags")).await.inside(),
        "<ListQueueTagsResult><Tag><Key>k</Key><Value></Value></Tag></ListQueueTagsResult>"
    );
    assert_eq!(
        ok(&sqs, "Action=ListQueues").await.inside(),
        format!("<ListQueuesResult><QueueUrl>{url}</QueueUrl></ListQueuesResult>")
    );
}

#[tokio::test(start_paused = true)]
async fn a_single_element_may_come_without_its_number() {
    let (sqs, queue) = with_queue("jobs", []);
    ok(
        &sqs,
        "Action=SetQueueAttributes&Attribute.Name=VisibilityTimeout&Attribute.Value=7",
    )
    .await;
    assert_eq!(sqs.attributes(&queue).unwrap()["VisibilityTimeout"], "7");
    let asked = ok(&sqs, "Action=GetQueueAttributes&AttributeName=All").await;
    assert!(asked.body.contains("<Name>QueueArn</Name>"));
}

#[tokio::test(start_paused = true)]
async fn a_number_in_a_name_is_no_length() {
    let sqs = jobs();
    let huge = "Action=SetQueueAttributes&Attribute.18446744073709551615.Name=DelaySeconds&Attribute.18446744073709551615.Value=1";
    ok(&sqs, huge).await;
    for name in [
        "Attribute.18446744073709551616",
        "Attribute.0",
        "Attribute.1.Name=DelaySeconds&Attribute.1.Value=1&Attribute.x",
        "Attribute.01.Name=DelaySeconds&Attribute.01.Value=1&Attribute.1",
    ] {
        let form = format!("Action=SetQueueAttributes&{name}.Name=DelaySeconds");
        assert_eq!(code(&sqs, &form).await, "MalformedInput", "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn names_that_contradict_each_other_are_refused() {
    let sqs = jobs();
    for (form, expected) in [
        (
            "Action=SendMessage&MessageBody=a&MessageBody=b",
            "MalformedInput",
        ),
        (
            "Action=SendMessage&MessageBody=a&MessageBody.1=b",
            "MalformedInput",
        ),
        ("Action=SendMessage&MessageBody.1=b", "MalformedInput"),
        (
            "Action=SendMessage&MessageBody=a&DelaySeconds=soon",
            "MalformedInput",
        ),
        (
            "Action=SendMessage&MessageBody=a&DelaySeconds=901",
            "InvalidParameterValue",
        ),
        (
            "Action=TagQueue&Tag.1.Key=a&Tag.1.Value=b&Tags.1.Key=c&Tags.1.Value=d",
            "MalformedInput",
        ),
        ("Action=TagQueue&Tag.1.Key=a", "InvalidParameterValue"),
        ("Action=TagQueue&Tag.1=a", "MalformedInput"),
        (
            "Action=TagQueue&Tag.1.Key=a&Tag.1.Value=b&Tag.2.Key=a&Tag.2.Value=b",
            "InvalidParameterValue",
        ),
        ("Action=SendMessage&MessageBody=%e3%81", "MalformedInput"),
        ("Action=SendMessage&MessageBody=100%", "MalformedInput"),
        ("Action=SendMessage&MessageBody=%+1", "MalformedInput"),
    ] {
        assert_eq!(code(&sqs, form).await, expected, "{form}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_an_action_does_not_take_is_not_looked_at() {
    let (sqs, queue) = with_queue("jobs", []);
    let deep = ".1".repeat(10_000);
    let form = format!(
        "Action=SendMessage&MessageBody=a&Colour=red&Colour=blue&AWSAccessKeyId=x&MessageAttribute.1{deep}=b&&=&.=c"
    );
    ok(&sqs, &form).await;
    assert_eq!(bodies(&sqs, &queue).await, ["a"]);
    let many = "a&".repeat(10_001);
    let refused = post(&sqs, &format!("{many}Action=SendMessage")).await;
    assert_eq!(refused.text("Code"), Some("MalformedInput"));
}

proptest::proptest! {
    #[test]
    fn no_form_brings_the_server_down(form in "(Action=(SendMessage|CreateQueue|SendMessageBatch)|[&=.%+]|(Attribute|Tag|MessageAttribute|Value|Name|SendMessageBatchRequestEntry|[0-9a-f]){1,4}|\\PC){0,40}") {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let answer = runtime.block_on(async { post(&sqs(), &form).await });
        proptest::prop_assert!(answer.status == 200 || answer.text("Code").is_some());
    }
}
