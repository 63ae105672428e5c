//! What the fuzzers begin with: Laravel's own bodies, and for each format a little of everything.

use std::collections::BTreeSet;
use std::fs;

use serde_json::{Value as Json, json};

use crate::fixtures::{FIXTURES, root};
use crate::php_text::Piece;

/// A target and what it begins with.
pub type Seeds = (&'static str, Vec<Vec<u8>>);

/// Of each target.
pub fn all() -> Vec<Seeds> {
    let php = php();
    vec![
        ("php_read", php.clone()),
        ("php_serde", php.clone()),
        (
            "php_edit",
            php.iter().map(|text| behind_dice(text)).collect(),
        ),
        ("chain", php),
        ("envelope", bodies()),
        ("encrypter", encrypted()),
        ("event", events()),
        ("schedule", lines(SCHEDULES)),
        ("template", templates()),
        ("sqs_http", requests()),
    ]
}

fn lines(text: &str) -> Vec<Vec<u8>> {
    text.lines().map(|line| line.as_bytes().to_vec()).collect()
}

fn behind_dice(text: &[u8]) -> Vec<u8> {
    let decisions = b"\x10\x01\x02\x03\x04\x05\x06\x07\x00\x09\x0a\x0b\x02\x0d\x0e\x0f\x01";
    [decisions, text].concat()
}

/// Every serialized object, what is serialized inside of one, and pieces of everything.
fn php() -> Vec<Vec<u8>> {
    let mut texts: BTreeSet<Vec<u8>> = lines(&PHP.replace("\\0", "\0")).into_iter().collect();
    for command in FIXTURES
        .iter()
        .filter_map(|fixture| fixture.command.as_ref())
    {
        texts.insert(command.as_bytes().to_vec());
        if let Some(tree) = Piece::parse(command.as_bytes()) {
            links(&tree, &mut texts);
        }
    }
    texts.into_iter().collect()
}

fn links(tree: &Piece, texts: &mut BTreeSet<Vec<u8>>) {
    match tree {
        Piece::Text(text) if Piece::parse(text).is_some() => {
            texts.insert(text.clone());
        }
        Piece::Container(_, entries) => entries.iter().for_each(|(_, value)| links(value, texts)),
        _ => {}
    }
}

fn bodies() -> Vec<Vec<u8>> {
    let fixtures = FIXTURES
        .iter()
        .map(|fixture| fixture.body.clone().into_bytes());
    fixtures.chain(lines(BODIES)).collect()
}

fn encrypted() -> Vec<Vec<u8>> {
    let sent = FIXTURES.iter().filter(|fixture| fixture.plain.is_some());
    sent.filter_map(|fixture| fixture.sent.clone())
        .map(String::into_bytes)
        .collect()
}

fn record(id: usize, body: &str) -> Json {
    json!({
        "messageId": format!("m-{id}"), "receiptHandle": format!("h-{id}"), "body": body,
        "attributes": { "ApproximateReceiveCount": "1", "MessageGroupId": "g" }, "messageAttributes": {},
        "md5OfBody": "", "eventSource": "aws:sqs", "eventSourceARN": "arn:aws:sqs:us-east-1:000000000000:jobs",
        "awsRegion": "us-east-1",
    })
}

fn events() -> Vec<Vec<u8>> {
    let mut events = lines(EVENTS);
    let bodies = bodies();
    for some in bodies.chunks(3) {
        let records = some.iter().enumerate();
        let records: Vec<_> = records
            .map(|(id, body)| record(id, &String::from_utf8_lossy(body)))
            .collect();
        events.push(json!({ "Records": records }).to_string().into_bytes());
    }
    for kind in ["direct", "eventbridge", "sqs"] {
        for file in fs::read_dir(root().join("events").join(kind)).expect("the events of a kind") {
            let path = file.expect("a folder can be listed").path();
            events.push(fs::read(path).expect("an event can be read"));
        }
    }
    events
}

fn templates() -> Vec<Vec<u8>> {
    let files = [
        "template.yaml",
        "crates/hikyaku-local/src/template/tests/fixture.yaml",
    ];
    let read = |file: &&str| fs::read(root().join(file)).expect("a template can be read");
    files
        .iter()
        .map(read)
        .chain(TEMPLATES.lines().map(unescaped))
        .collect()
}

fn requests() -> Vec<Vec<u8>> {
    REQUESTS.lines().map(unescaped).collect()
}

/// `\n` stands for a new line.
fn unescaped(line: &str) -> Vec<u8> {
    line.replace("\\n", "\n").into_bytes()
}

const PHP: &str = r#"N;
b:1;
i:-5;
d:0.10000000000000001;
d:-INF;
s:1:"a";
S:3:"\61b\ff";
a:0:{}
a:3:{i:0;i:1;i:1;d:2.5;s:1:"k";s:2:"vv";}
a:3:{i:0;a:1:{i:0;R:2;}i:1;R:2;i:2;R:1;}
a:2:{i:0;O:1:"A":1:{s:1:"x";r:2;}i:1;r:2;}
a:1:{i:0;R:1;}
a:2:{i:0;E:21:"App\Enums\Suit:Hearts";i:1;E:21:"App\Enums\Suit:Hearts";}
C:11:"ArrayObject":21:{x:i:0;a:0:{};m:a:0:{}}
O:1:"A":2:{s:1:"a";i:1;s:1:"a";i:2;}
a:2:{s:1:"5";i:1;i:5;i:2;}
a:6:{i:0;a:2:{i:0;N;i:1;N;}i:1;a:2:{i:0;R:2;i:1;R:2;}i:2;a:2:{i:0;R:5;i:1;R:5;}i:3;a:2:{i:0;R:6;i:1;R:6;}i:4;a:2:{i:0;R:7;i:1;R:7;}i:5;N;}
O:45:"Illuminate\Contracts\Database\ModelIdentifier":5:{s:5:"class";s:8:"App\User";s:2:"id";a:2:{i:0;i:1;i:1;s:1:"b";}s:9:"relations";a:1:{i:0;s:5:"posts";}s:10:"connection";s:5:"mysql";s:15:"collectionClass";N;}
O:25:"Illuminate\Support\Carbon":3:{s:4:"date";s:26:"2026-01-02 03:04:05.678901";s:13:"timezone_type";i:3;s:8:"timezone";s:10:"Asia/Tokyo";}
O:29:"Illuminate\Support\Collection":2:{s:8:"\0*\0items";a:1:{i:3;i:1;}s:28:"\0*\0escapeWhenCastingToString";b:0;}
O:13:"App\Jobs\Step":2:{s:7:"chained";a:2:{i:0;s:37:"O:13:"App\Jobs\Step":1:{s:1:"n";i:2;}";i:1;s:37:"O:13:"App\Jobs\Step":1:{s:1:"n";i:3;}";}s:19:"chainCatchCallbacks";a:1:{i:0;r:1;}}
O:13:"App\Jobs\Step":1:{s:10:"middleware";a:1:{i:0;O:43:"Illuminate\Queue\Middleware\WithoutOverlapping":5:{s:3:"key";s:1:"k";s:12:"releaseAfter";i:0;s:12:"expiresAfter";i:0;s:6:"prefix";s:1:"p";s:8:"shareKey";b:0;}}}"#;

const BODIES: &str = r#"{"job":"once","data":{"what":1}}
{ "job" : "a\/b", "n": 1.0,	"n":2e0, "\u0078":"\u65e5", "hikyaku":{"hops":2,"generation":1,"x":[1]} }
{"@pointer":"laravel:sqs-payloads:u-1"}
{"@pointer":"hikyaku:payloads:u-1:2","uuid":"u-1","displayName":"A","job":"a","hikyaku":{"generation":3}}
{"uuid":"m-1","displayName":"malformed message","job":"hikyaku.malformed","data":{"reason":"x","body":"{ y"}}
{"job":"a","backoff":"1, 5,10","maxTries":"3","timeout":0,"retryUntil":0,"uuid":"","data":""}
not json"#;

const EVENTS: &str = r#"{"id":"e-1","detail-type":"Scheduled Event","source":"aws.events","time":"2026-11-23T18:00:00Z","resources":["arn:aws:events:us-east-1:1:rule/nightly"],"detail":{}}
{"id":"e-1","detail-type":"once","source":"shop","detail":{"order":7}}
{"job":"once","data":{"what":1}}
{"uuid":"u","job":"careless","data":[]}
{"Records":[{"messageId":"","receiptHandle":"","body":"","eventSource":"aws:sns","eventSourceARN":""}]}
{"Records":[]}
{}
[1]"#;

const SCHEDULES: &str = r"cron(0 9 * * ? *)
cron(0/15 8-17 ? * MON-FRI 2026-2030/2)
cron(30 2 L * ? *) Europe/Berlin
cron(0 0 15W * ? *) America/New_York
cron(0 10 ? * 6#3 *)
cron(0 10 ? JAN,DEC 6L *) Australia/Lord_Howe
cron(59 23 31 12 ? 2199)
cron(0 0 29 2 ? *) Pacific/Apia
rate(1 minute)
rate(5 minutes)
rate(9999999999999999999 days)
at(2027-03-28T02:30:00) Europe/Berlin
at(2027-01-31T09:00:00)";

const TEMPLATES: &str = r#"{"Resources":{"Q":{"Type":"AWS::SQS::Queue","Properties":{"VisibilityTimeout":5}}}}
Parameters:\n  A: { Type: String, Default: x }\nResources:\n  Q:\n    Type: AWS::SQS::Queue\n    Properties: { QueueName: !Sub "${A}-${AWS::Region}" }\n
Conditions: { C: !Equals [a, b] }\nResources:\n  Q: { Type: AWS::SQS::Queue, Condition: C, Properties: { QueueName: !If [C, !Join [ "-", [a, b] ], !Ref AWS::NoValue] } }\n
Mappings: { M: { a: { b: c } } }\nResources:\n  Q: { Type: AWS::SQS::Queue, Properties: { QueueName: !FindInMap [M, a, b] } }\n
a: &x [1]\nb: *x\n"#;

/// One request per line: its action (JSON) or its path (a form), a space, and its body.
const REQUESTS: &str = r#"CreateQueue {"QueueName":"jobs","Attributes":{"VisibilityTimeout":"5","RedrivePolicy":"{\"deadLetterTargetArn\":\"arn:aws:sqs:us-east-1:000000000000:dead\",\"maxReceiveCount\":2}"}}
SendMessage {"QueueUrl":"http://h/000000000000/jobs","MessageBody":"hello","DelaySeconds":1,"MessageAttributes":{"a":{"DataType":"String","StringValue":"x"},"b":{"DataType":"Binary","BinaryValue":"AAE="}}}\nReceiveMessage {"QueueUrl":"http://h/000000000000/jobs","MaxNumberOfMessages":10,"WaitTimeSeconds":2,"AttributeNames":["All"],"MessageAttributeNames":["a.*"]}
SendMessageBatch {"QueueUrl":"http://h/000000000000/jobs","Entries":[{"Id":"1","MessageBody":"a"},{"Id":"2","MessageBody":"b","DelaySeconds":900}]}\nPurgeQueue {"QueueUrl":"http://h/000000000000/jobs"}
SendMessage {"QueueUrl":"http://h/000000000000/f.fifo","MessageBody":"x","MessageGroupId":"g","MessageDeduplicationId":"d"}\nReceiveMessage {"QueueUrl":"http://h/000000000000/f.fifo","ReceiveRequestAttemptId":"r"}
GetQueueAttributes {"QueueUrl":"http://h/000000000000/jobs","AttributeNames":["All"]}\nSetQueueAttributes {"QueueUrl":"http://h/000000000000/jobs","Attributes":{"DelaySeconds":"3"}}\nListQueues {"QueueNamePrefix":"j","MaxResults":1}
DeleteMessage {"QueueUrl":"http://h/000000000000/jobs","ReceiptHandle":"x"}\nChangeMessageVisibility {"QueueUrl":"http://h/000000000000/jobs","ReceiptHandle":"x","VisibilityTimeout":0}
StartMessageMoveTask {"SourceArn":"arn:aws:sqs:us-east-1:000000000000:dead"}\nListMessageMoveTasks {"SourceArn":"arn:aws:sqs:us-east-1:000000000000:dead"}
/ Action=CreateQueue&QueueName=q&Attribute.1.Name=VisibilityTimeout&Attribute.1.Value=40&Tag.1.Key=a&Tag.1.Value=b\n/ Action=GetQueueUrl&QueueName=q
/000000000000/jobs Action=SendMessage&MessageBody=hello+%26%20there&MessageAttribute.1.Name=a&MessageAttribute.1.Value.DataType=String&MessageAttribute.1.Value.StringValue=x\n/000000000000/jobs Action=ReceiveMessage&AttributeName.1=All&MaxNumberOfMessages=10&VisibilityTimeout=0
/000000000000/jobs Action=SendMessageBatch&SendMessageBatchRequestEntry.1.Id=a&SendMessageBatchRequestEntry.1.MessageBody=b&SendMessageBatchRequestEntry.2.Id=c&SendMessageBatchRequestEntry.2.MessageBody=d&Version=2012-11-05
/?Action=ListQueues&QueueNamePrefix=j -
/000000000000/jobs Action=DeleteMessageBatch&DeleteMessageBatchRequestEntry.1.Id=1&DeleteMessageBatchRequestEntry.1.ReceiptHandle=%E6%97%A5"#;
