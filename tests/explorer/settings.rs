//! How far to explore, from the environment. By default as far as a test run has time for.
//!
//! `HIKYAKU_EXPLORE_SECONDS=600` walks at random for ten minutes in each large world, and gives each small one a fault
//! and a turn out of order more, as far as it comes in that time. `HIKYAKU_SEED=7` starts at seed 7, which
//! is how a failure that names its seed is repeated: its run is then the first.

#![expect(
    clippy::disallowed_methods,
    reason = "a test has no Config, and a walk is as long as somebody can wait"
)]

use std::time::{Duration, Instant};

/// How many random runs, or for how long.
pub(crate) enum Length {
    Runs(u64),
    Until(Instant),
}

impl Length {
    pub(crate) fn of(runs: u64) -> Self {
        number("HIKYAKU_EXPLORE_SECONDS").map_or(Self::Runs(runs), |seconds| {
            Self::Until(Instant::now() + Duration::from_secs(seconds))
        })
    }

    pub(crate) fn more(&self, runs: u64) -> bool {
        match self {
            Self::Runs(most) => runs < *most,
            Self::Until(end) => Instant::now() < *end,
        }
    }
}

pub(crate) fn seed() -> u64 {
    number("HIKYAKU_SEED").unwrap_or(1)
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}
