//! Why a schedule expression is refused.

use thiserror::Error;

/// Why a schedule expression is refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ScheduleError {
    /// It is none of the forms that the service takes.
    #[error("`{expression}` is not a schedule: write {allowed}")]
    Form {
        /// The expression as given.
        expression: String,
        /// The forms the service takes.
        allowed: &'static str,
    },
    /// A `rate()` that cannot be.
    #[error("`{expression}`: {reason}")]
    Rate {
        /// The expression as given.
        expression: String,
        /// What is wrong, and what to write instead.
        reason: String,
    },
    /// A `cron()` that cannot be.
    #[error("`{expression}`: {field}: {reason}")]
    Cron {
        /// The expression as given.
        expression: String,
        /// The field in question, such as `day of month`.
        field: &'static str,
        /// What is wrong, and what to write instead.
        reason: String,
    },
    /// An `at()` that is no date and time.
    #[error("`{expression}`: write the date and time as at(yyyy-mm-ddThh:mm:ss)")]
    At {
        /// The expression as given.
        expression: String,
    },
    /// The time zone is not in the IANA database.
    #[error(
        "`{name}` is not a time zone of the IANA database, such as Asia/Tokyo or America/New_York"
    )]
    TimeZone {
        /// The name as given.
        name: String,
    },
}

impl ScheduleError {
    /// Whether it is about the time zone and not about the expression.
    pub fn is_time_zone(&self) -> bool {
        matches!(self, Self::TimeZone { .. })
    }
}
