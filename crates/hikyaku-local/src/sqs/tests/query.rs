//! The Query protocol as bytes, without a network. What AWS's own client of that time makes of it is seen by
//! `make test-clients`.

use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};

use super::*;
use crate::sqs::operations::Context;
use crate::sqs::protocol;

const FORM: [(&str, &str); 1] = [(
    "content-type",
    "application/x-www-form-urlencoded; charset=utf-8",
)];
const QUEUE_PATH: &str = "/000000000000/jobs";

struct Answer {
    status: u16,
    content_type: String,
    request_id: Option<String>,
    body: String,
}

impl Answer {
    /// What stands between the first element of that name and its end.
    fn text(&self, element: &str) -> Option<&str> {
        let (_, rest) = self.body.split_once(&format!("<{element}>"))?;
        Some(rest.split_once(&format!("</{element}>"))?.0)
    }

    /// The body without what is the same in every answer.
    fn inside(&self) -> &str {
        let start = self.body.find("2012-11-05/\">").unwrap() + "2012-11-05/\">".len();
        &self.body[start..self.body.find("<ResponseMetadata>").unwrap()]
    }
}

async fn call(
    sqs: &Sqs,
    method: Method,
    uri: &str,
    given: &[(&'static str, &'static str)],
    body: &[u8],
) -> Answer {
    let context = Context {
        sqs: sqs.clone(),
        base_url: "http://laptop:9324".to_owned(),
    };
    let pairs = given.iter().map(|(name, value)| {
        (
            HeaderName::from_static(name),
            HeaderValue::from_static(value),
        )
    });
    let headers: HeaderMap = pairs.collect();
    let request = protocol::Request {
        method: &method,
        uri: &uri.parse::<Uri>().unwrap(),
        headers: &headers,
        body,
    };
    let response = protocol::respond(&context, request).await;
    let header = |name: &str| {
        let value = response.headers().get(name);
        value.map(|value| value.to_str().unwrap().to_owned())
    };
    let (content_type, request_id) = (header("content-type").unwrap(), header("x-amzn-requestid"));
    let status = response.status().as_u16();
    let bytes = axum::body::to_bytes(response.into_body(), usize::MAX)
        .await
        .unwrap();
    Answer {
        status,
        content_type,
        request_id,
        body: String::from_utf8(bytes.to_vec()).unwrap(),
    }
}

async fn post(sqs: &Sqs, form: &str) -> Answer {
    call(sqs, Method::POST, QUEUE_PATH, &FORM, form.as_bytes()).await
}

async fn ok(sqs: &Sqs, form: &str) -> Answer {
    let answer = post(sqs, form).await;
    assert_eq!(answer.status, 200, "{form}: {}", answer.body);
    answer
}

/// The code of a refusal.
async fn code(sqs: &Sqs, form: &str) -> String {
    let answer = post(sqs, form).await;
    assert_ne!(answer.status, 200, "{form}: {}", answer.body);
    answer.text("Code").unwrap().to_owned()
}

fn jobs() -> Sqs {
    with_queue("jobs", [("VisibilityTimeout", "0")]).0
}

