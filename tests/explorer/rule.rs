//! The rules that every world is held against, by the names under which a failure reports them.
//!
//! I14 is the rule of rate limits, which hikyaku does not have: the number stays free.

pub(crate) const NOTHING_IS_LOST: &str = "I1 nothing is lost";
pub(crate) const DONE_IS_DONE: &str = "I2 no start after done";
pub(crate) const ONE_AT_A_TIME: &str = "I3 one live run at a time";
pub(crate) const ONE_COMPLETION: &str = "I4 one attempt completes";
pub(crate) const EFFECT_IS_ONCE: &str = "I5 what a job commits is written once, with its end";
pub(crate) const LINKS_FOLLOW: &str = "I6 a link starts when the job before it is done, once";
pub(crate) const BATCH_IS_COUNTED: &str = "I7 a batch is counted exactly and then is last";
pub(crate) const TRIES_HOLD: &str = "I8 no more runs than tries";
pub(crate) const IT_DRAINS: &str = "I9 it drains";
pub(crate) const MILD_FAULTS_ARE_FREE: &str = "I10 one throttle or lost answer costs no redelivery";
pub(crate) const TOKENS_GROW: &str = "I11 tokens grow";
pub(crate) const STALE_NEVER_RUNS: &str = "I12 a stale generation never runs";
pub(crate) const ONE_HOLDER: &str = "I13 a unique key has one holder";
pub(crate) const ORDER_IS_KEPT: &str = "I15 a group keeps its order";
pub(crate) const COST_IS_KNOWN: &str = "I16 the ledger costs what it says";
pub(crate) const NO_OVERLAP: &str = "I17 jobs of one key do not overlap";
pub(crate) const QUESTIONS_ARE_ASKED: &str = "I18 each question is asked under one id";
pub(crate) const PROGRESS_IS_KEPT: &str = "I19 an attempt goes on from the last checkpoint";
pub(crate) const NEIGHBOURS_LOSE_NOTHING: &str = "I20 a neighbour loses no try";
pub(crate) const FAILURES_HAVE_REASONS: &str =
    "I21 a job fails when it says so or its tries are spent";
pub(crate) const SIDE_IS_KEPT: &str = "I22 a job runs on the side on which it has begun";
pub(crate) const SHADOWS_FOLLOW: &str =
    "I23 a shadow comes once, after PHP's run, and saves nothing";

pub(crate) const WAITS_ARE_KEPT: &str = "I24 a job does not begin before its time";
pub(crate) const HELD_IS_HIDDEN: &str = "I25 what an invocation has stays hidden while it runs";
pub(crate) const DELAYS_ARE_LEFT: &str =
    "I26 what was given back comes back when its queue was told";
pub(crate) const DEATHS_ARE_SHORT: &str =
    "I27 what a killed process had is back within two minutes";
pub(crate) const NAMES_ARE_TOLD_APART: &str = "I28 what has the uuid of another job is kept";

/// All of them.
pub(crate) const ALL: [&str; 27] = [
    NOTHING_IS_LOST,
    DONE_IS_DONE,
    ONE_AT_A_TIME,
    ONE_COMPLETION,
    EFFECT_IS_ONCE,
    LINKS_FOLLOW,
    BATCH_IS_COUNTED,
    TRIES_HOLD,
    IT_DRAINS,
    MILD_FAULTS_ARE_FREE,
    TOKENS_GROW,
    STALE_NEVER_RUNS,
    ONE_HOLDER,
    ORDER_IS_KEPT,
    COST_IS_KNOWN,
    NO_OVERLAP,
    QUESTIONS_ARE_ASKED,
    PROGRESS_IS_KEPT,
    NEIGHBOURS_LOSE_NOTHING,
    FAILURES_HAVE_REASONS,
    SIDE_IS_KEPT,
    SHADOWS_FOLLOW,
    WAITS_ARE_KEPT,
    HELD_IS_HIDDEN,
    DELAYS_ARE_LEFT,
    DEATHS_ARE_SHORT,
    NAMES_ARE_TOLD_APART,
];

/// The name of the rule that a failure is about: what stands before its colon.
pub(crate) fn of(failure: &str) -> &str {
    failure.split(':').next().unwrap_or(failure)
}
