//! AWS's limits on single values, each checked in one place.

use std::ops::RangeInclusive;

use super::error::SqsError;

/// The longest message, in bytes, and the longest batch (SQS Developer Guide, "Amazon SQS message quotas": 1 MiB).
pub(crate) const MAXIMUM_MESSAGE_BYTES: usize = 1_048_576;
/// How long a message may be delayed, in seconds (API Reference, `SendMessage`).
pub(crate) const DELAY_SECONDS: RangeInclusive<u32> = 0..=900;
/// How long a message may be hidden after a receive, in seconds (API Reference, `ChangeMessageVisibility`): 12 hours.
pub(crate) const VISIBILITY_SECONDS: RangeInclusive<u32> = 0..=43_200;
/// How long a receive over the API may wait, in seconds (API Reference, `ReceiveMessage`).
pub(crate) const WAIT_SECONDS: RangeInclusive<u32> = 0..=20;
/// How many messages may be in flight in one queue (SQS Developer Guide, "Amazon SQS message quotas").
pub(crate) const MESSAGES_IN_FLIGHT: usize = 120_000;
/// How many messages one receive in the process may ask for: the largest batch of an event source mapping
/// (Lambda API Reference, `CreateEventSourceMapping`, `BatchSize`).
pub(crate) const MESSAGES_PER_RECEIVE: usize = 10_000;
/// How many messages one receive over the API may ask for (API Reference, `ReceiveMessage`).
pub(crate) const MESSAGES_PER_API_RECEIVE: RangeInclusive<u32> = 1..=10;
/// How many entries a batch may have (API Reference, `SendMessageBatch`).
pub(crate) const BATCH_ENTRIES: usize = 10;
/// How many attributes a message may have (SQS Developer Guide, "Amazon SQS message metadata").
pub(crate) const MESSAGE_ATTRIBUTES: usize = 10;
/// How long a FIFO queue remembers a deduplication id or a receive attempt, in milliseconds
/// (API Reference, `SendMessage` and `ReceiveMessage`): 5 minutes.
pub(crate) const DEDUPLICATION_MS: u64 = 5 * 60 * 1000;
/// How long a queue's name stays reserved after its deletion, and how long a purge may take, in milliseconds
/// (API Reference, `DeleteQueue` and `PurgeQueue`): 60 seconds.
pub(crate) const SETTLING_MS: u64 = 60 * 1000;

/// Checks a number that a request gives for `parameter`.
pub(crate) fn within(
    parameter: &'static str,
    value: i64,
    range: &RangeInclusive<u32>,
) -> Result<u32, SqsError> {
    match u32::try_from(value) {
        Ok(number) if range.contains(&number) => Ok(number),
        _ => {
            let reason = format!(
                "Must be between {} and {}, if provided",
                range.start(),
                range.end()
            );
            Err(SqsError::invalid(parameter, &value, reason))
        }
    }
}

/// Checks an id that a producer or a consumer chose: 1 to 128 printable ASCII characters without spaces.
pub(crate) fn identifier(parameter: &'static str, value: &str) -> Result<(), SqsError> {
    if (1..=128).contains(&value.len()) && value.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(());
    }
    let reason = format!(
        "{parameter} can only include alphanumeric and punctuation characters. 1 to 128 in length"
    );
    Err(SqsError::invalid(parameter, value, reason))
}
