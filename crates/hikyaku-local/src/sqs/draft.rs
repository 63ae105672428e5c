//! A message on its way into a queue.

use std::sync::Arc;

use super::attributes::QueueAttributes;
use super::contents;
use super::digest;
use super::error::SqsError;
use super::limits;
use super::message::{AttributeValue, Content, MessageAttribute, MessageAttributes};
use super::names::QueueName;

/// A message to send.
#[derive(Debug, Clone)]
pub struct SendRequest {
    /// The queue.
    pub queue: QueueName,
    /// The body.
    pub body: String,
    /// Seconds until the message may be received, at most 900; `None` takes the queue's `DelaySeconds`. Not for FIFO queues.
    pub delay_seconds: Option<u32>,
    /// The message group: required on FIFO queues, the tenant of a fair queue on standard queues.
    pub message_group_id: Option<String>,
    /// The deduplication id, on FIFO queues.
    pub message_deduplication_id: Option<String>,
    /// The producer's attributes.
    pub attributes: MessageAttributes,
    /// The system attribute `AWSTraceHeader`.
    pub trace_header: Option<String>,
}

impl SendRequest {
    /// A message with a body and nothing else.
    pub fn new(queue: QueueName, body: impl Into<String>) -> Self {
        Self {
            queue,
            body: body.into(),
            delay_seconds: None,
            message_group_id: None,
            message_deduplication_id: None,
            attributes: MessageAttributes::new(),
            trace_header: None,
        }
    }
}

/// What a producer is told about a message that was accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentMessage {
    /// The message's id; of a duplicate on a FIFO queue, the id of the first one.
    pub message_id: Arc<str>,
    /// The MD5 of the body as it arrived.
    pub md5_of_body: Arc<str>,
    /// The MD5 of the producer's attributes, if there are any.
    pub md5_of_message_attributes: Option<Arc<str>>,
    /// The MD5 of the system attributes, if there are any.
    pub md5_of_message_system_attributes: Option<Arc<str>>,
    /// The place in the order, on FIFO queues.
    pub sequence_number: Option<Arc<str>>,
}

/// A checked message with its digests, made before any queue is locked.
#[derive(Debug)]
pub(crate) struct Draft {
    pub(crate) queue: QueueName,
    pub(crate) content: Content,
    pub(crate) delay_seconds: Option<u32>,
    pub(crate) bytes: usize,
    /// The SHA-256 of the body, where the queue might deduplicate on it.
    content_id: Option<Arc<str>>,
    md5_of_system_attributes: Option<Arc<str>>,
}

impl Draft {
    /// Checks what can be checked without knowing the queue's attributes.
    pub(crate) fn new(request: SendRequest) -> Result<Self, SqsError> {
        contents::check_body(&request.body)?;
        contents::check_attributes(&request.attributes)?;
        check_ids(&request)?;
        if let Some(delay) = request.delay_seconds {
            limits::within("DelaySeconds", delay.into(), &limits::DELAY_SECONDS)?;
        }
        let hashed = request.queue.is_fifo() && request.message_deduplication_id.is_none();
        Ok(Self {
            bytes: contents::size(&request.body, &request.attributes),
            content_id: hashed.then(|| digest::deduplication_id(&request.body).into()),
            md5_of_system_attributes: request
                .trace_header
                .as_deref()
                .and_then(digest_of_trace)
                .map(Into::into),
            delay_seconds: request.delay_seconds,
            queue: request.queue.clone(),
            content: content(request),
        })
    }

    /// Checks the message against its queue and completes it.
    pub(crate) fn fit(&mut self, attributes: &QueueAttributes) -> Result<(), SqsError> {
        let limit = attributes.maximum_message_size();
        if self.bytes > limit {
            let reason = format!(
                "one or more parameters are invalid. Reason: Message must be shorter than {limit} bytes"
            );
            return Err(SqsError::InvalidRequest(reason));
        }
        if self.queue.is_fifo() {
            self.fit_fifo(attributes)
        } else {
            self.fit_standard()
        }
    }

    fn fit_fifo(&mut self, attributes: &QueueAttributes) -> Result<(), SqsError> {
        if self.content.group.is_none() {
            return Err(SqsError::MissingParameter("MessageGroupId"));
        }
        if let Some(delay) = self.delay_seconds.filter(|delay| *delay > 0) {
            let reason = "The request include parameter that is not valid for this queue type";
            return Err(SqsError::invalid("DelaySeconds", &delay, reason));
        }
        self.delay_seconds = None; // the queue's own delay always applies
        if self.content.deduplication_id.is_none() {
            if !attributes.content_based_deduplication() {
                return Err(SqsError::no_deduplication_id());
            }
            self.content.deduplication_id = self.content_id.take();
        }
        Ok(())
    }

    fn fit_standard(&self) -> Result<(), SqsError> {
        let Some(id) = &self.content.deduplication_id else {
            return Ok(());
        };
        let reason = "The request includes a parameter that is not valid for this queue type";
        Err(SqsError::invalid("MessageDeduplicationId", id, reason))
    }

    /// The answer to the producer.
    pub(crate) fn sent(
        &self,
        message_id: Arc<str>,
        sequence_number: Option<Arc<str>>,
    ) -> SentMessage {
        SentMessage {
            message_id,
            md5_of_body: Arc::clone(&self.content.md5_of_body),
            md5_of_message_attributes: self.content.md5_of_attributes.clone(),
            md5_of_message_system_attributes: self.md5_of_system_attributes.clone(),
            sequence_number,
        }
    }
}

fn check_ids(request: &SendRequest) -> Result<(), SqsError> {
    if let Some(group) = &request.message_group_id {
        limits::identifier("MessageGroupId", group)?;
    }
    if let Some(id) = &request.message_deduplication_id {
        limits::identifier("MessageDeduplicationId", id)?;
    }
    Ok(())
}

fn content(request: SendRequest) -> Content {
    let attributes = request
        .attributes
        .iter()
        .map(|(name, attribute)| (name.as_str(), attribute));
    Content {
        md5_of_body: digest::of_body(&request.body).into(),
        md5_of_attributes: digest::of_attributes(attributes).map(Into::into),
        body: request.body.into(),
        attributes: Arc::new(request.attributes),
        group: request.message_group_id.map(Into::into),
        deduplication_id: request.message_deduplication_id.map(Into::into),
        trace_header: request.trace_header.map(Into::into),
    }
}

fn digest_of_trace(header: &str) -> Option<String> {
    let value = AttributeValue::String(header.to_owned());
    let attribute = MessageAttribute {
        data_type: "String".to_owned(),
        value,
    };
    digest::of_attributes([("AWSTraceHeader", &attribute)])
}
