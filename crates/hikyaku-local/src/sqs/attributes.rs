//! The attributes of a queue: what may be set, to what, and what holds without it.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use super::error::SqsError;
use super::limits;
use super::names::Identity;
use super::redrive::{RedriveAllowPolicy, RedrivePolicy};

/// The numbers that can be set: name, allowed values, default (API Reference, `SetQueueAttributes`).
const NUMBERS: [(&str, RangeInclusive<u32>, u32); 5] = [
    ("DelaySeconds", limits::DELAY_SECONDS, 0),
    ("MaximumMessageSize", 1_024..=1_048_576, 1_048_576),
    ("MessageRetentionPeriod", 60..=1_209_600, 345_600),
    ("ReceiveMessageWaitTimeSeconds", limits::WAIT_SECONDS, 0),
    ("VisibilityTimeout", limits::VISIBILITY_SECONDS, 30),
];

/// The choices that a FIFO queue has: name, allowed values (the first is the default).
const FIFO_CHOICES: [(&str, [&str; 2]); 3] = [
    ("ContentBasedDeduplication", ["false", "true"]),
    ("DeduplicationScope", ["queue", "messageGroup"]),
    ("FifoThroughputLimit", ["perQueue", "perMessageGroupId"]),
];

/// Kept and shown, without effect: nothing is encrypted and nobody is refused on a laptop.
const KEPT: [&str; 4] = [
    "KmsDataKeyReusePeriodSeconds",
    "KmsMasterKeyId",
    "Policy",
    "SqsManagedSseEnabled",
];

/// What is true or false, in any case of letters.
const TRUTHS: [&str; 3] = [
    "ContentBasedDeduplication",
    "FifoQueue",
    "SqsManagedSseEnabled",
];

/// A queue's settable attributes, all with valid values.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct QueueAttributes {
    fifo: bool,
    /// Everything that was set or has a default, as it is shown.
    shown: BTreeMap<String, String>,
    numbers: [u32; NUMBERS.len()],
    redrive: Option<RedrivePolicy>,
    redrive_allow: Option<RedriveAllowPolicy>,
}

impl QueueAttributes {
    /// The attributes of a queue that is created with these; what is absent has its default.
    pub(crate) fn new(
        fifo: bool,
        given: &BTreeMap<String, String>,
        identity: &Identity,
    ) -> Result<Self, SqsError> {
        let mut shown: BTreeMap<_, _> = NUMBERS
            .iter()
            .map(|(name, _, default)| ((*name).to_owned(), default.to_string()))
            .collect();
        shown.insert("SqsManagedSseEnabled".to_owned(), "true".to_owned());
        if fifo {
            shown.extend(
                FIFO_CHOICES
                    .iter()
                    .map(|(name, [default, _])| ((*name).to_owned(), (*default).to_owned())),
            );
            shown.insert("FifoQueue".to_owned(), "true".to_owned());
        }
        let numbers = NUMBERS.map(|(_, _, default)| default);
        let mut attributes = Self {
            fifo,
            shown,
            numbers,
            redrive: None,
            redrive_allow: None,
        };
        let mut given = given.clone();
        let said = given.remove("FifoQueue").map(|value| truth(&value));
        match (fifo, said.as_deref()) {
            (false, None) | (true, Some("true")) => {}
            (true, None) => {
                return Err(SqsError::InvalidRequest(
                    "can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length: a name that ends \
                     with .fifo needs the attribute FifoQueue, true"
                        .to_owned(),
                ));
            }
            (false, Some("true")) => {
                return Err(SqsError::InvalidRequest(
                    "the name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, must end \
                     with .fifo suffix and be 1 to 80 in length"
                        .to_owned(),
                ));
            }
            (_, Some(_)) => return Err(SqsError::InvalidAttributeName("FifoQueue".to_owned())),
        }
        attributes.set(&given, identity)?;
        Ok(attributes)
    }

    /// Sets some attributes; none is changed if one is refused.
    pub(crate) fn set(
        &mut self,
        given: &BTreeMap<String, String>,
        identity: &Identity,
    ) -> Result<(), SqsError> {
        let mut changed = self.clone();
        for (name, value) in given {
            let value = if TRUTHS.contains(&name.as_str()) {
                truth(value)
            } else {
                value.clone()
            };
            changed.set_one(name, &value, identity)?;
        }
        changed.choose_key(given)?;
        changed.check_together()?;
        *self = changed;
        Ok(())
    }

    fn set_one(&mut self, name: &str, value: &str, identity: &Identity) -> Result<(), SqsError> {
        if let Some(index) = NUMBERS.iter().position(|(known, _, _)| *known == name) {
            let number = value
                .parse()
                .ok()
                .filter(|number| NUMBERS[index].1.contains(number));
            let range = &NUMBERS[index].1;
            let reason = || format!("Must be between {} and {}", range.start(), range.end());
            self.numbers[index] = number.ok_or_else(|| invalid(name, reason()))?;
        } else if let Some((_, choices)) = FIFO_CHOICES
            .iter()
            .find(|(known, _)| self.fifo && *known == name)
        {
            if !choices.contains(&value) {
                return Err(invalid(
                    name,
                    format!("Must be {} or {}", choices[0], choices[1]),
                ));
            }
        } else {
            self.set_text(name, value, identity)?;
        }
        if value.is_empty() {
            self.shown.remove(name); // an empty policy takes it away
        } else {
            self.shown.insert(name.to_owned(), value.to_owned());
        }
        Ok(())
    }

