//! Scenes with a Laravel application within reach.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use hikyaku_core::testing::{DistantTables, Line, Settings, SimQueue};
use hikyaku_core::{
    BoxFuture, CacheStore, FailedJob, Laravel, Outgoing, Payloads, Queues, Relay, State,
    StoreError, Timestamp,
};
use hikyaku_laravel::overflow::Pointer;
use serde_json::Value;

use super::Scene;

/// The queue that PHP works off.
pub(crate) const PHP: &str = "sim://queues/php";

/// What every lock's key begins with.
pub(crate) const PREFIX: &str = "laravel-cache-";

/// An application of which everything is within reach.
fn application(tables: &Arc<hikyaku_core::memory::MemoryLedger>, line: Line) -> Laravel {
    let tables = Arc::new(DistantTables {
        line,
        tables: Arc::clone(tables),
    });
    Laravel {
        queues: Queues {
            connection: "sqs".to_owned(),
            prefix: "sim://queues".to_owned(),
            suffix: String::new(),
            default: Some("jobs".to_owned()),
        },
        relay: Some(Relay {
            queue: PHP.to_owned(),
            job: "App\\Queue\\HikyakuRelay@handle".to_owned(),
        }),
        cache: Some(CacheStore {
            cache: Arc::clone(&tables) as _,
            name: "dynamodb".to_owned(),
            prefix: PREFIX.to_owned(),
        }),
        batches: Some(tables),
        ..Laravel::default()
    }
}

impl Scene {
    /// With a Laravel application of which everything is within reach.
    pub(crate) fn laravel() -> Self {
        Self::laravel_with(|_| {})
    }

    /// The same, changed.
    pub(crate) fn laravel_with(change: impl Fn(&mut Laravel) + Send + Sync + 'static) -> Self {
        Self::laravel_in(Settings::default(), change)
    }

    pub(crate) fn laravel_in(
        settings: Settings,
        change: impl Fn(&mut Laravel) + Send + Sync + 'static,
    ) -> Self {
        Self::laravel_along(settings, move |laravel, _| change(laravel))
    }

    /// The same, with what is at the end of a process's line.
    pub(crate) fn laravel_along(
        settings: Settings,
        change: impl Fn(&mut Laravel, Line) + Send + Sync + 'static,
    ) -> Self {
        Self::build(settings, 10, |tables| {
            move |line: Line| {
                let mut laravel = application(&tables, line.clone());
                change(&mut laravel, line);
                laravel
            }
        })
    }

    /// With a Laravel application whose long bodies are on this shelf.
    pub(crate) fn laravel_with_bodies(shelf: &Arc<Shelf>) -> Self {
        let shelf = Arc::clone(shelf);
        Self::laravel_along(Settings::default(), move |laravel, line| {
            laravel.payloads = Some(Arc::new(DistantTables {
                line,
                tables: Arc::clone(&shelf),
            }));
        })
    }

    pub(crate) fn receive(&self, body: impl Into<String>) -> String {
        self.world.queue.send(body, None)
    }

    /// What was sent to another queue.
    pub(crate) fn sent_to(&self, url: &str) -> Vec<Outgoing> {
        let sent = self.world.queue.elsewhere().into_iter();
        sent.filter(|message| message.queue == url).collect()
    }

    /// What PHP was asked, repetitions included.
    pub(crate) fn questions(&self) -> Vec<Value> {
        let asked = self.sent_to(PHP).into_iter();
        asked
            .map(|message| {
                let body: Value = serde_json::from_str(&message.body).unwrap();
                body["data"].clone()
            })
            .collect()
    }

    /// The ids of the batch callbacks that were asked for, in order, repetitions left out.
    pub(crate) fn callbacks(&self) -> Vec<String> {
        let mut ids = Vec::new();
        for question in self.questions() {
            for callback in question["callbacks"].as_array().into_iter().flatten() {
                let id = callback["id"].as_str().unwrap().to_owned();
                if !ids.contains(&id) {
                    ids.push(id);
                }
            }
        }
        ids
    }

    pub(crate) fn state_of(&self, id: &str) -> Option<State> {
        self.ledger.record(id).map(|record| record.state)
    }

    pub(crate) fn row(&self, id: &str) -> FailedJob {
        let row = self.ledger.failed(id);
        row.unwrap_or_else(|| panic!("`{id}` is not buried: {:?}", self.world.reports()))
    }

    /// Sends a buried job again and takes its row away, as `queue:retry` does.
    pub(crate) fn send_again(&self, id: &str) {
        let row = self.row(id);
        let payload: Value = serde_json::from_str(&row.payload).unwrap();
        assert_eq!(row.queue, SimQueue::URL);
        self.receive(payload.to_string());
        self.ledger.forget(id);
    }

    pub(crate) fn is_settled(&self) -> bool {
        self.world.drained() && self.world.queue.dead().is_empty()
    }
}

/// Bodies that are kept elsewhere, by the key of their pointer.
#[derive(Debug, Default)]
pub(crate) struct Shelf(Mutex<BTreeMap<String, String>>);

impl Shelf {
    pub(crate) fn put(&self, key: &str, body: impl Into<String>) {
        self.0.lock().unwrap().insert(key.to_owned(), body.into());
    }
}

impl Payloads for Shelf {
    fn fetch<'a>(
        &'a self,
        pointer: &'a Pointer,
        _: Timestamp,
    ) -> BoxFuture<'a, Result<String, StoreError>> {
        Box::pin(async move {
            let key = pointer.key();
            let body = self.0.lock().unwrap().get(&key).cloned();
            body.ok_or_else(|| StoreError {
                action: "fetching the body that a message points to,",
                subject: key,
                retryable: false,
                source: "there is nothing under this key".into(),
            })
        })
    }
}
