//! How much a reader does for input it cannot trust.

/// Bounds on reading PHP `serialize()` text and on turning it into values.
///
/// The defaults fit every message SQS can carry and keep the memory and the stack a message can take within bounds.
/// Reading was seen to hold up to 31 bytes per byte of input, and 9 MiB more for the deepest nesting; a conversion up to
/// 700 bytes per value, which is what a small object takes in a tree of `serde_json::Value`s.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Longest input, in bytes. Default 1 MiB, the largest SQS message.
    pub input_bytes: usize,
    /// Deepest nesting of arrays and objects while reading, which uses no stack. Default 4096, PHP's own
    /// `unserialize_max_depth`.
    pub depth: usize,
    /// Most values in one input. Default 200 000: a value takes at least six bytes inside an array.
    pub nodes: usize,
    /// Most values visited in one conversion. References can make a short input stand for exponentially many.
    /// Every 32 bytes of a string, key or class name count as one more. Default 250 000: what has no references never
    /// comes to more.
    pub expanded_nodes: usize,
    /// Deepest nesting of arrays and objects in a conversion, which uses the stack. Default 128, as `serde_json` has.
    pub conversion_depth: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            input_bytes: 1_048_576,
            depth: 4096,
            nodes: 200_000,
            expanded_nodes: 250_000,
            conversion_depth: 128,
        }
    }
}

impl Limits {
    /// These limits with another bound on the input, in bytes.
    #[must_use]
    pub fn with_input_bytes(self, input_bytes: usize) -> Self {
        Self {
            input_bytes,
            ..self
        }
    }

    /// These limits with another bound on nesting while reading.
    #[must_use]
    pub fn with_depth(self, depth: usize) -> Self {
        Self { depth, ..self }
    }

    /// These limits with another bound on the number of values read.
    #[must_use]
    pub fn with_nodes(self, nodes: usize) -> Self {
        Self { nodes, ..self }
    }

    /// These limits with another bound on the number of values visited in one conversion.
    #[must_use]
    pub fn with_expanded_nodes(self, expanded_nodes: usize) -> Self {
        Self {
            expanded_nodes,
            ..self
        }
    }

    /// These limits with another bound on nesting in a conversion. Each level takes stack.
    #[must_use]
    pub fn with_conversion_depth(self, conversion_depth: usize) -> Self {
        Self {
            conversion_depth,
            ..self
        }
    }
}
