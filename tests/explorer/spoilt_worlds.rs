//! What an application's queue and tables can do wrong, or its end of the ledger: one thing at a time, and worlds in which it
//! shows.

use std::sync::Arc;

use super::jobs::long;
use super::laravel::{EVER, alone, chain, hooked, member, unique};
use super::mutants::Mutant;
use super::play::Act::{Error, Fail, Ok as Done};
use super::routed::TWIN;
use super::rule;
use super::simulation::{Plan, Scenario};
use super::spoilt::Spoilt;
use super::worlds::{patient, plan, scenario};

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Defect {
    /// The link is sent before its job is recorded as done.
    SendsBeforeItCompletes,
    /// A redelivery that finds the job done sends nothing.
    FollowsNothingThatIsDone,
    /// What is sent is acknowledged before it is there.
    AcknowledgesBeforeItSends,
    /// A repetition has an identity of its own.
    GivesLinksRandomIds,
    GivesQuestionsRandomIds,
    /// The batch is counted beside the job's end.
    CountsAfterwards,
    /// The batch is counted for every message of its job.
    CountsCopies,
    /// A failure is not written down in the batch.
    CountsNoFailures,
    /// `then` is asked for when one job is left.
    ReadsOneLess,
    /// A batch is read as it was a while ago.
    ReadsWhatWas,
    /// A unique lock goes whoever has it.
    UnlocksWithoutOwner,
    UnlocksOnRelease,
    UnlocksNothing,
    /// Nobody takes a dead attempt's lock over.
    TakesNothingOver,
    /// Everybody takes locks over.
    TakesEverythingOver,
    /// A lock under which a job runs is not given up.
    KeepsLocks,
    /// PHP answers while its run still goes on.
    AnswersBeforeTheEnd,
    /// What an invocation has is said to be hidden.
    HidesNothing,
    /// It is hidden a little later.
    HidesLater,
}

impl Defect {
    fn words(self) -> &'static str {
        match self {
            Self::SendsBeforeItCompletes => {
                "the next link is sent before its job is recorded as done"
            }
            Self::FollowsNothingThatIsDone => "a redelivery that finds the job done sends nothing",
            Self::AcknowledgesBeforeItSends => {
                "a message is settled before what follows it is sent"
            }
            Self::GivesLinksRandomIds => "a link that is sent twice has two ids",
            Self::GivesQuestionsRandomIds => "a question to PHP that is asked twice has two ids",
            Self::CountsAfterwards => "a batch is counted beside the end of its job",
            Self::CountsCopies => "a batch is counted for every message of its job",
            Self::CountsNoFailures => "a failure is not counted in its batch",
            Self::ReadsOneLess => "`then` is asked for when one job is left",
            Self::ReadsWhatWas => "a batch is read as it was a while ago",
            Self::UnlocksWithoutOwner => "a unique lock is released whoever holds it",
            Self::UnlocksOnRelease => "a unique lock is released before the job's end",
            Self::UnlocksNothing => "a unique lock is not released",
            Self::TakesNothingOver => "nobody takes over the overlap lock of a dead attempt",
            Self::TakesEverythingOver => "anybody takes over the overlap lock of a live attempt",
            Self::KeepsLocks => "an overlap lock is not released",
            Self::AnswersBeforeTheEnd => "PHP answers while its run still goes on",
            Self::HidesNothing => "nobody keeps an invocation's messages hidden",
            Self::HidesLater => "a message is hidden again that was given back",
        }
    }
}

