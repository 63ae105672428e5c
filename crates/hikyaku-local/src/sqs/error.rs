//! What SQS refuses, with the codes and statuses that its clients match on.

use thiserror::Error;

use super::names::QueueName;

/// A refused request. The variants are the error shapes of the SQS API Reference.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SqsError {
    /// No queue of this name in this account and region.
    #[error("the specified queue does not exist")]
    QueueDoesNotExist,
    /// The queue exists with another value for an attribute that the request gives.
    #[error(
        "a queue already exists with the same name and a different value for attribute {attribute}"
    )]
    QueueNameExists {
        /// The first attribute that differs.
        attribute: String,
    },
    /// The name was given back less than 60 seconds ago.
    #[error(
        "you must wait 60 seconds after deleting a queue before you can create another with the same name"
    )]
    QueueDeletedRecently,
    /// The receipt handle was not issued for this queue.
    #[error("the input receipt handle is invalid")]
    ReceiptHandleIsInvalid,
    /// One parameter has a value that is not allowed.
    #[error("value {value} for parameter {parameter} is invalid. Reason: {reason}")]
    InvalidParameterValue {
        /// The parameter's name in the API.
        parameter: &'static str,
        /// What was given.
        value: String,
        /// Why it is refused.
        reason: String,
    },
    /// The request as a whole is not allowed; the code on the wire is `InvalidParameterValue` as well.
    #[error("{0}")]
    InvalidRequest(String),
    /// A parameter that the action needs is absent.
    #[error("the request must contain the parameter {0}")]
    MissingParameter(&'static str),
    /// No such queue attribute, or not for this type of queue.
    #[error("unknown Attribute {0}")]
    InvalidAttributeName(String),
    /// A queue attribute has a value that is not allowed.
    #[error("invalid value for the parameter {attribute}. Reason: {reason}")]
    InvalidAttributeValue {
        /// The attribute's name in the API.
        attribute: String,
        /// Why it is refused.
        reason: String,
    },
    /// The text holds a character that XML 1.0 does not allow.
    #[error(
        "invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF"
    )]
    InvalidMessageContents,
    /// 120,000 messages of a standard queue are in flight.
    #[error("too many messages in flight: delete what is done before receiving more")]
    OverLimit,
    /// The queue was purged less than 60 seconds ago.
    #[error("only one PurgeQueue operation on {0} is allowed every 60 seconds")]
    PurgeQueueInProgress(QueueName),
    /// A batch without entries.
    #[error("there should be at least one {0} in the request")]
    EmptyBatchRequest(&'static str),
    /// A batch with more than 10 entries.
    #[error("maximum number of entries per request are 10. You have sent {0}")]
    TooManyEntriesInBatchRequest(usize),
    /// Two entries of a batch share their id.
    #[error("id {0} repeated")]
    BatchEntryIdsNotDistinct(String),
    /// An entry's id has characters or a length that is not allowed.
    #[error(
        "a batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long"
    )]
    InvalidBatchEntryId,
    /// The messages of a batch are together longer than 1 MiB.
    #[error("batch requests cannot be longer than {limit} bytes. You have sent {sent} bytes")]
    BatchRequestTooLong {
        /// How many bytes a batch may hold.
        limit: usize,
        /// How many bytes it held.
        sent: usize,
    },
    /// A queue or a message move task that the request names is not there.
    #[error("{0}")]
    ResourceNotFound(String),
    /// The request is well formed, but neither this queue nor this server does that.
    #[error("{0}")]
    UnsupportedOperation(String),
    /// The action's name is not one of SQS's.
    #[error(
        "the action {0} is not known. Accepted: POST with `X-Amz-Target: AmazonSQS.<Action>` and a JSON body, or with a form that holds `Action=<Action>`"
    )]
    UnknownAction(String),
    /// The request's body is not what the protocol says it should be.
    #[error("could not read the request: {0}")]
    Malformed(String),
}

impl SqsError {
    /// A parameter's value is refused.
    pub(crate) fn invalid(
        parameter: &'static str,
        value: &(impl ToString + ?Sized),
        reason: impl Into<String>,
    ) -> Self {
        Self::InvalidParameterValue {
            parameter,
            value: value.to_string(),
            reason: reason.into(),
        }
    }

    /// A message of a FIFO queue has no deduplication id, and gets none from its body.
    pub(crate) fn no_deduplication_id() -> Self {
        let text = "the queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly";
        Self::InvalidRequest(text.to_owned())
    }

