//! The worlds of ordered groups.

use super::play::Act::{self, Commit, Error, Fail, Kill, Ok as Done, Part, Snooze};
use super::simulation::Plan;
use super::worlds::{World, batches_of, costing, patient, plan, scenario, small, worlds};

pub(super) fn grouped(group: &'static str, acts: &[Act]) -> Plan {
    of_group(group, plan("once", acts, 2))
}

pub(super) fn of_group(group: &'static str, plan: Plan) -> Plan {
    Plan {
        group: Some(group),
        ..plan
    }
}

fn two_groups() -> Vec<World> {
    let plans = vec![
        grouped("g", &[Error, Done]),
        grouped("g", &[Fail]),
        grouped("h", &[Done]),
        grouped("g", &[Done]),
    ];
    let pair = vec![grouped("g", &[Done]), grouped("g", &[Done])];
    vec![
        small("two groups", scenario(plans, 1, 0, 0)),
        small("a pair", costing(2, 4, scenario(pair, 1, 1, 0))),
    ]
}

fn waiting() -> Vec<World> {
    let then = |first: Plan| {
        let plans = vec![first, grouped("g", &[Done])];
        scenario(plans, 1, 0, 0)
    };
    let long = Plan {
        sleep: 70,
        ..plan("long", &[Error, Done], 2)
    };
    vec![
        small("for what snoozes", then(grouped("g", &[Snooze, Done]))),
        small("for what is in parts", then(grouped("g", &[Part]))),
        small("for a commit", then(grouped("g", &[Error, Commit]))),
        small(
            "for what takes its process down",
            then(grouped("g", &[Kill, Done])),
        ),
        small(
            "for what is buried for taking its process down",
            then(of_group("g", plan("once", &[Kill], 1))),
        ),
        small(
            "for what may run only once",
            then(of_group("g", plan("at-most-once", &[Kill], 1))),
        ),
        small(
            "for what keeps no ledger",
            then(of_group("g", plan("at-least-once", &[Error, Done], 3))),
        ),
        small("for a long job", patient(then(of_group("g", long)))),
    ]
}

/// One batch holds a group's poison, what follows it, and a job of another group.
fn poison() -> Vec<World> {
    let plans = vec![
        grouped("g", &[Done]),
        grouped("g", &[Kill, Done]),
        grouped("g", &[Done]),
        grouped("h", &[Error, Done]),
    ];
    let world = batches_of(4, scenario(plans, 1, 0, 0));
    vec![small("in one batch", world).also(0, 1)]
}

worlds! {
    an_ordered_group: two_groups();
    an_ordered_group_that_waits: waiting();
    poison_in_an_ordered_group: poison();
}
