//! The worlds of single jobs and of jobs that share a batch: every guarantee, continuation, commits, heartbeats, poison.

use super::play::Act::{
    self, Busy, Commit, Error, Fail, Kill, Ok as Done, Part, Snooze, Wait, WaitLong,
};
use super::simulation::{Plan, Scenario};
use super::worlds::{
    World, batches_of, costing, forgetful, patient, plan, scenario, short, small, worlds,
};

pub(super) fn once(acts: &[Act]) -> Plan {
    plan("once", acts, 3)
}

pub(super) fn long(acts: &[Act]) -> Plan {
    Plan {
        sleep: 70,
        ..plan("long", acts, 3)
    }
}

/// A batch in which one job takes its process down.
pub(super) fn poisoned(tries: u32, faults: u32, moves: u32) -> Scenario {
    let plans = vec![
        plan("once", &[Done], 1),
        plan("once", &[Kill], tries),
        plan("once", &[Error, Done], 2),
    ];
    batches_of(3, scenario(plans, faults, moves, 0))
}

/// A job of each kind of end, and what it costs: receives and writes.
fn ends() -> [(&'static str, &'static [Act], (u64, u64)); 4] {
    [
        ("done", &[Done], (1, 2)),
        ("tried again", &[Error, Done], (2, 4)),
        ("failed", &[Fail], (1, 3)),
        ("snoozed", &[Snooze, Done], (2, 4)),
    ]
}

fn each() -> Vec<World> {
    let world = |(name, acts, (receives, writes)): (&str, &[Act], _)| {
        let world = scenario(vec![once(acts)], 1, 1, 0);
        let world = small(name, costing(receives, writes, world));
        // The others take too long for a test run.
        if receives == 1 {
            world.also(2, 0)
        } else {
            world
        }
    };
    ends().into_iter().map(world).collect()
}

fn at_most_once() -> Vec<World> {
    let world = |(name, act)| {
        let plans = vec![plan("at-most-once", &[act, Done], 9)];
        small(name, scenario(plans, 1, 1, 0))
    };
    let ends = [
        ("done", Done),
        ("failed", Error),
        ("snoozed", Snooze),
        ("takes its process down", Kill),
        ("commits", Commit),
    ];
    ends.into_iter().map(world).collect()
}

fn at_least_once() -> Vec<World> {
    let world = |(name, acts): (&str, &[Act])| {
        let plans = vec![plan("at-least-once", acts, 3)];
        small(name, costing_nothing(acts, scenario(plans, 1, 1, 0)))
    };
    let ends: [(_, &[_]); 5] = [
        ("done", &[Done]),
        ("tried again", &[Error, Done]),
        ("failed", &[Fail]),
        ("snoozed", &[Snooze, Done]),
        ("takes its process down", &[Kill, Done]),
    ];
    let beside = vec![
        plan("at-least-once", &[Error, Done], 3),
        plan("once", &[Done], 2),
    ];
    let more = [small("beside another", scenario(beside, 1, 0, 0))];
    ends.into_iter().map(world).chain(more).collect()
}

/// What keeps no ledger writes to none, but for the row of a job that failed.
fn costing_nothing(acts: &[Act], scenario: Scenario) -> Scenario {
    match acts {
        [Done] => costing(1, 0, scenario),
        [Error, Done] => costing(2, 0, scenario),
        [Fail] => costing(1, 1, scenario),
        _ => scenario,
    }
}

fn with_heartbeat() -> Vec<World> {
    let one = |acts: &[Act]| patient(scenario(vec![long(acts)], 1, 0, 0));
    let cheap = |acts: &[Act]| {
        let plan = Plan {
            job: "long-at-least-once",
            ..long(acts)
        };
        patient(scenario(vec![plan], 1, 0, 0))
    };
    vec![
        small("done", costing(1, 4, one(&[Done]))),
        small("tried again", costing(2, 8, one(&[Error, Done]))),
        small("failed", costing(1, 5, one(&[Fail]))),
        small("takes its process down", one(&[Kill, Done])),
        small("without a ledger", cheap(&[Error, Done])),
        small(
            "without a ledger, takes its process down",
            cheap(&[Kill, Done]),
        ),
        small("in parts", one(&[Part])),
        small("commits", costing(1, 4, one(&[Commit]))),
    ]
}

fn sent_again() -> Vec<World> {
    let world =
        |(name, acts): (&str, &[Act])| small(name, scenario(vec![plan("once", acts, 2)], 1, 0, 1));
    let ends: [(_, &[_]); 5] = [
        ("done", &[Fail, Done]),
        ("failed again", &[Fail]),
        ("tried again", &[Fail, Error, Done]),
        ("commits", &[Fail, Commit]),
        ("in parts", &[Fail, Part]),
    ];
    // It keeps no ledger, but when it is sent again.
    let cheap = scenario(vec![plan("at-least-once", &[Fail, Fail, Done], 2)], 1, 0, 1);
    let cheap = small("without a ledger", cheap);
    ends.into_iter().map(world).chain([cheap]).collect()
}

