//! One scene: what is done in it, what is seen, and what differs from what should be.

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use serde_json::{Value, json};
use tokio::process::Command;

use crate::Result;
use crate::ecs::Ecs;
use crate::flaky::Flaky;
use crate::php::Output;
use crate::stage::{self, Stage};

/// Far more than it takes; only something broken needs so long.
const PATIENCE: Duration = Duration::from_secs(40);

/// How often a queue or a file is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// A scene that is being played.
pub(crate) struct Scene {
    pub(crate) stage: Arc<Stage>,
    pub(crate) flaky: Arc<Flaky>,
    pub(crate) ecs: Arc<Ecs>,
    /// The lines of the record that earlier scenes wrote.
    before: usize,
    sent: Vec<String>,
    rust: Vec<String>,
    php: Vec<String>,
    table: Vec<(String, usize)>,
    differences: Vec<String>,
    /// What PHP is told in this scene besides.
    pub(crate) variables: Vec<(&'static str, &'static str)>,
}

/// What a dispatch in PHP sent.
#[derive(Debug, Default)]
pub(crate) struct Sent {
    /// The jobs, by their uuids, in their order.
    pub(crate) ids: Vec<String>,
    /// The batch, if it was one.
    pub(crate) batch: String,
    /// The id of a message that is no job.
    pub(crate) message: String,
}

impl Sent {
    /// The one job that was sent.
    pub(crate) fn id(&self) -> Result<&str> {
        match &self.ids[..] {
            [id] => Ok(id),
            ids => Err(format!("{} jobs were sent where one was expected", ids.len()).into()),
        }
    }
}

impl Scene {
    pub(crate) fn new(stage: Arc<Stage>, flaky: Arc<Flaky>, ecs: Arc<Ecs>) -> Result<Self> {
        let before = stage.record()?.len();
        Ok(Self {
            stage,
            flaky,
            ecs,
            before,
            sent: Vec::new(),
            rust: Vec::new(),
            php: Vec::new(),
            table: Vec::new(),
            differences: Vec::new(),
            variables: Vec::new(),
        })
    }

    /// Dispatches in PHP: `what` is a method of the application's `DispatchCommand`.
    pub(crate) async fn dispatch(&mut self, what: &str, arguments: &[&str]) -> Result<Sent> {
        let mut command = vec!["app:dispatch", what];
        command.extend(arguments);
        let mut sent = Sent::default();
        for line in self.php(&command).await?.lines() {
            let line: Value = serde_json::from_str(line)
                .map_err(|error| format!("PHP printed `{line}`: {error}"))?;
            if let Some(id) = line["uuid"].as_str() {
                sent.ids.push(id.to_owned());
                self.sent
                    .push(line["name"].as_str().unwrap_or("?").to_owned());
            } else if let Some(batch) = line["batch"].as_str() {
                batch.clone_into(&mut sent.batch);
            } else if let Some(message) = line["message"].as_str() {
                message.clone_into(&mut sent.message);
                self.sent.push("a message that is no job".to_owned());
            }
        }
        Ok(sent)
    }

    /// Sends a message that PHP did not write.
    pub(crate) fn send(&mut self, queue: &str, body: &Value) -> Result<()> {
        self.sent.push(format!(
            "{} (sent by Rust)",
            body["job"].as_str().unwrap_or("?")
        ));
        self.stage.send(queue, body)
    }

    /// Waits until something is so.
    pub(crate) async fn until(
        &self,
        what: &str,
        holds: impl FnMut(&Stage) -> Result<bool>,
    ) -> Result<()> {
        self.until_within(PATIENCE, what, holds).await
    }

    async fn until_within(
        &self,
        patience: Duration,
        what: &str,
        mut holds: impl FnMut(&Stage) -> Result<bool>,
    ) -> Result<()> {
        let waiting = async {
            while !holds(&self.stage)? {
                tokio::time::sleep(LOOK_EVERY).await;
            }
            Ok(())
        };
        tokio::time::timeout(patience, waiting)
            .await
            .unwrap_or_else(|_| Err(format!("this never came: {what}").into()))
    }

    /// Waits until a queue holds no message any more.
    pub(crate) async fn drained(&self, queue: &str) -> Result<()> {
        let what = format!("the queue {queue} is empty");
        self.until(&what, |stage| Ok(stage.held(queue)?.all == 0))
            .await
    }

    /// The same, where that may take longer.
    pub(crate) async fn drained_within(&self, queue: &str, patience: Duration) -> Result<()> {
        let what = format!("the queue {queue} is empty");
        self.until_within(patience, &what, |stage| Ok(stage.held(queue)?.all == 0))
            .await
    }

