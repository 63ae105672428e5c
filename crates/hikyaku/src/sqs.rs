//! SQS, as the engine and dispatching use it: a message is hidden for longer or shorter, or handed over to a queue.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::OnceLock;
use std::time::Duration;

use aws_sdk_sqs::Client;
use aws_sdk_sqs::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sqs::types::{
    BatchResultErrorEntry, ChangeMessageVisibilityBatchRequestEntry,
    MessageSystemAttributeNameForSends, MessageSystemAttributeValue, SendMessageBatchRequestEntry,
};
use hikyaku_core::{BoxFuture, Outgoing, Queue, QueueError, Receipt, is_fifo, is_identifier};
use sha2::{Digest, Sha256};

use crate::{Config, clients};

/// SQS takes no longer delay at sending (Amazon SQS API reference, `SendMessage`, `DelaySeconds`).
const LONGEST_DELAY: Duration = Duration::from_secs(900);

/// SQS behind the engine's queue port. The client is made on first use: a function whose jobs all succeed never needs
/// it.
#[derive(Debug)]
pub struct SqsQueue {
    config: Config,
    client: OnceLock<Client>,
}

impl SqsQueue {
    /// SQS as `config` reaches it. Opens no connection.
    pub fn new(config: Config) -> Self {
        Self {
            config,
            client: OnceLock::new(),
        }
    }

    /// SQS as this client reaches it.
    pub fn with_client(config: Config, client: Client) -> Self {
        Self {
            config,
            client: OnceLock::from(client),
        }
    }

    fn client(&self) -> &Client {
        self.client.get_or_init(|| clients::sqs(&self.config))
    }
}

/// Sends one message.
pub(crate) async fn send(client: &Client, message: &Outgoing) -> Result<(), QueueError> {
    let parts = Parts::of(message);
    let request = client
        .send_message()
        .queue_url(&message.queue)
        .message_body(&message.body)
        .set_message_group_id(parts.group)
        .set_message_deduplication_id(parts.deduplication)
        .set_delay_seconds(parts.delay)
        .set_message_system_attributes(parts.system);
    let sent = request.send().await.map(drop);
    sent.map_err(|error| failed("sending a message", &message.queue, error))
}

/// Sends up to ten messages to the queue of the first, and answers for each whether it was taken.
pub(crate) async fn send_batch(
    client: &Client,
    messages: Vec<&Outgoing>,
) -> Result<Vec<Option<Refusal>>, QueueError> {
    let Some(first) = messages.first() else {
        return Ok(Vec::new());
    };
    let failed = |error| failed("sending messages", &first.queue, error);
    let mut request = client.send_message_batch().queue_url(&first.queue);
    for (number, message) in messages.iter().enumerate() {
        let parts = Parts::of(message);
        let entry = SendMessageBatchRequestEntry::builder()
            .id(number.to_string())
            .message_body(&message.body)
            .set_message_group_id(parts.group)
            .set_message_deduplication_id(parts.deduplication)
            .set_delay_seconds(parts.delay)
            .set_message_system_attributes(parts.system);
        let entry = entry.build().map_err(SdkError::construction_failure);
        request = request.entries(entry.map_err(failed)?);
    }
    let answer = request.send().await.map_err(failed)?;
    let refusal = |number: usize| {
        let mut refused = answer.failed().iter();
        let entry = refused.find(|entry| entry.id() == number.to_string())?;
        Some(Refusal::of(entry))
    };
    Ok((0..messages.len()).map(refusal).collect())
}

/// Changes the visibility of up to ten messages of one queue.
async fn hide(
    client: &Client,
    queue: &str,
    receipts: &[Receipt],
    delay: Duration,
) -> Result<(), QueueError> {
    const ACTION: &str = "changing the visibility of messages";
    let failed = |error| failed(ACTION, queue, error);
    let mut request = client.change_message_visibility_batch().queue_url(queue);
    for (number, receipt) in receipts.iter().enumerate() {
        let entry = ChangeMessageVisibilityBatchRequestEntry::builder()
            .id(number.to_string())
            .receipt_handle(&receipt.handle)
            .visibility_timeout(whole_seconds(delay));
        let entry = entry.build().map_err(SdkError::construction_failure);
        request = request.entries(entry.map_err(failed)?);
    }
    let answer = request.send().await.map_err(failed)?;
    match answer.failed().first() {
        None => Ok(()),
        Some(entry) => Err(QueueError {
            action: ACTION,
            ..Refusal::of(entry).into_error(queue)
        }),
    }
}

/// The URL of the queue of this name, in the account that the keys belong to.
pub(crate) async fn find_queue(client: &Client, name: &str) -> Result<String, QueueError> {
    const ACTION: &str = "looking for the URL";
    let answer = client.get_queue_url().queue_name(name).send().await;
    let answer = answer.map_err(|error| failed(ACTION, name, error))?;
    answer.queue_url.ok_or_else(|| QueueError {
        action: ACTION,
        queue: name.to_owned(),
        retryable: false,
        source: "the answer has no URL".into(),
    })
}

