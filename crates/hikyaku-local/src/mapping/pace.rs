//! How many batches may be in the function at once.

/// Concurrent batches at first (AWS, "Configuring scaling behavior for SQS event source mappings").
const AT_FIRST: usize = 5;

/// One more batch every so often while batches succeed: 300 more a minute (same page).
const GROWS_EVERY_MS: u64 = 200;

/// The most there ever are, unless the mapping sets its own maximum (same page).
pub(super) const MOST: usize = 1250;

/// How a batch went, as far as the pace is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The function answered.
    Answered,
    /// The function failed, or had no room.
    BackOff,
}

/// The concurrency of one mapping.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    limit: usize,
    most: usize,
    changed_ms: u64,
}

impl Pace {
    /// Never more than `most`.
    pub(super) fn new(most: usize, now_ms: u64) -> Self {
        Self {
            limit: AT_FIRST.min(most),
            most,
            changed_ms: now_ms,
        }
    }

    /// How many batches may run now.
    pub(super) fn limit(&self) -> usize {
        self.limit
    }

    /// Grows by what the time since the last change allows, or halves.
    pub(super) fn note(&mut self, verdict: Verdict, now_ms: u64) {
        match verdict {
            Verdict::Answered => {
                let steps = now_ms.saturating_sub(self.changed_ms) / GROWS_EVERY_MS;
                if steps == 0 {
                    return;
                }
                let steps = usize::try_from(steps).unwrap_or(self.most);
                self.limit = self.limit.saturating_add(steps).min(self.most);
            }
            Verdict::BackOff => self.limit = (self.limit / 2).max(1),
        }
        self.changed_ms = now_ms;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn concurrency_grows_with_time_and_halves_on_errors() {
        let mut pace = Pace::new(8, 0);
        assert_eq!(pace.limit(), 5);
        pace.note(Verdict::Answered, 100);
        assert_eq!(pace.limit(), 5);
        pace.note(Verdict::Answered, 200);
        assert_eq!(pace.limit(), 6);
        pace.note(Verdict::Answered, 60_000);
        assert_eq!(pace.limit(), 8);
        for expected in [4, 2, 1, 1] {
            pace.note(Verdict::BackOff, 60_000);
            assert_eq!(pace.limit(), expected);
        }
        assert_eq!(Pace::new(2, 0).limit(), 2);
    }
}
