//! The production engine in every world there is: whichever task goes next, whatever call fails, whoever dies.

mod book;
mod chance;
mod play;
mod simulation;
mod watched;

use hikyaku_core::testing::explore::{Explored, exhaust, wander};

use self::chance::Budget;
use self::play::Act::{self, Error, Fail, Ok as Done, Snooze};
use self::simulation::{Plan, Scenario};

fn plan(job: &'static str, acts: &[Act], tries: u32) -> Plan {
    Plan { job, acts: acts.to_vec(), tries, sleep: 2, group: None }
}

fn scenario(plans: Vec<Plan>, faults: u32, moves: u32, retries: u32) -> Scenario {
    Scenario {
        plans,
        budget: Budget { faults, moves, retries },
        batch_size: 2,
        timeout: 100,
        visibility: 150,
        cost: None,
        around: |ledger| ledger,
    }
}

#[track_caller]
fn holds(name: &str, explored: &Explored) {
    println!("{name}: {} runs{}", explored.runs, if explored.complete { ", all there are" } else { "" });
    if let Some(failure) = &explored.failure {
        panic!("{name}: {failure}");
    }
}

#[test]
fn try_it() {
    let t = std::time::Instant::now();
    for faults in 0..3 {
        for (name, acts) in [("ok", vec![Done]), ("error", vec![Error, Done]), ("fail", vec![Fail]), ("snooze", vec![Snooze, Done])] {
            let s = scenario(vec![plan("once", &acts, 3)], faults, 1, 0);
            let explored = exhaust(|c: &_| s.run(c), 30_000);
            println!("{:?}", t.elapsed());
            holds(&format!("{name} {faults}"), &explored);
        }
    }
    let s = scenario(vec![plan("once", &[Error, Done], 2), plan("once", &[Fail, Error, Done], 2), plan("at-most-once", &[Done], 1)], 6, 30, 2);
    let explored = wander(|c: &_| s.run(c), 1, 50, |runs| runs < 10_000);
    println!("{:?}", t.elapsed());
    holds("wander", &explored);
}
