//! What came of every job: looked up in the book, in the database and in the tables themselves.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use hikyaku_local::cloud::Cloud;
use hikyaku_local::sqs::{QueueName, ReceiveRequest};
use serde_json::{Value, json};

use super::Result;
use super::book::{Book, Tale};
use super::plan::{Kind, Plan};
use super::stage::{self, Database};

/// The rows that a job of `Kind::Rows` writes.
const ROWS: i64 = 3;

/// Something that must not be.
#[derive(Debug)]
pub(crate) struct Wrong {
    pub(crate) subject: String,
    pub(crate) what: String,
    pub(crate) lost: bool,
    pub(crate) doubled: bool,
}

/// The jobs of one kind in numbers.
#[derive(Debug, Default, Clone)]
pub(crate) struct Sum {
    pub(crate) jobs: u64,
    pub(crate) runs: u64,
    pub(crate) died: u64,
    pub(crate) dropped: u64,
    pub(crate) failed: u64,
    /// Effects beyond the first of a job.
    pub(crate) again: u64,
    pub(crate) lost: u64,
    pub(crate) doubled: u64,
}

/// All that was found.
#[derive(Debug, Default)]
pub(crate) struct Verdict {
    pub(crate) wrong: Vec<Wrong>,
    pub(crate) sums: BTreeMap<Kind, Sum>,
    /// Batches that are counted down to nothing and finished.
    pub(crate) batches: usize,
    /// Messages that asked PHP for a batch's `then`, and how many of them asked again.
    pub(crate) asked: usize,
    pub(crate) asked_again: usize,
    pub(crate) dead_letters: usize,
}

/// How the ledger and the failed store ended a job.
struct End {
    state: String,
    buried: Option<String>,
}

impl Verdict {
    /// Looks at everything.
    pub(crate) async fn of(
        plan: &Plan,
        book: &Book,
        cloud: &Cloud,
        database: &Database,
    ) -> Result<Self> {
        let mut rows: HashMap<String, Vec<(i64, i64)>> = HashMap::new();
        for (subject, number, count) in database.rows().await? {
            rows.entry(subject).or_default().push((number, count));
        }
        let mut verdict = Self::default();
        for job in &plan.jobs {
            let mut tale = book.tale(&job.subject);
            if job.kind == Kind::Rows {
                count_rows(&mut tale, rows.remove(&job.subject).unwrap_or_default());
            }
            let id = job.id.clone().or_else(|| tale.id.clone());
            let end = id.map(|id| End::of(cloud, &id)).transpose()?;
            verdict.judge(job.kind, &job.subject, &tale, end.as_ref());
            if let Some(before) = &job.after {
                let before = book.tale(before).applied_at;
                let begun = tale.began.first().map(|(at, _)| *at);
                if begun.is_some_and(|begun| before.is_none_or(|before| begun < before)) {
                    verdict.wrong(&job.subject, "it began before the link before it was done");
                }
            }
        }
        verdict.judge_batches(plan, cloud)?;
        verdict.look_into_queues(cloud)?;
        Ok(verdict)
    }

    fn judge(&mut self, kind: Kind, subject: &str, tale: &Tale, end: Option<&End>) {
        let state = end.map_or("", |end| end.state.as_str());
        let failed = state == "F" && end.is_some_and(|end| end.buried.is_some());
        // A job that runs at most once may end as failed, and says so. Every other kind has to be done.
        let ended = match kind {
            Kind::AtLeastOnce => true,
            Kind::AtMostOnce => state == "D" || failed,
            _ => state == "D",
        };
        let lost = !ended || (tale.applied == 0 && !(kind == Kind::AtMostOnce && failed));
        let doubled = kind.promises_one_effect() && tale.applied > 1;
        let sum = self.sums.entry(kind).or_default();
        sum.jobs += 1;
        sum.runs += tale.began.len() as u64;
        sum.died += u64::from(tale.died);
        sum.dropped += u64::from(tale.dropped);
        sum.failed += u64::from(failed);
        sum.again += u64::from(tale.applied.saturating_sub(1));
        sum.lost += u64::from(lost);
        sum.doubled += u64::from(doubled);
        if lost || doubled {
            let buried = end
                .and_then(|end| end.buried.as_deref())
                .unwrap_or("nothing");
            let what = format!(
                "applied {} times; the ledger says `{state}`, the failed store {buried}",
                tale.applied
            );
            self.wrong.push(Wrong {
                subject: subject.to_owned(),
                what,
                lost,
                doubled,
            });
        }
        let tokens: BTreeSet<u64> = tale.began.iter().map(|(_, token)| *token).collect();
        if kind != Kind::AtLeastOnce && tokens.len() != tale.began.len() {
            self.wrong(subject, "two attempts ran under one claim");
        }
        if kind == Kind::AtMostOnce && tale.began.len() > 1 {
            self.wrong(subject, "it ran more than once");
        }
    }

