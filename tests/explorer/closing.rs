//! What must hold when a world has come to rest.

use hikyaku_core::State;

use super::application::id;
use super::book::Announced;
use super::rule;
use super::simulation::Simulation;

impl Simulation<'_> {
    pub(super) fn finish(&self) -> Result<(), String> {
        if !self.world.drained() {
            return Err(format!("{}: nothing happens any more", rule::IT_DRAINS));
        }
        if let Some(message) = self.world.queue.dead().first() {
            let often = format!("`{}` was received {} times", message.id, message.receives);
            return Err(format!("{}: {often}", rule::IT_DRAINS));
        }
        let elsewhere = self.world.queue.elsewhere();
        self.book.close(&self.ledger, &elsewhere);
        if let Some(broken) = self.book.broken() {
            return Err(broken);
        }
        self.is_unlocked()?;
        for (index, plan) in self.scenario.plans.iter().enumerate() {
            if let Some(other) = plan.double_of {
                self.is_told_apart(plan.job, other)?;
                continue;
            }
            for (id, announced) in plan.announced(index) {
                self.is_not_lost(&id, &announced)?;
                self.is_committed(&id, &announced)?;
            }
        }
        self.costs_what_it_says()
    }

    pub(super) fn state(&self, id: &str) -> Option<State> {
        self.ledger.record(id).map(|record| record.state)
    }

    fn is_not_lost(&self, id: &str, announced: &Announced) -> Result<(), String> {
        let state = self.state(id);
        let is_buried = self.ledger.failed(id).is_some();
        let follows = |before: &String| self.state(before) == Some(State::Done);
        let is_due = announced.after.as_ref().is_none_or(follows);
        let kept = match state {
            Some(State::Done) => true,
            Some(State::Failed) => is_buried,
            None if !is_due => true,
            None if announced.is_unfenced => is_buried || self.book.has_succeeded(id),
            None if self.is_forwarded(id) => true,
            _ => false,
        };
        if kept {
            return Ok(());
        }
        Err(format!("{}: `{id}` is {state:?}", rule::NOTHING_IS_LOST))
    }

    /// Of two jobs with one uuid one has the record, and the other is listed as failed.
    fn is_told_apart(&self, job: &str, other: usize) -> Result<(), String> {
        let (id, other) = (id(other), self.scenario.plans[other].job);
        let record = self.ledger.record(&id);
        let has_it = record.and_then(|record| record.job);
        let rows = self.ledger.all_failed();
        let mut second = [job, other]
            .into_iter()
            .filter(|name| has_it.as_deref() != Some(name));
        let is_kept = |name: &str| rows.iter().any(|row| row.job == name && row.id != id);
        match second.find(|name| !is_kept(name)) {
            None => Ok(()),
            Some(lost) => {
                let how = format!("nobody knows of `{lost}`, which has the uuid `{id}`");
                Err(format!("{}: {how}", rule::NAMES_ARE_TOLD_APART))
            }
        }
    }

    fn is_committed(&self, id: &str, announced: &Announced) -> Result<(), String> {
        let notes = self.ledger.notes();
        let committed = notes.iter().filter(|(_, by)| by == id).count();
        let is_done = self.state(id) == Some(State::Done);
        let due = usize::from(announced.commits && is_done);
        if committed == due {
            return Ok(());
        }
        let wrong = format!("`{id}` committed {committed} times, not {due}");
        Err(format!("{}: {wrong}", rule::EFFECT_IS_ONCE))
    }

    fn costs_what_it_says(&self) -> Result<(), String> {
        let Some((receives, writes)) = &self.scenario.cost else {
            return Ok(());
        };
        let Some(mild) = self.chance.only_mild() else {
            return Ok(());
        };
        let (seen_receives, seen_writes) = (self.world.queue.receives(), self.ledger.writes());
        if mild <= 1 && seen_receives != *receives {
            return Err(format!(
                "{}: {seen_receives} receives, not {receives}",
                rule::MILD_FAULTS_ARE_FREE
            ));
        }
        if mild == 0 && !writes.contains(&seen_writes) {
            return Err(format!(
                "{}: {seen_writes} writes, not {writes:?}",
                rule::COST_IS_KNOWN
            ));
        }
        Ok(())
    }
}
