//! What a ledger can do wrong, one thing at a time, and worlds in which it shows.

use std::sync::Arc;

use super::application::Ends;
use super::defective::Defective;
use super::jobs::{double, long, poisoned};
use super::laravel::chain;
use super::mutants::Mutant;
use super::play::Act::{self, Commit, Error, Fail, Ok as Done, Part};
use super::routed::ROUTED;
use super::rule;
use super::simulation::{Hiding, Plan, Scenario};
use super::worlds::{costing, patient, plan, scenario};

/// What a ledger does wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Defect {
    CompletesWithoutCondition,
    ReleasesWithoutCondition,
    SaysDoneWithoutWriting,
    ForgetsWhoClaims,
    LeasesTooShort,
    TakesWhatIsLeased,
    SaysDoneOfWhatRuns,
    IgnoresTheGeneration,
    RevivesWhatFailed,
    RevivesWhatIsDone,
    RepeatsTokens,
    CountsNoTries,
    WritesTheRowAfterwards,
    ChargesNeighbours,
    SaysSavedWithoutWriting,
    LeavesOutWhatIsCommitted,
    BelievesLateClaims,
    FollowsWhatFailed,
    RefusesForever,
    WritesTwice,
    SaysExtendedWithoutWriting,
    ForgetsWhoRanAlone,
    ChargesContinuations,
    SaysBuriedWithoutWriting,
    ForgetsTheSide,
    ForgetsTheWait,
    ForgetsTheName,
    ForgetsTheRow,
}

impl Defect {
    fn words(self) -> &'static str {
        match self {
            Self::CompletesWithoutCondition => "a job is completed without a condition",
            Self::ReleasesWithoutCondition => {
                "a failed attempt releases the job without a condition"
            }
            Self::SaysDoneWithoutWriting => "a completion is acknowledged and not written",
            Self::ForgetsWhoClaims => {
                "a claim has no owner: its own lost answer looks like somebody else's"
            }
            Self::LeasesTooShort => "the lease is shorter than the run",
            Self::TakesWhatIsLeased => "a claim takes what is leased",
            Self::SaysDoneOfWhatRuns => "a message is acknowledged while another attempt runs",
            Self::IgnoresTheGeneration => "a claim ignores the generation",
            Self::RevivesWhatFailed => "what failed runs again although nobody sent it again",
            Self::RevivesWhatIsDone => "what is done runs again when its message comes again",
            Self::RepeatsTokens => "tokens repeat",
            Self::CountsNoTries => "tries are not counted",
            Self::WritesTheRowAfterwards => "a failed job's row is written after its end",
            Self::ChargesNeighbours => "a process that dies costs its other jobs a try",
            Self::SaysSavedWithoutWriting => "a checkpoint is acknowledged and not written",
            Self::LeavesOutWhatIsCommitted => "a job's end is written without what it commits",
            Self::BelievesLateClaims => "the lease is not looked at again after the claim",
            Self::FollowsWhatFailed => "a chain goes on after a failure",
            Self::RefusesForever => "a job is never free to claim",
            Self::WritesTwice => "the ledger is written once more than needed",
            Self::SaysExtendedWithoutWriting => "a heartbeat does not prolong the lease",
            Self::ForgetsWhoRanAlone => "a dead attempt of an `AtMostOnce` job spends no try",
            Self::ChargesContinuations => "a continuation gives no tries back",
            Self::SaysBuriedWithoutWriting => {
                "a failed job without a ledger is acknowledged and not buried"
            }
            Self::ForgetsTheSide => "a claim does not say on which side the job runs",
            Self::ForgetsTheName => "a job is taken for another of the same uuid",
            Self::ForgetsTheRow => {
                "nobody looks whether the row of what failed again was forgotten with the one before"
            }
            Self::ForgetsTheWait => "a claim does not ask whether the job's time has come",
        }
    }
}

/// A job that is tried twice, by a ledger of its own.
fn once(acts: &[Act], faults: u32, moves: u32, retries: u32) -> Scenario {
    scenario(vec![plan("once", acts, 2)], faults, moves, retries)
}

/// The message comes back while its job still runs.
fn hasty(visibility: u64) -> Scenario {
    let slow = Plan {
        sleep: 30,
        ..plan("once", &[Done], 2)
    };
    Scenario {
        visibility,
        hiding: Hiding::Fails,
        ..scenario(vec![slow], 1, 0, 0)
    }
}

/// The defect, a world in which it shows, and the rules that it breaks.
type World = (Defect, Scenario, &'static [&'static str]);

