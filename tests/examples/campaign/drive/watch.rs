//! Which processes live, and what the cloud did with them and with its messages.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hikyaku_local::event::Event;
use rustix::process::{Pid, Resource, Rlimit, Signal};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

/// The address space of a process: enough for a dozen threads and their arenas, and nothing like what a greedy job asks for.
const ADDRESS_SPACE_BYTES: u64 = 4 * 1024 * 1024 * 1024;

/// What the cloud did.
#[derive(Debug, Default, Clone)]
pub(crate) struct Counts {
    pub(crate) started: u64,
    pub(crate) timed_out: u64,
    pub(crate) aborted: u64,
    pub(crate) delivered: usize,
}

#[derive(Debug, Default)]
struct Seen {
    /// The living, with their functions.
    living: BTreeMap<u32, String>,
    counts: Counts,
}

/// The watch. Clones are the same one.
#[derive(Debug, Clone, Default)]
pub(crate) struct Watch {
    seen: Arc<Mutex<Seen>>,
}

impl Watch {
    /// Watches until the cloud stops.
    pub(crate) async fn over(self, mut events: Receiver<Event>) {
        loop {
            match events.recv().await {
                Ok(event) => self.note(event),
                // Who may have ended meanwhile is not known: none of them is touched any more.
                Err(RecvError::Lagged(_)) => self.seen().living.clear(),
                Err(RecvError::Closed) => return,
            }
        }
    }

    fn note(&self, event: Event) {
        let mut seen = self.seen();
        match event {
            Event::ProcessStarted { function, pid } => {
                limit(pid);
                seen.counts.started += 1;
                seen.living.insert(pid, function);
            }
            Event::ProcessEnded { pid, .. } => {
                seen.living.remove(&pid);
            }
            Event::ProcessTimedOut { .. } => seen.counts.timed_out += 1,
            // Rust aborts where memory cannot be had.
            Event::ProcessCrashed { reason, .. } if reason.contains("aborted") => {
                seen.counts.aborted += 1;
            }
            Event::BatchInvoked { messages, .. } => seen.counts.delivered += messages,
            _ => {}
        }
    }

    /// The living processes of a function.
    pub(crate) fn living(&self, function: &str) -> Vec<u32> {
        let seen = self.seen();
        let of_it = seen.living.iter().filter(|(_, name)| *name == function);
        of_it.map(|(pid, _)| *pid).collect()
    }

    /// Sends a signal to a process that is known to live. False: it does not.
    pub(crate) fn signal(&self, pid: u32, signal: Signal) -> bool {
        // Under the lock, so that nobody hears of its end and forgets it in between.
        let seen = self.seen();
        seen.living.contains_key(&pid)
            && id(pid).is_some_and(|id| rustix::process::kill_process(id, signal).is_ok())
    }

    pub(crate) fn counts(&self) -> Counts {
        self.seen().counts.clone()
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn id(pid: u32) -> Option<Pid> {
    Pid::from_raw(i32::try_from(pid).ok()?)
}

/// What a container's memory limit does to a function, as far as a process can be limited without one.
fn limit(pid: u32) {
    let most = Some(ADDRESS_SPACE_BYTES);
    let limits = Rlimit {
        current: most,
        maximum: most,
    };
    // A process that has ended already needs no limit.
    if let Some(id) = id(pid) {
        let _ = rustix::process::prlimit(Some(id), Resource::As, limits);
    }
}
