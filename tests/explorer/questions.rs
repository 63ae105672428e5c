//! What PHP is asked in an explored world, and how its batch is counted.

use hikyaku_core::Outgoing;
use hikyaku_core::memory::MemoryLedger;
use hikyaku_laravel::Envelope;
use hikyaku_laravel::batch::Counts;
use serde_json::Value;

use super::application::{BATCH, PHP};
use super::book::{Book, Pages};
use super::rule;

/// A question, and what it is known by.
type Question = (String, String);

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// What a message asks, each thing with its id.
fn questions(data: &Value) -> Vec<Question> {
    if let Some(callbacks) = data["callbacks"].as_array() {
        let id = |callback: &Value| text(&callback["id"]);
        let name = |callback: &Value| match callback["name"].as_str() {
            Some(whole @ ("then" | "catch" | "finally")) => whole.to_owned(),
            // One for each job.
            _ => id(callback),
        };
        return callbacks
            .iter()
            .map(|each| (name(each), id(each)))
            .collect();
    }
    let body: Value = serde_json::from_str(&text(&data["body"])).unwrap_or_default();
    let generation = body["hikyaku"]["generation"].as_u64().unwrap_or(0);
    let generation = u32::try_from(generation).unwrap_or(u32::MAX);
    let asked = ending(&text(&data["event"]), &text(&body["uuid"]), generation);
    vec![(asked, text(&data["id"]))]
}

fn data(message: &Outgoing) -> Value {
    let body: Value = serde_json::from_str(&message.body).unwrap_or_default();
    body["data"].clone()
}

fn ending(event: &str, job: &str, generation: u32) -> String {
    format!("{event} `{job}` in {generation}")
}

impl Book {
    /// A message was sent.
    pub(crate) fn sent(&self, message: &Outgoing) {
        if message.queue != PHP {
            return;
        }
        let asked = questions(&data(message));
        let mut pages = self.pages();
        let is_then = asked.iter().any(|(question, _)| question == "then");
        if is_then && pages.members().any(|done| !done) {
            pages.breaks(rule::BATCH_IS_COUNTED, "`then` is asked for too early");
        }
    }

    /// Holds what is in the queues at the end against what should have been asked, and the batch against its members.
    pub(crate) fn close(&self, ledger: &MemoryLedger, elsewhere: &[Outgoing]) {
        let mut pages = self.pages();
        for message in elsewhere.iter().filter(|message| message.queue == PHP) {
            let data = data(message);
            let uuid = Envelope::parse(&message.body).map(|envelope| envelope.uuid);
            let uuid = uuid.ok().flatten().unwrap_or_default();
            let of_message = (format!("the uuid of {}", text(&data["id"])), uuid);
            for (asked, id) in questions(&data).into_iter().chain([of_message]) {
                pages.is_asked(&asked, &id);
            }
        }
        let hooked = pages.jobs.iter().filter(|(_, page)| {
            let announced = page.announced.as_ref();
            announced.is_some_and(|job| job.is_hooked)
        });
        let due = hooked.flat_map(|(id, page)| {
            let failures = page.failures.iter();
            failures.map(|generation| ending("failed", id, *generation))
        });
        let due: Vec<_> = due.collect();
        for question in due {
            pages.was_asked(&question, rule::QUESTIONS_ARE_ASKED);
        }
        if let Some(batch) = ledger.batch(BATCH) {
            pages.is_counted(batch.counts, ledger.is_finished(BATCH));
        }
    }
}

impl Pages {
    fn is_asked(&mut self, question: &str, id: &str) {
        let questions = &mut self.questions;
        let first = questions.entry(question.to_owned());
        let first = first.or_insert_with(|| id.to_owned());
        if *first != id {
            let first = first.clone();
            self.breaks(
                rule::QUESTIONS_ARE_ASKED,
                format_args!("`{question}` is known by `{first}` and by `{id}`"),
            );
        }
    }

    fn was_asked(&mut self, question: &str, rule: &str) {
        if !self.questions.contains_key(question) {
            self.breaks(rule, format_args!("`{question}` is never asked"));
        }
    }

    /// Of each member of the batch whether it is done.
    fn members(&self) -> impl Iterator<Item = bool> {
        let pages = self.jobs.values();
        let members = pages.filter(|page| {
            let announced = page.announced.as_ref();
            announced.is_some_and(|job| job.is_in_batch)
        });
        members.map(|page| page.completions > 0)
    }

    fn is_counted(&mut self, counts: Counts, is_finished: bool) {
        let pending = self.members().filter(|done| !done).count();
        let failed = self.jobs.values().filter(|page| {
            let announced = page.announced.as_ref();
            announced.is_some_and(|job| job.is_in_batch) && !page.failures.is_empty()
        });
        let failed = failed.count();
        let number = |count| i64::try_from(count).unwrap_or(i64::MAX);
        let expected = Counts {
            pending: number(pending),
            failed: number(failed),
        };
        if counts != expected {
            self.breaks(
                rule::BATCH_IS_COUNTED,
                format_args!("{counts:?}, not {expected:?}"),
            );
        }
        if pending == 0 {
            self.was_asked("then", rule::BATCH_IS_COUNTED);
            if !is_finished {
                self.breaks(rule::BATCH_IS_COUNTED, "it is not marked as finished");
            }
        }
        if failed > 0 {
            self.was_asked("catch", rule::BATCH_IS_COUNTED);
        }
    }
}
