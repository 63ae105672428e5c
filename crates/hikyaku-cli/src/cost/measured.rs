//! The custom metrics that are paid for.

use clap::Args;
use hikyaku::metrics::Detail;

/// What is measured, and of how many.
#[derive(Debug, Clone, Args)]
pub(crate) struct Measured {
    /// Custom metrics: a level of `HIKYAKU_METRICS` (off, alarms, function, jobs), or how many there are
    #[arg(long, value_name = "LEVEL|N", default_value = "off", value_parser = wanted)]
    metrics: Wanted,
    /// Functions that write metrics
    #[arg(long, value_name = "N", default_value_t = 1)]
    functions: u16,
    /// Job types of these functions together
    #[arg(long, value_name = "N", default_value_t = 1)]
    job_types: u16,
    /// Those of the functions that have jobs run in PHP: each counts these as one job type more, `other`
    #[arg(long, value_name = "N", default_value_t = 0)]
    php_functions: u16,
}

#[derive(Debug, Clone, Copy)]
enum Wanted {
    Level(Detail),
    Count(u32),
}

impl Measured {
    /// How many metrics there are.
    pub(crate) fn count(&self) -> usize {
        match self.metrics {
            Wanted::Level(level) => {
                let job_types = usize::try_from(self.all_job_types()).unwrap_or(usize::MAX);
                level.count(self.functions.into(), job_types)
            }
            Wanted::Count(count) => usize::try_from(count).unwrap_or(usize::MAX),
        }
    }

    /// Bytes that an invocation with so many messages writes to the log for them.
    pub(crate) fn bytes(&self, messages: u32) -> u32 {
        match self.metrics {
            Wanted::Level(Detail::Jobs) => {
                Detail::Jobs.bytes_of_line() * messages.min(self.all_job_types())
            }
            Wanted::Level(level) => level.bytes_of_line(),
            // Who writes those is not known.
            Wanted::Count(_) => 0,
        }
    }

    fn all_job_types(&self) -> u32 {
        u32::from(self.job_types) + u32::from(self.php_functions)
    }
}

fn wanted(text: &str) -> Result<Wanted, String> {
    let level = Detail::of(text).map(Wanted::Level);
    let count = || text.parse().map(Wanted::Count);
    level
        .map_or_else(count, Ok)
        .map_err(|_| "off, alarms, function, jobs or a whole number is expected".to_owned())
}
