//! What an attempt knows of the way onward: where its job came from, and what it has dispatched.

use std::collections::HashSet;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_channel::{mpsc, oneshot};

use crate::{Laravel, Outgoing, QueueError, Random};

/// A chain of jobs that send jobs ends here: nobody builds one this long, so it is a loop.
pub(crate) const MOST_HOPS: u32 = 1000;

/// What an attempt knows of the way onward.
pub(crate) struct Route {
    /// The URL of the queue that the job came from; empty if it came from none.
    pub(crate) queue: String,
    /// The message group it came in.
    pub(crate) group: Option<String>,
    /// The trace it belongs to, as a header.
    pub(crate) trace: Option<String>,
    /// How many messages in a row jobs have sent on, the job's own included.
    pub(crate) hops: u32,
    pub(crate) laravel: Arc<Laravel>,
    pub(crate) random: Arc<dyn Random>,
    pub(crate) posts: mpsc::UnboundedSender<Post>,
    pub(crate) names: Names,
}

/// Under which names an attempt has dispatched: eight bytes of each, for an attempt may dispatch a million.
#[derive(Default)]
pub(crate) struct Names {
    /// Hashes of 64 bits, seeded anew for each attempt: among a million names two are alike once in 37 million attempts.
    hashes: Mutex<HashSet<u64>>,
    seed: RandomState,
}

/// A message that a job wants to be sent, and where the answer is awaited.
pub(crate) struct Post {
    pub(crate) outgoing: Outgoing,
    pub(crate) uuid: String,
    pub(crate) answer: oneshot::Sender<Result<(), QueueError>>,
}

impl Post {
    pub(crate) fn answered(self, sent: Result<(), QueueError>) {
        // Nobody listens any more when the attempt was given up.
        drop(self.answer.send(sent));
    }
}

impl Names {
    /// Takes a name for one message; none if it is another's.
    pub(crate) fn take(&self, name: &str) -> Option<Name<'_>> {
        let hash = self.seed.hash_one(name);
        let is_free = self.hashes().insert(hash);
        // Not made otherwise: dropped, it would give another's name back.
        is_free.then(|| Name { names: self, hash })
    }

    fn hashes(&self) -> MutexGuard<'_, HashSet<u64>> {
        self.hashes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A name that is given back unless its message was sent, so that a job may try again itself.
pub(crate) struct Name<'a> {
    names: &'a Names,
    hash: u64,
}

impl Name<'_> {
    pub(crate) fn keep(self) {
        std::mem::forget(self);
    }
}

impl Drop for Name<'_> {
    fn drop(&mut self) {
        self.names.hashes().remove(&self.hash);
    }
}
