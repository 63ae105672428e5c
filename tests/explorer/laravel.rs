//! The worlds of chains, batches, locks and questions to PHP.

use super::play::Act::{self, Commit, Error, Fail, Kill, Ok as Done, Part};
use super::simulation::{Plan, Scenario};
use super::worlds::{World, costing, costing_about, large, plan, scenario, small, worlds};

/// An object job that is tried twice.
pub(super) fn object(acts: &[Act]) -> Plan {
    plan("App\\Jobs\\Play", acts, 2)
}

pub(super) fn hooked(acts: &[Act]) -> Plan {
    plan("App\\Jobs\\Hooked", acts, 2)
}

/// A chain, each job of which does this.
pub(super) fn chain(jobs: &[&[Act]]) -> Plan {
    Plan {
        links: jobs[1..].iter().map(|acts| acts.to_vec()).collect(),
        ..object(jobs[0])
    }
}

pub(super) fn member(acts: &[Act]) -> Plan {
    Plan {
        is_in_batch: true,
        ..object(acts)
    }
}

pub(super) fn alone(acts: &[Act]) -> Plan {
    Plan {
        is_alone: true,
        ..object(acts)
    }
}

/// A job whose lock lasts this long.
pub(super) fn unique(acts: &[Act], seconds: u64) -> Plan {
    Plan {
        unique: Some(seconds),
        ..object(acts)
    }
}

/// Longer than any world lasts.
pub(super) const EVER: u64 = 1_000_000_000;

fn allowing_failures(scenario: Scenario) -> Scenario {
    Scenario {
        allows_failures: true,
        ..scenario
    }
}

fn chains() -> Vec<World> {
    let world = |jobs: &[&[Act]]| scenario(vec![chain(jobs)], 1, 0, 0);
    vec![
        small("done", costing(3, 6, world(&[&[Done], &[Done], &[Done]]))),
        small("fails", costing(2, 5, world(&[&[Done], &[Fail], &[Done]]))),
        small(
            "tried again",
            costing(3, 6, world(&[&[Error, Done], &[Done]])),
        ),
        small("in parts", world(&[&[Part], &[Part]])),
        small("commits", world(&[&[Commit], &[Error, Commit]])),
        small("takes its process down", world(&[&[Kill, Done], &[Kill]])),
        small(
            "out of order",
            scenario(vec![chain(&[&[Done], &[Done]])], 1, 1, 0),
        ),
        small(
            "sent again",
            scenario(vec![chain(&[&[Done], &[Fail, Done], &[Done]])], 1, 0, 1),
        ),
    ]
}

fn batches() -> Vec<World> {
    let two = |first: &[Act]| scenario(vec![member(first), member(&[Done])], 1, 0, 0);
    // Two members that end at once may both see that the batch is complete, and both mark it.
    let again = scenario(vec![member(&[Fail, Done]), member(&[Done])], 1, 0, 1);
    vec![
        small("done", costing_about(2, 7..=8, two(&[Done]))),
        small("cancelled", costing(2, 8, two(&[Fail]))),
        small("sent again", allowing_failures(again)),
        small("in parts", costing_about(4, 13..=14, two(&[Part]))),
        small("takes its process down", two(&[Kill, Done])),
    ]
}

fn questions() -> Vec<World> {
    let asks = || vec![hooked(&[Fail, Error, Done])];
    vec![
        small("any two faults", costing(1, 3, scenario(asks(), 2, 0, 0))),
        small("sent again", scenario(asks(), 1, 0, 1)),
    ]
}

fn unique_jobs() -> Vec<World> {
    let world = |(name, acts): (&str, &[Act])| {
        let plans = vec![unique(acts, EVER), unique(&[Done], EVER)];
        let world = scenario(plans, 1, 0, 0);
        small(
            name,
            match acts {
                [Done] => costing(2, 6, world),
                [Fail] => costing(2, 7, world),
                [Error, Done] => costing(3, 8, world),
                _ => world,
            },
        )
    };
    let ends: [(_, &[_]); 5] = [
        ("done", &[Done]),
        ("failed", &[Fail]),
        ("tried again", &[Error, Done]),
        ("in parts", &[Part]),
        ("takes its process down", &[Kill, Done]),
    ];
    let slow = Plan {
        sleep: 30,
        ..unique(&[Done], 20)
    };
    let expired = scenario(vec![slow, unique(&[Error, Done], EVER)], 1, 0, 0);
    let expired = small("whose lock ends before it", expired);
    ends.into_iter().map(world).chain([expired]).collect()
}

fn without_overlapping() -> Vec<World> {
    let beside = |first: &[Act]| scenario(vec![alone(first), alone(&[Done])], 1, 0, 0);
    let one = scenario(vec![alone(&[Error, Done])], 1, 0, 0);
    vec![
        small("one", costing(2, 8, one)),
        small("two", beside(&[Error, Done])),
        small("in parts", beside(&[Part])),
        small("takes its process down", beside(&[Kill, Done])),
    ]
}

fn for_somebody_else() -> Vec<World> {
    let plans = vec![plan("unknown", &[Done], 2)];
    vec![small("unknown", scenario(plans, 2, 1, 0))]
}

fn many_chains() -> Vec<World> {
    let plans = vec![
        chain(&[&[Done], &[Error, Done], &[Done]]),
        chain(&[&[Error, Done], &[Fail, Done], &[Done]]),
    ];
    let hard = vec![
        chain(&[&[Part], &[Kill, Done], &[Commit]]),
        chain(&[&[Commit], &[Error, Part]]),
    ];
    vec![
        large("plain", 300, scenario(plans, 6, 30, 2)),
        large("poison, parts and commits", 200, scenario(hard, 6, 30, 0)),
    ]
}

fn many_in_a_batch() -> Vec<World> {
    let plans = || {
        vec![
            member(&[Done]),
            member(&[Error, Done]),
            member(&[Fail, Done]),
            Plan {
                links: vec![vec![Done]],
                ..member(&[Done])
            },
        ]
    };
    let allowing = allowing_failures(scenario(plans(), 6, 30, 2));
    vec![
        large("cancelled", 200, scenario(plans(), 6, 30, 2)),
        large("that allows failures", 200, allowing),
    ]
}

fn many_locks() -> Vec<World> {
    let unique = vec![
        unique(&[Error, Done], EVER),
        unique(&[Fail], EVER),
        unique(&[Done], EVER),
    ];
    let alone = vec![
        alone(&[Error, Done]),
        Plan {
            sleep: 30,
            ..alone(&[Done])
        },
        alone(&[Fail]),
    ];
    vec![
        large("unique", 300, scenario(unique, 6, 30, 0)),
        large("overlap", 200, scenario(alone, 6, 30, 1)),
    ]
}

fn many_questions() -> Vec<World> {
    let plans = vec![
        hooked(&[Fail, Error, Done]),
        Plan {
            links: vec![vec![Fail]],
            ..hooked(&[Done])
        },
        plan("unknown", &[Done], 2),
        plan("at-least-once", &[Error, Done], 3),
    ];
    vec![large("questions", 300, scenario(plans, 6, 30, 3))]
}

worlds! {
    a_chain: chains();
    a_batch: batches();
    a_question_to_php: questions();
    a_unique_job_and_the_next_dispatch_of_it: unique_jobs();
    jobs_that_do_not_overlap: without_overlapping();
    a_message_for_somebody_else: for_somebody_else();
    many_faults_around_chains: many_chains();
    many_faults_around_a_batch: many_in_a_batch();
    many_faults_around_locks: many_locks();
    many_faults_around_questions: many_questions();
}
