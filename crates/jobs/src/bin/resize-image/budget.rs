//! How many pixels are in memory at once, over all jobs of a batch.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// A semaphore counts in these: 50 million would be too fine a measure.
const UNIT: u64 = 1_000;

/// The pixels that may be decoded at once, in one image or in several.
#[derive(Debug)]
pub(crate) struct Budget {
    permits: Arc<Semaphore>,
    all: u32,
}

impl Budget {
    pub(crate) fn new(pixels: u64) -> Self {
        let all = units(pixels);
        Self {
            permits: Arc::new(Semaphore::new(all as usize)),
            all,
        }
    }

    /// Waits until so many more pixels fit in; in turn, so that a large image is not overtaken for ever. They are given
    /// back when the permit is dropped. None once nothing is admitted any more.
    pub(crate) async fn admit(&self, pixels: u64) -> Option<OwnedSemaphorePermit> {
        let permits = Arc::clone(&self.permits);
        permits
            .acquire_many_owned(units(pixels).min(self.all))
            .await
            .ok()
    }
}

fn units(pixels: u64) -> u32 {
    u32::try_from(pixels.div_ceil(UNIT))
        .unwrap_or(u32::MAX)
        .max(1)
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[test]
    fn what_does_not_fit_in_waits_for_its_turn() {
        let budget = Budget::new(100_000);
        let first = budget.admit(60_000).now_or_never().flatten().unwrap();
        let mut large = Box::pin(budget.admit(50_000));
        assert!((&mut large).now_or_never().is_none());
        // It would fit in, but came later.
        let mut small = Box::pin(budget.admit(10_000));
        assert!((&mut small).now_or_never().is_none());
        drop(first);
        assert!(large.now_or_never().flatten().is_some());
        assert!(small.now_or_never().flatten().is_some());
    }

    #[test]
    fn an_image_of_the_greatest_size_fits_in_alone() {
        let budget = Budget::new(1_500);
        let whole = budget.admit(1_500).now_or_never().flatten();
        assert!(whole.is_some());
        assert!(budget.admit(1).now_or_never().is_none());
    }
}
