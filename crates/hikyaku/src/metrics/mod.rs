//! Metrics: one line of JSON in CloudWatch's embedded metric format (EMF), from which CloudWatch Logs makes metrics. There is
//! no request, so nothing waits and nothing is lost when the process is frozen.
//!
//! All are in the namespace [`NAMESPACE`]. Each exists for every `Function` (the function's name), those that concern a job
//! also for every pair of `Function` and `Job` (the job's name; what is no registered job counts as `other`, so that no
//! message can add a metric).
//!
//! | metric | unit | statistic | meaning |
//! |---|---|---|---|
//! | [`Metric::Processed`] | Count | Sum | jobs that are done |
//! | [`Metric::Failed`] | Count | Sum | deliveries that ended in an error: `Retried`, `Buried`, and those lost to another attempt or to a ledger that did not answer |
//! | [`Metric::Retried`] | Count | Sum | attempts that failed and will be tried again |
//! | [`Metric::Buried`] | Count | Sum | jobs that failed for good and are in the failed store |
//! | [`Metric::Duration`] | Milliseconds | p50, p99 | from a job's claim to its being settled, of each job that ran |
//! | [`Metric::Wait`] | Milliseconds | p50, p99 | from a message's being sent to the start of the invocation, at its first receive; a delay counts |
//! | [`Metric::LedgerRequests`] | Count | Sum | requests to the ledger |
//! | [`Metric::CostMicroDollars`] | None | Sum | Lambda's time and request, and the ledger's writes, in millionths of a dollar |
//! | [`Metric::OldestAge`] | Seconds | Maximum | age of the oldest message that was received, whatever came of it |
//!
//! `OldestAge` is there because SQS's own `ApproximateAgeOfOldestMessage` leaves out a message that was received three times
//! (Amazon SQS developer guide, "Available CloudWatch metrics for Amazon SQS"). It sees what is received, and so cannot see a
//! message that nobody receives: watch both.

use hikyaku_core::Side;

mod count;
mod line;
mod price;
#[cfg(test)]
mod tests;

pub(crate) use count::CountingLedger;
pub(crate) use line::{Measured, write_line};

/// The namespace of all metrics.
pub const NAMESPACE: &str = "hikyaku";
/// The dimension that names the function.
pub const FUNCTION: &str = "Function";
/// The dimension that names the job.
pub const JOB: &str = "Job";
/// What a message that names no registered job is counted as.
pub const OTHER: &str = "other";

/// How many jobs are done on each side, where there are two. They stand beside the metrics, and no metric is made of them:
/// for CloudWatch Logs Insights, and free.
const PROCESSED_IN: [(Side, &str); 2] = [
    (Side::Rust, "ProcessedInRust"),
    (Side::Php, "ProcessedInPhp"),
];

/// One metric. Its name is what CloudWatch shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Metric {
    /// Jobs that are done.
    Processed,
    /// Deliveries that ended in an error.
    Failed,
    /// Attempts that failed and will be tried again.
    Retried,
    /// Jobs that failed for good.
    Buried,
    /// How long each job took, in milliseconds.
    Duration,
    /// How long each message waited, in milliseconds.
    Wait,
    /// Requests to the ledger.
    LedgerRequests,
    /// What it cost, in millionths of a dollar.
    CostMicroDollars,
    /// The age of the oldest message received, in seconds.
    OldestAge,
}

impl Metric {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Processed,
        Self::Failed,
        Self::Retried,
        Self::Buried,
        Self::Duration,
        Self::Wait,
        Self::LedgerRequests,
        Self::CostMicroDollars,
        Self::OldestAge,
    ];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Processed => "Processed",
            Self::Failed => "Failed",
            Self::Retried => "Retried",
            Self::Buried => "Buried",
            Self::Duration => "Duration",
            Self::Wait => "Wait",
            Self::LedgerRequests => "LedgerRequests",
            Self::CostMicroDollars => "CostMicroDollars",
            Self::OldestAge => "OldestAge",
        }
    }

    /// Its unit, as CloudWatch spells it (Amazon CloudWatch API reference, `MetricDatum`).
    pub const fn unit(self) -> &'static str {
        match self {
            Self::Processed
            | Self::Failed
            | Self::Retried
            | Self::Buried
            | Self::LedgerRequests => "Count",
            Self::Duration | Self::Wait => "Milliseconds",
            Self::CostMicroDollars => "None",
            Self::OldestAge => "Seconds",
        }
    }
}

/// How many metrics are written. Each costs 0.30 USD a month (Amazon CloudWatch pricing, the first 10,000 metrics, read
/// 2025-09-23), after ten that are free in each account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Detail {
    /// None.
    #[default]
    Off,
    /// What alarms need, of each function: `Failed`, `Buried` and `OldestAge`.
    Alarms,
    /// All nine of each function.
    Function,
    /// All nine of each function, and all but `OldestAge` of each of its jobs.
    Jobs,
}

impl Detail {
    /// The level of this name.
    pub fn of(name: &str) -> Option<Self> {
        match name {
            "off" => Some(Self::Off),
            "alarms" => Some(Self::Alarms),
            "function" => Some(Self::Function),
            "jobs" => Some(Self::Jobs),
            _ => None,
        }
    }

    /// The metrics of each function.
    pub fn of_function(self) -> &'static [Metric] {
        match self {
            Self::Off => &[],
            Self::Alarms => &[Metric::Failed, Metric::Buried, Metric::OldestAge],
            Self::Function | Self::Jobs => &Metric::ALL,
        }
    }

    /// The metrics of each job of a function.
    pub fn of_job(self) -> &'static [Metric] {
        match self {
            Self::Off | Self::Alarms | Self::Function => &[],
            Self::Jobs => Metric::ALL.split_last().map_or(&[], |(_, jobs)| jobs),
        }
    }

    /// How many metrics an account has, and pays for, with so many functions, which together have so many job types. What
    /// names no job adds those of [`OTHER`], once for each function that receives such a message.
    pub fn count(self, functions: usize, jobs: usize) -> usize {
        functions * self.of_function().len() + jobs * self.of_job().len()
    }

    /// About how long one of its lines is, in bytes, of one message and with names of some ten letters. CloudWatch Logs charges for them as for
    /// any log. An invocation writes one; at [`Detail::Jobs`] one for each job type in its batch.
    pub fn bytes_of_line(self) -> u32 {
        match self {
            Self::Off => 0,
            Self::Alarms => 340,
            Self::Function => 670,
            Self::Jobs => 1_060,
        }
    }
}
