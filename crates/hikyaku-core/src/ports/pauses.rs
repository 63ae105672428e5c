//! The waits between the tries of one call.

use std::time::Duration;

use crate::Random;

/// Between two tries of one call, at the longest.
pub(crate) const FIRST_PAUSE: Duration = Duration::from_millis(100);

pub(crate) const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// Waits of which each is a part, left to chance, of a longest one that doubles ("full jitter": what failed together must not
/// come together again).
///
/// ```
/// # use hikyaku_core::{Pauses, Random};
/// # use std::time::Duration;
/// # struct Chance;
/// # impl Random for Chance {
/// #     fn next_u64(&self) -> u64 { 12_345 }
/// #     fn secret(&self) -> Option<[u8; 16]> { None }
/// # }
/// let mut pauses = Pauses::new(&Chance, Duration::from_millis(100), Duration::from_secs(2));
/// assert!(pauses.next() <= Duration::from_millis(100));
/// assert!(pauses.next() <= Duration::from_millis(200));
/// ```
pub struct Pauses<'a> {
    random: &'a dyn Random,
    longest: Duration,
    most: Duration,
}

impl<'a> Pauses<'a> {
    /// The first wait is `first` at the longest, and none is longer than `most`.
    pub fn new(random: &'a dyn Random, first: Duration, most: Duration) -> Self {
        Self {
            random,
            longest: first.min(most),
            most,
        }
    }

    /// The next wait: a millisecond at least, unless there is to be none at all.
    #[expect(
        clippy::should_implement_trait,
        reason = "an iterator would have an end"
    )]
    pub fn next(&mut self) -> Duration {
        let longest = u64::try_from(self.longest.as_millis()).unwrap_or(u64::MAX);
        self.longest = (self.longest * 2).min(self.most);
        match longest {
            0 => Duration::ZERO,
            longest => Duration::from_millis(1 + self.random.next_u64() % longest),
        }
    }
}
