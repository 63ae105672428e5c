//! Receipt handles: which hand-over of which message is meant.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::error::SqsError;

const NUMBERS: usize = 4;

/// The content of a receipt handle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Receipt {
    /// Differs from process to process, so that a handle kept from an earlier run is refused.
    pub(crate) seed: u64,
    /// The queue; a queue that is deleted and created again is another one.
    pub(crate) queue: u64,
    /// The message in its queue.
    pub(crate) key: u64,
    /// The how manieth receive of the message it was.
    pub(crate) number: u64,
}

impl Receipt {
    /// The handle, opaque to whoever gets it.
    pub(crate) fn encode(self) -> String {
        let numbers = [self.seed, self.queue, self.key, self.number];
        let mut bytes = [0_u8; NUMBERS * 8];
        for (chunk, number) in bytes.chunks_exact_mut(8).zip(numbers) {
            chunk.copy_from_slice(&number.to_be_bytes());
        }
        STANDARD.encode(bytes)
    }

    /// Reads a handle; anything that was not made by [`Receipt::encode`] is invalid.
    pub(crate) fn decode(handle: &str) -> Result<Self, SqsError> {
        let bytes = STANDARD
            .decode(handle)
            .map_err(|_| SqsError::ReceiptHandleIsInvalid)?;
        let bytes: [u8; NUMBERS * 8] = bytes
            .try_into()
            .map_err(|_| SqsError::ReceiptHandleIsInvalid)?;
        let mut numbers = [0_u64; NUMBERS];
        for (number, chunk) in numbers.iter_mut().zip(bytes.chunks_exact(8)) {
            *number = chunk
                .iter()
                .fold(0, |number, byte| number << 8 | u64::from(*byte));
        }
        let [seed, queue, key, number] = numbers;
        Ok(Self {
            seed,
            queue,
            key,
            number,
        })
    }
}
