//! Virtual time: it stands still until somebody advances it.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use crate::{BoxFuture, Clock, Timestamp};

/// When virtual time begins: 2026-01-01T00:00:00Z.
const BEGINNING: u64 = 1_767_225_600_000;

/// A clock that is advanced by hand. A clone shows the same time.
#[derive(Debug, Clone)]
pub struct VirtualClock {
    timers: Arc<Mutex<Timers>>,
}

#[derive(Debug)]
struct Timers {
    now: Timestamp,
    next: u64,
    // By time, then by age: timers of one moment fire in the order in which they were set.
    waiting: BTreeMap<(Timestamp, u64), Waker>,
}

impl Default for VirtualClock {
    fn default() -> Self {
        let timers = Timers {
            now: Timestamp::from_millis(BEGINNING),
            next: 0,
            waiting: BTreeMap::new(),
        };
        Self {
            timers: Arc::new(Mutex::new(timers)),
        }
    }
}

impl VirtualClock {
    /// A clock at the beginning of virtual time.
    pub fn new() -> Self {
        Self::default()
    }

    /// When the next timer fires, if one is set.
    pub fn next_timer(&self) -> Option<Timestamp> {
        let timers = self.timers();
        timers.waiting.keys().next().map(|(moment, _)| *moment)
    }

    /// Goes on to `moment`, never back, and fires the timers up to it.
    pub fn advance_to(&self, moment: Timestamp) {
        let due = {
            let mut timers = self.timers();
            timers.now = timers.now.max(moment);
            let later = timers.waiting.split_off(&(moment + MILLISECOND, 0));
            std::mem::replace(&mut timers.waiting, later)
        };
        for waker in due.into_values() {
            waker.wake();
        }
    }

    /// A clock that is ahead of this one, or behind it.
    pub fn skewed(&self, ahead: Duration, behind: Duration) -> SkewedClock {
        SkewedClock {
            clock: self.clone(),
            skew: Arc::new(Mutex::new((ahead, behind))),
        }
    }

    fn timers(&self) -> MutexGuard<'_, Timers> {
        self.timers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

const MILLISECOND: Duration = Duration::from_millis(1);

impl Clock for VirtualClock {
    fn now(&self) -> Timestamp {
        self.timers().now
    }

    fn sleep_until(&self, moment: Timestamp) -> BoxFuture<'static, ()> {
        Box::pin(Sleep {
            clock: self.clone(),
            moment,
            key: None,
        })
    }
}

/// A [`VirtualClock`] read by a machine whose time is off. A clone is off by as much.
#[derive(Debug, Clone)]
pub struct SkewedClock {
    clock: VirtualClock,
    /// How far it is ahead, and how far behind.
    skew: Arc<Mutex<(Duration, Duration)>>,
}

impl SkewedClock {
    /// Sets it, as a time server would: it jumps. Timers that wait already keep to the moment that they were set for.
    pub fn set(&self, ahead: Duration, behind: Duration) {
        *self.skew() = (ahead, behind);
    }

    fn skew(&self) -> MutexGuard<'_, (Duration, Duration)> {
        self.skew.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for SkewedClock {
    fn now(&self) -> Timestamp {
        let (ahead, behind) = *self.skew();
        self.clock.now() + ahead - behind
    }

    fn sleep_until(&self, moment: Timestamp) -> BoxFuture<'static, ()> {
        let (ahead, behind) = *self.skew();
        self.clock.sleep_until(moment - ahead + behind)
    }
}

struct Sleep {
    clock: VirtualClock,
    moment: Timestamp,
    key: Option<(Timestamp, u64)>,
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let key = {
            let mut timers = self.clock.timers();
            if timers.now >= self.moment {
                return Poll::Ready(());
            }
            let key = self.key.unwrap_or_else(|| {
                timers.next += 1;
                (self.moment, timers.next)
            });
            timers.waiting.insert(key, context.waker().clone());
            key
        };
        self.key = Some(key);
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        // A timer that nobody waits for must not draw the time on.
        if let Some(key) = self.key {
            let forgotten = self.clock.timers().waiting.remove(&key);
            drop(forgotten);
        }
    }
}
