//! The order of a FIFO queue: message groups, and which of them may be received.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

/// All groups with a message that waits or is in flight.
#[derive(Debug, Default)]
pub(crate) struct Groups {
    groups: HashMap<Arc<str>, Group>,
    /// The groups that may be received, by their oldest waiting message.
    open: BTreeSet<(u64, Arc<str>)>,
}

#[derive(Debug, Default)]
struct Group {
    waiting: BTreeSet<u64>,
    in_flight: usize,
    /// Under which message the group stands in `open`.
    listed: Option<u64>,
}

impl Groups {
    /// A message waits in its group, at the place its key gives it.
    pub(crate) fn add(&mut self, key: u64, group: &Arc<str>) {
        self.groups
            .entry(Arc::clone(group))
            .or_default()
            .waiting
            .insert(key);
        self.list(group);
    }

    /// A message that waits is gone.
    pub(crate) fn remove(&mut self, key: u64, group: &Arc<str>) {
        if let Some(members) = self.groups.get_mut(group) {
            members.waiting.remove(&key);
        }
        self.list(group);
    }

    /// A message of the group is no longer in flight.
    pub(crate) fn land(&mut self, group: &Arc<str>) {
        if let Some(members) = self.groups.get_mut(group) {
            members.in_flight = members.in_flight.saturating_sub(1);
        }
        self.list(group);
    }

    /// Up to `max` messages, now in flight: as many as possible of one group, in order, before the next group.
    pub(crate) fn take(&mut self, max: usize) -> Vec<u64> {
        let mut taken = Vec::new();
        while taken.len() < max
            && let Some((_, name)) = self.open.pop_first()
            && let Some(group) = self.groups.get_mut(&name)
        {
            group.listed = None;
            while taken.len() < max
                && let Some(key) = group.waiting.pop_first()
            {
                group.in_flight += 1;
                taken.push(key);
            }
        }
        taken
    }

    /// Puts the group where its state says: open under its oldest message, blocked, or forgotten.
    fn list(&mut self, name: &Arc<str>) {
        let Some(group) = self.groups.get_mut(name) else {
            return;
        };
        let head = if group.in_flight == 0 {
            group.waiting.first().copied()
        } else {
            None
        };
        if group.listed != head {
            if let Some(listed) = group.listed.take() {
                self.open.remove(&(listed, Arc::clone(name)));
            }
            if let Some(head) = head {
                self.open.insert((head, Arc::clone(name)));
            }
            group.listed = head;
        }
        if group.in_flight == 0 && group.waiting.is_empty() {
            self.groups.remove(name);
        }
    }
}
