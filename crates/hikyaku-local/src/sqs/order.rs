//! Which message comes next: in turn on a standard queue, group by group on a FIFO queue.

use std::collections::VecDeque;
use std::sync::Arc;

use super::fifo::Groups;

/// The messages of a queue that may be received, in the order they will be.
#[derive(Debug)]
pub(crate) enum Order {
    /// Oldest first; a message that comes back after a visibility timeout queues up again. A key whose message is gone
    /// stays until its turn and is skipped then.
    Standard(VecDeque<u64>),
    /// The group first whose oldest message was shown first, in order within a group.
    Fifo(Groups),
}

impl Order {
    pub(crate) fn new(fifo: bool) -> Self {
        if fifo {
            Self::Fifo(Groups::default())
        } else {
            Self::Standard(VecDeque::new())
        }
    }

    /// A message may be received from now on.
    pub(crate) fn add(&mut self, key: u64, group: Option<&Arc<str>>) {
        match (self, group) {
            (Self::Fifo(groups), Some(group)) => groups.add(key, group),
            (Self::Standard(ready), _) => ready.push_back(key),
            (Self::Fifo(_), None) => {} // a FIFO queue accepts no message without a group
        }
    }

    /// A message that could be received is gone.
    pub(crate) fn remove(&mut self, key: u64, group: Option<&Arc<str>>) {
        if let (Self::Fifo(groups), Some(group)) = (self, group) {
            groups.remove(key, group);
        }
    }

    /// A message is no longer in flight.
    pub(crate) fn land(&mut self, key: u64, group: Option<&Arc<str>>) {
        if let (Self::Fifo(groups), Some(group)) = (self, group) {
            groups.land(key, group);
        }
    }

    /// Up to `max` keys, now in flight.
    pub(crate) fn take(&mut self, max: usize) -> Vec<u64> {
        match self {
            Self::Standard(ready) => ready.drain(..max.min(ready.len())).collect(),
            Self::Fifo(groups) => groups.take(max),
        }
    }
}
