//! Laravel's jobs as it serialises them, and the messages that it would send for them.

use hikyaku_laravel::php::{self, Document, ObjectBuilder};
use serde_json::{Value, json};

/// A job as PHP's `serialize()` writes it.
#[derive(Debug, Clone)]
pub(crate) struct Command {
    class: &'static str,
    object: ObjectBuilder<'static>,
    batch: Option<String>,
}

impl Command {
    pub(crate) fn of(class: &'static str) -> Self {
        Self {
            class,
            object: ObjectBuilder::new(class),
            batch: None,
        }
    }

    pub(crate) fn with(mut self, name: &str, value: impl Into<Document<'static>>) -> Self {
        self.object = self.object.public(name, value);
        self
    }

    pub(crate) fn followed_by(self, links: &[Command]) -> Self {
        let links: Vec<String> = links.iter().map(Command::serialized).collect();
        self.with("chained", Document::list(links))
    }

    pub(crate) fn in_batch(self, id: &str) -> Self {
        let mut command = self.with("batchId", id.to_owned());
        command.batch = Some(id.to_owned());
        command
    }

    pub(crate) fn through(self, middleware: Vec<Document<'static>>) -> Self {
        self.with("middleware", Document::list(middleware))
    }

    pub(crate) fn serialized(&self) -> String {
        let object = self.object.clone().build().unwrap();
        String::from_utf8(php::write(object.root()).unwrap()).unwrap()
    }

    /// The message of Laravel 13, with these keys more.
    pub(crate) fn body_with(&self, uuid: &str, more: Value) -> String {
        let mut body = self.old(uuid);
        body["deleteWhenMissingModels"] = json!(false);
        body["data"]["batchId"] = json!(self.batch);
        body["createdAt"] = json!(1_795_408_211);
        body["delay"] = Value::Null;
        let Value::Object(more) = more else {
            panic!("not an object")
        };
        body.as_object_mut().unwrap().extend(more);
        body.to_string()
    }

    /// The message of Laravel 8, as a value.
    pub(crate) fn old(&self, uuid: &str) -> Value {
        json!({
            "uuid": uuid,
            "displayName": self.class,
            "job": "Illuminate\\Queue\\CallQueuedHandler@call",
            "maxTries": null,
            "maxExceptions": null,
            "failOnTimeout": false,
            "backoff": null,
            "timeout": null,
            "retryUntil": null,
            "data": { "commandName": self.class, "command": self.serialized() },
        })
    }
}

/// The middleware `WithoutOverlapping`.
pub(crate) fn without_overlapping_for(
    key: &str,
    release_after: Option<i64>,
    expires_after: Option<i64>,
    shared: bool,
) -> Document<'static> {
    ObjectBuilder::new("Illuminate\\Queue\\Middleware\\WithoutOverlapping")
        .public("key", key.to_owned())
        .public("releaseAfter", release_after)
        .public("expiresAfter", expires_after)
        .public("prefix", "laravel-queue-overlap:")
        .public("shareKey", shared)
        .build()
        .unwrap()
}
