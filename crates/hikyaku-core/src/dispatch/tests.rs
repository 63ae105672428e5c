use std::collections::BTreeMap;
use std::time::Duration;

use hikyaku_laravel::Envelope;
use hikyaku_laravel::envelope::{MAX_BODY_BYTES, Tries};
use hikyaku_laravel::message::ObjectJob;
use hikyaku_laravel::php::ObjectBuilder;
use serde::{Deserialize, Serialize};

use super::{DispatchError, Message, Sender};
use crate::{Context, Job, JobError, Outgoing, Random, Timestamp};

const JOBS: &str = "https://sqs.eu-west-1.amazonaws.com/123456789012/jobs";
const ORDERED: &str = "https://sqs.eu-west-1.amazonaws.com/123456789012/orders.fifo";

/// A generator that is out of order, or always answers the same.
struct Fixed(Option<[u8; 16]>);

impl Random for Fixed {
    fn next_u64(&self) -> u64 {
        7
    }

    fn secret(&self) -> Option<[u8; 16]> {
        self.0
    }
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ImportCsv {
    source_url: String,
}

impl Job for ImportCsv {
    const NAME: &'static str = "App\\Jobs\\ImportCsv";
    type State = ();
    type Output = ();

    async fn run(self, _: &Context<()>) -> Result<(), JobError> {
        Ok(())
    }
}

fn import() -> Message {
    Message::from(&ImportCsv {
        source_url: "s3://in/a.csv".to_owned(),
    })
}

fn object() -> Message {
    ObjectJob::new(ObjectBuilder::new("App\\Jobs\\Step")).into()
}

fn sent(message: Message, queue: &str) -> Result<(Outgoing, String), DispatchError> {
    sent_by(message, queue, &Fixed(Some([0xab; 16])), None)
}

fn sent_by(
    message: Message,
    queue: &str,
    random: &Fixed,
    group: Option<&str>,
) -> Result<(Outgoing, String), DispatchError> {
    let now = Timestamp::from_secs(1_795_408_211);
    message.outgoing(
        queue,
        Sender {
            now,
            random,
            hops: 0,
            group,
            trace: None,
        },
    )
}

#[test]
fn a_job_goes_out_as_the_string_job_of_its_name() {
    let (outgoing, uuid) = sent(import(), JOBS).unwrap();
    assert_eq!(uuid, "abababab-abab-4bab-abab-abababababab");
    assert_eq!(
        outgoing.body,
        r#"{"uuid":"abababab-abab-4bab-abab-abababababab","displayName":"App\\Jobs\\ImportCsv","job":"App\\Jobs\\ImportCsv","maxTries":null,"maxExceptions":null,"failOnTimeout":false,"backoff":null,"timeout":null,"data":{"sourceUrl":"s3://in/a.csv"},"createdAt":1795408211}"#
    );
    assert_eq!(outgoing.queue, JOBS);
    assert_eq!((outgoing.group, outgoing.delay), (None, Duration::ZERO));
    assert_eq!(outgoing.deduplication, uuid);
}

#[test]
fn what_the_message_asks_for_is_in_it_in_whole_seconds() {
    let message = import()
        .uuid("import-7")
        .delay(Duration::from_millis(1_500))
        .group("tenant-1")
        .tries(0)
        .max_exceptions(2)
        .backoff([Duration::from_millis(1), Duration::from_secs(60)])
        .timeout(Duration::from_secs(90))
        .fail_on_timeout()
        .retry_until(Timestamp::from_secs(1_800_000_000));
    let (outgoing, uuid) = sent(message, JOBS).unwrap();
    assert_eq!(uuid, "import-7");
    assert_eq!(outgoing.delay, Duration::from_secs(2));
    assert_eq!(outgoing.group.as_deref(), Some("tenant-1"));
    let envelope = Envelope::parse(&outgoing.body).unwrap();
    assert_eq!(envelope.uuid.as_deref(), Some("import-7"));
    assert_eq!(envelope.max_tries, Some(Tries::Unlimited));
    assert_eq!(envelope.max_exceptions, Some(2));
    assert_eq!(envelope.backoff, Some(vec![1, 60]));
    assert_eq!(envelope.timeout, Some(90));
    assert!(envelope.fail_on_timeout);
    assert_eq!(envelope.retry_until, Some(1_800_000_000));
    // A `delay` in the message would be its backoff for Laravel.
    assert_eq!(envelope.delay, None);
}

#[test]
fn a_fifo_queue_gets_a_group_and_a_key_for_every_message() {
    let by_default = sent(import(), ORDERED).unwrap().0;
    assert_eq!(by_default.group.as_deref(), Some("orders.fifo"));
    let stated = sent(object().group("a").deduplicate("order-7"), ORDERED);
    let stated = stated.unwrap().0;
    assert_eq!(stated.group.as_deref(), Some("a"));
    assert_eq!(stated.deduplication, "order-7");
    let inherited = sent_by(object(), ORDERED, &Fixed(Some([1; 16])), Some("b"));
    assert_eq!(inherited.unwrap().0.group.as_deref(), Some("b"));
}

#[test]
fn what_sqs_would_refuse_is_refused_with_what_to_do() {
    let refused = |message, queue| sent(message, queue).unwrap_err().to_string();
    let day = refused(import().delay(Duration::from_secs(86_400)), JOBS);
    assert!(
        day.contains("86400 s") && day.contains("900 s at most"),
        "{day}"
    );
    assert!(sent(import().delay(Duration::from_secs(900)), JOBS).is_ok());
    let late = refused(import().delay(Duration::from_secs(1)), ORDERED);
    assert!(late.contains("a FIFO queue takes no delay"), "{late}");
    let loose = refused(object(), ORDERED);
    assert!(loose.contains("`.group(…)`"), "{loose}");
    let keyed = refused(import().deduplicate("k"), JOBS);
    assert!(keyed.contains("`.uuid(…)`"), "{keyed}");
    for (message, what) in [
        (import().uuid(""), "uuid"),
        (import().uuid("x".repeat(129)), "uuid"),
        (import().group("a b"), "message group"),
        (import().deduplicate("é"), "deduplication key"),
    ] {
        let named = refused(message, ORDERED);
        assert!(named.contains(&format!("the {what} of job")), "{named}");
    }
}

#[test]
fn a_message_may_be_as_long_as_sqs_takes_and_not_a_byte_longer() {
    let text = |length: usize| Message::string_job("j", &"x".repeat(length)).uuid("u");
    let (empty, _) = sent(text(0), JOBS).unwrap();
    let room = MAX_BODY_BYTES - empty.body.len();
    assert!(sent(text(room), JOBS).is_ok());
    let error = sent(text(room + 1), JOBS).unwrap_err();
    assert!(matches!(
        error,
        DispatchError::TooLong { bytes, .. } if bytes == MAX_BODY_BYTES + 1
    ));
}

#[test]
fn a_payload_that_json_cannot_hold_names_its_job() {
    let map = BTreeMap::from([((1, 2), 3)]);
    let error = sent(Message::string_job("report", &map), JOBS).unwrap_err();
    assert_eq!(
        error.to_string(),
        "writing the payload of job `report` as json"
    );
    let class = ObjectJob::new(ObjectBuilder::new("no class"));
    let error = sent(class.into(), JOBS).unwrap_err();
    assert!(matches!(error, DispatchError::Object { .. }));
}

#[test]
fn without_random_bytes_only_a_given_uuid_will_do() {
    let dry = Fixed(None);
    let error = sent_by(import(), JOBS, &dry, None).unwrap_err();
    assert!(matches!(error, DispatchError::NoRandom { .. }));
    assert!(sent_by(import().uuid("u"), JOBS, &dry, None).is_ok());
}
