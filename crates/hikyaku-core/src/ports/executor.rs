//! Where jobs run.

use super::BoxFuture;

/// Runs jobs apart from the engine, so that a job which never yields holds up nobody's heartbeat, deadline or settling.
pub trait Executor: Send + Sync + 'static {
    /// Starts `task`. It must make progress whatever other tasks do. Dropping the handle does not stop it.
    fn spawn(&self, task: BoxFuture<'static, ()>) -> Box<dyn AbortHandle>;

    /// Runs `work` where blocking harms nobody. It cannot be stopped from outside.
    fn spawn_blocking(&self, work: Box<dyn FnOnce() + Send>);
}

/// The way to stop a task.
pub trait AbortHandle: Send + Sync {
    /// Drops the task at its next await. One that never awaits runs on.
    fn abort(&self);
}
