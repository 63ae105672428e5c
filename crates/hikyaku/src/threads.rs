//! Where jobs run: on threads of their own, apart from the engine's.

use hikyaku_core::{AbortHandle, BoxFuture, Executor};

/// A pool of threads for jobs. A job that never yields occupies one of them and nothing else: the engine, its
/// heartbeats and its deadlines live on another thread.
#[derive(Debug)]
pub struct JobThreads {
    handle: tokio::runtime::Handle,
    // An option only so that Drop can take it.
    runtime: Option<tokio::runtime::Runtime>,
}

impl JobThreads {
    /// Starts the threads: one for each job that may run at once, and one for what they share (connections, timers).
    pub fn start(jobs: usize) -> std::io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(jobs.saturating_add(1))
            .thread_name("job")
            .enable_all()
            .build()?;
        Ok(Self {
            handle: runtime.handle().clone(),
            runtime: Some(runtime),
        })
    }
}

impl Drop for JobThreads {
    fn drop(&mut self) {
        // A job that does not stop must not keep the process from ending.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl Executor for JobThreads {
    fn spawn(&self, task: BoxFuture<'static, ()>) -> Box<dyn AbortHandle> {
        Box::new(Task(self.handle.spawn(task).abort_handle()))
    }

    fn spawn_blocking(&self, work: Box<dyn FnOnce() + Send>) {
        self.handle.spawn_blocking(work);
    }
}

struct Task(tokio::task::AbortHandle);

impl AbortHandle for Task {
    fn abort(&self) {
        self.0.abort();
    }
}
