//! How often a job may be tried.

use std::num::NonZeroU32;

/// What `maxTries` says. Laravel writes 0 for "without limit".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Tries {
    /// As often as it takes.
    Unlimited,
    /// At most this many attempts.
    Limited(NonZeroU32),
}

impl From<u32> for Tries {
    fn from(tries: u32) -> Self {
        NonZeroU32::new(tries).map_or(Self::Unlimited, Self::Limited)
    }
}
