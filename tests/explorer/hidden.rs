//! What the queue was told of the messages that an invocation has, and what must hold of it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use hikyaku_core::testing::ProcessId;
use hikyaku_core::{Clock, Receipt, Timestamp};

use super::book::Book;
use super::rule;
use super::simulation::{Hiding, Simulation};

/// A job whose process is killed runs again so soon.
const SOON: Duration = Duration::from_secs(120);

/// By the handles of receipts.
#[derive(Default)]
pub(super) struct Hidden {
    /// What was hidden for as long as its invocation lives.
    kept: BTreeSet<String>,
    /// What was given back, and when it comes back.
    given_back: BTreeMap<String, (Receipt, Timestamp)>,
}

impl Book {
    pub(crate) fn kept(&self, receipts: &[Receipt]) {
        let handles = receipts.iter().map(|receipt| receipt.handle.clone());
        self.pages().hidden.kept.extend(handles);
    }

    pub(crate) fn given_back(&self, receipt: &Receipt, visible: Option<Timestamp>) {
        let given_back = &mut self.pages().hidden.given_back;
        given_back.remove(&receipt.handle);
        let told = visible.map(|visible| (receipt.handle.clone(), (receipt.clone(), visible)));
        given_back.extend(told);
    }
}

impl Simulation<'_> {
    /// Nobody has received what an invocation has that still runs, unless it was given back or something went badly wrong.
    pub(super) fn stays_hidden(&self) -> Result<(), String> {
        let held = self.world.held();
        let is_sure = self.scenario.hiding != Hiding::Fails && self.chance.only_mild().is_some();
        if !is_sure || held.len() < 2 {
            return Ok(());
        }
        let pages = self.book.pages();
        let is_given_back =
            |receipt: &Receipt| pages.hidden.given_back.contains_key(&receipt.handle);
        for (index, (_, one)) in held.iter().enumerate() {
            let mut later = held[index + 1..].iter().map(|(_, receipt)| *receipt);
            let again = later.find(|other| self.world.queue.are_of_one_message(one, other));
            if let (Some(_), false) = (again, is_given_back(one)) {
                let how = format!("the message of receipt {} is received again", one.handle);
                return Err(format!("{}: {how}", rule::HELD_IS_HIDDEN));
            }
        }
        Ok(())
    }

    /// What was given back comes back when its queue was told.
    pub(super) fn is_left_alone(&self) -> Result<(), String> {
        if self.chance.only_mild().is_none() {
            return Ok(());
        }
        let pages = self.book.pages();
        for (receipt, told) in pages.hidden.given_back.values() {
            let visible = self.world.queue.visible(receipt);
            if let Some(visible) = visible.filter(|visible| visible != told) {
                let (handle, late) = (&receipt.handle, told.until(visible));
                let how = format!("the message of receipt {handle} comes back {late:?} late");
                return Err(format!("{}: {how}", rule::DELAYS_ARE_LEFT));
            }
        }
        Ok(())
    }

    /// What a process had comes back soon that is killed now, if nothing else has gone wrong.
    pub(super) fn comes_back_soon(&self, process: ProcessId) -> Result<(), String> {
        let soon = self.world.clock.now() + SOON;
        let pages = self.book.pages();
        for (_, receipt) in self
            .world
            .held()
            .into_iter()
            .filter(|(of, _)| *of == Some(process))
        {
            let hidden = &pages.hidden;
            let is_kept = hidden.kept.contains(&receipt.handle)
                && !hidden.given_back.contains_key(&receipt.handle);
            let visible = self.world.queue.visible(receipt);
            if let Some(visible) = visible.filter(|visible| is_kept && *visible > soon) {
                let (handle, late) = (&receipt.handle, soon.until(visible));
                let how = format!("the message of receipt {handle} comes back {late:?} too late");
                return Err(format!("{}: {how}", rule::DEATHS_ARE_SHORT));
            }
        }
        Ok(())
    }
}