fn worlds_of_claims() -> Vec<World> {
    use Defect::{
        BelievesLateClaims, CountsNoTries, ForgetsWhoClaims, ForgetsWhoRanAlone,
        IgnoresTheGeneration, LeasesTooShort, RefusesForever, RepeatsTokens, RevivesWhatFailed,
        RevivesWhatIsDone, SaysDoneOfWhatRuns, SaysExtendedWithoutWriting, TakesWhatIsLeased,
    };
    let costly = costing(1, 2, once(&[Done], 1, 0, 0));
    // A claim may come late, and its function still has time.
    let long_lived = Scenario {
        timeout: 300,
        ..hasty(80)
    };
    let beating = vec![Plan {
        sleep: 200,
        ..long(&[Done])
    }];
    let beating = patient(scenario(beating, 1, 0, 0));
    let careful = scenario(vec![plan("at-most-once", &[Done], 1)], 1, 0, 0);
    vec![
        (ForgetsWhoClaims, costly, &[rule::MILD_FAULTS_ARE_FREE]),
        (LeasesTooShort, hasty(150), &[rule::ONE_AT_A_TIME]),
        (
            TakesWhatIsLeased,
            once(&[Done], 1, 0, 0),
            &[rule::ONE_AT_A_TIME],
        ),
        (SaysDoneOfWhatRuns, hasty(20), &[rule::NOTHING_IS_LOST]),
        (BelievesLateClaims, long_lived, &[rule::ONE_AT_A_TIME]),
        (
            IgnoresTheGeneration,
            once(&[Fail, Error, Done], 1, 0, 1),
            &[rule::STALE_NEVER_RUNS],
        ),
        (
            RevivesWhatFailed,
            once(&[Error], 1, 0, 0),
            &[rule::TRIES_HOLD],
        ),
        (
            RevivesWhatIsDone,
            once(&[Done], 1, 0, 0),
            &[rule::DONE_IS_DONE],
        ),
        (RepeatsTokens, once(&[Error], 0, 0, 0), &[rule::TOKENS_GROW]),
        (CountsNoTries, once(&[Error], 0, 0, 0), &[rule::TRIES_HOLD]),
        (RefusesForever, once(&[Done], 0, 0, 0), &[rule::IT_DRAINS]),
        (SaysExtendedWithoutWriting, beating, &[rule::ONE_AT_A_TIME]),
        (ForgetsWhoRanAlone, careful, &[rule::TRIES_HOLD]),
    ]
}

fn worlds_of_sides() -> Vec<World> {
    let routed = scenario(vec![plan(ROUTED, &[Error, Done], 3)], 0, 0, 0);
    vec![(Defect::ForgetsTheSide, routed, &[rule::SIDE_IS_KEPT])]
}

fn worlds_of_failures() -> Vec<World> {
    let double = scenario(double(&[Done]), 0, 0, 0);
    let again = once(&[Fail], 0, 0, 1);
    vec![
        (
            Defect::ForgetsTheName,
            double,
            &[rule::NAMES_ARE_TOLD_APART],
        ),
        (Defect::ForgetsTheRow, again, &[rule::NOTHING_IS_LOST]),
    ]
}

fn worlds_of_waits() -> Vec<World> {
    let waiting = once(&[Act::Wait, Done], 0, 0, 0);
    vec![(Defect::ForgetsTheWait, waiting, &[rule::WAITS_ARE_KEPT])]
}

fn worlds_of_ends() -> Vec<World> {
    use Defect::{
        ChargesContinuations, ChargesNeighbours, CompletesWithoutCondition, FollowsWhatFailed,
        LeavesOutWhatIsCommitted, ReleasesWithoutCondition, SaysBuriedWithoutWriting,
        SaysDoneWithoutWriting, SaysSavedWithoutWriting, WritesTheRowAfterwards, WritesTwice,
    };
    // Long enough for a frozen attempt to wake up while the next one runs.
    let slow = |acts: &[Act], faults, moves| {
        let plan = Plan {
            sleep: 30,
            ..plan("once", acts, 2)
        };
        scenario(vec![plan], faults, moves, 0)
    };
    let costly = costing(1, 2, once(&[Done], 0, 0, 0));
    let cheap = scenario(vec![plan("at-least-once", &[Fail], 2)], 0, 0, 0);
    let failing = scenario(vec![chain(&[&[Fail], &[Done]])], 1, 0, 0);
    vec![
        (
            CompletesWithoutCondition,
            slow(&[Done], 1, 1),
            &[rule::ONE_COMPLETION],
        ),
        (
            ReleasesWithoutCondition,
            slow(&[Error], 2, 2),
            &[rule::TRIES_HOLD],
        ),
        (
            SaysDoneWithoutWriting,
            once(&[Done], 0, 0, 0),
            &[rule::NOTHING_IS_LOST],
        ),
        (
            WritesTheRowAfterwards,
            once(&[Fail], 1, 0, 0),
            &[rule::NOTHING_IS_LOST],
        ),
        (SaysBuriedWithoutWriting, cheap, &[rule::NOTHING_IS_LOST]),
        (FollowsWhatFailed, failing, &[rule::LINKS_FOLLOW]),
        (WritesTwice, costly, &[rule::COST_IS_KNOWN]),
        (
            ChargesNeighbours,
            poisoned(2, 0, 0),
            &[rule::NEIGHBOURS_LOSE_NOTHING],
        ),
        (
            SaysSavedWithoutWriting,
            once(&[Part], 0, 0, 0),
            &[rule::PROGRESS_IS_KEPT],
        ),
        (
            ChargesContinuations,
            once(&[Part], 0, 0, 0),
            &[rule::FAILURES_HAVE_REASONS],
        ),
        (
            LeavesOutWhatIsCommitted,
            once(&[Commit], 0, 0, 0),
            &[rule::EFFECT_IS_ONCE],
        ),
    ]
}

pub(crate) fn mutants() -> Vec<Mutant> {
    let lists = [
        worlds_of_claims(),
        worlds_of_sides(),
        worlds_of_waits(),
        worlds_of_failures(),
        worlds_of_ends(),
    ];
    let worlds = lists.into_iter().flatten();
    let mutant = |(defect, scenario, rules): World| Mutant {
        name: format!("defect/{defect:?}"),
        words: defect.words(),
        scenario: Scenario {
            around: Arc::new(move |origin| Ends {
                ledger: Arc::new(Defective {
                    ledger: Arc::clone(&origin.ledger),
                    defect,
                }),
                ..origin.ends()
            }),
            ..scenario
        },
        rules: rules.to_vec(),
    };
    worlds.map(mutant).collect()
}