/// What SQS said of one entry of a request that it did not carry out.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{code}: {message}")]
pub(crate) struct Refusal {
    pub(crate) code: String,
    pub(crate) message: String,
    /// Whether SQS was at fault, and not the message.
    pub(crate) retryable: bool,
}

impl Refusal {
    fn of(entry: &BatchResultErrorEntry) -> Self {
        Self {
            code: entry.code().to_owned(),
            message: entry.message().unwrap_or_default().to_owned(),
            retryable: !entry.sender_fault(),
        }
    }

    pub(crate) fn into_error(self, queue: &str) -> QueueError {
        QueueError {
            action: "sending a message",
            queue: queue.to_owned(),
            retryable: self.retryable,
            source: self.into(),
        }
    }
}

type SystemAttributes = HashMap<MessageSystemAttributeNameForSends, MessageSystemAttributeValue>;

/// What a request says of a message beside its body: a FIFO queue takes a deduplication id and no delay, another queue
/// the opposite.
struct Parts {
    group: Option<String>,
    deduplication: Option<String>,
    delay: Option<i32>,
    system: Option<SystemAttributes>,
}

impl Parts {
    fn of(message: &Outgoing) -> Self {
        let fifo = is_fifo(&message.queue);
        let longest = if fifo { Duration::ZERO } else { LONGEST_DELAY };
        if message.delay > longest {
            tracing::warn!(
                asked_s = message.delay.as_secs(),
                held_s = longest.as_secs(),
                "a message comes sooner than it was asked to: SQS holds none back for longer than 15 minutes, and one of a fifo \
                 queue not at all"
            );
        }
        Self {
            group: message.group.clone(),
            deduplication: fifo.then(|| identifier(&message.deduplication)),
            delay: (!fifo).then(|| whole_seconds(message.delay.min(LONGEST_DELAY))),
            system: message.trace.as_deref().and_then(trace_attribute),
        }
    }
}

/// Under what SQS knows copies of it. A job's id may be any text; one that SQS does not take is known by its SHA-256.
fn identifier(id: &str) -> String {
    if is_identifier(id) {
        return id.to_owned();
    }
    let mut known_by = String::with_capacity(64);
    for byte in Sha256::digest(id) {
        let _ = write!(known_by, "{byte:02x}");
    }
    known_by
}

/// The header as SQS keeps it with a message. It goes before the invocation's own trace, which the SDK sends along as an
/// HTTP header (AWS X-Ray developer guide, "Amazon SQS and AWS X-Ray").
fn trace_attribute(header: &str) -> Option<SystemAttributes> {
    let value = MessageSystemAttributeValue::builder()
        .data_type("String")
        .string_value(header)
        .build();
    Some(HashMap::from([(
        MessageSystemAttributeNameForSends::AwsTraceHeader,
        value.ok()?,
    )]))
}

fn failed<E>(action: &'static str, queue: &str, error: SdkError<E>) -> QueueError
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    QueueError {
        action,
        queue: queue.to_owned(),
        retryable: retryable(&error),
        source: error.into(),
    }
}

/// Whether trying again can help. A queue that is not there, or that may not be written to, stays so until somebody
/// does something about it.
fn retryable<E: ProvideErrorMetadata>(error: &SdkError<E>) -> bool {
    match error {
        SdkError::ServiceError(answer) => {
            let code = answer.err().code().unwrap_or_default();
            let status = answer.raw().status();
            // It was carried out, or an intermediary answered: asking again tells.
            status.is_success() || status.as_u16() >= 500 || passes(code)
        }
        SdkError::ConstructionFailure(_) => false,
        _ => true,
    }
}

/// Whether an error of this code passes by itself. The codes are those of the Amazon SQS API reference, "Common Errors"
/// and `SendMessage`; some come with the protocol's namespace before them.
fn passes(code: &str) -> bool {
    const PASSING: [&str; 6] = [
        "KmsThrottled",
        "RequestThrottled",
        "RequestTimeout",
        "RequestTimeoutException",
        "ServiceUnavailable",
        "ThrottlingException",
    ];
    let name = code.rsplit(['.', '#']).next();
    PASSING.iter().any(|passing| name == Some(passing))
}

/// SQS counts in whole seconds; a part of one is a second.
fn whole_seconds(delay: Duration) -> i32 {
    i32::try_from(delay.as_millis().div_ceil(1000)).unwrap_or(i32::MAX)
}

/// The URL of the queue that `arn` names, at `endpoint` or at AWS's own.
pub(crate) fn url_of(arn: &str, endpoint: Option<&str>) -> Option<String> {
    let mut parts = arn.splitn(6, ':').skip(1);
    let (partition, service, region) = (parts.next()?, parts.next()?, parts.next()?);
    let (account, name) = (parts.next()?, parts.next()?);
    if service != "sqs" || name.is_empty() {
        return None;
    }
    let domain = if partition == "aws-cn" {
        "amazonaws.com.cn"
    } else {
        "amazonaws.com"
    };
    Some(match endpoint {
        Some(endpoint) => format!("{}/{account}/{name}", endpoint.trim_end_matches('/')),
        None => format!("https://sqs.{region}.{domain}/{account}/{name}"),
    })
}

