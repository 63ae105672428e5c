//! One world, run to its end the way the choices say.

use std::sync::Arc;
use std::time::Duration;

use hikyaku_core::memory::MemoryLedger;
use hikyaku_core::testing::explore::Choices;
use hikyaku_core::testing::{
    Message, ProcessId, QueueSettings, Remains, Scheduler, Settings, TaskId, VirtualClock, World,
};
use hikyaku_core::{Clock, State, Timestamp, Worker};
use hikyaku_laravel::batch::{BatchOptions, Callback};

use super::application::{BATCH, Ends, Origin};
use super::book::{Announced, Book, rule};
use super::chance::{Budget, Chance};
use super::locks::Unique;
use super::play::{self, Act};
use super::watched::{Watched, WatchedQueue};

/// A job to send.
#[derive(Debug, Clone, Default)]
pub(crate) struct Plan {
    pub(crate) job: &'static str,
    pub(crate) acts: Vec<Act>,
    pub(crate) tries: u32,
    pub(crate) sleep: u64,
    pub(crate) group: Option<&'static str>,
    /// What the jobs do that follow it in its chain.
    pub(crate) links: Vec<Vec<Act>>,
    pub(crate) is_in_batch: bool,
    /// It does not run beside others that are of the same mind.
    pub(crate) is_alone: bool,
    /// It is unique, and its lock lasts so many seconds.
    pub(crate) unique: Option<u64>,
}

/// What the engine reaches of a world: what it is made of, or something around that.
pub(crate) type Around = Arc<dyn Fn(&Origin) -> Ends>;

/// A world to explore.
#[derive(Clone)]
pub(crate) struct Scenario {
    pub(crate) plans: Vec<Plan>,
    pub(crate) budget: Budget,
    pub(crate) batch_size: usize,
    pub(crate) timeout: u64,
    pub(crate) visibility: u64,
    /// Whether the queue knows of the groups.
    pub(crate) is_ordered: bool,
    /// What a run without faults costs: receives and ledger writes.
    pub(crate) cost: Option<(u64, u64)>,
    /// Whether the batch goes on when a job fails.
    pub(crate) allows_failures: bool,
    pub(crate) around: Around,
}

#[derive(Clone, Copy)]
enum Step {
    Poll(TaskId),
    Deliver,
    Advance,
    Finish,
    Cut(ProcessId, Remains),
    Thaw(ProcessId),
    Duplicate(usize),
    Retry(usize),
}

pub(crate) struct Simulation<'a> {
    pub(super) scenario: &'a Scenario,
    pub(super) world: World<Arc<Book>>,
    book: Arc<Book>,
    pub(super) chance: Arc<Chance>,
    pub(super) ledger: Arc<MemoryLedger>,
    ids: Vec<String>,
    sent: Vec<Message>,
    pub(super) unique: Unique,
    /// The failed jobs that were sent again, and when their rows are forgotten: nobody sends one twice before that.
    retried: Vec<(usize, Timestamp)>,
    last: Option<TaskId>,
}

/// Where somebody retries failed jobs.
const OPERATOR: ProcessId = ProcessId(usize::MAX);

impl Scenario {
    /// Runs the world to its end. The error names the rule that was broken.
    pub(crate) fn run(&self, choices: &Choices) -> Result<(), String> {
        Simulation::new(self, choices).run()
    }

    fn settings(&self) -> Settings {
        let visibility = Duration::from_secs(self.visibility);
        Settings {
            queue: QueueSettings {
                visibility,
                ..QueueSettings::default()
            },
            batch_size: self.batch_size,
            timeout: Duration::from_secs(self.timeout),
            concurrency: 3,
            seed: 1,
        }
    }
}

impl<'a> Simulation<'a> {
    fn new(scenario: &'a Scenario, choices: &Choices) -> Self {
        let (scheduler, clock) = (Scheduler::new(), VirtualClock::new());
        let book = Arc::new(Book::new(scheduler.clone()));
        let chance = Chance::new(choices.clone(), scenario.budget);
        let worker = play::register(Worker::new(Arc::clone(&book)));
        let ledger = Arc::new(MemoryLedger::default());
        let world = World::new(worker, scheduler.clone(), clock, scenario.settings());
        let ends = (scenario.around)(&Origin {
            ledger: Arc::clone(&ledger),
            queue: world.queue.clone(),
            scheduler,
        });
        let watched = Watched {
            ledger: Arc::clone(&ends.ledger),
            records: Arc::clone(&ledger),
            book: Arc::clone(&book),
        };
        let watched_queue = WatchedQueue {
            queue: Arc::clone(&ends.queue),
            book: Arc::clone(&book),
        };
        let world = world
            .with_ledger(Arc::new(watched))
            .with_queue(Arc::new(watched_queue))
            .with_laravel(move |line| ends.laravel(line))
            .with_network(Arc::clone(&chance) as _);
        let mut simulation = Self {
            scenario,
            world,
            book,
            chance,
            ledger,
            ids: Vec::new(),
            sent: Vec::new(),
            unique: Unique::default(),
            retried: Vec::new(),
            last: None,
        };
        simulation.send();
        simulation
    }

