//! `hikyaku cost`: what jobs cost on Lambda, beside what runs day and night today.

mod bill;
mod compare;
mod containers;
mod figures;
mod measured;
mod network;
mod prices;
mod quantities;
mod report;
#[cfg(test)]
mod tests;
mod workload;

use clap::Args;
use hikyaku::SystemClock;
use hikyaku::core::Clock as _;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;

pub(crate) use self::bill::HOURS;
pub(crate) use self::figures::usd;
pub(crate) use self::prices::PriceError;

use self::compare::compare;
use self::containers::Present;
use self::prices::Prices;
use self::report::Report;
use self::workload::Workload;
use crate::output::{self, Text};

/// What `hikyaku cost` takes.
#[derive(Debug, Args)]
pub(crate) struct Cost {
    /// The region: ap-northeast-1 or us-east-1
    #[arg(long, value_name = "NAME", default_value = "ap-northeast-1")]
    region: String,
    #[command(flatten, next_help_heading = "Jobs on Lambda")]
    workload: Workload,
    #[command(flatten, next_help_heading = "What it is compared with")]
    present: Present,
    /// Show sums in yen too, at this rate
    #[arg(long, value_name = "RATE", value_parser = rate)]
    jpy: Option<Decimal>,
    /// Print JSON, with the source of every price
    #[arg(long)]
    json: bool,
}

fn rate(text: &str) -> Result<Decimal, String> {
    match text.parse::<Decimal>() {
        Ok(rate) if rate > Decimal::ZERO && rate <= Decimal::from(100_000) => Ok(rate),
        _ => Err("a rate over 0 is expected, as 150".to_owned()),
    }
}

impl Cost {
    /// Does the sum and prints it. No request.
    pub(crate) fn run(&self) -> Result<(), PriceError> {
        let prices = Prices::of(&self.region)?;
        let comparison = compare(&self.workload, &self.present, &prices)?;
        let report = Report {
            workload: &self.workload,
            present: &self.present,
            prices: &prices,
            comparison: &comparison,
            jpy: self.jpy,
            today: today(),
        };
        if self.json {
            output::json(&report.json());
        } else {
            output::say(&Text::block("", &report.text()?));
        }
        Ok(())
    }
}

fn today() -> Date {
    let millis = i64::try_from(SystemClock.now().as_millis()).unwrap_or(i64::MAX);
    jiff::Timestamp::from_millisecond(millis)
        .unwrap_or(jiff::Timestamp::MAX)
        .to_zoned(TimeZone::UTC)
        .date()
}
