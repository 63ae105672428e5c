//! The production engine in every world there is: whichever task goes next, whatever call fails, whoever dies.
//!
//! Small worlds are run in every way they can go; large ones at random. A failure names the rule it broke (`book.rs`),
//! its answers and its trace; one found at random names its seed too. `settings.rs` says how to explore for longer and
//! how to repeat a seed. In release mode a core makes some ten thousand runs a second.

mod application;
mod book;
mod chance;
mod defects;
mod laravel;
mod locks;
mod play;
mod questions;
mod settings;
mod simulation;
mod spoilt;
mod watched;

use std::sync::Arc;

use hikyaku_core::testing::explore::{exhaust, repeat, wander};

use self::application::Origin;
use self::chance::Budget;
use self::play::Act::{self, Busy, Commit, Error, Fail, Kill, Ok as Done, Part, Snooze};
use self::settings::{Length, seed};
use self::simulation::{Plan, Scenario};

fn plan(job: &'static str, acts: &[Act], tries: u32) -> Plan {
    Plan {
        job,
        acts: acts.to_vec(),
        tries,
        sleep: 2,
        ..Plan::default()
    }
}

fn grouped(group: &'static str, acts: &[Act]) -> Plan {
    Plan {
        group: Some(group),
        ..plan("once", acts, 2)
    }
}

fn long(acts: &[Act]) -> Plan {
    Plan {
        sleep: 70,
        ..plan("long", acts, 3)
    }
}

fn scenario(plans: Vec<Plan>, faults: u32, moves: u32, retries: u32) -> Scenario {
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
        is_ordered: true,
        cost: None,
        allows_failures: false,
        around: Arc::new(Origin::ends),
    }
}

/// A function with time for long jobs, and a queue that is in no hurry.
fn patient(scenario: Scenario) -> Scenario {
    Scenario {
        timeout: 900,
        visibility: 5400,
        ..scenario
    }
}

/// No way this world can go breaks a rule.
#[track_caller]
fn every_way(name: &str, scenario: &Scenario) {
    const MANY: u64 = 500_000;
    let length = Length::of(MANY);
    let mut scenario = scenario.clone();
    if let Length::Until(_) = length {
        scenario.budget.faults += 1;
        scenario.budget.moves += 1;
    }
    let explored = exhaust(
        |choices: &_| scenario.run(choices),
        |runs| length.more(runs),
    );
    let Budget { faults, moves, .. } = scenario.budget;
    println!(
        "{name}: {} runs with {faults} faults and {moves} turns out of order{}",
        explored.runs,
        if explored.complete {
            ", all there are"
        } else {
            ""
        }
    );
    if let Some(failure) = explored.failure {
        panic!("{name}: {failure}");
    }
    let is_short = matches!(length, Length::Runs(_));
    assert!(
        explored.complete || !is_short,
        "{name}: there are more than {MANY} ways"
    );
}

/// No random walk through this world breaks a rule.
#[track_caller]
fn at_random(name: &str, runs: u64, scenario: &Scenario) {
    const PERMILLE: usize = 40;
    let length = Length::of(runs);
    let explored = wander(
        |choices: &_| scenario.run(choices),
        seed(),
        PERMILLE,
        |runs| length.more(runs),
    );
    let Budget { faults, moves, .. } = scenario.budget;
    println!(
        "{name}: {} runs with {faults} faults and {moves} turns out of order, from seed {}",
        explored.runs,
        seed()
    );
    if let Some(failure) = explored.failure {
        panic!(
            "{name}, HIKYAKU_SEED={}: {failure}",
            seed() + failure.runs - 1
        );
    }
}

#[test]
fn one_job_with_any_two_faults() {
    for (name, acts, cost) in [("done", &[Done][..], (1, 2)), ("failed", &[Fail], (1, 3))] {
        let world = scenario(vec![plan("once", acts, 3)], 2, 0, 0);
        every_way(
            name,
            &Scenario {
                cost: Some(cost),
                ..world
            },
        );
    }
}

#[test]
fn one_job_with_any_fault_and_a_turn_out_of_order() {
    for (name, acts, cost) in [
        ("done", &[Done][..], (1, 2)),
        ("tried again", &[Error, Done], (2, 4)),
        ("failed", &[Fail], (1, 3)),
        ("snoozed", &[Snooze, Done], (2, 4)),
    ] {
        let world = scenario(vec![plan("once", acts, 3)], 1, 1, 0);
        every_way(
            name,
            &Scenario {
                cost: Some(cost),
                ..world
            },
        );
    }
}

#[test]
fn a_job_that_may_run_only_once() {
    for (name, act) in [("done", Done), ("failed", Error), ("snoozed", Snooze)] {
        every_way(
            name,
            &scenario(vec![plan("at-most-once", &[act, Done], 9)], 1, 1, 0),
        );
    }
}

