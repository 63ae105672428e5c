//! The tasks of one cloud: nothing runs on after it was stopped.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::lock::Lock;

/// Starts tasks, tells them when to end, and waits for them.
#[derive(Debug, Clone)]
pub(crate) struct Tasks {
    running: Arc<Lock<JoinSet<()>>>,
    stop: watch::Sender<bool>,
}

impl Tasks {
    /// No task yet.
    pub(crate) fn new() -> Self {
        Self {
            running: Arc::new(Lock::new(JoinSet::new())),
            stop: watch::Sender::new(false),
        }
    }

    /// Starts a task; does nothing once the cloud is stopping.
    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        if *self.stop.borrow() {
            return;
        }
        let mut running = self.running.lock();
        while let Some(ended) = running.try_join_next() {
            report(ended);
        }
        running.spawn(task);
    }

    /// Starts a task that is cut off at its next await when the cloud stops.
    pub(crate) fn spawn_until_stopped(&self, task: impl Future<Output = ()> + Send + 'static) {
        let stopping = self.stopping();
        self.spawn(async move {
            tokio::select! {
                () = stopping => {}
                () = task => {}
            }
        });
    }

    /// Completes when the cloud is stopping.
    pub(crate) fn stopping(&self) -> impl Future<Output = ()> + Send + 'static {
        let mut stop = self.stop.subscribe();
        async move {
            // An error means that every sender is gone, which is a stop too.
            let _ = stop.wait_for(|stopped| *stopped).await;
        }
    }

    /// Ends every task at its next await, without waiting for it.
    pub(crate) fn abort(&self) {
        self.stop.send_replace(true);
        drop(std::mem::take(&mut *self.running.lock()));
    }

    /// Asks every task to end and waits for them; what still runs after `grace` is aborted.
    pub(crate) async fn stop(&self, grace: Duration) {
        self.stop.send_replace(true);
        let mut running = std::mem::take(&mut *self.running.lock());
        let all_ended = async {
            while let Some(ended) = running.join_next().await {
                report(ended);
            }
        };
        if tokio::time::timeout(grace, all_ended).await.is_err() {
            running.shutdown().await;
        }
    }
}

/// A task that panicked has to be seen: everything else of the cloud goes on.
fn report(ended: Result<(), tokio::task::JoinError>) {
    if let Err(error) = ended
        && error.is_panic()
    {
        tracing::error!(%error, "a task of the local cloud panicked");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn stopping_ends_every_task() {
        let tasks = Tasks::new();
        let stopping = tasks.stopping();
        tasks.spawn(stopping);
        tasks.spawn_until_stopped(std::future::pending());
        tasks.spawn(std::future::pending());
        tasks.stop(Duration::from_secs(1)).await;
        assert!(tasks.running.lock().is_empty());
    }
}
