//! The worlds of chains, batches, locks and questions to PHP.

use super::play::Act::{self, Error, Fail, Ok as Done};
use super::simulation::{Plan, Scenario};
use super::{at_random, every_way, plan, scenario};

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

#[test]
fn a_chain() {
    for (name, jobs) in [
        ("done", &[&[Done][..], &[Done], &[Done]][..]),
        ("fails", &[&[Done], &[Fail], &[Done]]),
        ("tried again", &[&[Error, Done], &[Done]]),
    ] {
        every_way(name, &scenario(vec![chain(jobs)], 1, 0, 0));
    }
}

#[test]
fn a_chain_with_a_turn_out_of_order() {
    every_way(
        "chain",
        &scenario(vec![chain(&[&[Done], &[Done]])], 1, 1, 0),
    );
}

#[test]
fn a_chain_that_fails_and_is_sent_again() {
    let jobs = chain(&[&[Done], &[Fail, Done], &[Done]]);
    every_way("sent again", &scenario(vec![jobs], 1, 0, 1));
}

#[test]
fn a_batch() {
    let two = |first: &[Act]| vec![member(first), member(&[Done])];
    every_way("done", &scenario(two(&[Done]), 1, 0, 0));
    every_way("cancelled", &scenario(two(&[Fail]), 1, 0, 0));
    let allowing = allowing_failures(scenario(two(&[Fail, Done]), 1, 0, 1));
    every_way("sent again", &allowing);
}

#[test]
fn a_question_to_php() {
    let asks = || vec![hooked(&[Fail, Error, Done])];
    every_way("any two faults", &scenario(asks(), 2, 0, 0));
    every_way("sent again", &scenario(asks(), 1, 0, 1));
}

#[test]
fn a_unique_job_and_the_next_dispatch_of_it() {
    for acts in [&[Done][..], &[Fail], &[Error, Done]] {
        let plans = vec![unique(acts, EVER), unique(&[Done], EVER)];
        every_way("unique", &scenario(plans, 1, 0, 0));
    }
}

#[test]
fn a_unique_job_whose_lock_ends_before_it() {
    let slow = Plan {
        sleep: 30,
        ..unique(&[Done], 20)
    };
    let plans = vec![slow, unique(&[Error, Done], EVER)];
    every_way("expired", &scenario(plans, 1, 0, 0));
}

#[test]
fn jobs_that_do_not_overlap() {
    every_way("one", &scenario(vec![alone(&[Error, Done])], 1, 0, 0));
    let two = vec![alone(&[Error, Done]), alone(&[Done])];
    every_way("two", &scenario(two, 1, 0, 0));
}

#[test]
fn a_message_for_somebody_else() {
    every_way(
        "unknown",
        &scenario(vec![plan("unknown", &[Done], 2)], 2, 1, 0),
    );
}

#[test]
fn many_faults_around_chains_at_random() {
    let plans = vec![
        chain(&[&[Done], &[Error, Done], &[Done]]),
        chain(&[&[Error, Done], &[Fail, Done], &[Done]]),
    ];
    at_random("chains", 300, &scenario(plans, 6, 30, 2));
}

#[test]
fn many_faults_around_a_batch_at_random() {
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
    at_random("batch", 200, &scenario(plans(), 6, 30, 2));
    let allowing = allowing_failures(scenario(plans(), 6, 30, 2));
    at_random("batch that allows failures", 200, &allowing);
}

#[test]
fn many_faults_around_locks_at_random() {
    let unique = vec![
        unique(&[Error, Done], EVER),
        unique(&[Fail], EVER),
        unique(&[Done], EVER),
    ];
    at_random("unique", 300, &scenario(unique, 6, 30, 0));
    let alone = vec![
        alone(&[Error, Done]),
        Plan {
            sleep: 30,
            ..alone(&[Done])
        },
        alone(&[Fail]),
    ];
    at_random("overlap", 200, &scenario(alone, 6, 30, 1));
}

#[test]
fn many_faults_around_questions_at_random() {
    let plans = vec![
        hooked(&[Fail, Error, Done]),
        Plan {
            links: vec![vec![Fail]],
            ..hooked(&[Done])
        },
        plan("unknown", &[Done], 2),
        plan("at-least-once", &[Error, Done], 3),
    ];
    at_random("questions", 300, &scenario(plans, 6, 30, 3));
}