#[test]
fn a_job_without_a_ledger() {
    for (name, acts) in [
        ("done", &[Done][..]),
        ("tried again", &[Error, Done]),
        ("failed", &[Fail]),
    ] {
        every_way(
            name,
            &scenario(vec![plan("at-least-once", acts, 3)], 2, 0, 0),
        );
    }
}

#[test]
fn a_long_job() {
    let world = patient(scenario(vec![long(&[Done])], 1, 0, 0));
    every_way(
        "done",
        &Scenario {
            cost: Some((1, 4)),
            ..world
        },
    );
}

#[test]
fn a_failed_job_that_is_sent_again() {
    for (name, acts) in [
        ("done", &[Fail, Done][..]),
        ("failed again", &[Fail]),
        ("tried again", &[Fail, Error, Done]),
    ] {
        every_way(name, &scenario(vec![plan("once", acts, 2)], 1, 0, 1));
    }
}

#[test]
fn two_jobs_in_one_batch() {
    every_way(
        "done",
        &scenario(
            vec![plan("once", &[Done], 2), plan("once", &[Error, Done], 2)],
            1,
            0,
            0,
        ),
    );
}

#[test]
fn an_ordered_group() {
    let plans = vec![
        grouped("g", &[Error, Done]),
        grouped("g", &[Fail]),
        grouped("h", &[Done]),
        grouped("g", &[Done]),
    ];
    every_way("group", &scenario(plans, 1, 0, 0));
}

#[test]
fn a_job_that_never_yields() {
    let world = scenario(
        vec![plan("once", &[Busy, Done], 3), plan("once", &[Done], 3)],
        1,
        0,
        0,
    );
    every_way(
        "busy",
        &Scenario {
            timeout: 40,
            ..world
        },
    );
}

/// A batch in which one job takes its process down.
fn poisoned(tries: u32, faults: u32, moves: u32) -> Scenario {
    let plans = vec![
        plan("once", &[Done], 1),
        plan("once", &[Kill], tries),
        plan("once", &[Error, Done], 2),
    ];
    Scenario {
        batch_size: 3,
        ..scenario(plans, faults, moves, 0)
    }
}

#[test]
fn a_job_that_takes_its_process_down() {
    every_way("poison", &poisoned(2, 0, 2));
    every_way("poison and a fault", &poisoned(1, 1, 0));
}

#[test]
fn what_may_run_only_once_beside_a_job_that_takes_its_process_down() {
    let plans = vec![plan("at-most-once", &[Done], 1), plan("once", &[Kill], 1)];
    every_way("poison", &scenario(plans, 1, 1, 0));
}

#[test]
fn a_job_that_commits() {
    for (name, acts) in [("done", &[Commit][..]), ("tried again", &[Error, Commit])] {
        every_way(name, &scenario(vec![plan("once", acts, 3)], 1, 1, 0));
    }
    every_way(
        "twice",
        &scenario(vec![plan("once", &[Commit], 3)], 2, 0, 0),
    );
}

#[test]
fn a_job_in_parts() {
    every_way("parts", &scenario(vec![plan("once", &[Part], 2)], 1, 1, 0));
}

#[test]
fn many_faults_around_poison_parts_and_commits_at_random() {
    let mix = vec![
        plan("once", &[Kill, Error, Done], 2),
        plan("once", &[Part], 3),
        plan("once", &[Error, Commit], 3),
        plan("at-most-once", &[Commit], 1),
    ];
    let world = Scenario {
        batch_size: 4,
        ..scenario(mix, 6, 30, 1)
    };
    at_random("poison, parts and commits", 1500, &world);
}

#[test]
fn many_faults_at_random() {
    let mix = vec![
        plan("once", &[Error, Done], 2),
        plan("once", &[Fail, Error, Done], 2),
        plan("at-most-once", &[Done], 1),
    ];
    at_random("mix", 2000, &scenario(mix, 6, 30, 2));
}

#[test]
fn many_faults_around_long_jobs_at_random() {
    let plans = vec![long(&[Error, Done]), long(&[Snooze, Fail, Done])];
    at_random("long", 800, &patient(scenario(plans, 6, 30, 2)));
}

#[test]
fn many_faults_around_ordered_groups_at_random() {
    let plans = vec![
        grouped("g", &[Error, Done]),
        grouped("g", &[Fail]),
        grouped("h", &[Snooze, Done]),
        grouped("g", &[Done]),
        grouped("h", &[Done]),
    ];
    at_random("groups", 800, &scenario(plans, 6, 30, 0));
}

#[test]
fn the_same_answers_give_the_same_run() {
    let world = scenario(vec![plan("once", &[Error, Done], 2)], 3, 3, 0);
    let answers = [0, 2, 0, 0, 1, 0, 3, 0, 0, 2];
    let run = |choices: &_| world.run(choices);
    let (_, first) = repeat(run, &answers);
    let (_, second) = repeat(run, &answers);
    assert_eq!(first, second);
    assert!(first.len() > 10);
}
