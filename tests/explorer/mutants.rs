//! The explorer must be able to fail: the engine's surroundings with one thing wrong with them, and how it is caught.
//!
//! What is broken is what the engine stands on (the ledger's conditions, the order in which things take effect, what the
//! queue and the mapping do), and what of the engine can be undone from there.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::available_parallelism;

use hikyaku_core::testing::explore::{Choices, exhaust, wander};

use super::play::Act::{Error, Ok as Done};
use super::simulation::Scenario;
use super::worlds::{World, plan, scenario, small};
use super::{defects, groups, rule, spoilt_worlds};

/// One thing that is wrong, and a world in which it shows.
pub(crate) struct Mutant {
    /// As `CompletesWithoutCondition`, and which of its worlds it is.
    pub(crate) name: String,
    /// What is wrong, for a reader.
    pub(crate) words: &'static str,
    pub(crate) scenario: Scenario,
    /// The rules that it breaks: each of them is seen to be broken.
    pub(crate) rules: Vec<&'static str>,
}

/// How a mutant was caught.
struct Caught {
    mutant: Mutant,
    schedules: u64,
    /// By which rule, in how many of them.
    by: BTreeMap<String, u64>,
}

/// Every mutant, and how it was caught.
pub(crate) struct Table(Vec<Caught>);

pub(crate) fn all() -> Vec<Mutant> {
    let mut mutants = defects::mutants();
    mutants.extend(spoilt_worlds::mutants());
    mutants.extend(around_the_engine());
    mutants
}

/// The same as worlds, so that a run can be repeated.
pub(crate) fn worlds() -> Vec<World> {
    let world = |mutant: Mutant| small(&mutant.name, mutant.scenario);
    all().into_iter().map(world).collect()
}

/// What the queue and the mapping can do wrong.
fn around_the_engine() -> Vec<Mutant> {
    let pair = vec![
        groups::grouped("g", &[Error, Done]),
        groups::grouped("g", &[Done]),
    ];
    let two = vec![plan("once", &[Error, Done], 2), plan("once", &[Done], 2)];
    vec![
        Mutant {
            name: "defect/KeepsNoOrder".to_owned(),
            words: "the queue does not know of groups",
            scenario: Scenario {
                is_ordered: false,
                ..scenario(pair, 1, 0, 0)
            },
            rules: vec![rule::ORDER_IS_KEPT],
        },
        Mutant {
            name: "defect/ReportsNoItemFailures".to_owned(),
            words: "the mapping deletes a whole batch (no ReportBatchItemFailures)",
            scenario: Scenario {
                partial_responses: false,
                ..scenario(two, 1, 0, 0)
            },
            rules: vec![rule::NOTHING_IS_LOST],
        },
    ]
}

/// Explores every mutant for so many schedules, and for more until it was caught.
pub(crate) fn table(schedules: RangeInclusive<u64>) -> Table {
    let waiting: Vec<_> = all()
        .into_iter()
        .map(|mutant| Mutex::new(Some(mutant)))
        .collect();
    let caught: Vec<_> = waiting.iter().map(|_| Mutex::new(None)).collect();
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(mutant) = waiting.get(index) else {
                        break;
                    };
                    let mutant = mutant.lock().unwrap().take().unwrap();
                    *caught[index].lock().unwrap() = Some(mutant.caught(&schedules));
                }
            });
        }
    });
    let caught = caught
        .into_iter()
        .map(|caught| caught.into_inner().unwrap().unwrap());
    Table(caught.collect())
}

impl Mutant {
    /// Half of the schedules in depth-first order, unless there are fewer; the rest at random.
    fn caught(self, schedules: &RangeInclusive<u64>) -> Caught {
        const PERMILLE: usize = 100;
        let by = Mutex::new(BTreeMap::new());
        let run = |choices: &Choices| {
            if let Err(what) = self.scenario.run(choices) {
                let mut by = by.lock().unwrap();
                *by.entry(rule::of(&what).to_owned()).or_insert(0) += 1;
            }
            Ok(())
        };
        let goes_on = |runs| {
            let by = by.lock().unwrap();
            let is_caught = self.rules.iter().all(|rule| by.contains_key(*rule));
            runs < *schedules.start() || (runs < *schedules.end() && !is_caught)
        };
        let deep = exhaust(run, |runs| goes_on(2 * runs));
        let wide = wander(run, 1, PERMILLE, |runs| goes_on(runs + deep.runs));
        Caught {
            schedules: deep.runs + wide.runs,
            by: by.into_inner().unwrap(),
            mutant: self,
        }
    }
}

impl Table {
    /// Every mutant was caught by all of its rules, and every rule caught one.
    pub(crate) fn is_complete(&self) -> Result<(), String> {
        let mut missed = Vec::new();
        for Caught { mutant, by, .. } in &self.0 {
            let not_by = mutant.rules.iter().filter(|rule| !by.contains_key(**rule));
            missed.extend(not_by.map(|rule| format!("{} is not caught by {rule}", mutant.name)));
        }
        let idle = rule::ALL.iter().filter(|rule| {
            let mut all = self.0.iter().flat_map(|caught| &caught.mutant.rules);
            !all.any(|expected| expected == *rule)
        });
        missed.extend(idle.map(|rule| format!("no defect is caught by {rule}")));
        if missed.is_empty() {
            Ok(())
        } else {
            Err(missed.join("\n"))
        }
    }
}

impl std::fmt::Display for Table {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(
            formatter,
            "| what is wrong | caught by | in schedules |\n|---|---|---:|"
        )?;
        for Caught {
            mutant,
            schedules,
            by,
        } in &self.0
        {
            let rules: Vec<_> = by.keys().map(String::as_str).collect();
            let caught: u64 = by.values().sum();
            let (words, rules) = (mutant.words, rules.join("; "));
            writeln!(formatter, "| {words} | {rules} | {caught} of {schedules} |")?;
        }
        writeln!(formatter, "\n{} defects", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use hikyaku_core::testing::explore::exhaust;

    use super::{rule, table, worlds};
    use crate::campaign::report;
    use crate::replay;

    #[test]
    fn every_defect_is_caught_by_its_rules_and_every_rule_catches_one() {
        let table = table(200..=4_000);
        println!("{table}");
        assert_eq!(table.is_complete(), Ok(()));
    }

    #[test]
    fn the_command_that_a_failure_names_shows_it_again_and_shrunk() {
        for name in [
            "defect/ChargesNeighbours",
            "defect/FollowsNothingThatIsDone",
        ] {
            let world = worlds()
                .into_iter()
                .find(|world| world.name == name)
                .unwrap();
            let failure = exhaust(|choices: &_| world.scenario.run(choices), |_| true)
                .failure
                .unwrap();
            assert!(failure.answers.len() < 40, "{failure}");
            let report = report(name, world.scenario.budget, None, &failure);
            let command = report
                .lines()
                .find(|line| line.contains("make -C tests explore"))
                .unwrap();
            let run = command.split('\'').nth(1).unwrap();
            let again = replay(run).unwrap_err();
            assert_eq!(
                rule::of(again.lines().last().unwrap()),
                rule::of(&failure.what)
            );
            assert!(
                failure.trace.iter().all(|line| again.contains(line)),
                "{again}"
            );
        }
    }
}
