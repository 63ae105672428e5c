//! A scheduler whose every step is taken by hand: nothing runs unless [`Scheduler::poll`] says so.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Context, Poll, Wake, Waker};

use crate::BoxFuture;

/// A task of a [`Scheduler`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TaskId(usize);

/// The process that a task belongs to: what is frozen, thawed and killed as one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProcessId(pub usize);

/// Tasks, and which of them may be polled. A clone is another handle to the same tasks.
#[derive(Clone, Default)]
pub struct Scheduler {
    tasks: Arc<Mutex<Tasks>>,
}

#[derive(Default)]
struct Tasks {
    slots: Vec<Slot>,
    current: Option<TaskId>,
    /// Whoever polls the scheduler from a runtime of its own.
    outer: Option<Waker>,
}

#[expect(
    clippy::struct_excessive_bools,
    reason = "they are independent of one another"
)]
struct Slot {
    process: ProcessId,
    /// None while it is polled, and once it has ended.
    future: Option<BoxFuture<'static, ()>>,
    waker: Waker,
    woken: bool,
    frozen: bool,
    ended: bool,
    /// In the middle of work that does not yield.
    busy: bool,
    /// To be dropped at its next await.
    aborted: bool,
}

struct WakeTask {
    id: TaskId,
    // Weak: the tasks own their wakers.
    tasks: Weak<Mutex<Tasks>>,
}

impl Wake for WakeTask {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        let Some(tasks) = self.tasks.upgrade() else {
            return;
        };
        let outer = {
            let mut tasks = tasks.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(slot) = tasks.slots.get_mut(self.id.0) {
                slot.woken = true;
            }
            tasks.outer.take()
        };
        if let Some(outer) = outer {
            outer.wake();
        }
    }
}

impl Slot {
    fn runnable(&self) -> bool {
        self.woken && !self.frozen && !self.ended && !self.busy
    }
}

impl Scheduler {
    /// A scheduler without tasks.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a task. It is runnable at once.
    pub fn spawn(
        &self,
        process: ProcessId,
        future: impl Future<Output = ()> + Send + 'static,
    ) -> TaskId {
        self.spawn_boxed(process, Box::pin(future))
    }

    pub(super) fn spawn_boxed(&self, process: ProcessId, future: BoxFuture<'static, ()>) -> TaskId {
        let mut tasks = self.tasks();
        let id = TaskId(tasks.slots.len());
        let waker = Waker::from(Arc::new(WakeTask {
            id,
            tasks: Arc::downgrade(&self.tasks),
        }));
        tasks.slots.push(Slot {
            process,
            future: Some(future),
            waker,
            woken: true,
            frozen: false,
            ended: false,
            busy: false,
            aborted: false,
        });
        id
    }

    /// The tasks that may be polled, oldest first.
    pub fn runnable(&self) -> Vec<TaskId> {
        let tasks = self.tasks();
        let slots = tasks.slots.iter().enumerate();
        slots
            .filter(|(_, slot)| slot.runnable())
            .map(|(index, _)| TaskId(index))
            .collect()
    }

    /// Polls a task once, if it has not ended.
    pub fn poll(&self, id: TaskId) {
        let (future, waker) = {
            let mut tasks = self.tasks();
            let Some(slot) = tasks.slots.get_mut(id.0) else {
                return;
            };
            slot.woken = false;
            let taken = (slot.future.take(), slot.waker.clone());
            tasks.current = Some(id);
            taken
        };
        let Some(mut future) = future else { return };
        let polled = future.as_mut().poll(&mut Context::from_waker(&waker));
        let kept = {
            let mut tasks = self.tasks();
            tasks.current = None;
            let slot = &mut tasks.slots[id.0];
            if polled.is_pending() && (slot.busy || !slot.aborted) {
                slot.future = Some(future);
                None
            } else {
                slot.ended = true;
                Some(future)
            }
        };
        // Only now that nothing is locked: dropping a task may wake others.
        drop(kept);
    }

    /// Drops a task at its next await: at once, unless it is being polled or busy.
    pub fn abort(&self, id: TaskId) {
        let dropped = {
            let mut tasks = self.tasks();
            let Some(slot) = tasks.slots.get_mut(id.0) else {
                return;
            };
            slot.aborted = true;
            if slot.busy {
                None
            } else {
                slot.ended |= slot.future.is_some();
                slot.future.take()
            }
        };
        drop(dropped);
    }

    /// Drops every task of a process, whatever it is doing: the process is gone.
    pub fn kill(&self, process: ProcessId) {
        let dropped: Vec<_> = {
            let mut tasks = self.tasks();
            let slots = tasks.slots.iter_mut();
            slots
                .filter(|slot| slot.process == process)
                .filter_map(|slot| {
                    slot.ended = true;
                    slot.future.take()
                })
                .collect()
        };
        drop(dropped);
    }

    /// Stops a process as it stands, or lets it go on.
    pub fn freeze(&self, process: ProcessId, frozen: bool) {
        for slot in &mut self.tasks().slots {
            if slot.process == process {
                slot.frozen = frozen;
            }
        }
    }

    /// Whether a task has ended.
    pub fn ended(&self, id: TaskId) -> bool {
        self.tasks().slots.get(id.0).is_none_or(|slot| slot.ended)
    }

    /// Whether a process has tasks that have not ended.
    pub fn alive(&self, process: ProcessId) -> bool {
        let tasks = self.tasks();
        let mut slots = tasks.slots.iter();
        slots.any(|slot| slot.process == process && !slot.ended)
    }

    /// Work that does not yield: the task that awaits this is not polled again, and cannot be aborted, until
    /// [`end_busy`](Self::end_busy).
    pub fn busy(&self) -> impl Future<Output = ()> + Send + 'static {
        Busy {
            tasks: Arc::downgrade(&self.tasks),
            begun: false,
        }
    }

    /// Ends all work that does not yield.
    pub fn end_busy(&self) {
        for slot in &mut self.tasks().slots {
            if std::mem::take(&mut slot.busy) {
                slot.woken = true;
            }
        }
    }

    /// Drops every task.
    pub fn clear(&self) {
        let slots = std::mem::take(&mut self.tasks().slots);
        drop(slots);
    }

    /// The process of the task that is being polled.
    pub fn current_process(&self) -> Option<ProcessId> {
        self.process_of(self.current()?)
    }

    /// The task that is being polled.
    fn current(&self) -> Option<TaskId> {
        self.tasks().current
    }

    /// The process that a task belongs to.
    pub fn process_of(&self, id: TaskId) -> Option<ProcessId> {
        self.tasks().slots.get(id.0).map(|slot| slot.process)
    }

    /// Wakes `waker` when a task becomes runnable.
    pub(super) fn wake_also(&self, waker: &Waker) {
        self.tasks().outer = Some(waker.clone());
    }

    fn tasks(&self) -> MutexGuard<'_, Tasks> {
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Scheduler {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Scheduler").finish_non_exhaustive()
    }
}

struct Busy {
    tasks: Weak<Mutex<Tasks>>,
    begun: bool,
}

impl Future for Busy {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        if std::mem::replace(&mut self.begun, true) {
            return Poll::Ready(());
        }
        if let Some(tasks) = self.tasks.upgrade() {
            let mut tasks = tasks.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(TaskId(index)) = tasks.current {
                tasks.slots[index].busy = true;
            }
        }
        Poll::Pending
    }
}

/// Gives way once: the task stays runnable, and others may be polled before it.
pub async fn yield_now() {
    let mut yielded = false;
    std::future::poll_fn(|context| {
        if std::mem::replace(&mut yielded, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
