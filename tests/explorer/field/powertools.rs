//! Powertools for AWS Lambda: idempotency around a handler, with its DynamoDB table.

use super::ground::{Delivery, Fault, Ground, Outcome, State, World};
use super::{Case, Peer};

/// What is left of the invocation when the record is written.
const REMAINING: u64 = 30;

pub(super) fn peer() -> Peer {
    Peer {
        name: "Powertools' idempotency",
        version: "Powertools for AWS Lambda (Python) 3.37.0",
        sources: "utilities/idempotency/persistence/dynamodb.py (_put_record, _update_record, _delete_record), base.py",
        promise: "It says that a function is safe to retry within a time window. With the Lambda context registered a record \
                  whose process died can be taken over, and a frozen process is killed by Lambda at its deadline before \
                  that; outside of Lambda nobody kills it.",
        cases: vec![killed_with_context(), killed_without_context(), stale()],
    }
}

/// Put if nothing is there, or what is there may be taken over.
fn claim(ground: &Ground, job: &'static str, expiry: Option<u64>) -> Result<(), &'static str> {
    ground.with(|state| {
        let now = state.now;
        match state.records.get(job) {
            Some(("COMPLETED", _)) => Err("COMPLETED"),
            Some((_, None)) => Err("INPROGRESS"),
            Some((_, Some(expiry))) if *expiry > now => Err("INPROGRESS"),
            _ => {
                state.records.insert(job, ("INPROGRESS", expiry));
                Ok(())
            }
        }
    })
}

async fn guarded(
    ground: Ground,
    delivery: Delivery,
    has_context: bool,
    raises_first: bool,
) -> Outcome {
    let job = delivery.job;
    ground.step("put INPROGRESS, if nobody else has").await;
    let expiry = has_context.then(|| ground.with(|state| state.now) + REMAINING);
    match claim(&ground, job, expiry) {
        Err("COMPLETED") => {
            ground.note(|| "  it is COMPLETED: the stored answer is returned".to_owned());
            return Outcome::Success;
        }
        Err(_) => {
            ground.note(|| "  IdempotencyAlreadyInProgressError".to_owned());
            return Outcome::Failure;
        }
        Ok(()) => {}
    }
    ground.with(|state| {
        if state.finishes(job) > 0 {
            state.breaks("completed work repeated: A was COMPLETED, and yet it may begin again");
        }
    });
    ground.step("A does its work").await;
    let before = ground.with(|state| {
        let begun = state.begun.entry(job).or_default();
        *begun += 1;
        *begun - 1
    });
    if raises_first && before == 0 {
        ground
            .step("A raises an exception: delete the record, whoever's it is")
            .await;
        ground.with(|state| state.records.remove(job));
        return Outcome::Failure;
    }
    ground
        .step("update the record to COMPLETED, whoever's it is")
        .await;
    ground.with(|state| {
        state.records.insert(job, ("COMPLETED", None));
        *state.finished.entry(job).or_default() += 1;
    });
    Outcome::Success
}

fn first(batch: Vec<Delivery>) -> Option<Delivery> {
    batch.into_iter().next()
}

fn killed_with_context() -> Case {
    Case {
        title: "a process is killed, the context was registered",
        holds: "one kill or one second delivery, at any step",
        is_broken: false,
        world: World {
            jobs: &["A"],
            batch_size: 1,
            faults: 1,
            kinds: &[Fault::Kill, Fault::Copy],
            attempt: |ground, batch| {
                Box::pin(async move {
                    match first(batch) {
                        Some(delivery) => guarded(ground, delivery, true, false).await,
                        None => Outcome::Success,
                    }
                })
            },
            rest: runs_without_help,
        },
        ours: super::ours::plain,
    }
}

fn killed_without_context() -> Case {
    Case {
        title: "a job whose process died once ends among the dead letters",
        holds: "no Lambda context was registered (a decorator inside of a loop, a batch processor): the record never expires \
                while messages come back",
        is_broken: true,
        world: World {
            kinds: &[Fault::Kill],
            attempt: |ground, batch| {
                Box::pin(async move {
                    match first(batch) {
                        Some(delivery) => guarded(ground, delivery, false, false).await,
                        None => Outcome::Success,
                    }
                })
            },
            ..killed_with_context().world
        },
        ours: super::ours::plain,
    }
}

fn stale() -> Case {
    Case {
        title: "a frozen process deletes the record of the one after it",
        holds: "a process outlives its expiry (clock skew, a container, a test) and then raises an exception, and SQS delivers \
                the message once more",
        is_broken: true,
        world: World {
            faults: 2,
            kinds: &[Fault::Freeze, Fault::Copy],
            attempt: |ground, batch| {
                Box::pin(async move {
                    match first(batch) {
                        Some(delivery) => guarded(ground, delivery, true, true).await,
                        None => Outcome::Success,
                    }
                })
            },
            rest: |_: &State| Ok(()),
            ..killed_with_context().world
        },
        ours: super::ours::zombie,
    }
}

fn runs_without_help(state: &State) -> Result<(), String> {
    if state.finishes("A") > 0 {
        Ok(())
    } else {
        Err("a job given up: A is among the dead letters, and nothing was wrong with it".to_owned())
    }
}
