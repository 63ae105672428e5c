//! What the models of other systems stand on: a queue with the rules of SQS, a few tables, processes that may die or
//! freeze at every step.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt::Display;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use hikyaku_core::testing::explore::Choices;

/// Seconds that a received message stays hidden.
pub(crate) const VISIBILITY: u64 = 60;
/// Receives after which SQS moves a message to the dead letters.
pub(crate) const MAX_RECEIVES: u32 = 3;

/// A message as a worker gets it.
#[derive(Debug, Clone)]
pub(crate) struct Delivery {
    pub(crate) handle: usize,
    pub(crate) job: &'static str,
    /// How often it was received, this time included.
    pub(crate) receives: u32,
    /// What Vapor and Bref count in the payload.
    pub(crate) attempts: u32,
}

struct Message {
    job: &'static str,
    attempts: u32,
    receives: u32,
    visible: u64,
    is_deleted: bool,
}

/// Everything outside of the processes.
#[derive(Default)]
pub(crate) struct State {
    pub(crate) now: u64,
    messages: Vec<Message>,
    /// How often each job's work was begun and finished.
    pub(crate) begun: BTreeMap<&'static str, u32>,
    pub(crate) finished: BTreeMap<&'static str, u32>,
    /// How often each job was sent.
    pub(crate) sent: BTreeMap<&'static str, u32>,
    pub(crate) failed_rows: Vec<&'static str>,
    pub(crate) dead_letters: Vec<&'static str>,
    /// A counter such as a batch's, by name.
    pub(crate) counters: BTreeMap<&'static str, i64>,
    /// A record of an idempotency table: its state, and when it may be taken over.
    pub(crate) records: BTreeMap<&'static str, (&'static str, Option<u64>)>,
    /// What was noticed on the way.
    pub(crate) broken: Option<String>,
}

/// A clone stands on the same ground.
#[derive(Clone)]
pub(crate) struct Ground {
    state: Rc<RefCell<State>>,
    choices: Choices,
}

pub(crate) type Attempt = Pin<Box<dyn Future<Output = Outcome>>>;

/// What a function says of its batch.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The mapping deletes all of it.
    Success,
    /// It all comes back.
    Failure,
    /// A worker without a mapping: it has deleted what it wanted to delete.
    Own,
}

/// A world: what is sent first, who works it off, and what must not be.
#[derive(Clone)]
pub(crate) struct World {
    pub(crate) jobs: &'static [&'static str],
    pub(crate) batch_size: usize,
    /// How often something goes wrong, and what may.
    pub(crate) faults: u32,
    pub(crate) kinds: &'static [Fault],
    pub(crate) attempt: fn(Ground, Vec<Delivery>) -> Attempt,
    /// Looked at when everything is at rest.
    pub(crate) rest: fn(&State) -> Result<(), String>,
}

/// What may go wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// A process is killed.
    Kill,
    /// A process stands still and goes on later.
    Freeze,
    /// SQS delivers a message once more.
    Copy,
}

struct Process {
    number: u32,
    batch: Vec<Delivery>,
    attempt: Attempt,
    is_frozen: bool,
}

#[derive(Clone, Copy)]
enum Step {
    Poll(usize),
    Deliver,
    Advance(u64),
    Crash(usize),
    Freeze(usize),
    Again(usize),
    Rest,
}

impl World {
    /// Runs to rest. The error names the rule that was broken.
    pub(crate) fn run(&self, choices: &Choices) -> Result<(), String> {
        let ground = Ground {
            state: Rc::default(),
            choices: choices.clone(),
        };
        for job in self.jobs {
            ground.send(job, 0, 0);
        }
        let mut run = Running {
            world: self,
            ground,
            processes: Vec::new(),
            faults: self.faults,
            started: 0,
        };
        loop {
            let step = run.next();
            if let Step::Rest = step {
                return (self.rest)(&run.ground.state.borrow());
            }
            run.take(step);
            if let Some(broken) = run.ground.state.borrow_mut().broken.take() {
                return Err(broken);
            }
        }
    }
}

struct Running<'a> {
    world: &'a World,
    ground: Ground,
    processes: Vec<Process>,
    faults: u32,
    started: u32,
}

