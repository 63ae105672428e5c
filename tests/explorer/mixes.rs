//! Large worlds, with many faults: too many ways to run them all.

use super::groups::{grouped, of_group};
use super::jobs::long;
use super::play::Act::{Commit, Error, Fail, Kill, Ok as Done, Part, Snooze};
use super::worlds::{World, batches_of, large, patient, plan, scenario, worlds};

fn jobs() -> Vec<World> {
    let mix = vec![
        plan("once", &[Error, Done], 2),
        plan("once", &[Fail, Error, Done], 2),
        plan("at-most-once", &[Done], 1),
    ];
    let cheap = vec![
        plan("at-least-once", &[Error, Done], 4),
        plan("at-least-once", &[Snooze, Done], 4),
        plan("once", &[Done], 2),
    ];
    vec![
        large("guarantees", 2000, scenario(mix, 6, 30, 2)),
        large("without a ledger", 800, scenario(cheap, 6, 30, 0)),
    ]
}

fn poison_parts_and_commits() -> Vec<World> {
    let mix = vec![
        plan("once", &[Kill, Error, Done], 2),
        plan("once", &[Part], 3),
        plan("once", &[Error, Commit], 3),
        plan("at-most-once", &[Commit], 1),
    ];
    vec![large("mix", 1500, batches_of(4, scenario(mix, 6, 30, 1)))]
}

fn long_jobs() -> Vec<World> {
    let plain = vec![long(&[Error, Done]), long(&[Snooze, Fail, Done])];
    let poison = vec![long(&[Kill, Done]), long(&[Part]), long(&[Commit])];
    vec![
        large("plain", 800, patient(scenario(plain, 6, 30, 2))),
        large(
            "poison, parts and commits",
            400,
            patient(scenario(poison, 6, 30, 1)),
        ),
    ]
}

fn groups() -> Vec<World> {
    let plain = vec![
        grouped("g", &[Error, Done]),
        grouped("g", &[Fail]),
        grouped("h", &[Snooze, Done]),
        grouped("g", &[Done]),
        grouped("h", &[Done]),
    ];
    let poison = vec![
        grouped("g", &[Kill, Done]),
        grouped("g", &[Part]),
        grouped("h", &[Commit]),
        of_group("h", plan("at-most-once", &[Kill], 1)),
        grouped("g", &[Error, Done]),
    ];
    vec![
        large("plain", 800, scenario(plain, 6, 30, 0)),
        large(
            "poison, parts and commits",
            600,
            batches_of(5, scenario(poison, 6, 30, 0)),
        ),
    ]
}

worlds! {
    many_faults: jobs();
    many_faults_around_poison_parts_and_commits: poison_parts_and_commits();
    many_faults_around_long_jobs: long_jobs();
    many_faults_around_ordered_groups: groups();
}
