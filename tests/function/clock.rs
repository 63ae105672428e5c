//! The machine's clock, and time that passes at once.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use hikyaku::core::{BoxFuture, Clock};
use hikyaku::{SystemClock, Timestamp};

/// The machine's clock, ahead by what a test has let pass.
#[derive(Default)]
pub(crate) struct ShiftedClock {
    ahead_ms: AtomicU64,
}

impl ShiftedClock {
    pub(crate) fn pass(&self, time: Duration) {
        let time = u64::try_from(time.as_millis()).unwrap();
        self.ahead_ms.fetch_add(time, Ordering::Relaxed);
    }

    fn ahead(&self) -> Duration {
        Duration::from_millis(self.ahead_ms.load(Ordering::Relaxed))
    }
}

impl Clock for ShiftedClock {
    fn now(&self) -> Timestamp {
        SystemClock.now() + self.ahead()
    }

    fn sleep_until(&self, moment: Timestamp) -> BoxFuture<'static, ()> {
        SystemClock.sleep_until(moment - self.ahead())
    }
}
