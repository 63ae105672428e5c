//! Laravel on Lambda with PHP: Bref's bridge and Vapor, which release a job by deleting its message and sending another.

use super::ground::{Attempt, Delivery, Fault, Ground, Outcome, State, World};
use super::{Case, Peer};

pub(super) fn bref() -> Peer {
    Peer {
        name: "Bref's laravel-bridge",
        version: "brefphp/laravel-bridge 3.0.8",
        sources: "src/Queue/SqsJob.php (release), src/Queue/QueueHandler.php (handleSqs)",
        promise: "It advises a batch size of 1. SQS's own retries are not used, so a release is what every retry is.",
        cases: vec![release(), neighbours()],
    }
}

pub(super) fn vapor() -> Peer {
    Peer {
        name: "Laravel Vapor",
        version: "laravel/vapor-core, as of 2026",
        sources: "src/Queue/VaporJob.php (release)",
        promise: "It takes one message an invocation. A release is what every retry is.",
        cases: vec![release()],
    }
}

/// The job fails at its first attempt and is released.
fn release() -> Case {
    fn attempt(ground: Ground, mut batch: Vec<Delivery>) -> Attempt {
        Box::pin(async move {
            let Some(delivery) = batch.pop() else {
                return Outcome::Success;
            };
            if delivery.attempts == 0 {
                ground.step("A throws an exception").await;
                ground.step("release: delete the message of A").await;
                ground.delete(&delivery);
                ground
                    .step("release: send A again, with one attempt more")
                    .await;
                ground.send(delivery.job, delivery.attempts + 1, 10);
            } else {
                ground.step("A does its work").await;
                ground.with(|state| *state.finished.entry(delivery.job).or_default() += 1);
            }
            Outcome::Success
        })
    }
    Case {
        title: "a job that is to be tried again is lost",
        holds: "the process is killed, or the second request is refused, between deleting and sending",
        is_broken: true,
        world: World {
            jobs: &["A"],
            batch_size: 1,
            faults: 1,
            kinds: &[Fault::Kill],
            attempt,
            rest: super::nothing_is_lost,
        },
        ours: super::ours::released,
    }
}

/// Records are worked off in a loop; the answer names no failures, so a death brings all of them back.
fn neighbours() -> Case {
    fn attempt(ground: Ground, batch: Vec<Delivery>) -> Attempt {
        Box::pin(async move {
            for delivery in &batch {
                let job = delivery.job;
                ground.step(format_args!("{job} does its work")).await;
                ground.with(|state| *state.finished.entry(job).or_default() += 1);
            }
            ground.step("the function answers").await;
            Outcome::Success
        })
    }
    Case {
        title: "a finished job runs again because its neighbour's process died",
        holds: "batches of more than one message; with the advised batch size of 1 there is no neighbour",
        is_broken: true,
        world: World {
            jobs: &["A", "B"],
            batch_size: 2,
            faults: 1,
            kinds: &[Fault::Kill],
            attempt,
            rest: |state: &State| match state.finishes("A") {
                0 | 1 => Ok(()),
                times => Err(format!(
                    "finished work repeated: A ran {times} times to its end"
                )),
            },
        },
        ours: super::ours::neighbours,
    }
}
