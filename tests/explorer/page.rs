//! What is written down of one job.

use std::collections::{BTreeMap, BTreeSet};

use hikyaku_core::testing::ProcessId;
use hikyaku_core::{Side, Stop, Timestamp};

use super::rule;

/// What is known of a job before it runs.
#[derive(Debug, Clone, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "they are independent of one another"
)]
pub(crate) struct Announced {
    pub(crate) tries: u32,
    /// Its place in an ordered group.
    pub(crate) group: Option<(String, usize)>,
    /// The job of its chain before it.
    pub(crate) after: Option<String>,
    /// It does not run beside others that are of the same mind.
    pub(crate) is_alone: bool,
    pub(crate) is_in_batch: bool,
    /// PHP is asked to call its `failed()`.
    pub(crate) is_hooked: bool,
    /// It keeps no ledger.
    pub(crate) is_unfenced: bool,
    /// It is started at most once, whoever takes its process down.
    pub(crate) is_at_most_once: bool,
    /// It commits something.
    pub(crate) commits: bool,
}

#[derive(Default)]
pub(super) struct Page {
    /// None: nobody should know such a job.
    pub(super) announced: Option<Announced>,
    pub(super) token: u64,
    pub(super) generation: u32,
    pub(super) claims: BTreeMap<u64, Claim>,
    pub(super) completions: u32,
    /// The generations in which it failed.
    pub(super) failures: BTreeSet<u32>,
    pub(super) successes: u32,
    pub(super) starts: usize,
    /// The generations in which it said that it never will succeed.
    pub(super) refusals: BTreeSet<u32>,
    /// On which side it has begun, by generation.
    pub(super) sides: BTreeMap<u32, Side>,
    /// The last checkpoint that was saved.
    pub(super) saved: Option<String>,
    /// Until when it waits.
    pub(super) not_before: Option<Timestamp>,
    /// The attempts that have had a shadow, by their tokens.
    pub(super) shadows: BTreeSet<u64>,
}

pub(super) struct Claim {
    pub(super) generation: u32,
    pub(super) spent: u32,
    /// Whether it ran with nothing beside it.
    pub(super) alone: bool,
    pub(super) run: Option<Run>,
    /// The try was given back.
    pub(super) refunded: bool,
    /// Its end was recorded.
    pub(super) settled: bool,
    /// The checkpoint that it goes on from.
    pub(super) saved: Option<String>,
}

pub(super) struct Run {
    pub(super) process: ProcessId,
    pub(super) live: bool,
    /// For one that does not yield: whether it was told to stop. Nobody can do more.
    pub(super) stuck: Option<Stop>,
}

impl Run {
    fn counts(&self) -> bool {
        self.live && !self.stuck.as_ref().is_some_and(Stop::should_stop)
    }
}

impl Page {
    pub(super) fn announced(&self) -> Option<&Announced> {
        self.announced.as_ref()
    }

    pub(super) fn is_alone(&self) -> bool {
        self.announced().is_some_and(|job| job.is_alone)
    }

    /// How many attempts of this generation count as tries.
    fn spent(&self, generation: u32) -> usize {
        let claims = self.claims.values();
        claims
            .filter(|claim| claim.generation == generation && !claim.refunded)
            .count()
    }

    pub(super) fn fails_without_reason(&self, generation: u32) -> Option<String> {
        let tries = self.tries();
        let spent = self.spent(generation);
        let is_due = spent >= tries || self.refusals.contains(&generation);
        (!is_due).then(|| format!("fails with {spent} of {tries} tries spent"))
    }

    fn tries(&self) -> usize {
        let tries = self.announced().map_or(0, |job| job.tries);
        usize::try_from(tries).unwrap_or(usize::MAX)
    }

    pub(super) fn runs(&self) -> usize {
        let runs = self.claims.values().filter_map(|claim| claim.run.as_ref());
        runs.filter(|run| run.counts()).count()
    }

    /// Why the attempt with this token must have no shadow now.
    pub(super) fn shadow(&mut self, token: u64) -> Option<&'static str> {
        let Some(claim) = self.claims.get(&token) else {
            return Some("is the shadow of nothing");
        };
        let in_php = self.sides.get(&claim.generation) == Some(&Side::Php);
        let is_over = claim.run.as_ref().is_some_and(|run| !run.live);
        if !in_php || !is_over {
            return Some("begins before PHP's run is over");
        }
        (!self.shadows.insert(token)).then_some("comes again")
    }

    pub(super) fn start(
        &mut self,
        token: u64,
        process: ProcessId,
    ) -> Option<(&'static str, String)> {
        let live = self.runs();
        let Some(claim) = self.claims.get_mut(&token) else {
            return Some((
                rule::TOKENS_GROW,
                format!("runs with token {token}, which nobody was given"),
            ));
        };
        claim.run = Some(Run {
            process,
            live: true,
            stuck: None,
        });
        let generation = claim.generation;
        let counted = |claim: &&Claim| {
            claim.generation == generation && claim.run.is_some() && !claim.refunded
        };
        let runs = self.claims.values().filter(counted).count();
        let tries = self.tries();
        if self.completions > 0 {
            Some((rule::DONE_IS_DONE, "starts although it is done".to_owned()))
        } else if live > 0 {
            Some((
                rule::ONE_AT_A_TIME,
                format!("starts with token {token} while {live} run"),
            ))
        } else if generation < self.generation {
            Some((
                rule::STALE_NEVER_RUNS,
                format!("of {generation} starts after {}", self.generation),
            ))
        } else if runs > tries {
            Some((
                rule::TRIES_HOLD,
                format!("runs {runs} times with {tries} tries"),
            ))
        } else {
            None
        }
    }
}