    fn send(&mut self) {
        let members = self.scenario.plans.iter().filter(|plan| plan.is_in_batch);
        if let Ok(members @ 1..) = i64::try_from(members.count()) {
            let callbacks = [Callback::Then, Callback::Catch];
            let options = BatchOptions::new(self.scenario.allows_failures, callbacks);
            self.ledger.add_batch(BATCH, members, options);
        }
        for (index, plan) in self.scenario.plans.iter().enumerate() {
            for (id, announced) in plan.announced(index) {
                self.book.announce(&id, announced);
                self.ids.push(id);
            }
            if plan.unique.is_some() {
                self.unique.waiting.push_back(index);
            } else {
                self.dispatch(index);
            }
        }
    }

    pub(super) fn dispatch(&mut self, index: usize) {
        let plan = &self.scenario.plans[index];
        let group = plan.group.filter(|_| self.scenario.is_ordered);
        self.world.queue.send(plan.body(index), group);
        self.sent
            .extend(self.world.queue.messages().last().cloned());
    }

    fn run(mut self) -> Result<(), String> {
        const STEPS: u32 = 5_000;
        for _ in 0..STEPS {
            self.dispatch_unique()?;
            self.is_somewhere()?;
            let step = self.next();
            if let Step::Finish = step {
                return self.finish();
            }
            self.take(step);
            if let Some(broken) = self.book.broken() {
                return Err(broken);
            }
        }
        Err(format!("{}: not within {STEPS} steps", rule::IT_DRAINS))
    }

    fn next(&self) -> Step {
        let mut steps = vec![self.usual()];
        if self.chance.may_move() {
            self.moves(&mut steps);
        }
        if self.chance.may_retry() {
            let failed = (0..self.ids.len()).filter(|&index| {
                self.ledger.failed(&self.ids[index]).is_some() && !self.is_retried(index)
            });
            steps.extend(failed.map(Step::Retry));
        }
        if self.chance.may_fault() {
            self.faults(&mut steps);
        }
        let chosen = self.chance.choices.choose(steps.len());
        match steps[chosen] {
            Step::Poll(_) | Step::Deliver | Step::Thaw(_) if chosen > 0 => self.chance.spend_move(),
            Step::Cut(..) | Step::Duplicate(_) => self.chance.spend_fault(),
            Step::Retry(_) => self.chance.spend_retry(),
            _ => {}
        }
        steps[chosen]
    }

    /// What happens when nothing interferes: who was at it goes on, then the queue delivers, then time passes.
    fn usual(&self) -> Step {
        let runnable = self.world.scheduler.runnable();
        let goes_on = self.last.filter(|last| runnable.contains(last));
        if let Some(task) = goes_on.or(runnable.first().copied()) {
            return Step::Poll(task);
        }
        if self.world.can_deliver() {
            return Step::Deliver;
        }
        let at_rest = self.world.drained() && self.world.frozen().is_empty();
        match (
            at_rest,
            self.world.next_event(),
            self.world.frozen().first(),
        ) {
            (false, Some(_), _) if !self.world.drained() => Step::Advance,
            (false, _, Some(process)) => Step::Thaw(*process),
            (_, Some(_), _) => Step::Advance,
            _ => Step::Finish,
        }
    }

    fn moves(&self, steps: &mut Vec<Step>) {
        let Step::Poll(usual) = steps[0] else {
            steps.extend(self.world.frozen().into_iter().map(Step::Thaw));
            return;
        };
        let others = self.world.scheduler.runnable();
        steps.extend(
            others
                .into_iter()
                .filter(|task| *task != usual)
                .map(Step::Poll),
        );
        if self.world.can_deliver() {
            steps.push(Step::Deliver);
        }
        steps.extend(self.world.frozen().into_iter().map(Step::Thaw));
    }

    fn faults(&self, steps: &mut Vec<Step>) {
        for process in self.world.serving() {
            for remains in [Remains::Nothing, Remains::Jobs, Remains::Everything] {
                steps.push(Step::Cut(process, remains));
            }
        }
        steps.extend((0..self.sent.len()).map(Step::Duplicate));
    }

    fn take(&mut self, step: Step) {
        self.tell(step);
        match step {
            Step::Poll(task) => {
                self.last = Some(task);
                self.world.poll(task);
                self.go_down();
            }
            Step::Deliver => {
                self.world.deliver();
            }
            Step::Advance => {
                self.world.advance();
                self.book.cut(|process| self.world.is_cut(process));
            }
            Step::Cut(process, remains) => {
                self.world.cut(process, remains);
                self.book.cut(|process| self.world.is_cut(process));
            }
            Step::Thaw(process) => self.world.thaw(process),
            Step::Duplicate(index) => {
                self.world.queue.duplicate(&self.sent[index]);
            }
            Step::Retry(index) => self.retry(index),
            Step::Finish => {}
        }
    }

