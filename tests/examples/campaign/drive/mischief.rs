//! What is done to processes: killed at any moment, frozen for a while, frozen beyond a lease.

use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hikyaku_local::sqs::{QueueName, SendRequest, Sqs};
use rustix::process::Signal;

use super::Result;
use super::book::Book;
use super::watch::Watch;

/// Between two kills, in ms.
const KILL_EVERY: std::ops::Range<u64> = 200..1200;
/// Between two freezes, in ms, and how long they last: some end before the function's timeout, some do not.
const FREEZE_EVERY: std::ops::Range<u64> = 1000..6000;
const FROZEN_FOR: std::ops::Range<u64> = 300..7000;
/// A zombie wakes up when its lease (12 s) is over and another attempt has run.
const ZOMBIE_FOR: std::ops::Range<u64> = 14_500..17_000;
/// How often it is looked whether there is somebody to make a zombie of, in ms.
const ZOMBIE_EVERY: std::ops::Range<u64> = 20..100;

/// What was done so far.
#[derive(Debug, Default)]
pub(crate) struct Done {
    pub(crate) kills: AtomicU64,
    pub(crate) freezes: AtomicU64,
    pub(crate) zombies: AtomicU64,
    /// How many of the frozen woke up, and were not killed by Lambda at their timeout.
    pub(crate) thawed: AtomicU64,
    /// Copies of messages that were sent while their job was frozen.
    pub(crate) copies: AtomicU64,
    /// Processes that are frozen now.
    frozen: Mutex<BTreeSet<u32>>,
    enough: AtomicBool,
}

impl Done {
    /// Does nothing more from now on; what is frozen will be thawed.
    pub(crate) fn enough(&self) {
        self.enough.store(true, Ordering::SeqCst);
    }

    fn goes_on(&self) -> bool {
        !self.enough.load(Ordering::SeqCst)
    }

    fn frozen(&self) -> MutexGuard<'_, BTreeSet<u32>> {
        self.frozen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Who does it.
#[derive(Clone)]
pub(crate) struct Mischief {
    pub(crate) seed: u64,
    pub(crate) watch: Watch,
    pub(crate) book: Book,
    pub(crate) sqs: Sqs,
    /// The bodies of the zombies' messages, by subject.
    pub(crate) bodies: Arc<HashMap<String, String>>,
    pub(crate) done: Arc<Done>,
}

impl Mischief {
    /// Kills whichever process, at whichever moment, for as long as it is let.
    pub(crate) async fn kill(self) {
        let mut chance = fastrand::Rng::with_seed(self.seed ^ 1);
        while self.done.goes_on() {
            pause(chance.u64(KILL_EVERY)).await;
            // One in twelve is of the other function.
            let function = if chance.u8(..12) == 0 {
                "zombies"
            } else {
                "jobs"
            };
            let mut living = self.watch.living(function);
            // Those have a chance to wake up, or to be killed by Lambda.
            living.retain(|pid| !self.done.frozen().contains(pid));
            if let Some(pid) = chance.choice(living)
                && self.watch.signal(pid, Signal::KILL)
            {
                self.tell(pid, "killed");
                self.done.kills.fetch_add(1, Ordering::SeqCst);
            }
        }
    }

    /// Freezes whichever process for a while. One loop for each that may be frozen at the same time.
    pub(crate) async fn freeze(self, number: u64) {
        let mut chance = fastrand::Rng::with_seed(self.seed ^ (100 + number));
        while self.done.goes_on() {
            pause(chance.u64(FREEZE_EVERY)).await;
            let time = chance.u64(FROZEN_FOR);
            if let Some(pid) = chance.choice(self.watch.living("jobs")) {
                self.hold(pid, time, &self.done.freezes).await;
            }
        }
    }

    /// Freezes a process beyond the lease of its jobs, whose messages come once more meanwhile; then lets it go on.
    ///
    /// One loop for each process that may be frozen at the same time.
    pub(crate) async fn raise_zombies(self, number: u64) -> Result<()> {
        let mut chance = fastrand::Rng::with_seed(self.seed ^ (3 + number));
        let queue = QueueName::new("zombies")?;
        while self.done.goes_on() {
            pause(chance.u64(ZOMBIE_EVERY)).await;
            let Some(pid) = chance.choice(self.watch.living("zombies")) else {
                continue;
            };
            let running = self.book.running_in(pid);
            // Each job once: what came back from the dead may live.
            let fresh = running
                .iter()
                .filter(|subject| self.book.tale(subject).began.len() == 1);
            if fresh.count() == 0 || self.done.frozen().contains(&pid) {
                continue;
            }
            let copies = async {
                for subject in &running {
                    if let Some(body) = self.bodies.get(subject) {
                        self.sqs
                            .send(SendRequest::new(queue.clone(), body.clone()))?;
                        self.done.copies.fetch_add(1, Ordering::SeqCst);
                    }
                }
                Result::Ok(())
            };
            let held = self.hold(pid, chance.u64(ZOMBIE_FOR), &self.done.zombies);
            let ((), sent) = tokio::join!(held, copies);
            sent?;
        }
        Ok(())
    }

    /// Freezes a process for so many ms.
    async fn hold(&self, pid: u32, time: u64, count: &AtomicU64) {
        if !self.done.frozen().insert(pid) {
            return;
        }
        if !self.watch.signal(pid, Signal::STOP) {
            self.done.frozen().remove(&pid);
            return;
        }
        self.tell(pid, "frozen");
        count.fetch_add(1, Ordering::SeqCst);
        pause(time).await;
        if self.watch.signal(pid, Signal::CONT) {
            self.tell(pid, "thawed");
            self.done.thawed.fetch_add(1, Ordering::SeqCst);
        }
        self.done.frozen().remove(&pid);
    }

    fn tell(&self, pid: u32, what: &str) {
        for subject in self.book.running_in(pid) {
            self.book.note(&subject, format!("process {pid} is {what}"));
        }
    }
}

async fn pause(milliseconds: u64) {
    tokio::time::sleep(Duration::from_millis(milliseconds)).await;
}
