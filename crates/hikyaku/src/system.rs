//! The clock and the chance of the machine.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use hikyaku_core::{BoxFuture, Clock, Random, Timestamp};

/// The machine's clock. Sleeping needs a tokio runtime with its timers on.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place where the time comes in"
    )]
    fn now(&self) -> Timestamp {
        let since_epoch = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        Timestamp::from_millis(u64::try_from(since_epoch.as_millis()).unwrap_or(u64::MAX))
    }

    fn sleep_until(&self, moment: Timestamp) -> BoxFuture<'static, ()> {
        let clock = *self;
        Box::pin(async move {
            // The two clocks drift: a timer may fire a moment before the time has come.
            loop {
                let left = clock.now().until(moment);
                if left.is_zero() {
                    return;
                }
                tokio::time::sleep(left.max(Duration::from_millis(1))).await;
            }
        })
    }
}

/// The machine's chance.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemRandom;

impl Random for SystemRandom {
    fn next_u64(&self) -> u64 {
        fastrand::u64(..)
    }

    fn secret(&self) -> Option<[u8; 16]> {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes).ok()?;
        Some(bytes)
    }
}
