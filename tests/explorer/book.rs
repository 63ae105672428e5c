//! What is written down while a world runs, and the rules it is held against.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hikyaku_core::testing::{ProcessId, Scheduler, VirtualClock};
use hikyaku_core::{ClaimRequest, Clock, Release, Side, Stop};

use super::hidden::Hidden;
pub(crate) use super::page::Announced;
use super::page::{Claim, Page};
use super::reached::{Event, Reached};
use super::rule;

/// All that happened in one world. The first rule that is broken is kept.
pub(crate) struct Book {
    pages: Mutex<Pages>,
    pub(crate) scheduler: Scheduler,
    clock: VirtualClock,
    pub(crate) reached: Arc<Reached>,
}

#[derive(Default)]
pub(super) struct Pages {
    pub(super) jobs: BTreeMap<String, Page>,
    /// The last position that each group has finished.
    groups: BTreeMap<String, usize>,
    broken: Option<String>,
    /// What PHP was asked, and under which id.
    pub(super) questions: BTreeMap<String, String>,
    pub(super) hidden: Hidden,
    /// The processes that a job is taking down.
    dying: Vec<ProcessId>,
}

impl Pages {
    pub(super) fn breaks(&mut self, rule: &str, how: impl std::fmt::Display) {
        self.broken.get_or_insert_with(|| format!("{rule}: {how}"));
    }

    fn page(&mut self, id: &str) -> &mut Page {
        // Not `entry`: it would copy the id every time.
        if !self.jobs.contains_key(id) {
            self.jobs.insert(id.to_owned(), Page::default());
        }
        self.jobs.get_mut(id).expect("it was inserted")
    }
}

/// Two clocks differ by as much, and a bit is given in.
const CLOCKS_DIFFER: Duration = Duration::from_secs(10);

impl Book {
    /// An empty book. The scheduler says which process a job runs in.
    pub(crate) fn new(scheduler: Scheduler, clock: VirtualClock, reached: Arc<Reached>) -> Self {
        Self {
            pages: Mutex::default(),
            scheduler,
            clock,
            reached,
        }
    }

    pub(crate) fn announce(&self, id: &str, announced: Announced) {
        self.pages().page(id).announced = Some(announced);
    }

    pub(crate) fn claimed(&self, request: &ClaimRequest, token: u64, spent: u32) {
        let (id, generation, alone) = (request.id.as_str(), request.generation, request.alone);
        let mut pages = self.pages();
        let page = pages.page(id);
        let (last, newest) = (page.token, page.generation);
        let is_at_most_once = page.announced().is_some_and(|job| job.is_at_most_once);
        let mut robbed = None;
        // A try that counts for the next claim, too, was given back: the attempt died beside others.
        if let Some(before) = page
            .claims
            .get_mut(&last)
            .filter(|before| !before.alone && !is_at_most_once)
        {
            before.refunded |= before.generation == generation && spent <= before.spent;
            let died = before.generation == generation && !before.settled;
            robbed = (died && spent > before.spent).then_some(spent);
        }
        page.token = token;
        page.generation = newest.max(generation);
        page.claims.insert(
            token,
            Claim {
                generation,
                spent,
                alone,
                run: None,
                refunded: false,
                settled: false,
                saved: page.saved.clone(),
            },
        );
        if let Some(spent) = robbed {
            pages.breaks(
                rule::NEIGHBOURS_LOSE_NOTHING,
                format_args!("`{id}` died beside others, and its next try counts as {spent}"),
            );
            return;
        }
        if token <= last {
            pages.breaks(
                rule::TOKENS_GROW,
                format_args!("`{id}` got {token} after {last}"),
            );
        }
        if generation < newest {
            pages.breaks(
                rule::STALE_NEVER_RUNS,
                format_args!("`{id}` of {generation} claimed after {newest}"),
            );
        }
    }

    pub(crate) fn completed(&self, id: &str) {
        let mut pages = self.pages();
        let page = pages.page(id);
        page.completions += 1;
        let completions = page.completions;
        if completions > 1 {
            pages.breaks(
                rule::ONE_COMPLETION,
                format_args!("`{id}` was completed {completions} times"),
            );
        }
        pages.finished(id);
    }

