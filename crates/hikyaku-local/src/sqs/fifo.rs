//! The order of a FIFO queue: message groups, and which of them may be received.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// All groups with a message that waits or is in flight.
#[derive(Debug, Default)]
pub(crate) struct Groups {
    by_name: HashMap<Arc<str>, Group>,
    /// The groups that may be received, by when their oldest waiting message was shown.
    open: BTreeSet<(u64, Arc<str>)>,
    /// How many times a message was shown, for the first time or again.
    shown: u64,
}

#[derive(Debug, Default)]
struct Group {
    /// Each with when it was shown.
    waiting: BTreeMap<u64, u64>,
    in_flight: BTreeSet<u64>,
    /// Under which showing the group stands in `open`.
    listed: Option<u64>,
}

impl Group {
    /// The oldest waiting message, unless an older one is in flight, and when it was shown.
    fn head(&self) -> Option<(u64, u64)> {
        let (key, shown) = self.waiting.first_key_value()?;
        let behind = self.in_flight.first().is_some_and(|first| first < key);
        (!behind).then_some((*key, *shown))
    }
}

impl Groups {
    /// A message waits in its group, at the place its key gives it.
    pub(crate) fn add(&mut self, key: u64, group: &Arc<str>) {
        self.shown += 1;
        let members = self.by_name.entry(Arc::clone(group)).or_default();
        members.waiting.insert(key, self.shown);
        self.list(group);
    }

    /// A message that waits is gone.
    pub(crate) fn remove(&mut self, key: u64, group: &Arc<str>) {
        if let Some(members) = self.by_name.get_mut(group) {
            members.waiting.remove(&key);
        }
        self.list(group);
    }

    /// A message of the group is no longer in flight.
    pub(crate) fn land(&mut self, key: u64, group: &Arc<str>) {
        if let Some(members) = self.by_name.get_mut(group) {
            members.in_flight.remove(&key);
        }
        self.list(group);
    }

    /// Up to `max` messages, now in flight: as many as possible of one group, in order, before the next group. What stands
    /// behind a message in flight waits for it.
    pub(crate) fn take(&mut self, max: usize) -> Vec<u64> {
        let mut taken = Vec::new();
        while taken.len() < max
            && let Some((_, name)) = self.open.pop_first()
            && let Some(group) = self.by_name.get_mut(&name)
        {
            group.listed = None;
            let first = taken.len();
            while taken.len() < max
                && let Some((key, _)) = group.head()
            {
                group.waiting.remove(&key);
                taken.push(key);
            }
            group.in_flight.extend(&taken[first..]);
        }
        taken
    }

    /// Puts the group where its state says: open, blocked, or forgotten.
    fn list(&mut self, name: &Arc<str>) {
        let Some(group) = self.by_name.get_mut(name) else {
            return;
        };
        let shown = group.head().map(|(_, shown)| shown);
        if group.listed != shown {
            if let Some(listed) = group.listed.take() {
                self.open.remove(&(listed, Arc::clone(name)));
            }
            if let Some(shown) = shown {
                self.open.insert((shown, Arc::clone(name)));
            }
            group.listed = shown;
        }
        if group.in_flight.is_empty() && group.waiting.is_empty() {
            self.by_name.remove(name);
        }
    }
}
