//! Which of the two bills is lower, from how many jobs on that changes, and what would change it.

use rust_decimal::Decimal;
use serde::Serialize;

use super::bill::Bill;
use super::containers::Present;
use super::prices::{PriceError, Prices};
use super::workload::{Guarantee, Workload};

/// Two bills nearer to each other than this are called equal: the estimate is no better.
const SAME_WITHIN_PERCENT: u32 = 10;
/// More jobs a month than this are asked for by nobody.
const MOST_JOBS: u64 = 1_000_000_000_000;

/// What the new bill is beside the old one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Verdict {
    /// Lambda costs less.
    Cheaper,
    /// Within ten percent of one another.
    Same,
    /// Lambda costs more: containers are the better choice.
    Dearer,
}

impl Verdict {
    pub(crate) fn of(new: Decimal, old: Decimal) -> Self {
        let margin = Decimal::ONE + Decimal::from(SAME_WITHIN_PERCENT) / Decimal::ONE_HUNDRED;
        if new * margin < old {
            Self::Cheaper
        } else if new > old * margin {
            Self::Dearer
        } else {
            Self::Same
        }
    }
}

/// Up to how many jobs a month Lambda costs no more than what is paid today.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BreakEven {
    /// It costs more even without jobs.
    Never,
    /// Up to these.
    Jobs(u64),
    /// More than anybody asks for.
    Always,
}

/// Finds the break-even: a bill grows with every job, so halving finds it.
pub(crate) fn break_even(
    workload: &Workload,
    today: Decimal,
    total: fn(&Bill) -> Decimal,
    prices: &Prices,
) -> Result<BreakEven, PriceError> {
    let costs_less = |jobs: u64| -> Result<bool, PriceError> {
        let workload = Workload {
            jobs: Decimal::from(jobs),
            ..workload.clone()
        };
        Ok(total(&workload.bill(prices)?) <= today)
    };
    if !costs_less(0)? {
        return Ok(BreakEven::Never);
    }
    if costs_less(MOST_JOBS)? {
        return Ok(BreakEven::Always);
    }
    let (mut enough, mut too_many) = (0, MOST_JOBS);
    while too_many - enough > 1 {
        let middle = enough + (too_many - enough) / 2;
        if costs_less(middle)? {
            enough = middle;
        } else {
            too_many = middle;
        }
    }
    Ok(BreakEven::Jobs(enough))
}

/// A change of the workload that makes it cheaper.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Lever {
    /// The option that says so here.
    pub(crate) option: &'static str,
    /// What is given up for it.
    pub(crate) price: &'static str,
    /// What the month costs then.
    pub(crate) usd: Decimal,
}

/// What would lower the bill, largest saving first. Each is a choice with a price of its own, so none is made here.
pub(crate) fn levers(workload: &Workload, prices: &Prices) -> Result<Vec<Lever>, PriceError> {
    let now = workload.bill(prices)?.total();
    let mut levers = Vec::new();
    for (option, price, other) in [
        (
            "--batch 10",
            "ten jobs share an invocation",
            Workload {
                batch: workload.batch.max(10),
                ..workload.clone()
            },
        ),
        (
            "--guarantee at-least-once",
            "no ledger: jobs may run twice",
            Workload {
                guarantee: Guarantee::AtLeastOnce,
                ..workload.clone()
            },
        ),
        (
            "--log 0.3",
            "a third of the logs (SystemLogLevel WARN)",
            Workload {
                log: workload.log.min(Decimal::new(3, 1)),
                ..workload.clone()
            },
        ),
    ] {
        let usd = other.bill(prices)?.total();
        // A cent is no reason to change anything.
        if now - usd >= Decimal::new(1, 2) {
            levers.push(Lever { option, price, usd });
        }
    }
    levers.sort_by_key(|lever| lever.usd);
    Ok(levers)
}

/// Both sides of a question.
pub(crate) struct Comparison {
    pub(crate) new: Bill,
    pub(crate) old: Bill,
    pub(crate) verdict: Verdict,
    pub(crate) verdict_with_free_tier: Verdict,
    pub(crate) break_even: BreakEven,
    pub(crate) break_even_with_free_tier: BreakEven,
    pub(crate) levers: Vec<Lever>,
    pub(crate) containers_needed: Decimal,
    /// What is paid today, with as many containers as there are.
    pub(crate) today: Decimal,
    pub(crate) jobs_today: Option<Decimal>,
}

/// Does the whole sum.
pub(crate) fn compare(
    workload: &Workload,
    present: &Present,
    prices: &Prices,
) -> Result<Comparison, PriceError> {
    let new = workload.bill(prices)?;
    let old = present.bill(workload, prices)?;
    let today = present.bill_today(prices)?.total();
    Ok(Comparison {
        verdict: Verdict::of(new.total(), old.total()),
        verdict_with_free_tier: Verdict::of(new.total_with_free_tier(), old.total()),
        break_even: break_even(workload, today, Bill::total, prices)?,
        break_even_with_free_tier: break_even(workload, today, Bill::total_with_free_tier, prices)?,
        levers: levers(workload, prices)?,
        containers_needed: present.needed(workload),
        jobs_today: present.jobs_today(workload),
        today,
        new,
        old,
    })
}