    /// The code that clients of the older Query protocol know: in its errors, in `x-amzn-query-error`, and in a batch's
    /// failures.
    pub fn code(&self) -> &'static str {
        match self {
            Self::QueueDoesNotExist => "AWS.SimpleQueueService.NonExistentQueue",
            Self::QueueNameExists { .. } => "QueueAlreadyExists",
            Self::QueueDeletedRecently => "AWS.SimpleQueueService.QueueDeletedRecently",
            Self::ReceiptHandleIsInvalid => "ReceiptHandleIsInvalid",
            Self::InvalidParameterValue { .. } | Self::InvalidRequest(_) => "InvalidParameterValue",
            Self::MissingParameter(_) => "MissingParameter",
            Self::InvalidAttributeName(_) => "InvalidAttributeName",
            Self::InvalidAttributeValue { .. } => "InvalidAttributeValue",
            Self::InvalidMessageContents => "InvalidMessageContents",
            Self::OverLimit => "OverLimit",
            Self::PurgeQueueInProgress(_) => "AWS.SimpleQueueService.PurgeQueueInProgress",
            Self::EmptyBatchRequest(_) => "AWS.SimpleQueueService.EmptyBatchRequest",
            Self::TooManyEntriesInBatchRequest(_) => {
                "AWS.SimpleQueueService.TooManyEntriesInBatchRequest"
            }
            Self::BatchEntryIdsNotDistinct(_) => "AWS.SimpleQueueService.BatchEntryIdsNotDistinct",
            Self::InvalidBatchEntryId => "AWS.SimpleQueueService.InvalidBatchEntryId",
            Self::BatchRequestTooLong { .. } => "AWS.SimpleQueueService.BatchRequestTooLong",
            Self::ResourceNotFound(_) => "ResourceNotFoundException",
            Self::UnsupportedOperation(_) => "AWS.SimpleQueueService.UnsupportedOperation",
            Self::UnknownAction(_) => "InvalidAction",
            Self::Malformed(_) => "MalformedInput",
        }
    }

    /// The error's shape in the JSON protocol: the value of `__type`.
    pub fn shape(&self) -> &'static str {
        match self {
            Self::QueueDoesNotExist => "com.amazonaws.sqs#QueueDoesNotExist",
            Self::QueueNameExists { .. } => "com.amazonaws.sqs#QueueNameExists",
            Self::QueueDeletedRecently => "com.amazonaws.sqs#QueueDeletedRecently",
            Self::ReceiptHandleIsInvalid => "com.amazonaws.sqs#ReceiptHandleIsInvalid",
            Self::InvalidParameterValue { .. } | Self::InvalidRequest(_) => {
                "com.amazon.coral.service#InvalidParameterValueException"
            }
            Self::MissingParameter(_) => {
                "com.amazon.coral.service#MissingRequiredParameterException"
            }
            Self::InvalidAttributeName(_) => "com.amazonaws.sqs#InvalidAttributeName",
            Self::InvalidAttributeValue { .. } => "com.amazonaws.sqs#InvalidAttributeValue",
            Self::InvalidMessageContents => "com.amazonaws.sqs#InvalidMessageContents",
            Self::OverLimit => "com.amazonaws.sqs#OverLimit",
            Self::PurgeQueueInProgress(_) => "com.amazonaws.sqs#PurgeQueueInProgress",
            Self::EmptyBatchRequest(_) => "com.amazonaws.sqs#EmptyBatchRequest",
            Self::TooManyEntriesInBatchRequest(_) => {
                "com.amazonaws.sqs#TooManyEntriesInBatchRequest"
            }
            Self::BatchEntryIdsNotDistinct(_) => "com.amazonaws.sqs#BatchEntryIdsNotDistinct",
            Self::InvalidBatchEntryId => "com.amazonaws.sqs#InvalidBatchEntryId",
            Self::BatchRequestTooLong { .. } => "com.amazonaws.sqs#BatchRequestTooLong",
            Self::ResourceNotFound(_) => "com.amazonaws.sqs#ResourceNotFoundException",
            Self::UnsupportedOperation(_) => "com.amazonaws.sqs#UnsupportedOperation",
            Self::UnknownAction(_) => "com.amazon.coral.service#UnknownOperationException",
            Self::Malformed(_) => "com.amazon.coral.service#SerializationException",
        }
    }

    /// The HTTP status. Every one of these errors is the sender's fault.
    pub fn status(&self) -> u16 {
        match self {
            Self::PurgeQueueInProgress(_) | Self::OverLimit => 403,
            Self::ResourceNotFound(_) => 404,
            _ => 400,
        }
    }

    /// The text on the wire: a sentence, as AWS writes it.
    pub fn message(&self) -> String {
        let text = self.to_string();
        let mut characters = text.chars();
        let mut sentence: String = characters
            .next()
            .into_iter()
            .flat_map(char::to_uppercase)
            .collect();
        sentence.push_str(characters.as_str());
        if !sentence.ends_with('.') {
            sentence.push('.');
        }
        sentence
    }
}
