//! What a FIFO queue remembers for five minutes: deduplication ids and receive attempts.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;
use std::sync::Arc;

use super::limits::DEDUPLICATION_MS;

/// A map whose entries are forgotten five minutes after they were made, or made again.
#[derive(Debug)]
pub(crate) struct Recent<K, V> {
    entries: HashMap<K, (u64, V)>,
    /// When each entry was made, oldest first; an entry that was replaced since is skipped.
    made: VecDeque<(u64, K)>,
}

/// What makes two messages the same: the id, within the group where the queue's `DeduplicationScope` says so.
pub(crate) type DeduplicationKey = (Option<Arc<str>>, Arc<str>);

/// The first message sent with a deduplication id.
#[derive(Debug, Clone)]
pub(crate) struct Original {
    pub(crate) message_id: Arc<str>,
    pub(crate) sequence_number: Option<Arc<str>>,
}

/// What one receive handed over: each message's key and the number of its receipt.
pub(crate) type Attempt = Vec<(u64, u64)>;

impl<K, V> Default for Recent<K, V> {
    fn default() -> Self {
        Self {
            entries: HashMap::new(),
            made: VecDeque::new(),
        }
    }
}

impl<K: Hash + Eq + Clone, V> Recent<K, V> {
    /// The entry, unless it is too old.
    pub(crate) fn get(&mut self, key: &K, now_ms: u64) -> Option<&V> {
        self.forget(now_ms);
        self.entries.get(key).map(|(_, value)| value)
    }

    /// Remembers an entry from now on.
    pub(crate) fn insert(&mut self, key: K, value: V, now_ms: u64) {
        self.forget(now_ms);
        self.made.push_back((now_ms, key.clone()));
        self.entries.insert(key, (now_ms, value));
    }

    fn forget(&mut self, now_ms: u64) {
        while let Some((_, key)) = self
            .made
            .pop_front_if(|(made_ms, _)| *made_ms + DEDUPLICATION_MS <= now_ms)
        {
            if self
                .entries
                .get(&key)
                .is_some_and(|(made_ms, _)| *made_ms + DEDUPLICATION_MS <= now_ms)
            {
                self.entries.remove(&key);
            }
        }
    }
}
