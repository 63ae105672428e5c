//! The field under the same light: small models of what others ship, explored as hikyaku's own engine is.
//!
//! A model has the requests of the original in their order, and nothing else of it. Each is fair to its original: it says
//! which version was read and where, what its makers promise, and in which case the trace cannot happen. Beside each stands the
//! same world with hikyaku's engine.

mod ground;
mod laravel;
mod ours;
mod powertools;
mod resending;

use std::fmt::{self, Display, Formatter};

use hikyaku_core::testing::explore::{Explored, exhaust};

use self::ground::{State, World};
use super::simulation::Scenario;

/// A system, and what was looked at of it.
pub(crate) struct Peer {
    name: &'static str,
    version: &'static str,
    sources: &'static str,
    promise: &'static str,
    cases: Vec<Case>,
}

/// One thing that can go wrong, or does not.
struct Case {
    title: &'static str,
    /// In which case it happens.
    holds: &'static str,
    #[cfg_attr(not(test), expect(dead_code, reason = "a test holds the traces to it"))]
    is_broken: bool,
    world: World,
    ours: fn() -> Scenario,
}

fn peers() -> Vec<Peer> {
    vec![
        laravel::peer(),
        resending::bref(),
        resending::vapor(),
        powertools::peer(),
    ]
}

fn nothing_is_lost(state: &State) -> Result<(), String> {
    if state.is_lost("A") {
        return Err("a job lost: A is not done, not failed, and in no queue".to_owned());
    }
    Ok(())
}

/// What exploring a case and its counterpart came to.
struct Seen {
    theirs: Explored,
    ours: Explored,
}

impl Case {
    fn explore(&self) -> Seen {
        const MANY: u64 = 1_000_000;
        let scenario = (self.ours)();
        Seen {
            theirs: exhaust(|choices: &_| self.world.run(choices), |runs| runs < MANY),
            ours: exhaust(|choices: &_| scenario.run(choices), |runs| runs < MANY),
        }
    }
}

/// All traces, for people.
pub(crate) fn report() -> String {
    let peers = peers();
    let told: Vec<String> = peers.iter().map(ToString::to_string).collect();
    told.join("\n")
}

impl Display for Peer {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "## {}\n", self.name)?;
        writeln!(
            formatter,
            "{}: {}.\n{}\n",
            self.version, self.sources, self.promise
        )?;
        for case in &self.cases {
            let seen = case.explore();
            writeln!(formatter, "### {}\n\nWhen: {}.\n", case.title, case.holds)?;
            match &seen.theirs.failure {
                Some(failure) => {
                    writeln!(formatter, "```")?;
                    for line in &failure.trace {
                        writeln!(formatter, "{line}")?;
                    }
                    writeln!(formatter, "=> {}\n```\n", failure.what)?;
                }
                None => writeln!(
                    formatter,
                    "No violation in {} schedules, all there are.\n",
                    seen.theirs.runs
                )?,
            }
            writeln!(
                formatter,
                "hikyaku in the same world: {} in {} schedules{}.\n",
                match &seen.ours.failure {
                    Some(failure) => format!("VIOLATION {}", failure.what),
                    None => "no violation".to_owned(),
                },
                seen.ours.runs,
                if seen.ours.complete {
                    ", all there are"
                } else {
                    ""
                }
            )?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_trace_exists_and_hikyaku_has_none_in_the_same_world() {
        for peer in peers() {
            for case in &peer.cases {
                let place = format!("{}: {}", peer.name, case.title);
                let seen = case.explore();
                assert_eq!(seen.theirs.failure.is_some(), case.is_broken, "{place}");
                assert!(case.is_broken || seen.theirs.complete, "{place}");
                assert!(
                    seen.ours.failure.is_none(),
                    "{place}: {:?}",
                    seen.ours.failure
                );
                assert!(seen.ours.complete, "{place}");
                assert!(seen.ours.runs > 50, "{place}: {}", seen.ours.runs);
            }
        }
    }

    #[test]
    fn the_page_shows_what_the_models_print() {
        let page = include_str!("../../../docs/field.md");
        let report = report();
        assert!(
            page.contains(report.trim_end()),
            "put this into docs/field.md:\n{report}"
        );
    }
}
