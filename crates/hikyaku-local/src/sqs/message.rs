//! A message, while a queue holds it and when it is handed over.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::digest;

/// What a producer attached to a message, by name.
pub type MessageAttributes = BTreeMap<String, MessageAttribute>;

/// One attribute of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageAttribute {
    /// `String`, `Number` or `Binary`, with an optional suffix of the producer's own such as `Number.int`.
    pub data_type: String,
    /// The value.
    pub value: AttributeValue,
}

impl MessageAttribute {
    /// A text.
    pub fn string(value: impl Into<String>) -> Self {
        Self {
            data_type: "String".to_owned(),
            value: AttributeValue::String(value.into()),
        }
    }

    /// Bytes.
    pub fn binary(value: impl Into<Vec<u8>>) -> Self {
        Self {
            data_type: "Binary".to_owned(),
            value: AttributeValue::Binary(value.into()),
        }
    }
}

/// The value of a message attribute. A number travels as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AttributeValue {
    /// A text or a number.
    String(String),
    /// Bytes, not encoded.
    Binary(Vec<u8>),
}

impl AttributeValue {
    pub(crate) fn as_bytes(&self) -> &[u8] {
        match self {
            Self::String(text) => text.as_bytes(),
            Self::Binary(bytes) => bytes,
        }
    }
}

/// A message as a receiver gets it: all that a Lambda record for SQS holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceivedMessage {
    /// The id that the producer was told.
    pub message_id: Arc<str>,
    /// Names this hand-over when the message is deleted or its visibility changed.
    pub receipt_handle: String,
    /// The body, to the letter.
    pub body: Arc<str>,
    /// The body's MD5 in hexadecimal digits.
    pub md5_of_body: Arc<str>,
    /// SQS's own attributes under their API names: `ApproximateReceiveCount`, `SentTimestamp`, `SenderId`,
    /// `ApproximateFirstReceiveTimestamp` always; `MessageGroupId`, `MessageDeduplicationId`, `SequenceNumber`,
    /// `AWSTraceHeader`, `DeadLetterQueueSourceArn` where they apply. Times are milliseconds since 1970.
    pub attributes: BTreeMap<&'static str, String>,
    /// The producer's attributes.
    pub message_attributes: Arc<MessageAttributes>,
    /// The MD5 of the producer's attributes, if there are any.
    pub md5_of_message_attributes: Option<Arc<str>>,
}

/// What the producer sent; it never changes.
#[derive(Debug, Clone)]
pub(crate) struct Content {
    pub(crate) body: Arc<str>,
    pub(crate) md5_of_body: Arc<str>,
    pub(crate) attributes: Arc<MessageAttributes>,
    pub(crate) md5_of_attributes: Option<Arc<str>>,
    pub(crate) group: Option<Arc<str>>,
    pub(crate) deduplication_id: Option<Arc<str>>,
    pub(crate) trace_header: Option<Arc<str>>,
}

/// Where in its queue a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// May be received.
    Ready,
    /// Not yet: its delay ends at this time.
    Delayed { until_ms: u64 },
    /// Handed over: it comes back at this time unless it is deleted.
    InFlight { until_ms: u64 },
}

/// A message in a queue.
#[derive(Debug, Clone)]
pub(crate) struct Message {
    pub(crate) id: Arc<str>,
    pub(crate) content: Content,
    pub(crate) sequence_number: Option<Arc<str>>,
    pub(crate) sent_ms: u64,
    pub(crate) first_received_ms: Option<u64>,
    pub(crate) received_ms: u64,
    /// Over all queues it has been in: what a receiver is told.
    pub(crate) receive_count: u64,
    /// In this queue: what the redrive policy counts, and the number of the latest receipt.
    pub(crate) receives_here: u64,
    pub(crate) dead_letter_source: Option<Arc<str>>,
    pub(crate) place: Place,
    /// Whether its visibility is still the one of the latest receive.
    pub(crate) left_alone: bool,
}

impl Message {
    /// A message that nobody has received yet.
    pub(crate) fn new(id: Arc<str>, content: Content, sent_ms: u64) -> Self {
        Self {
            id,
            content,
            sequence_number: None,
            sent_ms,
            first_received_ms: None,
            received_ms: 0,
            receive_count: 0,
            receives_here: 0,
            dead_letter_source: None,
            place: Place::Ready,
            left_alone: true,
        }
    }

    /// Counts one receive; the message is hidden until `until_ms`.
    pub(crate) fn receive(&mut self, now_ms: u64, until_ms: u64) {
        self.receive_count += 1;
        self.receives_here += 1;
        self.received_ms = now_ms;
        self.first_received_ms.get_or_insert(now_ms);
        self.place = Place::InFlight { until_ms };
        self.left_alone = true;
    }

    /// What the receiver gets.
    pub(crate) fn received(&self, receipt_handle: String, sender_id: &str) -> ReceivedMessage {
        ReceivedMessage {
            message_id: Arc::clone(&self.id),
            receipt_handle,
            body: Arc::clone(&self.content.body),
            md5_of_body: Arc::clone(&self.content.md5_of_body),
            attributes: self.system_attributes(sender_id),
            message_attributes: Arc::clone(&self.content.attributes),
            md5_of_message_attributes: self.content.md5_of_attributes.clone(),
        }
    }

    fn system_attributes(&self, sender_id: &str) -> BTreeMap<&'static str, String> {
        let mut attributes = BTreeMap::from([
            (
                "ApproximateFirstReceiveTimestamp",
                self.first_received_ms
                    .unwrap_or(self.received_ms)
                    .to_string(),
            ),
            ("ApproximateReceiveCount", self.receive_count.to_string()),
            ("SenderId", sender_id.to_owned()),
            ("SentTimestamp", self.sent_ms.to_string()),
        ]);
        let optional = [
            ("AWSTraceHeader", &self.content.trace_header),
            ("DeadLetterQueueSourceArn", &self.dead_letter_source),
            ("MessageDeduplicationId", &self.content.deduplication_id),
            ("MessageGroupId", &self.content.group),
            ("SequenceNumber", &self.sequence_number),
        ];
        attributes.extend(
            optional
                .into_iter()
                .filter_map(|(name, value)| Some((name, value.as_deref()?.to_owned()))),
        );
        attributes
    }
}

impl ReceivedMessage {
    /// Keeps only the producer's attributes that `wanted` accepts; their digest follows.
    pub(crate) fn keep_attributes(&mut self, wanted: impl Fn(&str) -> bool) {
        if self.message_attributes.keys().all(|name| wanted(name)) {
            return;
        }
        let kept: MessageAttributes = self
            .message_attributes
            .iter()
            .filter(|(name, _)| wanted(name))
            .map(|(name, attribute)| (name.clone(), attribute.clone()))
            .collect();
        let digest = digest::of_attributes(
            kept.iter()
                .map(|(name, attribute)| (name.as_str(), attribute)),
        );
        self.md5_of_message_attributes = digest.map(Into::into);
        self.message_attributes = Arc::new(kept);
    }
}
