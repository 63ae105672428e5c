//! The results, as Markdown that also reads on a terminal.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};

use hikyaku_local::faults::FaultCounts;

use super::book::Book;
use super::mischief::Done;
use super::verdict::Verdict;
use super::watch::Counts;

/// Everything that the results are made of.
pub(crate) struct Facts<'a> {
    pub(crate) jobs: usize,
    pub(crate) seed: u64,
    pub(crate) drained_ms: u64,
    pub(crate) book: &'a Book,
    pub(crate) verdict: &'a Verdict,
    pub(crate) done: &'a Done,
    pub(crate) processes: Counts,
    pub(crate) faults: FaultCounts,
}

impl Facts<'_> {
    /// All tables.
    pub(crate) fn table(&self) -> String {
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = self.write(&mut text);
        text
    }

    fn write(&self, to: &mut String) -> std::fmt::Result {
        let verdict = self.verdict;
        writeln!(
            to,
            "| {} jobs, seed {} | |\n|---|---:|",
            number(self.jobs as u64),
            self.seed
        )?;
        for (what, count) in self.harms().into_iter().chain(self.consequences()) {
            writeln!(to, "| {what} | {} |", number(count))?;
        }
        let returns = self.book.returns();
        let at = |share: usize| {
            let index = (returns.len() * share / 100).min(returns.len().saturating_sub(1));
            let milliseconds = returns.get(index).copied().unwrap_or_default();
            format!("{}.{} s", milliseconds / 1000, milliseconds % 1000 / 100)
        };
        writeln!(
            to,
            "| from an attempt's death to the job's next run: p50, p99, longest | {}, {}, {} |",
            at(50),
            at(99),
            at(100)
        )?;
        let seconds = self.drained_ms / 1000;
        writeln!(to, "| drained in | {seconds} s |")?;
        writeln!(
            to,
            "| messages in the dead-letter queue | {} |",
            verdict.dead_letters
        )?;
        writeln!(to, "| **lost** | **{}** |", verdict.total(|sum| sum.lost))?;
        writeln!(
            to,
            "| **doubled, of what is promised once** | **{}** |",
            verdict.total(|sum| sum.doubled)
        )?;
        self.write_kinds(to)?;
        self.write_faults(to)
    }

    /// What was done to processes and requests.
    fn harms(&self) -> Vec<(&'static str, u64)> {
        let done = |count: &AtomicU64| count.load(Ordering::SeqCst);
        let processes = &self.processes;
        vec![
            ("processes started", processes.started),
            ("killed (`SIGKILL`)", done(&self.done.kills)),
            ("out of memory (`RLIMIT_AS`)", processes.aborted),
            ("killed by Lambda at their timeout", processes.timed_out),
            ("frozen for a while (`SIGSTOP`)", done(&self.done.freezes)),
            ("frozen beyond their lease", done(&self.done.zombies)),
            (
                "of the frozen that were thawed alive",
                done(&self.done.thawed),
            ),
            (
                "messages sent once more while their job was frozen",
                done(&self.done.copies),
            ),
            (
                "faults in requests to DynamoDB and SQS",
                self.faults.values().sum(),
            ),
            (
                "effects applied whose answer was lost",
                self.book.lost_answers(),
            ),
        ]
    }

    /// What came of it.
    fn consequences(&self) -> Vec<(&'static str, u64)> {
        let (verdict, processes) = (self.verdict, &self.processes);
        let runs = verdict.total(|sum| sum.runs);
        let fenced = self
            .book
            .outcomes()
            .get("fenced")
            .copied()
            .unwrap_or_default();
        vec![
            (
                "deliveries of messages to functions",
                processes.delivered as u64,
            ),
            (
                "of them beyond the first of a job",
                (processes.delivered as u64).saturating_sub(self.jobs as u64),
            ),
            ("attempts that ran", runs),
            (
                "of them beyond the first of a job",
                runs.saturating_sub(self.jobs as u64),
            ),
            (
                "attempts that died while their job ran",
                verdict.total(|sum| sum.died),
            ),
            ("attempts whose outcome was fenced off", fenced),
            (
                "effects that came from an attempt after the next one had begun",
                self.book.superseded(),
            ),
            (
                "effects dropped because their key was known",
                verdict.total(|sum| sum.dropped),
            ),
            (
                "batches counted to 0, `then` asked for under one id",
                verdict.batches as u64,
            ),
            (
                "of their `then` asked for again under the same id",
                verdict.asked_again as u64,
            ),
        ]
    }

    fn write_kinds(&self, to: &mut String) -> std::fmt::Result {
        writeln!(
            to,
            "\n| kind | jobs | attempts | died | failed, and in the failed store | effects beyond the first | lost | doubled |\n\
             |---|---:|---:|---:|---:|---:|---:|---:|"
        )?;
        for (kind, sum) in &self.verdict.sums {
            let counts = [
                sum.jobs, sum.runs, sum.died, sum.failed, sum.again, sum.lost,
            ];
            let counts = counts.map(number).join(" | ");
            let doubled = if kind.promises_one_effect() {
                number(sum.doubled)
            } else {
                "not promised".to_owned()
            };
            writeln!(to, "| {} | {counts} | {doubled} |", kind.title())?;
        }
        Ok(())
    }

    fn write_faults(&self, to: &mut String) -> std::fmt::Result {
        writeln!(to, "\n| fault | service | requests |\n|---|---|---:|")?;
        for ((target, fault), count) in &self.faults {
            writeln!(to, "| {fault} | {target} | {} |", number(*count))?;
        }
        writeln!(
            to,
            "\n| what became of a delivery | deliveries |\n|---|---:|"
        )?;
        for (outcome, count) in self.book.outcomes() {
            writeln!(to, "| {outcome} | {} |", number(count))?;
        }
        Ok(())
    }
}

/// With commas between thousands.
fn number(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
