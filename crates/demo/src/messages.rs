//! The messages that are sent, as their producers write them.

use serde_json::json;

use crate::stage::Stage;

/// A message, and what should become of it.
#[derive(Debug, Clone)]
pub(crate) struct Message {
    /// What it asks for, for people.
    pub(crate) title: &'static str,
    /// Who wrote it.
    pub(crate) producer: &'static str,
    /// The queue's logical id in the template.
    pub(crate) queue: &'static str,
    /// The job's id; the message's own where the producer gave none.
    pub(crate) id: String,
    pub(crate) body: String,
    /// What should happen, delivery by delivery.
    pub(crate) expected: &'static [&'static str],
}

pub(crate) const IMPORT: &str = "0199a1f0-6f1c-7000-8000-000000000001";
pub(crate) const IMPORT_CP932: &str = "0199a1f0-6f1c-7000-8000-000000000002";
pub(crate) const RESIZE: &str = "0199a1f0-6f1c-7000-8000-000000000003";
pub(crate) const RESIZE_RETRIED: &str = "0199a1f0-6f1c-7000-8000-000000000004";
pub(crate) const UNKNOWN: &str = "0199a1f0-6f1c-7000-8000-000000000005";
/// What a producer sends that has mistaken the queue for something else.
pub(crate) const NONSENSE: &str = "customer 42 has paid";

/// The first wave: one of each kind.
pub(crate) fn first(stage: &Stage) -> Vec<Message> {
    let customers = stage.url("imports/customers.csv");
    let japanese = stage.url("imports/kokyaku.csv");
    let import =
        |class, url: &str| laravel_13(IMPORT, class, &[("url", url), ("table", "customers")]);
    vec![
        Message {
            title: "import 1,000 customers",
            producer: "Laravel 13",
            queue: "ImportCsvQueue",
            id: IMPORT.to_owned(),
            body: import("App\\Jobs\\ImportCsv", &customers),
            expected: &["done"],
        },
        Message {
            title: "import customers in Shift_JIS",
            producer: "Laravel 8",
            queue: "ImportCsvQueue",
            id: IMPORT_CP932.to_owned(),
            body: laravel_8(
                IMPORT_CP932,
                "App\\Jobs\\ImportCsv",
                &[("url", &japanese), ("table", "customers")],
            ),
            expected: &["done"],
        },
        Message {
            title: "resize a photo",
            producer: "Node",
            queue: "ResizeImageQueue",
            id: RESIZE.to_owned(),
            body: resize(RESIZE, &stage.url("images/photo.png")),
            expected: &["done"],
        },
        Message {
            title: "resize a photo, disk blocked at first",
            producer: "Go",
            queue: "ResizeImageQueue",
            id: RESIZE_RETRIED.to_owned(),
            body: resize(RESIZE_RETRIED, &stage.url("images/blocked/photo.png")),
            expected: &["released", "done"],
        },
        Message {
            title: "a class that nobody registered",
            producer: "Laravel 13",
            queue: "ImportCsvQueue",
            id: UNKNOWN.to_owned(),
            body: laravel_13(UNKNOWN, "App\\Jobs\\SendInvoice", &[("invoice", "2026-11")]),
            expected: &["buried"],
        },
        Message {
            title: "not a job at all",
            producer: "somebody",
            queue: "ImportCsvQueue",
            id: String::new(),
            body: NONSENSE.to_owned(),
            expected: &["buried"],
        },
    ]
}

/// The second wave: the first import once more.
pub(crate) fn late(first: &[Message]) -> Vec<Message> {
    let import = first.iter().filter(|message| message.id == IMPORT);
    import
        .map(|message| Message {
            title: "the first message again",
            expected: &["done before"],
            ..message.clone()
        })
        .collect()
}

/// A string job: plain JSON, which any language writes. It asks for one second between attempts.
fn resize(id: &str, url: &str) -> String {
    let data = json!({ "url": url, "widths": [160, 320], "formats": ["jpeg", "webp"] });
    json!({ "uuid": id, "job": "App\\Jobs\\ResizeImage", "backoff": "1", "data": data }).to_string()
}

/// An object job as Laravel 13 sends it: properties with their defaults left out.
fn laravel_13(id: &str, class: &str, properties: &[(&str, &str)]) -> String {
    let properties: Vec<_> = properties
        .iter()
        .map(|(name, value)| serialized(name, value))
        .collect();
    let command = format!(
        "O:{}:\"{class}\":{}:{{{}}}",
        class.len(),
        properties.len(),
        properties.concat()
    );
    json!({
        "uuid": id, "displayName": class, "job": "Illuminate\\Queue\\CallQueuedHandler@call",
        "maxTries": null, "maxExceptions": null, "failOnTimeout": false, "backoff": null, "timeout": null,
        "retryUntil": null, "deleteWhenMissingModels": false,
        "data": { "commandName": class, "command": command, "batchId": null },
        "createdAt": 1_795_408_211, "delay": null
    })
    .to_string()
}

/// An object job as Laravel 8 sends it: every property of its traits is there, and these are protected.
fn laravel_8(id: &str, class: &str, properties: &[(&str, &str)]) -> String {
    let traits = [
        "job",
        "connection",
        "queue",
        "chainConnection",
        "chainQueue",
        "chainCatchCallbacks",
        "delay",
        "afterCommit",
    ];
    let mut members: Vec<_> = properties
        .iter()
        .map(|(name, value)| serialized(&format!("\0*\0{name}"), value))
        .collect();
    members.extend(
        traits
            .iter()
            .map(|name| format!("s:{}:\"{name}\";N;", name.len())),
    );
    members.extend(
        ["middleware", "chained"]
            .iter()
            .map(|name| format!("s:{}:\"{name}\";a:0:{{}}", name.len())),
    );
    let command = format!(
        "O:{}:\"{class}\":{}:{{{}}}",
        class.len(),
        members.len(),
        members.concat()
    );
    json!({
        "uuid": id, "displayName": class, "job": "Illuminate\\Queue\\CallQueuedHandler@call",
        "maxTries": null, "maxExceptions": null, "failOnTimeout": false, "backoff": null, "timeout": null,
        "retryUntil": null, "data": { "commandName": class, "command": command }
    })
    .to_string()
}

fn serialized(name: &str, value: &str) -> String {
    format!("s:{}:\"{name}\";s:{}:\"{value}\";", name.len(), value.len())
}
