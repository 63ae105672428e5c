//! The comparison as a text of 80 columns, and as JSON.

use std::fmt::{self, Write as _};

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde_json::{Value as Json, json};

use super::bill::{Bill, Line};
use super::compare::{BreakEven, Comparison, Verdict};
use super::containers::Present;
use super::figures::{about, quantity, usd};
use super::prices::{Confidence, OLD_AFTER_DAYS, PriceError, Prices};
use super::workload::{Workload, seconds};

/// A region's default quota, and what SQS mappings reach.
/// <https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html>
const ACCOUNT_CONCURRENCY: u32 = 1_000;
const MAPPING_CONCURRENCY: u32 = 1_250;

/// What was asked and what came out.
pub(crate) struct Report<'a> {
    pub(crate) workload: &'a Workload,
    pub(crate) present: &'a Present,
    pub(crate) prices: &'a Prices,
    pub(crate) comparison: &'a Comparison,
    pub(crate) jpy: Option<Decimal>,
    pub(crate) today: Date,
}

impl Report<'_> {
    /// For people.
    pub(crate) fn text(&self) -> Result<String, PriceError> {
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = self.write(&mut text);
        self.write_warnings(&mut text)?;
        Ok(text)
    }

    fn write(&self, out: &mut String) -> fmt::Result {
        let Comparison { new, old, .. } = self.comparison;
        let workload = self.workload;
        writeln!(
            out,
            "{} jobs a month of {} s, {} MB on {}, in {}.",
            quantity(workload.jobs),
            seconds(workload.duration).normalize(),
            workload.memory,
            workload.arch.name(),
            self.prices.region,
        )?;
        let concurrency = quantity(workload.concurrency());
        writeln!(out, "On average {concurrency} of them run at once.\n")?;
        writeln!(
            out,
            "{:<62}{:>9}{:>9}",
            "ON LAMBDA (USD a month)", "", "with free"
        )?;
        self.write_bill(out, new, true)?;
        writeln!(out, "\nALWAYS ON (USD a month)")?;
        self.write_bill(out, old, false)?;
        writeln!(out)?;
        self.write_verdict(out)
    }

    fn write_bill(&self, out: &mut String, bill: &Bill, free: bool) -> fmt::Result {
        let last = |amount: String| {
            if free {
                format!("{amount:>9}")
            } else {
                String::new()
            }
        };
        for line in &bill.lines {
            writeln!(
                out,
                "{:<32}{:>15} x {:<12}{:>9}{}",
                line.what,
                quantity(line.quantity),
                format!("{}{}", line.usd_per_unit.normalize(), mark(line)),
                usd(line.usd),
                last(usd(line.usd_with_free_tier)),
            )?;
        }
        let (total, rest) = (bill.total(), bill.total_with_free_tier());
        writeln!(
            out,
            "{:<62}{:>9}{}",
            "together",
            usd(total),
            last(usd(rest))
        )?;
        if let Some(rate) = self.jpy {
            let yen = |amount: Decimal| quantity((amount * rate).round());
            let rest = last(yen(rest));
            writeln!(
                out,
                "{:<62}{:>9}{rest}",
                format!("in yen, at {rate}"),
                yen(total)
            )?;
        }
        Ok(())
    }

    fn write_verdict(&self, out: &mut String) -> fmt::Result {
        let comparison = self.comparison;
        let (new, old) = (comparison.new.total(), comparison.old.total());
        match comparison.verdict {
            Verdict::Cheaper => writeln!(
                out,
                "CHEAPER on Lambda: {} USD instead of {}, {} less.",
                usd(new),
                usd(old),
                usd(old - new)
            )?,
            Verdict::Same => writeln!(
                out,
                "WITHIN 10 %: {} USD against {}. Money does not decide this.",
                usd(new),
                usd(old)
            )?,
            Verdict::Dearer => writeln!(
                out,
                "DEARER on Lambda: {} USD against {}. Stay on containers for these jobs.",
                usd(new),
                usd(old)
            )?,
        }
        if comparison.verdict_with_free_tier != comparison.verdict {
            let word = match comparison.verdict_with_free_tier {
                Verdict::Cheaper => "cheaper",
                Verdict::Same => "within 10 %",
                Verdict::Dearer => "dearer",
            };
            let rest = usd(comparison.new.total_with_free_tier());
            writeln!(
                out,
                "With the free tiers, if nothing else uses them: {word}, {rest} USD."
            )?;
        }
        self.write_break_even(out)?;
        self.write_capacity(out)?;
        if !comparison.levers.is_empty() {
            writeln!(out, "\nWhat would lower it, each at a price of its own:")?;
        }
        for lever in &comparison.levers {
            writeln!(
                out,
                "{:>10}  {:<27}{}",
                usd(lever.usd),
                lever.option,
                lever.price
            )?;
        }
        Ok(())
    }

    fn write_break_even(&self, out: &mut String) -> fmt::Result {
        let today = usd(self.comparison.today);
        match (
            self.comparison.break_even,
            self.comparison.break_even_with_free_tier,
        ) {
            (BreakEven::Never, BreakEven::Never) => {
                writeln!(
                    out,
                    "No number of such jobs costs less than today's {today} USD."
                )
            }
            (without, with) => writeln!(
                out,
                "Break-even with today's {today} USD: {} such jobs a month\n  ({} with the free tiers).",
                describe(without),
                describe(with)
            ),
        }
    }

    fn write_capacity(&self, out: &mut String) -> fmt::Result {
        let concurrency = self.workload.concurrency();
        if let Some(jobs) = self.comparison.jobs_today {
            let count = self.present.containers.count;
            writeln!(
                out,
                "The {count} containers get through {} such jobs a month\n  at {} % use{}.",
                about(u64::try_from(jobs).unwrap_or(u64::MAX)),
                self.present.use_percent,
                match self.comparison.containers_needed {
                    needed if needed > Decimal::from(count) =>
                        format!("; these need {} containers", quantity(needed)),
                    _ => String::new(),
                }
            )?;
        }
        if concurrency > Decimal::from(ACCOUNT_CONCURRENCY) {
            writeln!(
                out,
                "Caution: {} at once; an account has {ACCOUNT_CONCURRENCY} at first{}.",
                quantity(concurrency),
                if concurrency > Decimal::from(MAPPING_CONCURRENCY) {
                    format!(",\n  and one queue reaches {MAPPING_CONCURRENCY}")
                } else {
                    String::new()
                }
            )?;
        }
        if self.workload.provisioned_pollers > 0 {
            writeln!(
                out,
                "Caution: provisioned pollers are paid by the hour, jobs or not."
            )?;
        }
        Ok(())
    }

    fn write_warnings(&self, out: &mut String) -> Result<(), PriceError> {
        let lines = || {
            self.comparison
                .new
                .lines
                .iter()
                .chain(&self.comparison.old.lines)
        };
        let mut old: Vec<String> = Vec::new();
        for line in lines() {
            let price = self.prices.price(&line.price)?;
            if price.is_old(self.today) {
                let date = price
                    .as_of
                    .map_or("no date".to_owned(), |date| date.to_string());
                old.push(format!("{} ({date})", line.price));
            }
        }
        old.sort();
        old.dedup();
        let _ = writeln!(
            out,
            "\nList prices in USD, without tax, discounts and support. --json has the sources."
        );
        if lines().any(|line| line.confidence != Confidence::Read) {
            let _ = writeln!(
                out,
                "~ follows from another price   ? found in no source: check it"
            );
        }
        if !old.is_empty() {
            let _ = writeln!(out, "Older than {OLD_AFTER_DAYS} days, check them:");
            for name in old {
                let _ = writeln!(out, "  {name}");
            }
        }
        Ok(())
    }

    /// For programs: the same, with every price's source. Amounts are decimal numbers as strings.
    pub(crate) fn json(&self) -> Json {
        let Comparison { new, old, .. } = self.comparison;
        let point = |point: BreakEven| match point {
            BreakEven::Never => json!(0),
            BreakEven::Jobs(jobs) => json!(jobs),
            BreakEven::Always => Json::Null,
        };
        json!({
            "region": self.prices.region,
            "jobsAMonth": self.workload.jobs,
            "averageConcurrency": self.workload.concurrency().round_dp(3),
            "lambda": {
                "lines": new.lines,
                "usd": new.total().round_dp(6),
                "usdWithFreeTier": new.total_with_free_tier().round_dp(6),
            },
            "alwaysOn": {
                "lines": old.lines,
                "usd": old.total().round_dp(6),
                "usdToday": self.comparison.today.round_dp(6),
                "containersNeeded": self.comparison.containers_needed,
                "jobsAMonthToday": self.comparison.jobs_today,
            },
            "verdict": self.comparison.verdict,
            "verdictWithFreeTier": self.comparison.verdict_with_free_tier,
            "breakEvenJobsAMonth": point(self.comparison.break_even),
            "breakEvenJobsAMonthWithFreeTier": point(self.comparison.break_even_with_free_tier),
            "levers": self.comparison.levers,
        })
    }
}

fn mark(line: &Line) -> &'static str {
    match line.confidence {
        Confidence::Read => "",
        Confidence::Derived => "~",
        Confidence::Unconfirmed => "?",
    }
}

fn describe(point: BreakEven) -> String {
    match point {
        BreakEven::Never => "none".to_owned(),
        BreakEven::Jobs(jobs) => about(jobs),
        BreakEven::Always => "any number of".to_owned(),
    }
}