    pub(crate) fn released(&self, id: &str, token: u64, release: &Release) {
        let spent = release.tries_spent;
        let mut pages = self.pages();
        let page = pages.page(id);
        page.not_before = release.not_before;
        let claims = &mut page.claims;
        let Some(claim) = claims.get_mut(&token) else {
            return;
        };
        claim.refunded = spent < claim.spent;
        claim.settled = true;
        let generation = claim.generation;
        // A continuation gives all of its tries back.
        if spent == 0 {
            let earlier = claims.values_mut();
            for claim in earlier.filter(|claim| claim.generation == generation) {
                claim.refunded = true;
            }
        }
    }

    pub(crate) fn failed(&self, id: &str, token: u64) {
        let mut pages = self.pages();
        let page = pages.page(id);
        let generation = page.claims.get(&token).map(|claim| claim.generation);
        page.failures.extend(generation);
        let groundless = generation.and_then(|generation| page.fails_without_reason(generation));
        if let Some(how) = groundless {
            pages.breaks(rule::FAILURES_HAVE_REASONS, format_args!("`{id}` {how}"));
        }
        pages.finished(id);
    }

    /// A run says that its job never will succeed.
    pub(crate) fn refuses(&self, id: &str, token: u64) {
        let mut pages = self.pages();
        let page = pages.page(id);
        let generation = page.claims.get(&token).map(|claim| claim.generation);
        page.refusals.extend(generation);
    }

    /// A checkpoint was saved.
    pub(crate) fn saved(&self, id: &str, checkpoint: &str) {
        let mut pages = self.pages();
        let page = pages.page(id);
        page.saved = Some(checkpoint.to_owned());
        if page.sides.get(&page.generation) == Some(&Side::Php) {
            pages.breaks(
                rule::SHADOWS_FOLLOW,
                format_args!("`{id}` saves a checkpoint although it runs in PHP"),
            );
        }
    }

    /// The shadow of an attempt begins.
    pub(crate) fn shadows(&self, id: &str, token: u64) {
        self.reached.count(Event::Shadowed);
        let mut pages = self.pages();
        if let Some(how) = pages.page(id).shadow(token) {
            pages.breaks(
                rule::SHADOWS_FOLLOW,
                format_args!("a shadow of `{id}` {how}"),
            );
        }
    }

    /// An attempt goes on from here.
    pub(crate) fn resumes(&self, id: &str, token: u64, found: Option<u32>) {
        let mut pages = self.pages();
        let Some(claim) = pages.page(id).claims.get(&token) else {
            return;
        };
        let (saved, found) = (claim.saved.clone(), found.map(|part| part.to_string()));
        if found.is_some() {
            self.reached.count(Event::Continued);
        }
        if saved != found {
            pages.breaks(
                rule::PROGRESS_IS_KEPT,
                format_args!("`{id}` goes on from {found:?}, not from {saved:?}"),
            );
        }
    }

    /// A job takes the process down that it runs in.
    pub(crate) fn dies(&self) {
        self.reached.count(Event::TookProcessDown);
        let process = self.scheduler.current_process();
        self.pages().dying.extend(process);
    }

    /// The processes that are going down.
    pub(crate) fn dying(&self) -> Vec<ProcessId> {
        std::mem::take(&mut self.pages().dying)
    }

    /// The token of an attempt that another program knows by its try.
    pub(crate) fn token_of(&self, id: &str, generation: u32, spent: u32) -> u64 {
        let mut pages = self.pages();
        let mut claims = pages.page(id).claims.iter().rev();
        let of_it =
            claims.find(|(_, claim)| claim.generation == generation && claim.spent == spent);
        of_it.map_or(0, |(token, _)| *token)
    }

    /// A run is on this side.
    pub(crate) fn runs_on(&self, id: &str, token: u64, side: Side) {
        let mut pages = self.pages();
        let page = pages.page(id);
        let Some(generation) = page.claims.get(&token).map(|claim| claim.generation) else {
            return;
        };
        let begun_on = *page.sides.entry(generation).or_insert(side);
        if begun_on != side {
            pages.breaks(
                rule::SIDE_IS_KEPT,
                format_args!("`{id}` has begun in {begun_on} and starts in {side}"),
            );
        }
    }

