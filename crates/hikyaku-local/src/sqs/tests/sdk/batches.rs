//! Batches, and how long messages may be.

use aws_sdk_sqs::types::builders::SendMessageBatchRequestEntryBuilder;
use aws_sdk_sqs::types::{
    DeleteMessageBatchRequestEntry, SendMessageBatchRequestEntry, SendMessageBatchResultEntry,
};

use super::*;

fn entry(id: &str, body: &str) -> SendMessageBatchRequestEntryBuilder {
    SendMessageBatchRequestEntry::builder()
        .id(id)
        .message_body(body)
}

#[tokio::test]
async fn a_batch_reports_what_was_sent_and_what_was_not() {
    on_a_laptop(async |laptop| {
        let url = laptop.queue("jobs", []).await;
        let batch = laptop.client.send_message_batch().queue_url(&url);
        let batch = batch.entries(entry("a", "first").build().unwrap());
        let batch = batch.entries(entry("b", "late").delay_seconds(901).build().unwrap());
        let batch = batch.entries(entry("c", "\u{1}").build().unwrap());
        let batch = batch.entries(entry("d", "last").build().unwrap());
        let outcome = batch.send().await.unwrap();
        let sent = outcome.successful().iter();
        assert_eq!(
            sent.map(SendMessageBatchResultEntry::id)
                .collect::<Vec<_>>(),
            ["a", "d"]
        );
        let failed = outcome.failed().iter();
        let failed: Vec<_> = failed.map(|entry| (entry.id(), entry.code())).collect();
        let expected = [
            ("b", "InvalidParameterValue"),
            ("c", "InvalidMessageContents"),
        ];
        assert_eq!(failed, expected);
        assert!(outcome.failed()[0].sender_fault());
        assert_eq!(laptop.receive(&url).await.len(), 2);
    })
    .await;
}

#[tokio::test]
async fn a_batch_of_deletes_fails_entry_by_entry() {
    on_a_laptop(async |laptop| {
        let url = laptop.queue("jobs", []).await;
        laptop.send(&url, "a").await;
        let handle = laptop.receive_handle(&url).await;
        let delete = |id: &str, handle: &str| {
            let entry = DeleteMessageBatchRequestEntry::builder().id(id);
            entry.receipt_handle(handle).build().unwrap()
        };
        let batch = laptop.client.delete_message_batch().queue_url(&url);
        let batch = batch
            .entries(delete("good", &handle))
            .entries(delete("bad", "nonsense"));
        let outcome = batch.send().await.unwrap();
        assert_eq!(outcome.successful()[0].id(), "good");
        assert_eq!(outcome.failed()[0].code(), "ReceiptHandleIsInvalid");
    })
    .await;
}

#[tokio::test]
async fn an_empty_batch_and_repeated_ids_are_refused_as_a_whole() {
    on_a_laptop(async |laptop| {
        let url = laptop.queue("jobs", []).await;
        let batch = || laptop.client.send_message_batch().queue_url(&url);
        let twice = batch().entries(entry("x", "1").build().unwrap());
        let twice = twice.entries(entry("x", "2").build().unwrap()).send().await;
        let refused = twice.unwrap_err().into_service_error();
        assert!(refused.is_batch_entry_ids_not_distinct(), "{refused:?}");
        let none = batch().set_entries(Some(Vec::new())).send().await;
        let refused = none.unwrap_err().into_service_error();
        assert!(refused.is_empty_batch_request(), "{refused:?}");
    })
    .await;
}

#[tokio::test]
async fn one_mebibyte_is_accepted_and_one_byte_more_is_refused() {
    on_a_laptop(async |laptop| {
        let url = laptop.queue("jobs", []).await;
        let body = "\"".repeat(1_048_576); // each character takes two on the wire
        laptop.send(&url, &body).await;
        assert_eq!(
            laptop.receive(&url).await[0].body().map(str::len),
            Some(1_048_576)
        );
        let longer = laptop
            .client
            .send_message()
            .queue_url(&url)
            .message_body(format!("{body}x"))
            .send()
            .await;
        let refused = longer.unwrap_err().into_service_error();
        assert_eq!(
            refused.meta().code(),
            Some("InvalidParameterValue"),
            "{refused:?}"
        );
        let half = "x".repeat(524_289);
        let entry = |id: &str| {
            SendMessageBatchRequestEntry::builder()
                .id(id)
                .message_body(&half)
                .build()
                .unwrap()
        };
        let batch = laptop
            .client
            .send_message_batch()
            .queue_url(&url)
            .entries(entry("a"))
            .entries(entry("b"));
        assert!(
            batch
                .send()
                .await
                .unwrap_err()
                .into_service_error()
                .is_batch_request_too_long()
        );
    })
    .await;
}
