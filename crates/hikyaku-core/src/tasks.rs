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
    /// Whose end nobody waits for yet.
    ended: Vec<oneshot::Receiver<bool>>,
    /// All of them: a task must be stopped too while its end is waited for.
    handles: Vec<Box<dyn AbortHandle>>,
}

impl Tasks {
    pub(crate) fn spawn<T: Send + 'static>(
        &self,
        executor: &dyn Executor,
        task: impl Future<Output = T> + Send + 'static,
    ) -> Task<T> {
        let (result, receiver) = oneshot::channel();
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
        running.ended.push(ended);
        running.handles.push(handle);
        Task(receiver)
    }

    pub(crate) fn spawn_blocking<T: Send + 'static>(
        &self,
        executor: &dyn Executor,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Task<T> {
        let (result, receiver) = oneshot::channel();
        let (end, ended) = oneshot::channel();
        executor.spawn_blocking(Box::new(move || {
            let outcome = std::panic::catch_unwind(AssertUnwindSafe(work));
            let panicked = outcome.is_err();
            if let Ok(value) = outcome {
                drop(result.send(value));
            }
            // Whoever waited may be gone.
            let _ = end.send(panicked);
        }));
        self.running().ended.push(ended);
        Task(receiver)
    }

    /// Waits until every task has ended, those included that are spawned meanwhile. Answers whether one panicked.
    pub(crate) async fn finish(&self) -> bool {
        let mut panicked = false;
        loop {
            let next = self.running().ended.pop();
            let Some(ended) = next else { return panicked };
            panicked |= ended.await.unwrap_or(false);
        }
    }

    /// Stops every task that awaits.
    pub(crate) fn abort(&self) {
        // Taken first: what a handle drops may want to know of the tasks too.
        let handles = std::mem::take(&mut self.running().handles);
        for handle in handles {
            handle.abort();
        }
    }

    fn running(&self) -> MutexGuard<'_, Running> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
