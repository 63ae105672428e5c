//! The worlds that are explored, each by a name.

use std::ops::RangeInclusive;
use std::sync::Arc;

use super::application::Origin;
use super::chance::Budget;
use super::play::Act;
use super::reached::Reached;
use super::simulation::{Hiding, Plan, Scenario};
use super::{groups, jobs, laravel, mixes, routed};

/// A world to explore, and how far a test run does.
#[derive(Clone)]
pub(crate) struct World {
    /// As `an_ordered_group/poison`.
    pub(crate) name: String,
    pub(crate) scenario: Scenario,
    /// Other budgets that a test run exhausts, too: faults, and turns out of order.
    pub(crate) also: Vec<(u32, u32)>,
    /// How many random walks a test run makes. 0: it runs every way there is instead.
    pub(crate) walks: u64,
}

/// All worlds there are.
pub(crate) fn all() -> Vec<World> {
    let lists = [
        jobs::worlds(),
        groups::worlds(),
        laravel::worlds(),
        mixes::worlds(),
        routed::worlds(),
    ];
    lists.into_iter().flatten().collect()
}

/// A small world, which a test run exhausts.
pub(crate) fn small(name: &str, scenario: Scenario) -> World {
    World {
        name: name.to_owned(),
        scenario,
        also: Vec::new(),
        walks: 0,
    }
}

/// A large one, in which a test run makes so many random walks.
pub(crate) fn large(name: &str, walks: u64, scenario: Scenario) -> World {
    World {
        name: name.to_owned(),
        scenario,
        also: Vec::new(),
        walks,
    }
}

/// Lists worlds, and has a test run explore each list.
macro_rules! worlds {
    ($($subject:ident: $worlds:expr;)*) => {
        /// The worlds of this file.
        pub(crate) fn worlds() -> Vec<$crate::worlds::World> {
            let lists = [$((stringify!($subject), $worlds)),*];
            let named = |(subject, list): (&str, Vec<$crate::worlds::World>)| {
                let subject = subject.to_owned();
                list.into_iter().map(move |world| world.of(&subject))
            };
            lists.into_iter().flat_map(named).collect()
        }

        $(#[cfg(test)]
        #[test]
        fn $subject() {
            for world in $worlds {
                world.of(stringify!($subject)).is_sound();
            }
        })*
    };
}
pub(crate) use worlds;

impl World {
    pub(crate) fn of(mut self, subject: &str) -> Self {
        self.name = format!("{subject}/{}", self.name);
        self
    }

    /// A test run exhausts this budget, too.
    pub(crate) fn also(mut self, faults: u32, moves: u32) -> Self {
        self.also.push((faults, moves));
        self
    }

    /// Explores as far as a test run has time for: no run breaks a rule.
    #[cfg(test)]
    #[track_caller]
    pub(crate) fn is_sound(&self) {
        let budget = self.scenario.budget;
        self.is_sound_with(budget);
        for &(faults, moves) in &self.also {
            self.is_sound_with(Budget {
                faults,
                moves,
                ..budget
            });
        }
    }

    #[cfg(test)]
    #[track_caller]
    fn is_sound_with(&self, budget: Budget) {
        use hikyaku_core::testing::explore::{exhaust, wander};

        use super::campaign::{PERMILLE, report};

        const MANY: u64 = 500_000;
        let (name, scenario) = (&self.name, self.scenario.with(budget));
        let run = |choices: &_| scenario.run(choices);
        let explored = if self.walks == 0 {
            exhaust(run, |runs| runs < MANY)
        } else {
            wander(run, 1, PERMILLE, |runs| runs < self.walks)
        };
        let Budget { faults, moves, .. } = budget;
        println!("{name} {faults}+{moves}: {} schedules", explored.runs);
        if let Some(failure) = explored.failure {
            panic!(
                "{}",
                report(name, budget, (self.walks > 0).then_some(1), &failure)
            );
        }
        let is_whole = explored.complete || self.walks > 0;
        assert!(is_whole, "{name}: there are more than {MANY} ways");
    }
}

pub(crate) fn plan(job: &'static str, acts: &[Act], tries: u32) -> Plan {
    Plan {
        job,
        acts: acts.to_vec(),
        tries,
        sleep: 2,
        ..Plan::default()
    }
}

pub(crate) fn scenario(plans: Vec<Plan>, faults: u32, moves: u32, retries: u32) -> Scenario {
    Scenario {
        plans,
        budget: Budget {
            faults,
            moves,
            retries,
        },
        batch_size: 2,
        timeout: 100,
        visibility: 150,
        retention: 14,
        hiding: Hiding::Works,
        is_ordered: true,
        cost: None,
        allows_failures: false,
        partial_responses: true,
        around: Arc::new(Origin::ends),
        reached: Arc::new(Reached::default()),
    }
}

/// The same world, of which it is known what it costs when nothing goes wrong: receives and ledger writes.
pub(crate) fn costing(receives: u64, writes: u64, scenario: Scenario) -> Scenario {
    Scenario {
        cost: Some((receives, writes..=writes)),
        ..scenario
    }
}

/// The same, if it depends on who comes first.
pub(crate) fn costing_about(
    receives: u64,
    writes: RangeInclusive<u64>,
    scenario: Scenario,
) -> Scenario {
    Scenario {
        cost: Some((receives, writes)),
        ..scenario
    }
}

/// A function with time for long jobs, and a queue that is in no hurry.
pub(crate) fn patient(scenario: Scenario) -> Scenario {
    Scenario {
        timeout: 900,
        visibility: 5400,
        ..scenario
    }
}

/// A queue that keeps its messages for as long as SQS does unless it is told otherwise.
pub(crate) fn forgetful(scenario: Scenario) -> Scenario {
    Scenario {
        retention: 4,
        ..scenario
    }
}

/// A queue that hides its messages for two minutes, which its function is told and outlasts.
pub(crate) fn short(scenario: Scenario) -> Scenario {
    Scenario {
        visibility: 120,
        hiding: Hiding::Needless,
        ..scenario
    }
}

/// Batches of this size.
pub(crate) fn batches_of(batch_size: usize, scenario: Scenario) -> Scenario {
    Scenario {
        batch_size,
        ..scenario
    }
}
