//! The unique jobs of an explored world, their locks, and what must be where at any moment.

use std::collections::VecDeque;
use std::time::Duration;

use hikyaku_core::testing::Message;
use hikyaku_core::{Clock, Outcome, State, Timestamp};

use super::application::{ALONE, FALLBACK, UNIQUE, id, owner};
use super::rule;
use super::simulation::Simulation;

/// The unique jobs: those that the application could not dispatch yet, and those that it did.
#[derive(Default)]
pub(crate) struct Unique {
    pub(crate) waiting: VecDeque<usize>,
    holders: Vec<(usize, Timestamp)>,
}

impl Simulation<'_> {
    /// Dispatches the next unique job as soon as its lock is free, and sees that none lost its lock before its end.
    pub(super) fn dispatch_unique(&mut self) -> Result<(), String> {
        self.holders_hold()?;
        let now = self.world.clock.now();
        let is_free = match self.unique.holders.last() {
            _ if self.ledger.cached(UNIQUE).is_none() => true,
            Some((_, expires)) => *expires < now,
            None => true,
        };
        let Some(index) = self.unique.waiting.front().copied().filter(|_| is_free) else {
            return Ok(());
        };
        self.unique.waiting.pop_front();
        let seconds = self.scenario.plans[index].unique.unwrap_or_default();
        let expires = now + Duration::from_secs(seconds);
        self.ledger.put(UNIQUE, &owner(index), expires);
        self.unique.holders.push((index, expires));
        self.dispatch(index);
        Ok(())
    }

    fn is_over(&self, index: usize) -> bool {
        let state = self.state(&id(index));
        matches!(state, Some(State::Done | State::Failed))
    }

    fn holders_hold(&self) -> Result<(), String> {
        let now = self.world.clock.now();
        for (index, expires) in &self.unique.holders {
            let is_theirs = self.ledger.cached(UNIQUE) == Some(owner(*index));
            if *expires >= now && !is_theirs && !self.is_over(*index) {
                let lost = format!("`{}` lost its lock before its end", id(*index));
                return Err(format!("{}: {lost}", rule::ONE_HOLDER));
            }
        }
        Ok(())
    }

    /// At the end of the world no lock is left, but for those under which jobs ran: what a process took that was cut
    /// short, or that came late, is left to expire.
    pub(super) fn is_unlocked(&self) -> Result<(), String> {
        if !self.unique.waiting.is_empty() || self.ledger.cached(UNIQUE).is_some() {
            return Err(format!("{}: the lock is never released", rule::ONE_HOLDER));
        }
        if self.chance.only_mild().is_some() && self.ledger.cached(ALONE).is_some() {
            return Err(format!("{}: the lock is never released", rule::NO_OVERLAP));
        }
        let alone = self.scenario.plans.iter().filter(|plan| plan.is_alone);
        let reports = self.world.reports();
        let mut reports = reports.iter();
        if alone.count() == 1 && reports.any(|report| report.outcome == Outcome::Overlapping) {
            return Err(format!("{}: a job waits for itself", rule::NO_OVERLAP));
        }
        Ok(())
    }

    /// Whether a message was sent on.
    pub(super) fn is_forwarded(&self, id: &str) -> bool {
        let elsewhere = self.world.queue.elsewhere();
        let mut forwarded = elsewhere.iter().filter(|message| message.queue == FALLBACK);
        forwarded.any(|message| message.body.contains(id))
    }

    /// A message that nobody here can run is here or there at any moment.
    pub(super) fn is_somewhere(&self) -> Result<(), String> {
        let plans = self.scenario.plans.iter().enumerate();
        for (index, _) in plans.filter(|(_, plan)| plan.job == "unknown") {
            let id = id(index);
            let has = |messages: Vec<Message>| messages.iter().any(|one| one.body.contains(&id));
            let here = has(self.world.queue.messages()) || has(self.world.queue.dead());
            if !here && !self.is_forwarded(&id) {
                return Err(format!(
                    "{}: `{id}` is in neither place",
                    rule::NOTHING_IS_LOST
                ));
            }
        }
        Ok(())
    }
}