    fn wrong(&mut self, subject: &str, what: &str) {
        self.wrong.push(Wrong {
            subject: subject.to_owned(),
            what: what.to_owned(),
            lost: false,
            doubled: false,
        });
    }

    /// Every batch is counted down to nothing, and PHP was asked for its `then` under one id.
    fn judge_batches(&mut self, plan: &Plan, cloud: &Cloud) -> Result<()> {
        let mut asked: HashMap<String, Vec<Value>> = HashMap::new();
        for body in bodies(cloud, "relay")? {
            let data = &body["data"];
            let batch = data["batchId"].as_str().unwrap_or_default().to_owned();
            asked
                .entry(batch)
                .or_default()
                .push(data["callbacks"].clone());
            self.asked += 1;
        }
        for batch in &plan.batches {
            let key = json!({ "application": { "S": "Laravel" }, "id": { "S": batch.id } });
            let row = stage::get(cloud, "job_batches", &key)?;
            let asks = asked.remove(&batch.id).unwrap_or_default();
            self.asked_again += asks.len().saturating_sub(1);
            // Each job that found nothing pending asks; the callback's id is what PHP knows a repetition by.
            let expected = json!([{ "name": "then", "id": format!("{}:then", batch.id) }]);
            let alike = asks.iter().all(|callbacks| *callbacks == expected);
            let counted = row["pending_jobs"]["N"] == "0" && row["failed_jobs"]["N"] == "0";
            let finished = row["finished_at"]["N"].is_string();
            if counted && finished && alike {
                self.batches += 1;
            } else {
                let what = format!(
                    "batch {}: its row is {row}, PHP was asked {asks:?}",
                    batch.id
                );
                self.wrong(&batch.id, &what);
            }
            if asks.is_empty() {
                self.wrong(&batch.id, "nobody asked PHP for its `then`");
            }
        }
        if !asked.is_empty() {
            self.wrong(
                "relay",
                &format!("PHP was asked for what nobody sent: {asked:?}"),
            );
        }
        Ok(())
    }

    fn look_into_queues(&mut self, cloud: &Cloud) -> Result<()> {
        let letters = bodies(cloud, "dead-letters")?;
        self.dead_letters = letters.len();
        for letter in letters {
            let uuid = letter["uuid"].as_str().unwrap_or("a message").to_owned();
            self.wrong(&uuid, "it is in the dead-letter queue");
        }
        Ok(())
    }

    /// A count over all kinds.
    pub(crate) fn total(&self, of: impl Fn(&Sum) -> u64) -> u64 {
        self.sums.values().map(of).sum()
    }
}

impl End {
    fn of(cloud: &Cloud, id: &str) -> Result<Self> {
        let key = json!({ "pk": { "S": format!("J#{id}") }, "sk": { "S": "." } });
        let record = stage::get(cloud, "ledger", &key)?;
        let key = json!({ "application": { "S": "Laravel" }, "uuid": { "S": id } });
        let row = stage::get(cloud, "failed_jobs", &key)?;
        Ok(Self {
            state: record["s"]["S"].as_str().unwrap_or_default().to_owned(),
            buried: row["exception"]["S"].as_str().map(str::to_owned),
        })
    }
}

/// A job that wrote each of its rows once has had its effect once.
fn count_rows(tale: &mut Tale, mut rows: Vec<(i64, i64)>) {
    rows.sort_unstable();
    let once: Vec<_> = (1..=ROWS).map(|number| (number, 1)).collect();
    let doubled = rows.iter().any(|(_, count)| *count > 1);
    tale.applied = match (rows == once, doubled) {
        (true, _) => 1,
        (_, true) => 2,
        _ => 0,
    };
}

/// Takes all messages out of a queue.
fn bodies(cloud: &Cloud, queue: &str) -> Result<Vec<Value>> {
    let name = QueueName::new(queue)?;
    let mut bodies = Vec::new();
    loop {
        let request = ReceiveRequest::new(name.clone(), 1000);
        // Without a wait it is answered at once.
        let received = futures_util::FutureExt::now_or_never(cloud.sqs().receive(request));
        let received = received.ok_or("the local SQS kept a receive waiting")??;
        if received.is_empty() {
            return Ok(bodies);
        }
        for message in received {
            bodies.push(serde_json::from_str(&message.body)?);
            cloud.sqs().delete(&name, &message.receipt_handle)?;
        }
    }
}