    /// A run came to a good end, whether anybody hears of it or not.
    pub(crate) fn succeeds(&self, id: &str) {
        self.pages().page(id).successes += 1;
    }

    pub(crate) fn has_succeeded(&self, id: &str) -> bool {
        self.pages().page(id).successes > 0
    }

    /// A job starts. Answers how often it was started before.
    pub(crate) fn starts(&self, id: &str, token: u64) -> usize {
        let process = self
            .scheduler
            .current_process()
            .unwrap_or(ProcessId(usize::MAX));
        let now = self.clock.now();
        let mut pages = self.pages();
        let out_of_turn = pages.is_out_of_turn(id);
        let page = pages.page(id);
        let before = page.starts;
        page.starts += 1;
        let too_early = page.not_before.take().map(|moment| now.until(moment));
        let is_unfenced = page.announced().is_some_and(|job| job.is_unfenced);
        let broken = if is_unfenced {
            None
        } else {
            out_of_turn.or_else(|| page.start(token, process))
        };
        if let Some((rule, how)) = broken {
            pages.breaks(rule, format_args!("`{id}` {how}"));
        }
        if let Some(early) = too_early.filter(|early| *early > CLOCKS_DIFFER) {
            pages.breaks(
                rule::WAITS_ARE_KEPT,
                format_args!("`{id}` starts {early:?} too early"),
            );
        }
        before
    }

    pub(crate) fn ends(&self, id: &str, token: u64) {
        if let Some(claim) = self.pages().page(id).claims.get_mut(&token)
            && let Some(run) = &mut claim.run
        {
            run.live = false;
        }
    }

    /// A run does not yield any more.
    pub(crate) fn sticks(&self, id: &str, token: u64, stop: Stop) {
        if let Some(run) = self
            .pages()
            .page(id)
            .claims
            .get_mut(&token)
            .and_then(|claim| claim.run.as_mut())
        {
            run.stuck = Some(stop);
        }
    }

    /// The runs of processes that were cut count for nothing.
    pub(crate) fn cut(&self, is_cut: impl Fn(ProcessId) -> bool) {
        let mut pages = self.pages();
        let claims = pages
            .jobs
            .values_mut()
            .flat_map(|page| page.claims.values_mut());
        for run in claims.filter_map(|claim| claim.run.as_mut()) {
            run.live &= !is_cut(run.process);
        }
    }

    pub(crate) fn broken(&self) -> Option<String> {
        self.pages().broken.clone()
    }

    pub(super) fn pages(&self) -> MutexGuard<'_, Pages> {
        self.pages.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pages {
    /// Why a job must not start now, whatever its own page says.
    fn is_out_of_turn(&self, id: &str) -> Option<(&'static str, String)> {
        let Some(job) = self.jobs.get(id).and_then(Page::announced) else {
            return Some((rule::LINKS_FOLLOW, "starts, and nobody knows it".to_owned()));
        };
        if let Some(before) = &job.after
            && self
                .jobs
                .get(before)
                .is_none_or(|page| page.completions == 0)
        {
            let how = format!("starts although `{before}` is not done");
            return Some((rule::LINKS_FOLLOW, how));
        }
        let others = self.jobs.iter().filter(|(other, _)| *other != id);
        let mut beside = others.filter(|(_, page)| page.is_alone() && page.runs() > 0);
        let (other, _) = beside.next().filter(|_| job.is_alone)?;
        Some((rule::NO_OVERLAP, format!("starts beside `{other}`")))
    }

    fn finished(&mut self, id: &str) {
        let group = self.page(id).announced().and_then(|job| job.group.clone());
        let Some((group, position)) = group else {
            return;
        };
        let last = self.groups.insert(group.clone(), position);
        if last.is_some_and(|last| last > position) {
            self.breaks(
                rule::ORDER_IS_KEPT,
                format_args!("`{id}` of group `{group}` ends after its successor"),
            );
        }
    }
}
