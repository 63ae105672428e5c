//! SQS, as the engine uses it: a message is hidden for longer or shorter, or handed over to a queue.

use std::sync::OnceLock;
use std::time::Duration;

use aws_sdk_sqs::Client;
use aws_sdk_sqs::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sqs::operation::send_message::SendMessageInput;
use aws_sdk_sqs::operation::send_message::builders::SendMessageInputBuilder;
use hikyaku_core::{BoxFuture, Outgoing, Queue, QueueError, Receipt};

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

    fn client(&self) -> &Client {
        self.client.get_or_init(|| clients::sqs(&self.config))
    }

    async fn send_message(&self, message: &Outgoing) -> Result<(), QueueError> {
        let request = request(message).send_with(self.client());
        request.await.map(drop).map_err(|error| QueueError {
            action: "sending a message",
            queue: message.queue.clone(),
            retryable: retryable(&error),
            source: error.into(),
        })
    }
}

/// What SQS is asked for a message to be sent.
fn request(message: &Outgoing) -> SendMessageInputBuilder {
    // A FIFO queue takes no delay for a single message.
    let fifo = is_fifo(&message.queue);
    let seconds = (!fifo).then(|| whole_seconds(message.delay.min(LONGEST_DELAY)));
    SendMessageInput::builder()
        .queue_url(&message.queue)
        .message_body(&message.body)
        .set_message_group_id(message.group.clone())
        .set_message_deduplication_id(fifo.then(|| message.deduplication.clone()))
        .set_delay_seconds(seconds)
}

/// Whether trying again can help. A queue that is not there, or that may not be written to, stays so until somebody
/// does something about it.
fn retryable<E: ProvideErrorMetadata>(error: &SdkError<E>) -> bool {
    match error {
        SdkError::ServiceError(answer) => {
            let code = answer.err().code().unwrap_or_default();
            answer.raw().status().as_u16() >= 500 || passes(code)
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
    PASSING
        .iter()
        .any(|passing| code.rsplit(['.', '#']).next() == Some(passing))
}

/// Whether a queue keeps an order: SQS demands that the names of such queues say so.
#[expect(
    clippy::case_sensitive_file_extension_comparisons,
    reason = "SQS takes only the lower-case suffix"
)]
pub(crate) fn is_fifo(name: &str) -> bool {
    name.ends_with(".fifo")
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
            request.send().await.map(drop).map_err(|error| QueueError {
                action: "changing a message's visibility",
                queue: receipt.queue.clone(),
                retryable: retryable(&error),
                source: error.into(),
            })
        })
    }

    fn send<'a>(&'a self, message: &'a Outgoing) -> BoxFuture<'a, Result<(), QueueError>> {
        Box::pin(self.send_message(message))
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
        }
    }

    #[test]
    fn a_fifo_queue_gets_group_and_deduplication_and_no_delay() {
        let sent = request(&outgoing("jobs.fifo", Duration::from_secs(5)));
        assert_eq!(sent.get_message_group_id().as_deref(), Some("tenant"));
        assert_eq!(sent.get_message_deduplication_id().as_deref(), Some("id"));
        assert_eq!(*sent.get_delay_seconds(), None);
    }

    #[test]
    fn a_standard_queue_gets_group_and_delay_and_no_deduplication() {
        let sent = request(&outgoing("jobs", Duration::from_millis(4500)));
        assert_eq!(sent.get_message_group_id().as_deref(), Some("tenant"));
        assert_eq!(*sent.get_message_deduplication_id(), None);
        assert_eq!(*sent.get_delay_seconds(), Some(5));
    }

    #[test]
    fn a_delay_is_cut_to_what_sqs_takes() {
        let sent = request(&outgoing("jobs", Duration::from_hours(1)));
        assert_eq!(*sent.get_delay_seconds(), Some(900));
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
