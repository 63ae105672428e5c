//! What can happen next in a world, and how it happens.

use std::sync::Arc;
use std::time::Duration;

use hikyaku_core::Clock;
use hikyaku_core::testing::{ProcessId, Remains, TaskId};

use super::chance::OFF;
use super::reached::Event;
use super::simulation::Simulation;

#[derive(Clone, Copy)]
pub(super) enum Step {
    Poll(TaskId),
    Deliver,
    /// The invocation begins so long after the receive.
    DeliverAfter(Duration),
    Advance,
    Finish,
    Cut(ProcessId, Remains),
    Thaw(ProcessId),
    /// Its clock jumps ahead, or behind.
    Jump(ProcessId, bool),
    Duplicate(usize),
    /// The next message goes behind the others.
    Reorder,
    Retry(usize),
}

/// Between a receive and its invocation: a cold start, and the longest window of a mapping.
const WAITS: [Duration; 2] = [Duration::from_secs(20), Duration::from_secs(300)];

/// Where somebody retries failed jobs.
const OPERATOR: ProcessId = ProcessId(usize::MAX);

impl Simulation<'_> {
    pub(super) fn next(&self) -> Step {
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
            if let Step::Deliver = steps[0] {
                steps.extend(WAITS.map(Step::DeliverAfter));
            }
        }
        let chosen = self.chance.choices.choose(steps.len());
        if chosen > 0 {
            self.spend(steps[chosen], steps[0]);
        }
        steps[chosen]
    }

    fn spend(&self, step: Step, usual: Step) {
        let reached = &self.chance.reached;
        match step {
            Step::Poll(_) | Step::Deliver | Step::Thaw(_) | Step::Advance | Step::Reorder => {
                self.chance.spend_move();
            }
            Step::Cut(..) | Step::Duplicate(_) | Step::Jump(..) | Step::DeliverAfter(_) => {
                self.chance.spend_fault();
            }
            Step::Retry(_) => self.chance.spend_retry(),
            Step::Finish => {}
        }
        match step {
            Step::Poll(_) | Step::Deliver => reached.count(Event::OutOfTurn),
            Step::Advance => reached.count(Event::DeliveredLate),
            Step::DeliverAfter(_) => reached.count(Event::InvokedLate),
            Step::Reorder => reached.count(Event::Reordered),
            Step::Cut(_, Remains::Nothing) => reached.count(Event::Crashed),
            Step::Cut(_, Remains::Jobs) => reached.count(Event::EngineGone),
            Step::Cut(_, Remains::Everything) => reached.count(Event::Frozen),
            Step::Jump(..) => reached.count(Event::ClockJumped),
            Step::Retry(_) => reached.count(Event::SentAgain),
            Step::Duplicate(index) => {
                reached.count(Event::Duplicated);
                if self.sent[index].group.is_some() {
                    reached.count(Event::DuplicatedInGroup);
                }
                if matches!(usual, Step::Finish) {
                    reached.count(Event::DuplicatedAfterEnd);
                }
            }
            Step::Thaw(_) | Step::Finish => {}
        }
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
            if let Step::Deliver = steps[0] {
                steps.push(Step::Reorder);
                steps.extend(self.world.next_event().map(|_| Step::Advance));
            }
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
            steps.extend([true, false].map(|ahead| Step::Jump(process, ahead)));
        }
        steps.extend((0..self.sent.len()).map(Step::Duplicate));
    }

    /// What must hold of a process that is about to be killed, if that is all that goes wrong.
    pub(super) fn is_killed(&self, step: Step) -> Result<(), String> {
        match step {
            Step::Cut(process, Remains::Nothing) if self.chance.only_severe(1) => {
                self.comes_back_soon(process)
            }
            _ => Ok(()),
        }
    }

    pub(super) fn take(&mut self, step: Step) {
        self.tell(step);
        match step {
            Step::Poll(task) => {
                self.last = Some(task);
                self.sees_zombie(task);
                self.world.poll(task);
                self.sees_partial_response();
                self.go_down();
            }
            Step::Deliver => {
                self.world.deliver();
            }
            Step::DeliverAfter(wait) => {
                self.world.deliver_after(wait);
            }
            Step::Advance => {
                self.world.advance();
                self.sees_overdue();
                self.book.cut(|process| self.world.is_cut(process));
            }
            Step::Cut(process, remains) => {
                self.world.cut(process, remains);
                if remains != Remains::Nothing {
                    self.zombies.push(process);
                }
                self.ended = self.world.ended.len();
                self.book.cut(|process| self.world.is_cut(process));
            }
            Step::Thaw(process) => {
                self.chance.reached.count(Event::Thawed);
                self.world.thaw(process);
            }
            Step::Jump(process, is_ahead) => {
                let (ahead, behind) = if is_ahead {
                    (OFF, Duration::ZERO)
                } else {
                    (Duration::ZERO, OFF)
                };
                self.world.set_clock(process, ahead, behind);
            }
            Step::Reorder => {
                self.world.queue.reorder();
            }
            Step::Duplicate(index) => {
                self.world.queue.duplicate(&self.sent[index]);
            }
            Step::Retry(index) => self.retry(index),
            Step::Finish => {}
        }
    }

    fn sees_zombie(&self, task: TaskId) {
        if !self.zombies.is_empty() {
            let process = self.world.scheduler.process_of(task);
            if process.is_some_and(|process| self.zombies.contains(&process)) {
                self.chance.reached.count(Event::Zombie);
            }
        }
    }

    fn sees_partial_response(&mut self) {
        let ended = &self.world.ended[self.ended..];
        for reports in ended.iter().filter_map(|ended| ended.reports.as_ref()) {
            let settled = reports
                .iter()
                .filter(|report| report.verdict.acknowledges());
            if (1..reports.len()).contains(&settled.count()) {
                self.chance.reached.count(Event::PartialResponse);
            }
        }
        self.ended = self.world.ended.len();
    }

    fn sees_overdue(&mut self) {
        for _ in self.ended..self.world.ended.len() {
            self.chance.reached.count(Event::Overdue);
        }
        self.ended = self.world.ended.len();
    }

    /// Takes those processes down whose jobs do.
    fn go_down(&mut self) {
        for process in self.book.dying() {
            self.world.cut(process, Remains::Nothing);
            // It may have been cut short before, and thawed.
            self.world.scheduler.kill(process);
            self.ended = self.world.ended.len();
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
        self.world.queue.send(row.payload, row.group.as_deref());
        let (ledger, clock) = (Arc::clone(&self.ledger), self.world.clock.clone());
        self.world.scheduler.spawn(OPERATOR, async move {
            clock.sleep_until(forgotten).await;
            ledger.forget(&id);
        });
    }

    fn tell(&self, step: Step) {
        let now = self.world.clock.now();
        self.chance.choices.note(|| {
            let what = match step {
                Step::Poll(task) => format!("poll {task:?}"),
                Step::Deliver => "deliver".to_owned(),
                Step::DeliverAfter(wait) => format!("deliver, to be invoked after {wait:?}"),
                Step::Advance => format!("advance to {:?}", self.world.next_event()),
                Step::Cut(process, remains) => format!("cut {process:?}, leaving {remains:?}"),
                Step::Thaw(process) => format!("thaw {process:?}"),
                Step::Jump(process, true) => format!("the clock of {process:?} jumps ahead"),
                Step::Jump(process, false) => format!("the clock of {process:?} jumps behind"),
                Step::Reorder => "the next message goes behind the others".to_owned(),
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
