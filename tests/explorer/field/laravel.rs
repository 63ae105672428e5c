//! Laravel's worker on SQS: `queue:work`, `CallQueuedHandler`, `SqsJob`, the batch repositories.

use super::ground::{Attempt, Delivery, Fault, Ground, Outcome, State, World};
use super::{Case, Peer};

pub(super) fn peer() -> Peer {
    Peer {
        name: "Laravel's queue:work",
        version: "laravel/framework 8.83 to 13.26",
        sources: "Illuminate/Queue/CallQueuedHandler.php (call), Queue/Jobs/Job.php (fail), Bus/Batch.php, \
                  Bus/DynamoBatchRepository.php (decrementPendingJobs)",
        promise: "Its documentation asks for jobs that may run twice. It promises nothing about chains, batches and failed \
                  jobs of a worker that dies, and has no setting for them.",
        cases: vec![chain(), batch(), copies(), failing()],
    }
}

fn one(attempt: fn(Ground, Delivery) -> Attempt, ground: Ground, batch: Vec<Delivery>) -> Attempt {
    let mut batch = batch.into_iter();
    match batch.next() {
        Some(delivery) => attempt(ground, delivery),
        None => Box::pin(std::future::ready(Outcome::Own)),
    }
}

async fn run(ground: &Ground, job: &'static str) {
    ground.step(format_args!("{job} does its work")).await;
    ground.with(|state| *state.finished.entry(job).or_default() += 1);
}

/// `call`: handle, then `dispatchNextJobInChain`; the message is deleted last.
fn chain() -> Case {
    fn attempt(ground: Ground, delivery: Delivery) -> Attempt {
        Box::pin(async move {
            run(&ground, delivery.job).await;
            if delivery.job == "A" {
                ground.step("A sends B, the next job of its chain").await;
                ground.send("B", 0, 0);
            }
            ground
                .step(format_args!("delete the message of {}", delivery.job))
                .await;
            ground.delete(&delivery);
            Outcome::Own
        })
    }
    Case {
        title: "a chain's next job is sent twice",
        holds: "the process is killed after the next job was sent and before the message is deleted",
        is_broken: true,
        world: World {
            jobs: &["A"],
            batch_size: 1,
            faults: 1,
            kinds: &[Fault::Kill],
            attempt: |ground, batch| one(attempt, ground, batch),
            rest: |state: &State| match state.sent.get("B").copied().unwrap_or_default() {
                0 | 1 => Ok(()),
                times => Err(format!(
                    "a link doubled: B was sent {times} times, as {times} jobs"
                )),
            },
        },
        ours: super::ours::chain,
    }
}

/// `recordSuccessfulJob` decrements whatever job it is for; `then` at 0.
fn counted(ground: Ground, delivery: Delivery) -> Attempt {
    Box::pin(async move {
        run(&ground, delivery.job).await;
        ground
            .step(format_args!("{} decrements pending_jobs", delivery.job))
            .await;
        let pending = ground.with(|state| {
            let pending = state.counters.entry("pending").or_insert(2);
            *pending -= 1;
            *pending
        });
        if pending == 0 {
            ground.step("pending_jobs is 0: `then` is called").await;
            ground.with(|state| {
                *state.counters.entry("then").or_default() += 1;
                let all = state.finished.len() == 2;
                if !all {
                    state.breaks(
                        "a batch miscounted: `then` was called before all jobs were finished",
                    );
                }
            });
        }
        ground
            .step(format_args!("delete the message of {}", delivery.job))
            .await;
        ground.delete(&delivery);
        Outcome::Own
    })
}

fn counted_right(state: &State) -> Result<(), String> {
    let pending = state.counters.get("pending").copied().unwrap_or_default();
    let called = state.counters.get("then").copied().unwrap_or_default();
    match (pending, called) {
        (0, 1) => Ok(()),
        _ => Err(format!(
            "a batch miscounted: pending_jobs is {pending}, `then` was called {called} times"
        )),
    }
}

fn batch_of_two(kinds: &'static [Fault]) -> World {
    World {
        jobs: &["A", "B"],
        batch_size: 1,
        faults: 1,
        kinds,
        attempt: |ground, batch| one(counted, ground, batch),
        rest: counted_right,
    }
}

fn batch() -> Case {
    Case {
        title: "a batch calls `then` too early, or never",
        holds: "a process is killed after the batch was counted and before the message is deleted",
        is_broken: true,
        world: batch_of_two(&[Fault::Kill]),
        ours: super::ours::batch,
    }
}

/// The same without any death: SQS delivers at least once.
fn copies() -> Case {
    Case {
        title: "a job that SQS delivers twice is counted twice",
        holds: "SQS delivers one message once more, which it may",
        is_broken: true,
        world: batch_of_two(&[Fault::Copy]),
        ours: super::ours::batch,
    }
}

/// `fail`: the message is deleted first; the event that stores the failed job comes last.
fn failing() -> Case {
    fn attempt(ground: Ground, delivery: Delivery) -> Attempt {
        Box::pin(async move {
            ground.step("A fails for good").await;
            ground.step("delete the message of A").await;
            ground.delete(&delivery);
            ground.step("store the failed job").await;
            ground.with(|state| state.failed_rows.push(delivery.job));
            Outcome::Own
        })
    }
    Case {
        title: "a failed job is in no place any more",
        holds: "the process is killed after the message was deleted and before the failed job is stored",
        is_broken: true,
        world: World {
            jobs: &["A"],
            batch_size: 1,
            faults: 1,
            kinds: &[Fault::Kill],
            attempt: |ground, batch| one(attempt, ground, batch),
            rest: super::nothing_is_lost,
        },
        ours: super::ours::failing,
    }
}
