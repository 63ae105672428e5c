//! One schedule, step by step: who goes on, what goes wrong, and how the job ended.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use super::super::clock::VirtualClock;
use super::super::explore::Choices;
use super::super::network::{Call, Fate, Network};
use super::super::queue::{Message, QueueSettings};
use super::super::scheduler::{ProcessId, Scheduler, TaskId};
use super::super::world::{Remains, Settings, World};
use super::{End, Fault, Schedules};
use crate::memory::MemoryLedger;
use crate::{Clock, Guarantee, State, Timestamp, Worker};

/// What went wrong so far, in all schedules.
#[derive(Default)]
pub(super) struct Counts {
    pub(super) kills: AtomicU32,
    pub(super) freezes: AtomicU32,
    pub(super) copies: AtomicU32,
    pub(super) requests: AtomicU32,
}

/// Decides what becomes of requests, within the faults that are left.
struct Requests {
    choices: Choices,
    left: Arc<AtomicU32>,
    counts: Arc<Counts>,
    is_on: bool,
    clock: VirtualClock,
    began: Timestamp,
}

impl Network for Requests {
    fn fate(&self, call: Call<'_>) -> Fate {
        const LATE: Duration = Duration::from_secs(40);
        const FATES: [(Fate, &str); 4] = [
            (Fate::Answered, ""),
            (Fate::Throttled, "is refused"),
            (Fate::AnswerLost, "takes effect, and its answer is lost"),
            (Fate::Late(LATE), "takes effect 40 s later"),
        ];
        if !self.is_on || self.left.load(Ordering::Relaxed) == 0 {
            return Fate::Answered;
        }
        let (fate, told) = FATES[self.choices.choose(FATES.len())];
        if fate != Fate::Answered {
            self.left.fetch_sub(1, Ordering::Relaxed);
            self.counts.requests.fetch_add(1, Ordering::Relaxed);
            let after = self.began.until(self.clock.now()).as_secs_f64();
            let (operation, process) = (call.operation, call.process.0);
            self.choices
                .note(|| format!("{after:>7.1} s  `{operation}` of process {process} {told}"));
        }
        fate
    }
}

/// One schedule while it is played.
pub(super) struct Schedule<'a, S> {
    asked: &'a Schedules,
    guarantee: Guarantee,
    world: World<S>,
    ledger: Arc<MemoryLedger>,
    choices: &'a Choices,
    counts: &'a Counts,
    left: Arc<AtomicU32>,
    sent: Option<Message>,
    last: Option<TaskId>,
    began: Timestamp,
}

#[derive(Clone, Copy)]
enum Step {
    Poll(TaskId),
    Deliver,
    Advance,
    Thaw(ProcessId),
    Kill(ProcessId),
    Freeze(ProcessId),
    Copy,
    Rest,
}

