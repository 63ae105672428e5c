//! Looking for oneself: what the jobs have left, in PHP's database, files and tables and in Rust's.

use std::fs;
use std::path::Path;

use serde_json::Value;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection as _, SqliteConnection};

use super::rows::{self, Sent};
use crate::Result;
use crate::seen::Job;
use crate::stage::Stage;
use crate::web;

/// What is so, and what is not.
pub(crate) struct Claims(Vec<(String, bool)>);

impl Claims {
    pub(crate) async fn of(stage: &Stage, sent: &[Sent], jobs: &[Job]) -> Result<Self> {
        let mut claims = Self(Vec::new());
        let folder = stage.folder.parent().ok_or("the run has no folder")?;
        claims.of_record(&stage.record()?);
        claims.of_mail(stage)?;
        claims.of_batch(stage).await?;
        claims.of_failure(stage, sent, folder).await?;
        claims.of_requests(stage, jobs)?;
        claims.of_rust(folder).await?;
        Ok(claims)
    }

    fn claim(&mut self, what: impl Into<String>, holds: bool) {
        self.0.push((what.into(), holds));
    }

    /// What PHP's jobs wrote down, each once and in its order.
    fn of_record(&mut self, record: &[Value]) {
        let told = |job: &str| -> Vec<String> {
            let class = format!("App\\{job}");
            let of = record.iter().filter(|line| line["job"] == class);
            of.map(tell).collect()
        };
        let once: [(&str, &[&str]); 9] = [
            ("Jobs\\ImportRows", &[""]),
            ("Queue\\WritesNote", &[""]),
            ("Listeners\\CountsRows", &[""]),
            ("Notifications\\RowsNotice", &[""]),
            ("Jobs\\SecretStep", &[""]),
            ("Jobs\\UniqueStep", &[""]),
            ("Jobs\\Patient", &["attempt 1", "attempt 2"]),
            (
                "Jobs\\Troubled",
                &["tries attempt 1", "tries attempt 2", "failed() was called"],
            ),
            ("Jobs\\Alone", &["began", "ended", "began", "ended"]),
        ];
        for (job, should) in once {
            let told = told(job);
            self.claim(format!("{job} ran as it should: {told:?}"), told == should);
        }
        // They run beside one another.
        let mut batched = told("Jobs\\BatchedStep");
        batched.sort();
        self.claim(
            format!("Jobs\\BatchedStep ran as it should: {batched:?}"),
            batched == ["1", "2", "3"],
        );
        let mut steps = told("Jobs\\Step");
        let at = |name: &str| steps.iter().position(|step| step == name);
        let in_order = at("before") < at("after");
        steps.sort();
        self.claim(
            format!("Jobs\\Step ran as it should: {steps:?}"),
            in_order && steps == ["after", "before", "delayed"],
        );
        for (name, what) in [("job", "closure"), ("event", "then"), ("event", "finally")] {
            let times = record.iter().filter(|line| line[name] == what).count();
            self.claim(format!("{what} was called once"), times == 1);
        }
    }

    fn of_mail(&mut self, stage: &Stage) -> Result<()> {
        let log = fs::read_to_string(stage.folder.join("laravel.log"))?;
        let mails = log.matches("Subject: Rows").count();
        self.claim(
            format!("{mails} mail was written to the log"),
            mails == 1 && log.contains("7 rows"),
        );
        Ok(())
    }

    async fn of_batch(&mut self, stage: &Stage) -> Result<()> {
        let rows = stage.php.artisan(&["app:rows"], &[]).await?;
        let rows: Value = serde_json::from_str(&rows)?;
        let should = serde_json::json!([{ "total": 3, "pending": 0, "failed": 0, "failed_ids": 0, "cancelled": false, "finished": true }]);
        self.claim(
            "job_batches has the batch, finished",
            rows["batches"] == should,
        );
        Ok(())
    }

    async fn of_failure(&mut self, stage: &Stage, sent: &[Sent], folder: &Path) -> Result<()> {
        let failed = sent.iter().find(|sent| sent.kind.starts_with("throws"));
        let id = failed.map_or("?", |sent| &sent.uuid);
        let listed = stage.php.artisan(&["queue:failed"], &[]).await?;
        let rows = listed.lines().filter(|line| line.contains("App\\")).count();
        self.claim(
            "php artisan queue:failed lists the job that threw, and no other",
            rows == 1 && listed.contains(id),
        );
        let mut reports = fs::read_dir(folder.join("reports"))?;
        let report = reports.next().ok_or("there is no report")??;
        let report = fs::read_to_string(report.path())?;
        self.claim("Rust's report on failed jobs names it", report.contains(id));
        Ok(())
    }

    /// The way there was HTTP, and nothing else.
    fn of_requests(&mut self, stage: &Stage, jobs: &[Job]) -> Result<()> {
        let log = fs::read_to_string(&stage.web.log)?;
        // Before that each process was asked whether it listens, and nothing else.
        let accepted = log.matches(" Accepted").count();
        let requests = accepted.saturating_sub(web::PROCESSES);
        let in_php = jobs.iter().filter(|job| rows::by(job) == rows::PHP);
        let outcomes: Vec<_> = in_php.flat_map(|job| &job.outcomes).collect();
        // Of a job that has failed for good the application is told, whether it knows or not.
        let failures = outcomes
            .iter()
            .filter(|outcome| **outcome == "buried")
            .count();
        let attempts = outcomes.len();
        self.claim(
            format!("{attempts} attempts in PHP and word of {failures} failure were {requests} requests to the web server"),
            attempts + failures == requests,
        );
        Ok(())
    }

    async fn of_rust(&mut self, folder: &Path) -> Result<()> {
        let database = SqliteConnectOptions::new().filename(folder.join("application.db"));
        let mut database = SqliteConnection::connect_with(&database).await?;
        let counts = sqlx::query_as("SELECT COUNT(*), COUNT(DISTINCT email) FROM customers");
        let (rows, different): (i64, i64) = counts.fetch_one(&mut database).await?;
        database.close().await?;
        self.claim(
            format!("{rows} customers were imported, each once"),
            rows == 997 && different == rows,
        );
        for name in [
            "photo-160w.jpg",
            "photo-160w.webp",
            "photo-320w.jpg",
            "photo-320w.webp",
        ] {
            let picture = fs::metadata(folder.join("variants").join(name));
            let is_there = picture.is_ok_and(|picture| picture.len() > 100);
            self.claim(format!("variants/{name} was written"), is_there);
        }
        Ok(())
    }

    /// Prints what was looked at. Answers whether all of it holds.
    pub(crate) fn print(&self, folder: &Path) -> bool {
        println!();
        for (what, _) in self.0.iter().filter(|(_, holds)| !holds) {
            println!("NOT AS EXPECTED: {what}");
        }
        let held = self.0.iter().filter(|(_, holds)| *holds).count();
        println!(
            "Checked the results: {held} of {} as expected.",
            self.0.len()
        );
        println!(
            "All of it is in {}; what the functions said is in laravel/functions.log.",
            folder.display()
        );
        held == self.0.len()
    }
}

/// What tells one line of a job's from another.
fn tell(line: &Value) -> String {
    let payload = &line["payload"];
    let parts = [
        line["event"].as_str().map(str::to_owned),
        line["attempt"]
            .as_u64()
            .map(|attempt| format!("attempt {attempt}")),
        payload["number"].as_u64().map(|number| number.to_string()),
        (line["job"] == "App\\Jobs\\Step")
            .then(|| payload["name"].as_str().unwrap_or_default().to_owned()),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
}