    fn set_text(&mut self, name: &str, value: &str, identity: &Identity) -> Result<(), SqsError> {
        let given = (!value.is_empty()).then_some(value);
        match name {
            "RedrivePolicy" => {
                self.redrive = given
                    .map(|text| RedrivePolicy::parse(text, identity))
                    .transpose()?;
            }
            "RedriveAllowPolicy" => {
                self.redrive_allow = given.map(RedriveAllowPolicy::parse).transpose()?;
            }
            "FifoQueue" if self.fifo && value == "true" => {}
            "FifoQueue" if self.fifo => {
                return Err(invalid(name, "Modifying queue type is not supported"));
            }
            _ if KEPT.contains(&name) => {}
            _ => return Err(SqsError::InvalidAttributeName(name.to_owned())),
        }
        Ok(())
    }

    /// A key of one's own takes the place of SQS's; both at once are too many (recorded).
    fn choose_key(&mut self, given: &BTreeMap<String, String>) -> Result<(), SqsError> {
        const OWN: &str = "KmsMasterKeyId";
        const OF_SQS: &str = "SqsManagedSseEnabled";
        if !self.shown.contains_key(OWN) {
            return Ok(());
        }
        if given
            .get(OF_SQS)
            .is_some_and(|value| truth(value) == "true")
        {
            return Err(SqsError::InvalidAttributeName(format!(
                "{OF_SQS}: it cannot be true for a queue with {OWN}"
            )));
        }
        self.shown.insert(OF_SQS.to_owned(), "false".to_owned());
        Ok(())
    }

    fn check_together(&self) -> Result<(), SqsError> {
        let is = |name: &str, value: &str| self.shown.get(name).is_some_and(|shown| shown == value);
        if is("FifoThroughputLimit", "perMessageGroupId")
            && !is("DeduplicationScope", "messageGroup")
        {
            let reason =
                "perMessageGroupId is only allowed when DeduplicationScope is messageGroup";
            return Err(invalid("FifoThroughputLimit", reason));
        }
        Ok(())
    }

    /// The first given attribute whose value is not the one of this queue.
    pub(crate) fn difference(
        &self,
        other: &Self,
        given: &BTreeMap<String, String>,
    ) -> Option<String> {
        given
            .keys()
            .find(|name| self.shown.get(*name) != other.shown.get(*name))
            .cloned()
    }

    /// Every attribute that is set or has a default.
    pub(crate) fn shown(&self) -> &BTreeMap<String, String> {
        &self.shown
    }

    /// Milliseconds until a new message may be received.
    pub(crate) fn delay_ms(&self) -> u64 {
        u64::from(self.numbers[0]) * 1000
    }

    /// Bytes of the longest message.
    pub(crate) fn maximum_message_size(&self) -> usize {
        usize::try_from(self.numbers[1]).unwrap_or(usize::MAX)
    }

    /// Milliseconds until a message is dropped.
    pub(crate) fn retention_ms(&self) -> u64 {
        u64::from(self.numbers[2]) * 1000
    }

    /// Seconds that a receive waits when it does not say.
    pub(crate) fn wait_seconds(&self) -> u32 {
        self.numbers[3]
    }

    /// Seconds that a received message is hidden when the receive does not say.
    pub(crate) fn visibility_seconds(&self) -> u32 {
        self.numbers[4]
    }

    /// Whether a missing deduplication id is made from the body.
    pub(crate) fn content_based_deduplication(&self) -> bool {
        self.shown
            .get("ContentBasedDeduplication")
            .is_some_and(|value| value == "true")
    }

    /// Whether messages of different groups are never duplicates of each other.
    pub(crate) fn deduplicates_by_group(&self) -> bool {
        self.shown
            .get("DeduplicationScope")
            .is_some_and(|value| value == "messageGroup")
    }

    /// The dead-letter queue, if there is one.
    pub(crate) fn redrive(&self) -> Option<&RedrivePolicy> {
        self.redrive.as_ref()
    }

    /// Whether the queue with this ARN may use this queue as its dead-letter queue.
    pub(crate) fn allows_source(&self, arn: &str) -> bool {
        self.redrive_allow
            .as_ref()
            .is_none_or(|policy| policy.allows(arn))
    }
}

/// `True` as `true`; what is neither stays as it is.
fn truth(value: &str) -> String {
    let small = value.to_ascii_lowercase();
    if small == "true" || small == "false" {
        small
    } else {
        value.to_owned()
    }
}

fn invalid(attribute: &str, reason: impl Into<String>) -> SqsError {
    SqsError::InvalidAttributeValue {
        attribute: attribute.to_owned(),
        reason: reason.into(),
    }
}