impl<'a, S: Send + Sync + 'static> Schedule<'a, S> {
    pub(super) fn new(
        asked: &'a Schedules,
        guarantee: Guarantee,
        worker: Worker<S>,
        choices: &'a Choices,
        counts: &'a Arc<Counts>,
    ) -> Self {
        let (scheduler, clock) = (Scheduler::new(), VirtualClock::new());
        let (began, left) = (clock.now(), Arc::new(AtomicU32::new(asked.faults)));
        let requests = Requests {
            choices: choices.clone(),
            left: Arc::clone(&left),
            counts: Arc::clone(counts),
            is_on: asked.kinds.contains(&Fault::Request),
            clock: clock.clone(),
            began,
        };
        // A function's fifteen minutes, and the visibility timeout that AWS advises for them.
        let settings = Settings {
            queue: QueueSettings {
                visibility: Duration::from_secs(5_400),
                ..QueueSettings::default()
            },
            batch_size: 1,
            concurrency: 2,
            ..Settings::default()
        };
        let ledger = Arc::new(MemoryLedger::default());
        let world = World::new(worker, scheduler, clock, settings)
            .with_ledger(Arc::clone(&ledger) as _)
            .with_network(Arc::new(requests));
        Self {
            asked,
            guarantee,
            world,
            ledger,
            choices,
            counts,
            left,
            sent: None,
            last: None,
            began,
        }
    }

    /// Sends the message and plays until nothing moves any more.
    pub(super) fn play(&mut self, body: &str) -> Result<End, String> {
        const STEPS: u32 = 50_000;
        self.world.queue.send(body.to_owned(), None);
        self.sent = self.world.queue.messages().pop();
        for _ in 0..STEPS {
            match self.next() {
                Step::Rest => return self.end(),
                step => self.take(step),
            }
        }
        Err(format!(
            "the job does not come to an end within {STEPS} steps"
        ))
    }

    pub(super) fn deliveries(&self) -> u64 {
        self.world.queue.receives()
    }

    fn next(&self) -> Step {
        let mut steps = vec![self.usual()];
        if self.left.load(Ordering::Relaxed) > 0 {
            let may = |fault| self.asked.kinds.contains(&fault);
            for process in self.world.serving() {
                steps.extend(may(Fault::Kill).then_some(Step::Kill(process)));
                steps.extend(may(Fault::Freeze).then_some(Step::Freeze(process)));
            }
            steps.extend(may(Fault::Copy).then_some(Step::Copy));
        }
        let chosen = self.choices.choose(steps.len());
        if chosen > 0 {
            self.left.fetch_sub(1, Ordering::Relaxed);
        }
        steps[chosen]
    }

    /// Who was at it goes on; then the queue delivers; then time passes; what is frozen goes on last.
    fn usual(&self) -> Step {
        let runnable = self.world.scheduler.runnable();
        let goes_on = self.last.filter(|last| runnable.contains(last));
        if let Some(task) = goes_on.or(runnable.first().copied()) {
            return Step::Poll(task);
        }
        if self.world.can_deliver() {
            return Step::Deliver;
        }
        match (self.world.next_event(), self.world.frozen().first()) {
            (Some(_), None) => Step::Advance,
            (Some(_), Some(_)) if !self.world.drained() => Step::Advance,
            (_, Some(process)) => Step::Thaw(*process),
            (None, None) => Step::Rest,
        }
    }

    fn take(&mut self, step: Step) {
        match step {
            Step::Poll(task) => {
                self.last = Some(task);
                self.world.poll(task);
            }
            Step::Deliver => {
                if self.world.deliver()
                    && let Some(process) = self.world.serving().last()
                {
                    self.tell(|| format!("process {} receives the message", process.0));
                }
            }
            Step::Advance => {
                self.world.advance();
            }
            Step::Thaw(process) => {
                self.tell(|| format!("process {} goes on", process.0));
                self.world.thaw(process);
            }
            Step::Kill(process) => {
                self.counts.kills.fetch_add(1, Ordering::Relaxed);
                self.tell(|| format!("process {} is killed", process.0));
                self.world.cut(process, Remains::Nothing);
            }
            Step::Freeze(process) => {
                self.counts.freezes.fetch_add(1, Ordering::Relaxed);
                self.tell(|| format!("process {} stands still", process.0));
                self.world.cut(process, Remains::Everything);
            }
            Step::Copy => {
                self.counts.copies.fetch_add(1, Ordering::Relaxed);
                self.tell(|| "SQS holds the message once more".to_owned());
                if let Some(message) = &self.sent {
                    self.world.queue.duplicate(message);
                }
            }
            Step::Rest => {}
        }
    }

    fn tell(&self, what: impl FnOnce() -> String) {
        let after = self.began.until(self.world.clock.now()).as_secs_f64();
        self.choices.note(|| format!("{after:>7.1} s  {}", what()));
    }

    fn end(&self) -> Result<End, String> {
        const ID: &str = "job-1";
        if !self.world.drained() {
            return Err("the job waits for something that is not part of this world: real input and output, a timer of a runtime, or a \
                        lock that nobody gives up"
                .to_owned());
        }
        if let Some(row) = self.ledger.failed(ID) {
            return Ok(End::Failed(row.exception));
        }
        if !self.world.queue.dead().is_empty() {
            return Ok(End::GivenUp);
        }
        match self.ledger.record(ID).map(|record| record.state) {
            None if !self.guarantee.keeps_ledger() => Ok(End::Done),
            None => Err("the message is gone, and the ledger does not know the job".to_owned()),
            Some(State::Done | State::Cancelled) => Ok(End::Done),
            Some(state) => Err(format!("the message is gone, and the job is {state:?}")),
        }
    }
}
