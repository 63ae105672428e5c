//! Event source mappings: from a queue to invocations.
