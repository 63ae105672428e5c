//! Run: the job's own code, within its time, its panics caught.

use std::any::Any;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use futures_channel::{mpsc, oneshot};
use futures_util::{FutureExt, select_biased};
use tracing::Instrument;

use crate::engine::engine::Engine;
use crate::engine::model::claim::Claim;
use crate::engine::model::ended::{Ended, Success};
use crate::job::attempt_route::{Names, Post, Route};
use crate::job::checkpoint::{Checkpoint, Place};
use crate::job::context::{Attempt, Context};
use crate::job::error::Wish;
use crate::job::policy::Policy;
use crate::job::prepared::Run;
use crate::job::tasks::Tasks;
use crate::{BoxFuture, Delivery, JobError, Timestamp};

/// A job in flight: its result to come, and the ways to stop it.
pub(crate) struct Running {
    result: oneshot::Receiver<Ended>,
    attempt: Arc<Attempt>,
    handle: Box<dyn crate::AbortHandle>,
    started: Timestamp,
    limit: Timestamp,
}

/// What a job dispatches while it runs.
pub(crate) type Posts = mpsc::UnboundedReceiver<Post>;

/// Waits for the job's end, and stops it if that does not come in time. `onward` sends what it dispatches; when `lost`
/// is over, the job is another attempt's.
pub(crate) async fn until_it_ends(
    engine: &Engine<'_>,
    mut running: Running,
    policy: &Policy,
    onward: impl Future<Output = ()>,
    lost: impl Future<Output = ()>,
) -> Ended {
    let mut time_over = engine.ports.clock.sleep_until(running.limit).fuse();
    let ended = {
        let mut lost = std::pin::pin!(lost.fuse());
        let mut onward = std::pin::pin!(onward.fuse());
        let mut result = &mut running.result;
        select_biased! {
            ended = result => ended.unwrap_or_else(|_| Ended::Panicked("its task was dropped".to_owned())),
            () = lost => Ended::Fenced,
            () = time_over => out_of_time(engine, &running, policy),
            () = onward => Ended::Interrupted,
        }
    };
    if !ended.is_its_own() {
        running.attempt.stop.store(true, Ordering::Relaxed);
        running.attempt.tasks.abort();
        running.handle.abort();
    }
    ended
}

/// What the end of its time means for a job.
fn out_of_time(engine: &Engine<'_>, running: &Running, policy: &Policy) -> Ended {
    let full = engine.full_time(policy);
    // It did not get as much as this function can ever give it: it was cut short by what ran before it.
    if running.started.until(running.limit) * 10 < full * 9 {
        return Ended::Interrupted;
    }
    let cut = full < policy.timeout;
    // It has got on, and its own time is not over: it goes on from its checkpoint.
    if cut && running.attempt.checkpoint.was_saved() {
        return Ended::Interrupted;
    }
    if cut && policy.has_limit() {
        tracing::warn!(
            timeout_s = policy.timeout.as_secs(),
            cut_to_s = full.as_secs_f64(),
            "the job's timeout is cut to what its function has: raise the function's Timeout, or let the job save checkpoints"
        );
    }
    Ended::TimedOut(full)
}

/// Starts the job, whose checkpoints go to this place.
pub(crate) fn start<S: Send + Sync + 'static>(
    engine: &Engine<'_>,
    job: Job<'_, S>,
    claim: &Claim,
    place: Place,
    delivery: &Delivery,
    times: Times,
) -> (Running, Posts) {
    let Times { limit, start_by } = times;
    let (posting, posts) = mpsc::unbounded();
    let attempt = Arc::new(Attempt {
        id: job.id.to_owned(),
        number: claim.spent,
        token: claim.held.as_ref().map_or(0, |held| held.token),
        deadline: limit,
        stop: AtomicBool::new(false),
        clock: Arc::clone(&engine.ports.clock),
        executor: Arc::clone(&engine.ports.executor),
        tasks: Tasks::default(),
        route: Route {
            queue: delivery.queue.clone(),
            group: delivery.group.clone(),
            trace: delivery.trace.clone(),
            hops: job.hops,
            laravel: Arc::clone(&engine.ports.laravel),
            random: Arc::clone(&engine.ports.random),
            posts: posting,
            names: Names::default(),
        },
        is_shadow: matches!(place, Place::Shadow),
        checkpoint: Checkpoint {
            id: job.id.to_owned(),
            place,
            found: claim.checkpoint.clone(),
            saved: AtomicBool::new(false),
            ledger: Arc::clone(&engine.ports.ledger),
            random: Arc::clone(&engine.ports.random),
        },
        commit: Mutex::default(),
    });
    let (sender, result) = oneshot::channel();
    let context = Context::new(job.state, Arc::clone(&attempt));
    let task = run_to_end(job.run, context, Arc::clone(&attempt), start_by, sender);
    // Elsewhere, but still in this job's span.
    let handle = engine
        .ports
        .executor
        .spawn(Box::pin(task.in_current_span()));
    let running = Running {
        result,
        attempt,
        handle,
        started: engine.now(),
        limit,
    };
    (running, posts)
}

/// When a job is stopped, and until when it has to have begun.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Times {
    pub(crate) limit: Timestamp,
    pub(crate) start_by: Timestamp,
}

/// What `run` needs of a job.
pub(crate) struct Job<'a, S> {
    pub(crate) id: &'a str,
    pub(crate) policy: &'a Policy,
    /// How many messages in a row jobs have sent on, its own included.
    pub(crate) hops: u32,
    pub(crate) run: Run<S>,
    pub(crate) state: Arc<S>,
}

fn run_to_end<S: Send + Sync + 'static>(
    run: Run<S>,
    context: Context<S>,
    attempt: Arc<Attempt>,
    start_by: Timestamp,
    sender: oneshot::Sender<Ended>,
) -> BoxFuture<'static, ()> {
    Box::pin(async move {
        if attempt.clock.now() > start_by {
            drop(sender.send(Ended::Interrupted));
            return;
        }
        // The call itself is inside too: a job may panic before it has made its future.
        let work = AssertUnwindSafe(async move { run(context).await })
            .catch_unwind()
            .await;
        let task_panicked = attempt.tasks.finish().await;
        let ended = match work {
            Ok(Ok(_)) if task_panicked => {
                Ended::Panicked("a task that the job spawned panicked".to_owned())
            }
            Ok(Ok(output)) => Ended::Succeeded(Success {
                output,
                commit: attempt.take_commit(),
            }),
            Ok(Err(error)) if error.wish == Wish::Continue && !attempt.checkpoint.was_saved() => {
                Ended::Erred(JobError::from(
                    "the job asked to be continued, but saved no checkpoint to go on from",
                ))
            }
            Ok(Err(error)) => Ended::Erred(error),
            Err(panic) => Ended::Panicked(message_of(&*panic)),
        };
        // Nobody listens any more when the attempt was given up.
        drop(sender.send(ended));
    })
}

pub(crate) fn message_of(panic: &(dyn Any + Send)) -> String {
    panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "no message".to_owned())
}
