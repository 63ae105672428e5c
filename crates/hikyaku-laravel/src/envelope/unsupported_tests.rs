//! Refusals that no fixture has, and their words.

use serde_json::json;

use super::*;

fn refusal(command_name: &str, command: &str, more: &serde_json::Value) -> Unsupported {
    let mut body = json!({
        "job": "Illuminate\\Queue\\CallQueuedHandler@call",
        "displayName": "Shown",
        "data": {"commandName": command_name, "command": command},
    });
    for (key, value) in more.as_object().into_iter().flatten() {
        body[key] = value.clone();
    }
    let envelope = Envelope::parse(&body.to_string()).unwrap();
    envelope.supported().unwrap_err()
}

fn with_property(property: &str) -> Unsupported {
    let command = format!("O:1:\"A\":1:{{{property}}}");
    refusal("A", &command, &json!({}))
}

#[test]
fn refusals_name_the_job_and_what_it_asks_for() {
    let catch = with_property("s:19:\"chainCatchCallbacks\";a:1:{i:0;N;}");
    assert_eq!(
        catch.to_string(),
        "job `A` is part of a chain with php callbacks (catch), which are not supported yet"
    );
    let chain = with_property("s:7:\"chained\";a:2:{i:0;s:0:\"\";i:1;s:0:\"\";}");
    assert_eq!(
        chain.to_string(),
        "job `A` is part of a chain with 2 more to follow; chains are not supported yet"
    );
    let batch = with_property("s:10:\"\0*\0batchId\";s:1:\"b\";");
    assert_eq!(
        batch.to_string(),
        "job `A` belongs to batch `b`; batches are not supported yet"
    );
    let broadcast = refusal(
        "Illuminate\\Broadcasting\\BroadcastEvent",
        "O:1:\"A\":0:{}",
        &json!({}),
    );
    assert_eq!(
        broadcast.to_string(),
        "`Shown` is a broadcast event (BroadcastEvent), which is not supported yet"
    );
}

#[test]
fn the_class_in_the_command_counts_as_much_as_its_stated_name() {
    let text = "O:34:\"Illuminate\\Mail\\SendQueuedMailable\":0:{}";
    assert!(matches!(
        refusal("A", text, &json!({})),
        Unsupported::Mailable { .. }
    ));
}

#[test]
fn a_batch_outside_the_serialized_text_is_refused_too() {
    let data = json!({"commandName": "A", "command": "O:1:\"A\":0:{}", "batchId": "b"});
    let batch = refusal("A", "", &json!({ "data": data }));
    assert!(matches!(batch, Unsupported::Batch { batch_id, .. } if batch_id == "b"));
}

#[test]
fn a_unique_lock_is_found_where_only_the_log_context_has_it() {
    let context = json!({"data": [], "hidden": {"laravel_unique_job_key": "s:1:\"k\";"}});
    let unique = refusal(
        "A",
        "O:1:\"A\":0:{}",
        &json!({"illuminate:log:context": context}),
    );
    assert!(matches!(unique, Unsupported::UniqueLock { .. }));
}

#[test]
fn a_command_that_cannot_be_read_is_refused_before_it_is_run() {
    let damaged = refusal("A", "O:1:\"A\":9:{}", &json!({}));
    assert!(matches!(damaged, Unsupported::Unreadable { .. }));
    assert_eq!(
        damaged.to_string(),
        "the serialized object of job `A` cannot be read"
    );
}

#[test]
fn empty_properties_of_the_framework_are_no_obstacle() {
    let command = "O:1:\"A\":6:{s:7:\"batchId\";N;s:7:\"chained\";a:0:{}s:19:\"chainCatchCallbacks\";N;\
                   s:10:\"middleware\";a:0:{}s:15:\"uniqueLockOwner\";s:0:\"\";s:13:\"debounceOwner\";s:0:\"\";}";
    let body = json!({
        "job": "Illuminate\\Queue\\CallQueuedHandler@call",
        "data": {"commandName": "A", "command": command, "batchId": null},
        "illuminate:log:context": {"data": [], "hidden": []},
    });
    let envelope = Envelope::parse(&body.to_string()).unwrap();
    assert_eq!(envelope.supported(), Ok(()));
}
