//! The Laravel application of an explored world: what it sends, and what of it is within reach.

use std::sync::Arc;

use hikyaku_core::memory::MemoryLedger;
use hikyaku_core::testing::{DistantTables, Line, Scheduler, SimQueue, VirtualClock};
use hikyaku_core::{Batches, Cache, CacheStore, Laravel, Ledger, Queue, Queues, Relay};
use hikyaku_laravel::cache::serialized;
use hikyaku_laravel::derived_uuid;
use hikyaku_laravel::php::Document;
use serde_json::{Value, json};

use super::book::Announced;
use super::play::Act;
use super::simulation::Plan;
use crate::command::{Command, without_overlapping_for};

/// The queue that PHP works off.
pub(crate) const PHP: &str = "sim://queues/php";

/// Where messages go that nobody here can run.
pub(crate) const FALLBACK: &str = "sim://queues/fallback";

/// The one batch.
pub(crate) const BATCH: &str = "batch";

/// The one unique key.
pub(crate) const UNIQUE: &str = "laravel_unique_job:App\\Jobs\\Play:1";

/// The lock of the jobs that do not run beside one another.
pub(crate) const ALONE: &str = "laravel-queue-overlap:App\\Jobs\\Play:alone";

/// What a world is made of.
pub(crate) struct Origin {
    pub(crate) ledger: Arc<MemoryLedger>,
    pub(crate) queue: SimQueue,
    pub(crate) clock: VirtualClock,
    pub(crate) scheduler: Scheduler,
}

/// What the engine reaches.
#[derive(Clone)]
pub(crate) struct Ends {
    pub(crate) ledger: Arc<dyn Ledger>,
    pub(crate) queue: Arc<dyn Queue>,
    pub(crate) cache: Arc<dyn Cache>,
    pub(crate) batches: Arc<dyn Batches>,
    /// PHP answers while its run still goes on.
    pub(crate) php_is_hasty: bool,
}

impl Origin {
    /// All of it as it is.
    pub(crate) fn ends(&self) -> Ends {
        Ends {
            ledger: Arc::clone(&self.ledger) as _,
            queue: Arc::new(self.queue.clone()),
            cache: Arc::clone(&self.ledger) as _,
            batches: Arc::clone(&self.ledger) as _,
            php_is_hasty: false,
        }
    }
}

impl Ends {
    /// What of the application a process sees at the end of its line.
    pub(crate) fn laravel(&self, line: Line) -> Laravel {
        Laravel {
            queues: Queues {
                prefix: "sim://queues".to_owned(),
                default: Some("jobs".to_owned()),
                ..Queues::default()
            },
            relay: Some(Relay {
                queue: PHP.to_owned(),
                job: "App\\Queue\\HikyakuRelay@handle".to_owned(),
            }),
            fallback: Some(FALLBACK.to_owned()),
            batches: Some(Arc::new(DistantTables {
                line: line.clone(),
                tables: Arc::clone(&self.batches),
            })),
            cache: Some(CacheStore {
                cache: Arc::new(DistantTables {
                    line,
                    tables: Arc::clone(&self.cache),
                }),
                name: "dynamodb".to_owned(),
                prefix: String::new(),
            }),
            ..Laravel::default()
        }
    }
}

pub(crate) fn id(index: usize) -> String {
    format!("job-{index}")
}

/// What the application wrote into the lock of its job number `index`.
pub(crate) fn owner(index: usize) -> String {
    serialized(&format!("owner-{index}"))
}

impl Plan {
    /// The ids of the job and of all that follow it in its chain, each with what is known of it.
    pub(crate) fn announced(&self, index: usize) -> Vec<(String, Announced)> {
        let group = self.group.map(|group| (group.to_owned(), index));
        let mut jobs = vec![(
            id(index),
            Announced {
                // Whatever its message says.
                tries: if self.job == "at-most-once" {
                    1
                } else {
                    self.tries
                },
                group,
                after: None,
                is_alone: self.is_alone,
                is_in_batch: self.is_in_batch,
                is_hooked: self.job == "App\\Jobs\\Hooked",
                is_unfenced: self.job.ends_with("at-least-once"),
                is_at_most_once: self.job == "at-most-once",
                commits: self.acts.iter().any(|act| matches!(act, Act::Commit)),
            },
        )];
        for remaining in (0..self.links.len()).rev() {
            let before = jobs[jobs.len() - 1].0.clone();
            let link = Announced {
                tries: self.tries,
                after: Some(before.clone()),
                is_hooked: self.job == "App\\Jobs\\Hooked",
                commits: self.links[self.links.len() - 1 - remaining]
                    .iter()
                    .any(|act| matches!(act, Act::Commit)),
                ..Announced::default()
            };
            jobs.push((derived_uuid(&before, &format!("chain:{remaining}")), link));
        }
        jobs
    }

    /// The message body of the job.
    pub(crate) fn body(&self, index: usize) -> String {
        let more = json!({ "maxTries": self.tries, "backoff": "5" });
        if !self.job.starts_with("App\\") {
            let acts: Vec<_> = self.acts.iter().map(|act| act.word()).collect();
            let mut body = json!({ "uuid": id(index), "job": self.job });
            body["data"] = json!({ "acts": acts, "sleep": self.sleep });
            merge(&mut body, more);
            return body.to_string();
        }
        let links: Vec<_> = self.links.iter().map(|acts| self.command(acts)).collect();
        let mut command = self.command(&self.acts);
        if !links.is_empty() {
            command = command.followed_by(&links);
        }
        if self.is_alone {
            let alone = without_overlapping_for("alone", Some(10), Some(3600), false);
            command = command.through(vec![alone]);
        }
        if self.is_in_batch {
            command = command.in_batch(BATCH);
        }
        let mut more = more;
        if self.unique.is_some() {
            let hidden = json!({
                "laravel_unique_job_key": serialized(UNIQUE),
                "laravel_unique_job_cache_store": serialized("dynamodb"),
                "laravel_unique_job_lock_owner": serialized(&format!("owner-{index}")),
            });
            more["illuminate:log:context"] = json!({ "data": [], "hidden": hidden });
        }
        command.body_with(&id(index), more)
    }

    fn command(&self, acts: &[Act]) -> Command {
        let words: Vec<&'static str> = acts.iter().map(|act| act.word()).collect();
        Command::of(self.job)
            .with("acts", Document::list(words))
            .with("sleep", i64::try_from(self.sleep).unwrap_or(0))
            .with("tries", i64::from(self.tries))
            .with("backoff", 5_i64)
    }
}

fn merge(body: &mut Value, more: Value) {
    if let (Some(body), Value::Object(more)) = (body.as_object_mut(), more) {
        body.extend(more);
    }
}