    /// Takes those processes down whose jobs do.
    fn go_down(&mut self) {
        for process in self.book.dying() {
            self.world.cut(process, Remains::Nothing);
            // It may have been cut short before, and thawed.
            self.world.scheduler.kill(process);
            self.book.cut(|process| self.world.is_cut(process));
        }
    }

    fn is_retried(&self, index: usize) -> bool {
        let now = self.world.clock.now();
        let mut retried = self.retried.iter();
        retried.any(|(retried, forgotten)| *retried == index && now <= *forgotten)
    }

    /// As artisan does it: the payload is sent, and a little later the row is forgotten.
    fn retry(&mut self, index: usize) {
        const LATER: Duration = Duration::from_secs(5);
        let id = self.ids[index].clone();
        let Some(row) = self.ledger.failed(&id) else {
            return;
        };
        let forgotten = self.world.clock.now() + LATER;
        self.retried.push((index, forgotten));
        self.world.queue.send(row.payload, None);
        let (ledger, clock) = (Arc::clone(&self.ledger), self.world.clock.clone());
        self.world.scheduler.spawn(OPERATOR, async move {
            clock.sleep_until(forgotten).await;
            ledger.forget(&id);
        });
    }

    fn finish(&self) -> Result<(), String> {
        if !self.world.drained() {
            return Err(format!("{}: nothing happens any more", rule::IT_DRAINS));
        }
        let elsewhere = self.world.queue.elsewhere();
        self.book.close(&self.ledger, &elsewhere);
        if let Some(broken) = self.book.broken() {
            return Err(broken);
        }
        self.is_unlocked()?;
        for (index, plan) in self.scenario.plans.iter().enumerate() {
            for (id, announced) in plan.announced(index) {
                self.is_not_lost(&id, &announced)?;
                self.is_committed(&id, &announced)?;
            }
        }
        self.costs_what_it_says()
    }

    pub(super) fn state(&self, id: &str) -> Option<State> {
        self.ledger.record(id).map(|record| record.state)
    }

    fn is_not_lost(&self, id: &str, announced: &Announced) -> Result<(), String> {
        let state = self.state(id);
        let is_buried = self.ledger.failed(id).is_some();
        let follows = |before: &String| self.state(before) == Some(State::Done);
        let is_due = announced.after.as_ref().is_none_or(follows);
        let kept = match state {
            Some(State::Done) => true,
            Some(State::Failed) => is_buried,
            None if !is_due => true,
            None if announced.is_unfenced => is_buried || self.book.has_succeeded(id),
            None if self.is_forwarded(id) => true,
            _ => false,
        };
        let dead = self.world.queue.dead();
        if kept || dead.iter().any(|message| message.body.contains(id)) {
            return Ok(());
        }
        Err(format!("{}: `{id}` is {state:?}", rule::NOTHING_IS_LOST))
    }

    fn is_committed(&self, id: &str, announced: &Announced) -> Result<(), String> {
        let notes = self.ledger.notes();
        let committed = notes.iter().filter(|(_, by)| by == id).count();
        let is_done = self.state(id) == Some(State::Done);
        let due = usize::from(announced.commits && is_done);
        if committed == due {
            return Ok(());
        }
        let wrong = format!("`{id}` committed {committed} times, not {due}");
        Err(format!("{}: {wrong}", rule::EFFECT_IS_ONCE))
    }

    fn costs_what_it_says(&self) -> Result<(), String> {
        let Some((receives, writes)) = self.scenario.cost else {
            return Ok(());
        };
        let Some(mild) = self.chance.only_mild() else {
            return Ok(());
        };
        let (seen_receives, seen_writes) = (self.world.queue.receives(), self.ledger.writes());
        if mild <= 1 && seen_receives != receives {
            return Err(format!(
                "{}: {seen_receives} receives, not {receives}",
                rule::MILD_FAULTS_ARE_FREE
            ));
        }
        if mild == 0 && seen_writes != writes {
            return Err(format!(
                "{}: {seen_writes} writes, not {writes}",
                rule::COST_IS_KNOWN
            ));
        }
        Ok(())
    }

    fn tell(&self, step: Step) {
        let now = self.world.clock.now();
        self.chance.choices.note(|| {
            let what = match step {
                Step::Poll(task) => format!("poll {task:?}"),
                Step::Deliver => "deliver".to_owned(),
                Step::Advance => format!("advance to {:?}", self.world.next_event()),
                Step::Cut(process, remains) => format!("cut {process:?}, leaving {remains:?}"),
                Step::Thaw(process) => format!("thaw {process:?}"),
                Step::Duplicate(index) => format!("deliver `{}` once more", self.sent[index].id),
                Step::Retry(index) => format!("send `{}` again", self.ids[index]),
                Step::Finish => "rest".to_owned(),
            };
            let records: Vec<_> = self
                .ids
                .iter()
                .map(|id| {
                    self.ledger
                        .record(id)
                        .map(|record| (record.state, record.token, record.tries_spent))
                })
                .collect();
            format!("{} {what} | {records:?}", now.as_millis() % 1_000_000_000)
        });
    }
}