/// The defect, a world in which it shows, and the rule that it breaks.
type World = (Defect, Scenario, &'static str);

fn worlds_of_messages() -> Vec<World> {
    use Defect::{
        AcknowledgesBeforeItSends, FollowsNothingThatIsDone, GivesLinksRandomIds,
        GivesQuestionsRandomIds, SendsBeforeItCompletes,
    };
    let chain = |faults| scenario(vec![chain(&[&[Done], &[Done]])], faults, 0, 0);
    let asks = || scenario(vec![hooked(&[Fail])], 1, 0, 0);
    let unknown = scenario(vec![plan("unknown", &[Done], 2)], 1, 0, 0);
    vec![
        (SendsBeforeItCompletes, chain(0), rule::LINKS_FOLLOW),
        (FollowsNothingThatIsDone, chain(1), rule::NOTHING_IS_LOST),
        (AcknowledgesBeforeItSends, chain(1), rule::NOTHING_IS_LOST),
        (AcknowledgesBeforeItSends, asks(), rule::QUESTIONS_ARE_ASKED),
        (AcknowledgesBeforeItSends, unknown, rule::NOTHING_IS_LOST),
        (GivesLinksRandomIds, chain(0), rule::LINKS_FOLLOW),
        (GivesQuestionsRandomIds, asks(), rule::QUESTIONS_ARE_ASKED),
    ]
}

fn worlds_of_batches() -> Vec<World> {
    use Defect::{CountsAfterwards, CountsCopies, CountsNoFailures, ReadsOneLess, ReadsWhatWas};
    let batch = |first: &[_], faults| {
        let plans = vec![member(first), member(&[Done])];
        scenario(plans, faults, 0, 0)
    };
    // The time of a process that was frozen is over when its messages are back.
    let quick = Scenario {
        timeout: 60,
        ..batch(&[Done], 1)
    };
    vec![
        (CountsAfterwards, quick, rule::BATCH_IS_COUNTED),
        (CountsCopies, batch(&[Done], 1), rule::BATCH_IS_COUNTED),
        (CountsNoFailures, batch(&[Fail], 0), rule::BATCH_IS_COUNTED),
        (ReadsOneLess, batch(&[Done], 0), rule::BATCH_IS_COUNTED),
        (ReadsWhatWas, batch(&[Done], 0), rule::BATCH_IS_COUNTED),
    ]
}

fn worlds_of_locks() -> Vec<World> {
    use Defect::{
        KeepsLocks, TakesEverythingOver, TakesNothingOver, UnlocksNothing, UnlocksOnRelease,
        UnlocksWithoutOwner,
    };
    let two_unique = |first: &[_]| {
        let plans = vec![unique(first, EVER), unique(&[Done], EVER)];
        scenario(plans, 0, 0, 0)
    };
    let slow = |sleep, plan| Plan { sleep, ..plan };
    let expiring = vec![
        slow(30, unique(&[Done], 20)),
        slow(60, unique(&[Error, Done], EVER)),
    ];
    let expiring = scenario(expiring, 0, 0, 0);
    let one = |faults| scenario(vec![alone(&[Done])], faults, 0, 0);
    let two = vec![alone(&[Error, Done]), slow(30, alone(&[Done]))];
    let two = scenario(two, 0, 0, 0);
    vec![
        (UnlocksWithoutOwner, expiring, rule::ONE_HOLDER),
        (
            UnlocksOnRelease,
            two_unique(&[Error, Done]),
            rule::ONE_HOLDER,
        ),
        (UnlocksNothing, two_unique(&[Done]), rule::ONE_HOLDER),
        (TakesNothingOver, one(1), rule::NO_OVERLAP),
        (TakesEverythingOver, two, rule::NO_OVERLAP),
        (KeepsLocks, one(0), rule::NO_OVERLAP),
    ]
}

fn worlds_of_shadows() -> Vec<World> {
    let twin = scenario(vec![plan(TWIN, &[Done], 2)], 0, 0, 0);
    vec![(Defect::AnswersBeforeTheEnd, twin, rule::SHADOWS_FOLLOW)]
}

fn worlds_of_hiding() -> Vec<World> {
    // Its message is visible again before it is through.
    let slow = Plan {
        sleep: 200,
        ..long(&[Done])
    };
    let hasty = Scenario {
        timeout: 300,
        ..scenario(vec![slow], 0, 0, 0)
    };
    let beside = vec![plan("once", &[Error, Done], 2), long(&[Done])];
    let beside = patient(scenario(beside, 0, 0, 0));
    let killed = patient(scenario(vec![plan("once", &[Done], 2)], 1, 0, 0));
    vec![
        (Defect::HidesNothing, hasty, rule::HELD_IS_HIDDEN),
        (Defect::HidesNothing, killed, rule::DEATHS_ARE_SHORT),
        (Defect::HidesLater, beside, rule::DELAYS_ARE_LEFT),
    ]
}

pub(crate) fn mutants() -> Vec<Mutant> {
    let worlds = [
        worlds_of_messages(),
        worlds_of_batches(),
        worlds_of_locks(),
        worlds_of_shadows(),
        worlds_of_hiding(),
    ];
    let worlds = worlds.into_iter().flatten().enumerate();
    let mutant = |(index, (defect, scenario, rule)): (usize, World)| Mutant {
        // Some have several worlds.
        name: match defect {
            Defect::AcknowledgesBeforeItSends | Defect::HidesNothing => {
                format!("defect/{defect:?}{index}")
            }
            _ => format!("defect/{defect:?}"),
        },
        words: defect.words(),
        scenario: Scenario {
            around: Arc::new(move |origin| Spoilt::ends(defect, origin)),
            ..scenario
        },
        rules: vec![rule],
    };
    worlds.map(mutant).collect()
}
