//! What all functions of one cloud share.

use std::sync::Arc;
use std::time::Duration;

use super::logs::tracing_sink;
use super::{Binaries, LogSink, Surroundings};
use crate::clock::SharedClock;
use crate::event::Events;
use crate::tasks::Tasks;

/// How long and how many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Processes of one function at a time, where the template reserves no concurrency. An account on AWS has 1,000; a
    /// laptop does not.
    pub environments: usize,
    /// How long a process may take until it asks for its first event: 10 s (AWS, "Lambda execution environment", init phase).
    pub init: Duration,
    /// How long a process that waits for work is kept.
    pub idle: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            environments: 10,
            init: Duration::from_secs(10),
            idle: Duration::from_mins(5),
        }
    }
}

/// Where functions run.
#[derive(Clone)]
pub struct Host {
    /// The time.
    pub clock: SharedClock,
    /// Who is told what happens.
    pub events: Events,
    /// What each process is told about the world.
    pub surroundings: Surroundings,
    /// Where their binaries are.
    pub binaries: Arc<dyn Binaries>,
    /// What becomes of the lines they write.
    pub logs: LogSink,
    /// How long and how many.
    pub limits: Limits,
    pub(crate) tasks: Tasks,
}

impl Host {
    /// A host with the default limits, whose functions log to `tracing`.
    pub(crate) fn new(clock: SharedClock, binaries: Arc<dyn Binaries>, tasks: Tasks) -> Self {
        let (surroundings, limits) = (Surroundings::default(), Limits::default());
        Self {
            clock,
            events: Events::default(),
            surroundings,
            binaries,
            logs: tracing_sink(),
            limits,
            tasks,
        }
    }

    /// The time since `since_ms` on the host's clock.
    pub(crate) fn elapsed(&self, since_ms: u64) -> Duration {
        Duration::from_millis(self.clock.now_ms().saturating_sub(since_ms))
    }
}
