//! What a job spawned, so that nothing outlives its answer.

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use futures_channel::oneshot;
use futures_util::FutureExt;

use crate::{AbortHandle, Executor};

/// The result of a spawned task. Dropping it does not stop the task; the job waits for it all the same.
#[derive(Debug)]
pub struct Task<T>(oneshot::Receiver<T>);

/// A task ended without a result: it panicked, or the attempt was stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the task panicked or was stopped")]
pub struct TaskLost;

impl<T> Future for Task<T> {
    type Output = Result<T, TaskLost>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        self.0
            .poll_unpin(context)
            .map(|result| result.map_err(|_| TaskLost))
    }
}

/// All tasks of one attempt.
#[derive(Default)]
pub(crate) struct Tasks {
    running: Mutex<Running>,
}

#[derive(Default)]
struct Running {
    tasks: Vec<One>,
    /// How to stop the task whose end is waited for.
    awaited: Option<Box<dyn AbortHandle>>,
    /// Whether one that has ended had panicked.
    panicked: bool,
    /// Whether the attempt was stopped: nothing begins any more.
    is_stopped: bool,
    /// At so many tasks those that have ended are forgotten: a job may spawn without end.
    crowd: usize,
}

struct One {
    ended: oneshot::Receiver<bool>,
    /// None: blocking work cannot be stopped.
    handle: Option<Box<dyn AbortHandle>>,
}

/// So few tasks are kept without a look at them.
const FEW: usize = 64;

impl Running {
    fn add(&mut self, one: One) {
        if self.tasks.len() >= self.crowd.max(FEW) {
            let panicked = &mut self.panicked;
            self.tasks.retain_mut(|one| match one.ended.try_recv() {
                Ok(None) => true,
                Ok(Some(has_panicked)) => {
                    *panicked |= has_panicked;
                    false
                }
                Err(oneshot::Canceled) => false,
            });
            self.crowd = 2 * self.tasks.len();
        }
        self.tasks.push(one);
    }
}

impl Tasks {
    pub(crate) fn spawn<T: Send + 'static>(
        &self,
        executor: &dyn Executor,
        task: impl Future<Output = T> + Send + 'static,
    ) -> Task<T> {
        let (result, receiver) = oneshot::channel();
        if self.running().is_stopped {
            return Task(receiver);
        }
        let (end, ended) = oneshot::channel();
        let handle = executor.spawn(Box::pin(async move {
            let outcome = AssertUnwindSafe(task).catch_unwind().await;
            let panicked = outcome.is_err();
            if let Ok(value) = outcome {
                drop(result.send(value));
            }
            // Whoever waited may be gone.
            let _ = end.send(panicked);
        }));
        let mut running = self.running();
        if running.is_stopped {
            drop(running);
            handle.abort();
        } else {
            let handle = Some(handle);
            running.add(One { ended, handle });
        }
        Task(receiver)
    }

    pub(crate) fn spawn_blocking<T: Send + 'static>(
        &self,
        executor: &dyn Executor,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Task<T> {
        let (result, receiver) = oneshot::channel();
        let (end, ended) = oneshot::channel();
        let mut running = self.running();
        // Nobody could stop it.
        if running.is_stopped {
            return Task(receiver);
        }
        let handle = None;
        running.add(One { ended, handle });
        drop(running);
        executor.spawn_blocking(Box::new(move || {
            let outcome = std::panic::catch_unwind(AssertUnwindSafe(work));
            let panicked = outcome.is_err();
            if let Ok(value) = outcome {
                drop(result.send(value));
            }
            // Whoever waited may be gone.
            let _ = end.send(panicked);
        }));
        Task(receiver)
    }

    /// Waits until every task has ended, those included that are spawned meanwhile. Answers whether one panicked.
    pub(crate) async fn finish(&self) -> bool {
        loop {
            let next = {
                let mut running = self.running();
                let next = running.tasks.pop();
                next.map(|One { ended, handle }| {
                    running.awaited = handle;
                    ended
                })
            };
            let Some(ended) = next else {
                return self.running().panicked;
            };
            let has_panicked = ended.await.unwrap_or(false);
            let mut running = self.running();
            running.panicked |= has_panicked;
            let over = running.awaited.take();
            drop(running);
            drop(over);
        }
    }

    /// Stops every task that awaits, and lets none begin.
    pub(crate) fn abort(&self) {
        // Taken first: what a handle drops may want to know of the tasks too.
        let (tasks, awaited) = {
            let mut running = self.running();
            running.is_stopped = true;
            (std::mem::take(&mut running.tasks), running.awaited.take())
        };
        let handles = tasks.into_iter().filter_map(|one| one.handle);
        for handle in handles.chain(awaited) {
            handle.abort();
        }
    }

    fn running(&self) -> MutexGuard<'_, Running> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs everything at once, on the thread that asks.
    struct AtOnce;

    struct NoHandle;

    impl AbortHandle for NoHandle {
        fn abort(&self) {}
    }

    impl Executor for AtOnce {
        fn spawn(&self, task: crate::BoxFuture<'static, ()>) -> Box<dyn AbortHandle> {
            task.now_or_never().unwrap();
            Box::new(NoHandle)
        }

        fn spawn_blocking(&self, work: Box<dyn FnOnce() + Send>) {
            work();
        }
    }

    #[test]
    fn what_has_ended_is_forgotten_and_its_panic_is_not() {
        let tasks = Tasks::default();
        drop(tasks.spawn::<()>(&AtOnce, async { panic!("the first") }));
        for number in 0..10_000_u32 {
            let task = tasks.spawn(&AtOnce, async move { number });
            assert_eq!(task.now_or_never().unwrap(), Ok(number));
            drop(tasks.spawn_blocking(&AtOnce, || ()));
            assert!(tasks.running().tasks.len() <= 2 * FEW);
        }
        assert!(tasks.finish().now_or_never().unwrap());
    }

    #[test]
    fn nothing_begins_once_the_attempt_was_stopped() {
        let tasks = Tasks::default();
        tasks.abort();
        let began = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
        let work = || {
            let began = std::sync::Arc::clone(&began);
            move || began.store(true, std::sync::atomic::Ordering::Relaxed)
        };
        let (first, second) = (work(), work());
        let blocking = tasks.spawn_blocking(&AtOnce, first);
        let task = tasks.spawn(&AtOnce, async move { second() });
        assert_eq!(blocking.now_or_never().unwrap(), Err(TaskLost));
        assert_eq!(task.now_or_never().unwrap(), Err(TaskLost));
        assert!(!began.load(std::sync::atomic::Ordering::Relaxed));
    }
}