fn one_batch() -> Vec<World> {
    let two = vec![plan("once", &[Done], 2), plan("once", &[Error, Done], 2)];
    let three = vec![
        plan("once", &[Done], 2),
        plan("once", &[Fail], 2),
        plan("once", &[Error, Done], 2),
    ];
    let guarantees = vec![
        plan("once", &[Done], 2),
        plan("at-most-once", &[Done], 1),
        plan("at-least-once", &[Done], 2),
    ];
    let three = batches_of(3, scenario(three, 1, 0, 0));
    let guarantees = batches_of(3, scenario(guarantees, 1, 0, 0));
    let unkept = vec![
        plan("once", &[Done], 2),
        plan("at-least-once", &[Error, Done], 2),
    ];
    let unkept = short(batches_of(3, scenario(unkept, 1, 0, 0)));
    vec![
        small("of a queue with a short visibility", costing(3, 2, unkept)),
        small("two", costing(3, 6, scenario(two, 1, 0, 0))),
        small("three, of which one comes again", costing(4, 9, three)),
        small("every guarantee", costing(3, 4, guarantees)),
    ]
}

fn never_yields() -> Vec<World> {
    let world = scenario(
        vec![plan("once", &[Busy, Done], 3), plan("once", &[Done], 3)],
        1,
        0,
        0,
    );
    let world = Scenario {
        timeout: 40,
        ..world
    };
    vec![small("busy", world)]
}

fn poison() -> Vec<World> {
    let careful = vec![plan("at-most-once", &[Done], 1), plan("once", &[Kill], 1)];
    let parts = vec![plan("once", &[Part], 1), plan("once", &[Kill], 1)];
    vec![
        small("out of order", poisoned(2, 0, 2)),
        small("and a fault", poisoned(1, 1, 0)),
        small("beside what may run only once", scenario(careful, 1, 1, 0)),
        small("beside parts", scenario(parts, 1, 0, 0)),
    ]
}

fn commits() -> Vec<World> {
    let world = |acts| scenario(vec![plan("once", acts, 3)], 1, 1, 0);
    vec![
        small("done", costing(1, 2, world(&[Commit]))).also(2, 0),
        small("tried again", costing(2, 4, world(&[Error, Commit]))),
    ]
}

fn in_parts() -> Vec<World> {
    let world = |plans, faults, moves| scenario(plans, faults, moves, 0);
    let one = || vec![plan("once", &[Part], 2)];
    let beside = vec![plan("once", &[Part], 2), plan("once", &[Done], 2)];
    vec![
        small("one", costing(3, 8, world(one(), 1, 0))),
        small(
            "with an error",
            world(vec![plan("once", &[Part, Error, Part], 2)], 1, 0),
        ),
        small("beside another", costing(4, 10, world(beside, 1, 0))),
    ]
}

fn waiting() -> Vec<World> {
    let world = |acts, moves| forgetful(scenario(vec![plan("once", acts, 3)], 1, moves, 0));
    let cheap = vec![plan("at-least-once", &[Snooze, Wait, Done], 3)];
    vec![
        small("half a day", costing(3, 5, world(&[Wait, Done], 1))),
        small("five days", costing(13, 15, world(&[WaitLong, Done], 0))),
        small("again and again", world(&[Wait, Error, WaitLong, Done], 0)),
        small("without a record", scenario(cheap, 1, 0, 0)),
    ]
}

/// Two jobs with one uuid. Either may have its record, so that both have the same policy.
pub(super) fn double(acts: &[Act]) -> Vec<Plan> {
    let other = Plan {
        double_of: Some(0),
        ..plan("double", acts, 2)
    };
    vec![plan("once", acts, 2), other]
}

fn doubles() -> Vec<World> {
    let world = |acts: &[Act], retries| scenario(double(acts), 1, 0, retries);
    vec![
        small("done", world(&[Done], 0)),
        small("failed", world(&[Fail], 0)),
        small("sent again", world(&[Fail, Done], 1)),
        small("one after the other", batches_of(1, world(&[Done], 0))),
    ]
}

worlds! {
    one_job: each();
    a_job_that_may_run_only_once: at_most_once();
    a_job_without_a_ledger: at_least_once();
    a_long_job: with_heartbeat();
    a_failed_job_that_is_sent_again: sent_again();
    jobs_in_one_batch: one_batch();
    a_job_that_never_yields: never_yields();
    a_job_that_takes_its_process_down: poison();
    a_job_that_commits: commits();
    a_job_in_parts: in_parts();
    a_job_that_waits: waiting();
    two_jobs_with_one_uuid: doubles();
}