    /// Shows something in the table of scenes.
    pub(crate) fn note(&mut self, text: String) {
        self.php.push(text);
    }

    /// Shows how often something was so, in a row of its own.
    pub(crate) fn count(&mut self, what: impl Into<String>, times: usize) {
        self.table.push((what.into(), times));
    }

    /// What became of a job in Rust has to be this, delivery by delivery.
    pub(crate) async fn rust_did(&mut self, id: &str, expected: &[&str]) -> Result<()> {
        let enough = |stage: &Stage| Ok(stage.seen.of(id).len() >= expected.len());
        let waited = self.until("what the function says of a job", enough).await;
        let said = self.stage.seen.of(id);
        self.rust.push(said.join(", "));
        self.equal("what Rust did", &said, &expected);
        waited
    }

    /// Runs the next job of a queue in PHP, once there is one, with Laravel's own worker. Answers with what it printed.
    pub(crate) async fn php_works(&mut self, queue: &str) -> Result<String> {
        let what = format!("a message for PHP in the queue {queue}");
        self.until(&what, |stage| Ok(stage.held(queue)?.visible > 0))
            .await?;
        let queue = format!("--queue={queue}");
        let command = ["queue:work", "--once", "--sleep=0", &queue];
        let text = self.php(&command).await?;
        self.saw_php_work(&text);
        Ok(text)
    }

    /// Works off a queue in PHP until it is empty.
    pub(crate) async fn php_works_all(&mut self, queue: &str) -> Result<()> {
        let queue = format!("--queue={queue}");
        let command = ["queue:work", "--stop-when-empty", "--sleep=0", &queue];
        let text = self.php(&command).await?;
        self.saw_php_work(&text);
        Ok(())
    }

    fn saw_php_work(&mut self, text: &str) {
        for line in text.lines() {
            // "[2026-11-23 09:30:00][message id] Processed:  App\Jobs\Step"
            let did = line.rsplit(']').next().unwrap_or(line);
            let did: Vec<_> = did.split_whitespace().collect();
            if did.first() != Some(&"Processing:") {
                self.php.push(did.join(" "));
            }
        }
    }

    async fn php(&self, arguments: &[&str]) -> Result<String> {
        self.stage.php.artisan(arguments, &self.variables).await
    }

    /// What `Bus::findBatch` says of a batch.
    pub(crate) async fn batch(&mut self, id: &str) -> Result<Value> {
        let said: Value = serde_json::from_str(&self.php(&["app:batch", id]).await?)?;
        self.php.push(format!(
            "batch: {} of {} pending, {} failed",
            said["pending"], said["total"], said["failed"]
        ));
        Ok(said)
    }

    /// Runs an artisan command and keeps what it printed for the table of scenes.
    pub(crate) async fn artisan(&mut self, arguments: &[&str]) -> Result<Output> {
        let output = self.stage.php.run(arguments, &self.variables).await?;
        let words: Vec<_> = output.text.split_whitespace().collect();
        self.php.push(words.join(" "));
        Ok(output)
    }

    /// Runs the command `hikyaku` against this cloud's tables; answers with what it printed.
    pub(crate) async fn hikyaku(&self, words: &[&str]) -> Result<String> {
        let hikyaku = stage::examples()?.join("../hikyaku");
        let command = Command::new(hikyaku)
            .args(words)
            .envs(self.stage.php.variables.iter().cloned())
            .kill_on_drop(true)
            .output();
        let ended = command.await?;
        if ended.status.success() {
            return Ok(String::from_utf8(ended.stdout)?);
        }
        let said = String::from_utf8_lossy(&ended.stderr);
        Err(format!("`hikyaku {}` failed: {said}", words.join(" ")).into())
    }

    /// The rows that `php artisan queue:failed` prints: id, connection, queue, class, time.
    pub(crate) async fn failed_rows(&mut self) -> Result<Vec<Vec<String>>> {
        let text = self.php(&["queue:failed"]).await?;
        let rows = text.lines().filter(|line| line.starts_with('|')).skip(1);
        Ok(rows
            .map(|row| {
                let cells = row.trim_matches('|').split('|');
                cells.map(|cell| cell.trim().to_owned()).collect()
            })
            .collect())
    }