#[tokio::test(start_paused = true)]
async fn an_answer_is_a_document_with_its_result_and_the_id_of_its_request() {
    let (sqs, queue) = with_queue("jobs", []);
    let form = "Action=SendMessage&Version=2012-11-05&MessageBody=a+b%2Bc&DelaySeconds=5";
    let answer = ok(&sqs, form).await;
    assert_eq!(answer.content_type, "text/xml");
    let id = answer.request_id.as_deref().unwrap();
    assert_eq!(answer.text("RequestId"), Some(id));
    let message_id = answer.text("MessageId").unwrap();
    let expected = format!(
        "<?xml version=\"1.0\"?><SendMessageResponse xmlns=\"http://queue.amazonaws.com/doc/2012-11-05/\">\
         <SendMessageResult><MD5OfMessageBody>96d80e8112312bb9da906a9e813dbe1b</MD5OfMessageBody>\
         <MessageId>{message_id}</MessageId></SendMessageResult>\
         <ResponseMetadata><RequestId>{id}</RequestId></ResponseMetadata></SendMessageResponse>"
    );
    assert_eq!(answer.body, expected);
    assert_eq!(counts(&sqs, &queue), (0, 0, 1));
    pass(5).await;
    assert_eq!(bodies(&sqs, &queue).await, ["a b+c"]);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_has_the_code_that_old_clients_know() {
    let answer = call(
        &sqs(),
        Method::POST,
        "/",
        &FORM,
        b"Action=GetQueueUrl&QueueName=none",
    )
    .await;
    assert_eq!(
        (answer.status, answer.content_type.as_str()),
        (400, "text/xml")
    );
    let id = answer.request_id.as_deref().unwrap();
    let expected = format!(
        "<?xml version=\"1.0\"?><ErrorResponse xmlns=\"http://queue.amazonaws.com/doc/2012-11-05/\"><Error><Type>Sender</Type>\
         <Code>AWS.SimpleQueueService.NonExistentQueue</Code><Message>The specified queue does not exist.</Message>\
         <Detail></Detail></Error><RequestId>{id}</RequestId></ErrorResponse>"
    );
    assert_eq!(answer.body, expected);
    let sqs = jobs();
    assert_eq!(code(&sqs, "Action=SendMessages").await, "InvalidAction");
    assert_eq!(code(&sqs, "MessageBody=a").await, "InvalidAction");
    let another = "Action=ListQueues&Version=2008-01-01";
    assert_eq!(code(&sqs, another).await, "InvalidAction");
    assert_eq!(code(&sqs, "Action=SendMessage").await, "MissingParameter");
    ok(&sqs, "Action=PurgeQueue").await;
    let again = post(&sqs, "Action=PurgeQueue").await;
    assert_eq!(again.status, 403);
    assert_eq!(
        again.text("Code"),
        Some("AWS.SimpleQueueService.PurgeQueueInProgress")
    );
}

#[tokio::test(start_paused = true)]
async fn the_queue_is_the_one_of_the_parameter_or_else_of_the_path() {
    let (sqs, jobs) = with_queue("jobs", []);
    let mails = sqs.create_queue("mails", &attributes([])).unwrap();
    ok(&sqs, "Action=SendMessage&MessageBody=a").await;
    let form =
        "Action=SendMessage&MessageBody=b&QueueUrl=http%3A%2F%2Felsewhere%2F000000000000%2Fmails";
    ok(&sqs, form).await;
    assert_eq!(bodies(&sqs, &jobs).await, ["a"]);
    assert_eq!(bodies(&sqs, &mails).await, ["b"]);
    for (path, expected) in [
        ("/", "MissingParameter"),
        (
            "/000000000000/none",
            "AWS.SimpleQueueService.NonExistentQueue",
        ),
        ("/none", "AWS.SimpleQueueService.NonExistentQueue"),
    ] {
        let answer = call(&sqs, Method::POST, path, &FORM, b"Action=DeleteQueue").await;
        assert_eq!(answer.text("Code"), Some(expected), "{path}");
    }
}

#[tokio::test(start_paused = true)]
async fn parameters_may_stand_in_the_url() {
    let sqs = jobs();
    let url =
        "/000000000000/jobs?Action=SendMessage&MessageBody=%E5%AE%85%E9%85%8D&Version=2012-11-05";
    for method in [Method::GET, Method::POST] {
        assert_eq!(call(&sqs, method, url, &[], b"").await.status, 200);
    }
    let received = ok(&sqs, "Action=ReceiveMessage&MaxNumberOfMessages=10").await;
    assert_eq!(received.body.matches("<Body>宅配</Body>").count(), 2);
    let other = call(&sqs, Method::PUT, url, &FORM, b"").await;
    assert_eq!(other.status, 405);
    let nothing = call(&sqs, Method::GET, QUEUE_PATH, &[], b"").await;
    assert_eq!(nothing.status, 405);
    assert!(nothing.body.contains("Action=<Action>"));
}

#[tokio::test(start_paused = true)]
async fn a_request_with_a_target_speaks_json_whatever_its_type() {
    let headers = [FORM[0], ("x-amz-target", "AmazonSQS.ListQueues")];
    let answer = call(&jobs(), Method::POST, "/", &headers, b"{}").await;
    assert_eq!(answer.content_type, "application/x-amz-json-1.0");
    assert_eq!(answer.status, 200);
}

#[tokio::test(start_paused = true)]
async fn a_web_page_cannot_send_a_job() {
    let (sqs, queue) = with_queue("jobs", []);
    for header in [
        ("origin", "https://example.com"),
        ("origin", "null"),
        ("sec-fetch-site", "cross-site"),
    ] {
        let form = b"Action=SendMessage&MessageBody=a";
        let answer = call(&sqs, Method::POST, QUEUE_PATH, &[FORM[0], header], form).await;
        assert_eq!(
            answer.text("Code"),
            Some("AWS.SimpleQueueService.UnsupportedOperation"),
            "{header:?}"
        );
    }
    assert_eq!(counts(&sqs, &queue), (0, 0, 0));
}

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
        &SendMessageBatchRequestEntry.2.Id=two&SendMessageBatchRequestEntry.2.MessageBody=b&SendMessageBatchRequestEntry.2.DelaySeconds=901\
        &SendMessageBatchRequestEntry.1.Id=one&SendMessageBatchRequestEntry.1.MessageBody=a\
        &SendMessageBatchRequestEntry.1.MessageAttribute.1.Name=Hello&SendMessageBatchRequestEntry.1.MessageAttribute.1.Value.DataType=String\
        &SendMessageBatchRequestEntry.1.MessageAttribute.1.Value.StringValue=There";
    let answer = ok(&sqs, form).await;
    let entries: Vec<&str> = answer
        .body
        .split("<SendMessageBatchResultEntry>")
        .skip(1)
        .collect();
    assert_eq!(entries.len(), 2);
    assert!(
        entries[0]
            .starts_with("<Id>one</Id><MD5OfMessageAttributes>a311262e065454b75da111d535b8dacd<")
    );
    assert!(entries[1].starts_with("<Id>ten</Id>"));
    let failed = answer.text("BatchResultErrorEntry").unwrap();
    assert!(failed.starts_with("<Code>InvalidParameterValue</Code><Id>two</Id><Message>Value 901"));
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

#[tokio::test(start_paused = true)]
async fn an_answer_without_messages_still_has_its_result() {
    let (sqs, _) = with_queue("jobs", []);
    let answer = ok(&sqs, "Action=ReceiveMessage&WaitTimeSeconds=20").await;
    assert_eq!(
        answer.inside(),
        "<ReceiveMessageResult></ReceiveMessageResult>"
    );
    assert_eq!(sqs.clock().now_ms(), NOON_MS + 20_000);
    assert_eq!(
        code(&sqs, "Action=ReceiveMessage&WaitTimeSeconds=21").await,
        "InvalidParameterValue"
    );
}

proptest::proptest! {
    #[test]
    fn no_form_brings_the_server_down(form in "(Action=(SendMessage|CreateQueue|SendMessageBatch)|[&=.%+]|(Attribute|Tag|MessageAttribute|Value|Name|SendMessageBatchRequestEntry|[0-9a-f]){1,4}|\\PC){0,40}") {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let answer = runtime.block_on(async { post(&sqs(), &form).await });
        proptest::prop_assert!(answer.status == 200 || answer.text("Code").is_some());
    }
}