impl Queue for SqsQueue {
    fn change_visibility<'a>(
        &'a self,
        receipt: &'a Receipt,
        delay: Duration,
    ) -> BoxFuture<'a, Result<(), QueueError>> {
        Box::pin(async move {
            let request = self
                .client()
                .change_message_visibility()
                .queue_url(&receipt.queue)
                .receipt_handle(&receipt.handle)
                .visibility_timeout(whole_seconds(delay));
            let changed = request.send().await.map(drop);
            changed
                .map_err(|error| failed("changing a message's visibility", &receipt.queue, error))
        })
    }

    fn change_visibility_batch<'a>(
        &'a self,
        receipts: &'a [Receipt],
        delay: Duration,
    ) -> BoxFuture<'a, Result<(), QueueError>> {
        Box::pin(async move {
            match receipts {
                [] => Ok(()),
                [first, ..] => hide(self.client(), &first.queue, receipts, delay).await,
            }
        })
    }

    fn send<'a>(&'a self, message: &'a Outgoing) -> BoxFuture<'a, Result<(), QueueError>> {
        Box::pin(send(self.client(), message))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arn_leads_to_the_queue_of_its_region_and_partition() {
        let url = |arn, endpoint| url_of(arn, endpoint).unwrap();
        assert_eq!(
            url("arn:aws:sqs:ap-northeast-1:123456789012:jobs", None),
            "https://sqs.ap-northeast-1.amazonaws.com/123456789012/jobs"
        );
        assert_eq!(
            url("arn:aws-cn:sqs:cn-north-1:123456789012:jobs", None),
            "https://sqs.cn-north-1.amazonaws.com.cn/123456789012/jobs"
        );
        assert_eq!(
            url(
                "arn:aws:sqs:us-east-1:000000000000:jobs.fifo",
                Some("http://127.0.0.1:9324/")
            ),
            "http://127.0.0.1:9324/000000000000/jobs.fifo"
        );
        assert_eq!(
            url_of("arn:aws:sns:us-east-1:000000000000:topic", None),
            None
        );
        assert_eq!(url_of("not an arn", None), None);
    }

    #[test]
    fn a_part_of_a_second_is_a_second() {
        assert_eq!(whole_seconds(Duration::from_millis(1)), 1);
        assert_eq!(whole_seconds(Duration::from_millis(2000)), 2);
        assert_eq!(whole_seconds(Duration::ZERO), 0);
    }

    fn outgoing(queue: &str, delay: Duration) -> Outgoing {
        Outgoing {
            queue: format!("http://127.0.0.1:9324/000000000000/{queue}"),
            body: "{}".to_owned(),
            delay,
            group: Some("tenant".to_owned()),
            deduplication: "id".to_owned(),
            trace: None,
        }
    }

    #[test]
    fn a_fifo_queue_gets_group_and_deduplication_and_no_delay() {
        let sent = Parts::of(&outgoing("jobs.fifo", Duration::from_secs(5)));
        assert_eq!(sent.group.as_deref(), Some("tenant"));
        assert_eq!(sent.deduplication.as_deref(), Some("id"));
        assert_eq!(sent.delay, None);
    }

    #[test]
    fn a_standard_queue_gets_group_and_delay_and_no_deduplication() {
        let sent = Parts::of(&outgoing("jobs", Duration::from_millis(4500)));
        assert_eq!(sent.group.as_deref(), Some("tenant"));
        assert_eq!(sent.deduplication, None);
        assert_eq!(sent.delay, Some(5));
    }

    #[test]
    fn an_id_that_sqs_would_refuse_is_known_by_its_digest() {
        assert_eq!(identifier(&"x".repeat(128)), "x".repeat(128));
        for id in ["x".repeat(129), "job 1".to_owned(), "請求書".to_owned()] {
            let (once, again) = (identifier(&id), identifier(&id));
            assert_eq!(once.len(), 64);
            assert_eq!(once, again);
            assert!(once.bytes().all(|byte| byte.is_ascii_hexdigit()));
        }
    }

    #[test]
    fn a_delay_is_cut_to_what_sqs_takes() {
        let sent = Parts::of(&outgoing("jobs", Duration::from_hours(1)));
        assert_eq!(sent.delay, Some(900));
    }

    #[test]
    fn only_what_passes_by_itself_is_tried_again() {
        for passing in [
            "RequestThrottled",
            "AWS.SimpleQueueService.RequestThrottled",
            "com.amazonaws.sqs#RequestThrottled",
            "KmsThrottled",
            "ThrottlingException",
            "ServiceUnavailable",
        ] {
            assert!(passes(passing), "{passing}");
        }
        for lasting in [
            "AWS.SimpleQueueService.NonExistentQueue",
            "QueueDoesNotExist",
            "AccessDenied",
            "AccessDeniedException",
            "InvalidParameterValue",
            "KmsDisabled",
            "UnsupportedOperation",
            "",
        ] {
            assert!(!passes(lasting), "{lasting}");
        }
    }
}
