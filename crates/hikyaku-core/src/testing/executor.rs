//! Where simulated jobs run: on the scheduler, as tasks apart from the engine's.

use super::scheduler::{ProcessId, Scheduler, TaskId};
use crate::{AbortHandle, BoxFuture, Executor};

/// Runs the jobs of one process on a [`Scheduler`].
#[derive(Debug, Clone)]
pub struct SimExecutor {
    scheduler: Scheduler,
    process: ProcessId,
}

impl SimExecutor {
    /// The executor of `process`.
    pub fn new(scheduler: Scheduler, process: ProcessId) -> Self {
        Self { scheduler, process }
    }
}

impl Executor for SimExecutor {
    fn spawn(&self, task: BoxFuture<'static, ()>) -> Box<dyn AbortHandle> {
        let id = self.scheduler.spawn_boxed(self.process, task);
        Box::new(Handle {
            scheduler: self.scheduler.clone(),
            id,
        })
    }

    fn spawn_blocking(&self, work: Box<dyn FnOnce() + Send>) {
        self.scheduler.spawn(self.process, async move { work() });
    }
}

struct Handle {
    scheduler: Scheduler,
    id: TaskId,
}

impl AbortHandle for Handle {
    fn abort(&self) {
        self.scheduler.abort(self.id);
    }
}