impl Running<'_> {
    fn next(&mut self) -> Step {
        let mut steps = vec![self.usual()];
        if self.faults > 0 {
            let processes = self.processes.iter().enumerate();
            for (index, _) in processes.filter(|(_, process)| !process.is_frozen) {
                if self.may(Fault::Kill) {
                    steps.push(Step::Crash(index));
                }
                if self.may(Fault::Freeze) {
                    steps.push(Step::Freeze(index));
                }
            }
            if self.may(Fault::Copy) {
                let messages = self.ground.state.borrow().messages.len();
                steps.extend((0..messages).map(Step::Again));
            }
        }
        let chosen = self.ground.choices.choose(steps.len());
        self.faults -= u32::from(chosen > 0);
        steps[chosen]
    }

    fn may(&self, fault: Fault) -> bool {
        self.world.kinds.contains(&fault)
    }

    /// Who is at work goes on; then the queue delivers; then time passes; then the frozen thaw.
    fn usual(&self) -> Step {
        let mut processes = self.processes.iter();
        if let Some(index) = processes.position(|process| !process.is_frozen) {
            return Step::Poll(index);
        }
        let state = self.ground.state.borrow();
        let waiting = state.messages.iter().filter(|message| !message.is_deleted);
        match waiting.map(|message| message.visible).min() {
            Some(visible) if visible <= state.now => Step::Deliver,
            Some(visible) => Step::Advance(visible),
            None if self.processes.is_empty() => Step::Rest,
            None => Step::Poll(0),
        }
    }

    fn take(&mut self, step: Step) {
        let ground = self.ground.clone();
        match step {
            Step::Poll(index) => self.poll(index),
            Step::Deliver => self.deliver(),
            Step::Advance(moment) => ground.state.borrow_mut().now = moment,
            Step::Crash(index) => {
                let process = self.processes.remove(index);
                ground.note(|| format!("process {} is killed", process.number));
            }
            Step::Freeze(index) => {
                self.processes[index].is_frozen = true;
                let number = self.processes[index].number;
                ground.note(|| format!("process {number} is frozen"));
            }
            Step::Again(index) => {
                let mut state = ground.state.borrow_mut();
                let now = state.now;
                let message = &mut state.messages[index];
                (message.is_deleted, message.visible) = (false, now);
                let job = message.job;
                ground.note(|| format!("SQS delivers the message of {job} once more"));
            }
            Step::Rest => {}
        }
    }

    fn deliver(&mut self) {
        let batch = self.ground.receive(self.world.batch_size);
        if batch.is_empty() {
            return;
        }
        self.started += 1;
        let (number, ground) = (self.started, self.ground.clone());
        let jobs: Vec<_> = batch.iter().map(|delivery| delivery.job).collect();
        ground.note(|| format!("process {number} receives {}", jobs.join(", ")));
        self.processes.push(Process {
            number,
            attempt: (self.world.attempt)(ground, batch.clone()),
            batch,
            is_frozen: false,
        });
    }

    fn poll(&mut self, index: usize) {
        let process = &mut self.processes[index];
        if std::mem::take(&mut process.is_frozen) {
            let number = process.number;
            self.ground.note(|| format!("process {number} thaws"));
        }
        let mut context = Context::from_waker(Waker::noop());
        let Poll::Ready(outcome) = process.attempt.as_mut().poll(&mut context) else {
            return;
        };
        let process = self.processes.remove(index);
        match outcome {
            Outcome::Success => {
                for delivery in &process.batch {
                    self.ground.delete(delivery);
                }
            }
            Outcome::Failure => {
                let number = process.number;
                self.ground
                    .note(|| format!("process {number} fails its batch"));
            }
            Outcome::Own => {}
        }
    }
}

impl Ground {
    /// Here a process may die, before what it is about to do.
    pub(crate) async fn step(&self, about: impl Display) {
        let mut waited = false;
        std::future::poll_fn(|_| {
            if std::mem::replace(&mut waited, true) {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        })
        .await;
        self.note(|| format!("  {about}"));
    }

    pub(crate) fn note(&self, line: impl FnOnce() -> String) {
        self.choices.note(line);
    }

    pub(crate) fn with<T>(&self, act: impl FnOnce(&mut State) -> T) -> T {
        act(&mut self.state.borrow_mut())
    }

    pub(crate) fn send(&self, job: &'static str, attempts: u32, delay: u64) {
        self.with(|state| {
            *state.sent.entry(job).or_default() += 1;
            let visible = state.now + delay;
            state.messages.push(Message {
                job,
                attempts,
                receives: 0,
                visible,
                is_deleted: false,
            });
        });
    }

    /// Deleting with an old handle works as well, if nobody has received the message since.
    pub(crate) fn delete(&self, delivery: &Delivery) {
        self.with(|state| {
            let message = &mut state.messages[delivery.handle];
            message.is_deleted |= message.receives == delivery.receives;
        });
    }

    fn receive(&self, most: usize) -> Vec<Delivery> {
        self.with(|state| {
            let State {
                now,
                messages,
                dead_letters,
                ..
            } = state;
            let mut batch = Vec::new();
            for (handle, message) in messages.iter_mut().enumerate() {
                if message.is_deleted || message.visible > *now || batch.len() == most {
                    continue;
                }
                if message.receives == MAX_RECEIVES {
                    message.is_deleted = true;
                    dead_letters.push(message.job);
                    continue;
                }
                message.receives += 1;
                message.visible = *now + VISIBILITY;
                batch.push(Delivery {
                    handle,
                    job: message.job,
                    receives: message.receives,
                    attempts: message.attempts,
                });
            }
            batch
        })
    }
}

impl State {
    pub(crate) fn breaks(&mut self, what: impl Into<String>) {
        self.broken.get_or_insert_with(|| what.into());
    }

    /// How often the job's work was done to its end.
    pub(crate) fn finishes(&self, job: &str) -> u32 {
        self.finished.get(job).copied().unwrap_or_default()
    }

    /// Nobody knows of the job any more, and it was never finished.
    pub(crate) fn is_lost(&self, job: &str) -> bool {
        let known = self.failed_rows.iter().chain(&self.dead_letters);
        self.finishes(job) == 0 && !known.into_iter().any(|known| *known == job)
    }
}
