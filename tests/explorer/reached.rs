//! How often each thing went wrong: an explorer that never reaches a fault would find nothing, and say so.

use std::sync::atomic::{AtomicU64, Ordering};

/// Something unusual that happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Event {
    Throttled,
    AnswerLost,
    AppliedLate,
    AnsweredLate,
    Outlived,
    Crashed,
    EngineGone,
    Frozen,
    Thawed,
    Zombie,
    Overdue,
    ClockOff,
    ClockJumped,
    Duplicated,
    DuplicatedInGroup,
    DuplicatedAfterEnd,
    DeliveredLate,
    InvokedLate,
    Reordered,
    OutOfTurn,
    StaleReceipt,
    OlderReceipt,
    DeleteLost,
    PartialResponse,
    Fenced,
    SentAgain,
    TookProcessDown,
    Continued,
    Shadowed,
}

impl Event {
    /// Each with what a reader calls it.
    pub(crate) const ALL: [(Self, &'static str); 29] = [
        (Self::Throttled, "calls refused (throttling)"),
        (Self::AnswerLost, "calls applied whose answer is lost"),
        (
            Self::AppliedLate,
            "calls held up for 40 or 75 s, then applied",
        ),
        (
            Self::AnsweredLate,
            "calls applied whose answer takes 40 or 75 s",
        ),
        (
            Self::Outlived,
            "calls of a dead process that apply after its death",
        ),
        (Self::Crashed, "processes that die between two awaits"),
        (
            Self::EngineGone,
            "engines that are gone while their jobs stay, frozen",
        ),
        (Self::Frozen, "processes frozen whole"),
        (Self::Thawed, "frozen processes thawed"),
        (
            Self::Zombie,
            "steps of jobs and engines that were cut off and thawed",
        ),
        (Self::Overdue, "processes killed at their deadline"),
        (Self::ClockOff, "processes whose clock is off by 4 s"),
        (Self::ClockJumped, "clocks that jump by up to 8 s"),
        (Self::Duplicated, "messages delivered once more"),
        (Self::DuplicatedInGroup, "of them in an ordered group"),
        (
            Self::DuplicatedAfterEnd,
            "of them after the end of their job",
        ),
        (
            Self::DeliveredLate,
            "deliveries that come later than they could",
        ),
        (
            Self::InvokedLate,
            "invocations that begin up to 300 s after the receive",
        ),
        (Self::Reordered, "deliveries in another order"),
        (Self::OutOfTurn, "steps of a task out of turn"),
        (
            Self::StaleReceipt,
            "calls with the receipt of a message that is gone",
        ),
        (
            Self::OlderReceipt,
            "calls with an older receipt, or after the timeout, that act all the same",
        ),
        (Self::DeleteLost, "deletes of the mapping that are lost"),
        (Self::PartialResponse, "batches of which a part comes again"),
        (Self::Fenced, "writes that were fenced off"),
        (Self::SentAgain, "failed jobs sent again"),
        (Self::TookProcessDown, "jobs that take their process down"),
        (Self::Continued, "jobs that go on from a checkpoint"),
        (Self::Shadowed, "shadows of PHP's runs"),
    ];
}

/// A count of each.
#[derive(Debug, Default)]
pub(crate) struct Reached([AtomicU64; Event::ALL.len()]);

impl Reached {
    pub(crate) fn count(&self, event: Event) {
        self.0[event as usize].fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn of(&self, event: Event) -> u64 {
        self.0[event as usize].load(Ordering::Relaxed)
    }

    /// Adds what happened in one run.
    pub(crate) fn add(&self, run: &Self) {
        for (total, one) in self.0.iter().zip(&run.0) {
            let count = one.load(Ordering::Relaxed);
            if count > 0 {
                total.fetch_add(count, Ordering::Relaxed);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use hikyaku_core::testing::explore::wander;

    use super::{Event, Reached};
    use crate::campaign::PERMILLE;
    use crate::worlds;

    #[test]
    fn everything_that_can_go_wrong_does_in_some_hundred_walks() {
        let reached = Arc::new(Reached::default());
        for mut world in worlds::all() {
            world.scenario.reached = Arc::clone(&reached);
            world.scenario.budget.faults = 6;
            world.scenario.budget.moves = 30;
            let explored = wander(
                |choices: &_| world.scenario.run(choices),
                1,
                PERMILLE,
                |runs| runs < 20,
            );
            assert!(explored.failure.is_none(), "{}", world.name);
        }
        for (event, words) in Event::ALL {
            println!("{:>8} {words}", reached.of(event));
            assert!(reached.of(event) > 0, "never: {words}");
        }
    }
}