    /// `queue:failed` has to list a job of that class, on that queue.
    pub(crate) async fn is_listed(&mut self, id: &str, queue: &str, class: &str) -> Result<()> {
        let rows = self.failed_rows().await?;
        let row = rows
            .into_iter()
            .find(|row| row.first().is_some_and(|cell| cell == id));
        let Some([_, connection, on, name, at]) = row.as_deref() else {
            self.differs(format!("queue:failed does not list {id}: {row:?}"));
            return Ok(());
        };
        self.php.push(format!("listed: {name}"));
        let url = self.stage.queue_url(queue)?;
        self.equal("the listed connection", connection, &"sqs");
        self.equal("the listed queue", on, &url);
        self.equal("the listed class", name, &class);
        // 2026-11-23T11:44:07+0000
        let is_time = at.len() == 24 && at.ends_with("+0000") && at.contains('T');
        self.equal(&format!("whether {at} is a time"), &is_time, &true);
        Ok(())
    }

    /// `queue:failed` must not list a job.
    pub(crate) async fn is_not_listed(&mut self, id: &str) -> Result<()> {
        let rows = self.failed_rows().await?;
        let listed = rows.iter().flatten().any(|cell| cell == id);
        self.equal("whether queue:failed lists it", &listed, &false);
        self.php.push("not listed".to_owned());
        Ok(())
    }

    /// What the failed store says went wrong with a job.
    pub(crate) fn exception(&self, id: &str) -> Result<String> {
        let key = json!({ "application": { "S": "Laravel" }, "uuid": { "S": id } });
        let item = self.stage.item("failed_jobs", &key)?;
        Ok(item["exception"]["S"]
            .as_str()
            .unwrap_or_default()
            .to_owned())
    }

    /// Whether there is an item of that key in Laravel's cache, prefixes included.
    pub(crate) fn is_cached(&self, key: &str) -> Result<bool> {
        let key = json!({ "key": { "S": key } });
        Ok(!self.stage.item("cache", &key)?.is_null())
    }

    /// What the jobs of this scene wrote down.
    pub(crate) fn record(&self) -> Result<Vec<Value>> {
        Ok(self.stage.record()?.split_off(self.before))
    }

    /// The payloads with which a job of that name ran in Rust.
    pub(crate) fn payloads(&self, job: &str) -> Result<Vec<Value>> {
        let lines = self.record()?.into_iter();
        let ran = lines.filter(|line| line["by"] == "rust" && line["job"] == job);
        Ok(ran.map(|line| line["payload"].clone()).collect())
    }

    /// What happened in this scene, in its order: who did it, and `part` of what was written down.
    pub(crate) fn story(&self, part: impl Fn(&Value) -> String) -> Result<Vec<String>> {
        let lines = self.record()?;
        let who = |line: &Value| line["by"].as_str().unwrap_or("?").to_owned();
        Ok(lines
            .iter()
            .map(|line| format!("{} {}", who(line), part(line)))
            .collect())
    }

    /// Two things have to be the same.
    pub(crate) fn equal<A, B>(&mut self, what: &str, is: &A, should: &B)
    where
        A: PartialEq<B> + Serialize,
        B: Serialize,
    {
        if is != should {
            self.differs(format!(
                "{what} is {}, should be {}",
                json!(is),
                json!(should)
            ));
        }
    }

    /// A text has to hold another.
    pub(crate) fn holds(&mut self, what: &str, text: &str, part: &str) {
        if !text.contains(part) {
            self.differs(format!("{what} is `{}`, should hold `{part}`", text.trim()));
        }
    }

    pub(crate) fn differs(&mut self, difference: String) {
        self.differences.push(difference);
    }

    /// Prints what was seen. Answers whether all of it is as it should be.
    #[expect(clippy::print_stdout, reason = "it speaks to a person at a terminal")]
    pub(crate) fn print(&self, title: &str) -> bool {
        let word = if self.differences.is_empty() {
            "ok"
        } else {
            "WRONG"
        };
        println!("{word:<5} {title}");
        for (who, lines) in [
            ("PHP sent", &self.sent),
            ("Rust", &self.rust),
            ("PHP", &self.php),
        ] {
            if !lines.is_empty() {
                println!("      {who:<9} {}", counted(lines).join("; "));
            }
        }
        for (what, times) in &self.table {
            println!("      | {what:<52} | {times:>4} |");
        }
        for difference in counted(&self.differences) {
            println!("      !!        {difference}");
        }
        self.differences.is_empty()
    }
}

/// The lines, with those that repeat the one before it counted.
fn counted(lines: &[String]) -> Vec<String> {
    lines
        .chunk_by(|one, next| one == next)
        .map(|same| match same {
            [one] => one.clone(),
            _ => format!("{} × {}", same.len(), same[0]),
        })
        .collect()
}
