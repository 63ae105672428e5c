//! The table: each job, who ran it, and what became of it.

use serde::Deserialize;

use crate::seen::Job;

/// A dispatch in PHP.
#[derive(Debug, Deserialize)]
pub(crate) struct Sent {
    pub(crate) kind: String,
    pub(crate) uuid: String,
}

/// What a row of the table should say.
struct Row {
    kind: &'static str,
    /// The class of a job that follows another; jobs that were dispatched are known by their uuids.
    follows: Option<&'static str>,
    by: &'static str,
    /// What should happen, delivery by delivery. A job that is sent back more than once is shown once.
    outcomes: &'static [&'static str],
    place: &'static str,
}

impl Row {
    const fn sent(
        kind: &'static str,
        by: &'static str,
        outcomes: &'static [&'static str],
        place: &'static str,
    ) -> Self {
        Self {
            kind,
            follows: None,
            by,
            outcomes,
            place,
        }
    }

    const fn following(
        kind: &'static str,
        class: &'static str,
        by: &'static str,
        place: &'static str,
    ) -> Self {
        Self {
            kind,
            follows: Some(class),
            by,
            outcomes: DONE,
            place,
        }
    }
}

const DONE: &[&str] = &["done"];
const AGAIN: &[&str] = &["released", "done"];
const RECORD: &str = "laravel/record.jsonl";

const ROWS: [Row; 22] = [
    Row::sent("object job", PHP, DONE, RECORD),
    Row::sent("delayed by a second", PHP, DONE, RECORD),
    Row::sent("releases itself once", PHP, AGAIN, RECORD),
    Row::sent(
        "throws on both tries",
        PHP,
        &["released", "buried"],
        "php artisan queue:failed",
    ),
    Row::sent("string job", PHP, DONE, RECORD),
    Row::sent("closure", PHP, DONE, RECORD),
    Row::sent("queued listener", PHP, DONE, RECORD),
    Row::sent("mailable", PHP, DONE, "laravel/laravel.log"),
    Row::sent("notification", PHP, DONE, RECORD),
    Row::sent("encrypted", PHP, DONE, RECORD),
    Row::sent("unique", PHP, DONE, RECORD),
    Row::sent("unique, the same again", "–", &[], "its lock was taken"),
    Row::sent("must not overlap", PHP, DONE, RECORD),
    Row::sent("must not overlap", PHP, AGAIN, RECORD),
    Row::sent("chain", PHP, DONE, RECORD),
    Row::following(
        "– its next link",
        "App\\Jobs\\ResizeImage",
        RUST,
        "variants/photo-*",
    ),
    Row::following("– and the next", "App\\Jobs\\Step", PHP, RECORD),
    Row::sent("batch", PHP, DONE, "laravel/application.db"),
    Row::sent("batch", PHP, DONE, RECORD),
    Row::sent("batch", PHP, DONE, RECORD),
    Row::sent("CSV import", RUST, DONE, "application.db, rejects/"),
    Row::sent("string job in Rust", RUST, DONE, "reports/"),
];

pub(crate) const PHP: &str = "PHP";
const RUST: &str = "Rust";

/// Who runs the jobs of a function.
pub(crate) fn by(job: &Job) -> &'static str {
    if job.function.ends_with("PhpLaneFunction") {
        PHP
    } else {
        RUST
    }
}

/// Prints a line a job. Answers whether each went as it should, and no other ran.
pub(crate) fn print(sent: &[Sent], jobs: &[Job]) -> bool {
    println!(
        "\n{:<22} {:<35} {:<5} {:<17} where the result is",
        "job", "class", "by", "what happened"
    );
    println!("{}", "-".repeat(108));
    let (mut direct, mut following): (Vec<&Job>, Vec<&Job>) = jobs
        .iter()
        .partition(|job| sent.iter().any(|sent| sent.uuid == job.id));
    let mut all_well = true;
    for row in &ROWS {
        let is_it = |job: &Job| match row.follows {
            Some(class) => job.name == class,
            None => sent
                .iter()
                .any(|sent| sent.kind == row.kind && sent.uuid == job.id),
        };
        let among = if row.follows.is_some() {
            &mut following
        } else {
            &mut direct
        };
        let found = take(among, |job| is_it(job) && row.fits(job)).or_else(|| take(among, is_it));
        all_well &= row.print(found);
    }
    for job in direct.iter().chain(&following) {
        println!("(!) not expected: {job:?}");
    }
    all_well && direct.is_empty() && following.is_empty()
}

fn take<'j>(jobs: &mut Vec<&'j Job>, is_it: impl Fn(&Job) -> bool) -> Option<&'j Job> {
    let at = jobs.iter().position(|job| is_it(job))?;
    Some(jobs.remove(at))
}

/// What became of a job, repetitions shown once.
fn outcomes(job: &Job) -> Vec<&str> {
    let mut outcomes: Vec<_> = job.outcomes.iter().map(String::as_str).collect();
    outcomes.dedup();
    outcomes
}

impl Row {
    fn fits(&self, job: &Job) -> bool {
        outcomes(job) == self.outcomes && by(job) == self.by
    }

    fn print(&self, job: Option<&Job>) -> bool {
        let is_right = job.map_or(self.outcomes.is_empty(), |job| self.fits(job));
        let said = job.map_or("not sent".to_owned(), |job| outcomes(job).join(", "));
        let by = job.map_or("–", by);
        let mark = if is_right { "" } else { " (!)" };
        println!(
            "{:<22} {:<35} {by:<5} {:<17} {}",
            self.kind,
            job.map_or("", |job| &job.name),
            said + mark,
            self.place
        );
        is_right
    }
}
