//! What can go wrong, and how much of it may.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use hikyaku_core::testing::explore::Choices;
use hikyaku_core::testing::{Call, Fate, Network, ProcessId};

use super::reached::{Event, Reached};

/// How much may go an unusual way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Budget {
    /// Calls that fail, processes that die, messages that come twice, clocks that are off.
    pub(crate) faults: u32,
    /// Turns taken out of order.
    pub(crate) moves: u32,
    /// Failed jobs sent again.
    pub(crate) retries: u32,
}

/// The budget while it is spent, and the network that spends some of it.
pub(crate) struct Chance {
    pub(crate) choices: Choices,
    pub(crate) reached: Arc<Reached>,
    faults: AtomicU32,
    moves: AtomicU32,
    retries: AtomicU32,
    /// Faults that cost no redelivery when they come alone, and all others.
    mild: AtomicU32,
    severe: AtomicU32,
}

/// How far a clock is off: two of them differ by 8 s, and the engine allows for 10.
pub(crate) const OFF: Duration = Duration::from_secs(4);

/// Shorter than a lease, and longer.
const DELAYS: [Duration; 2] = [Duration::from_secs(40), Duration::from_secs(75)];

const FATES: [Fate; 7] = [
    Fate::Answered,
    Fate::Throttled,
    Fate::AnswerLost,
    Fate::Late(DELAYS[0]),
    Fate::Late(DELAYS[1]),
    Fate::AnsweredLate(DELAYS[0]),
    Fate::AnsweredLate(DELAYS[1]),
];

/// What can become of the deletes of a mapping: it has no answer that anybody waits for.
const DELETES: &[Fate] = &[Fate::Answered, Fate::Throttled];

/// And of the keeper's requests: nobody acts on how they are answered.
const STEPS: &[Fate] = &[
    Fate::Answered,
    Fate::Throttled,
    Fate::Late(DELAYS[0]),
    Fate::AnsweredLate(DELAYS[0]),
];

impl Chance {
    pub(crate) fn new(choices: Choices, budget: Budget, reached: Arc<Reached>) -> Arc<Self> {
        Arc::new(Self {
            choices,
            reached,
            faults: AtomicU32::new(budget.faults),
            moves: AtomicU32::new(budget.moves),
            retries: AtomicU32::new(budget.retries),
            mild: AtomicU32::new(0),
            severe: AtomicU32::new(0),
        })
    }

    pub(crate) fn may_fault(&self) -> bool {
        self.faults.load(Ordering::Relaxed) > 0
    }

    pub(crate) fn may_move(&self) -> bool {
        self.moves.load(Ordering::Relaxed) > 0
    }

    pub(crate) fn may_retry(&self) -> bool {
        self.retries.load(Ordering::Relaxed) > 0
    }

    pub(crate) fn spend_move(&self) {
        self.moves.fetch_sub(1, Ordering::Relaxed);
    }

    pub(crate) fn spend_retry(&self) {
        self.retries.fetch_sub(1, Ordering::Relaxed);
    }

    pub(crate) fn spend_fault(&self) {
        self.faults.fetch_sub(1, Ordering::Relaxed);
        self.severe.fetch_add(1, Ordering::Relaxed);
    }

    /// Whether so many faults were severe.
    pub(crate) fn only_severe(&self, faults: u32) -> bool {
        self.severe.load(Ordering::Relaxed) == faults
    }

    /// How many mild faults there were, if nothing worse happened.
    pub(crate) fn only_mild(&self) -> Option<u32> {
        let severe = self.severe.load(Ordering::Relaxed);
        (severe == 0).then(|| self.mild.load(Ordering::Relaxed))
    }
}

impl Network for Chance {
    fn fate(&self, call: Call<'_>) -> Fate {
        if !self.may_fault() {
            return Fate::Answered;
        }
        let deletes = call.operation == "delete";
        let fates = match call.operation {
            "delete" => DELETES,
            "change_visibility_batch" => STEPS,
            _ => &FATES,
        };
        let fate = fates[self.choices.choose(fates.len())];
        if fate == Fate::Answered {
            return fate;
        }
        self.choices.note(|| {
            format!(
                "{} of {} by {:?}: {fate:?}",
                call.operation, call.subject, call.process
            )
        });
        self.reached.count(match fate {
            _ if deletes => Event::DeleteLost,
            Fate::Throttled | Fate::Answered => Event::Throttled,
            Fate::AnswerLost => Event::AnswerLost,
            Fate::Late(_) => Event::AppliedLate,
            Fate::AnsweredLate(_) => Event::AnsweredLate,
        });
        // A message whose answer is lost is sent once more: somebody receives it, too.
        let is_mild = match fate {
            Fate::Throttled => !deletes,
            Fate::AnswerLost => !deletes && call.operation != "send",
            _ => false,
        };
        if is_mild {
            self.faults.fetch_sub(1, Ordering::Relaxed);
            self.mild.fetch_add(1, Ordering::Relaxed);
        } else {
            self.spend_fault();
        }
        fate
    }

    fn skew(&self, process: ProcessId) -> (Duration, Duration) {
        if !self.may_fault() {
            return (Duration::ZERO, Duration::ZERO);
        }
        let skew = match self.choices.choose(3) {
            1 => (OFF, Duration::ZERO),
            2 => (Duration::ZERO, OFF),
            _ => return (Duration::ZERO, Duration::ZERO),
        };
        self.choices
            .note(|| format!("the clock of {process:?} is off: {skew:?}"));
        self.reached.count(Event::ClockOff);
        self.spend_fault();
        skew
    }

    fn outlived(&self, call: Call<'_>) {
        self.reached.count(Event::Outlived);
        self.choices.note(|| {
            format!(
                "{} of {} takes effect, and {:?} that made it is dead",
                call.operation, call.subject, call.process
            )
        });
    }
}
