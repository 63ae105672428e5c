//! Single messages and their errors.

use std::collections::HashMap;

use aws_sdk_sqs::primitives::Blob;
use aws_sdk_sqs::types::{ChangeMessageVisibilityBatchRequestEntry, MessageAttributeValue};

use super::*;

#[tokio::test]
async fn a_message_makes_the_round_trip_with_all_its_attributes() {
    on_a_laptop(async |laptop| {
        let url = laptop.queue("jobs", []).await;
        let attribute = |data_type| MessageAttributeValue::builder().data_type(data_type);
        let given = [
            ("text", attribute("String").string_value("é")),
            ("number", attribute("Number.int").string_value("7")),
            (
                "bytes",
                attribute("Binary").binary_value(Blob::new([0, 255])),
            ),
        ];
        let given: HashMap<_, _> = given
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value.build().unwrap()))
            .collect();
        let body = "{\"job\":\"\u{1F4E6} \\\"quoted\\\"\"}";
        let request = laptop.client.send_message().queue_url(&url);
        let request = request.message_body(body).message_group_id("tenant");
        let request = request.set_message_attributes(Some(given.clone()));
        let sent = request.send().await.unwrap();
        let message = laptop.receive(&url).await.remove(0);
        assert_eq!(message.body(), Some(body));
        assert_eq!(message.message_id, sent.message_id);
        assert_eq!(
            message.md5_of_message_attributes,
            sent.md5_of_message_attributes
        );
        assert_eq!(message.message_attributes, Some(given));
        let system = message.attributes.unwrap();
        assert_eq!(
            system[&MessageSystemAttributeName::MessageGroupId],
            "tenant"
        );
        assert_eq!(
            system[&MessageSystemAttributeName::SentTimestamp],
            NOON_MS.to_string()
        );
    })
    .await;
}

#[tokio::test]
async fn a_message_is_deleted_and_deleting_it_again_succeeds() {
    on_a_laptop(async |laptop| {
        let url = laptop.queue("jobs", []).await;
        laptop.send(&url, "a").await;
        let handle = laptop.receive_handle(&url).await;
        let delete = laptop.client.delete_message().queue_url(&url);
        let delete = delete.receipt_handle(&handle);
        delete.clone().send().await.unwrap();
        delete.send().await.unwrap();
        laptop.pass(60);
        assert!(laptop.receive(&url).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn visibility_is_changed_alone_and_in_batches() {
    on_a_laptop(async |laptop| {
        let url = laptop.queue("jobs", []).await;
        laptop.send(&url, "a").await;
        let handle = laptop.receive_handle(&url).await;
        let change = |handle: &str, seconds| {
            laptop
                .client
                .change_message_visibility()
                .queue_url(&url)
                .receipt_handle(handle)
                .visibility_timeout(seconds)
        };
        change(&handle, 0).send().await.unwrap();
        change(&handle, 30).send().await.unwrap();
        let refused = change("nonsense", 30)
            .send()
            .await
            .unwrap_err()
            .into_service_error();
        assert!(refused.is_receipt_handle_is_invalid(), "{refused:?}");
        let handle = laptop.receive_handle(&url).await;
        let entry = |id: &str, seconds| {
            let entry = ChangeMessageVisibilityBatchRequestEntry::builder()
                .id(id)
                .receipt_handle(&handle);
            entry.visibility_timeout(seconds).build().unwrap()
        };
        let batch = laptop
            .client
            .change_message_visibility_batch()
            .queue_url(&url);
        let outcome = batch
            .entries(entry("too-long", 43_201))
            .entries(entry("good", 0))
            .send()
            .await
            .unwrap();
        assert_eq!(outcome.successful()[0].id(), "good");
        assert_eq!(
            (outcome.failed()[0].id(), outcome.failed()[0].sender_fault()),
            ("too-long", true)
        );
        assert_eq!(laptop.receive(&url).await.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn errors_about_messages_are_known_by_their_types() {
    on_a_laptop(async |laptop| {
        let url = laptop.queue("jobs", []).await;
        let send = |url: &str, body| {
            let request = laptop.client.send_message();
            request.queue_url(url).message_body(body).send()
        };
        let missing = send(&format!("{url}-missing"), "a").await;
        let refused = missing.unwrap_err().into_service_error();
        assert!(refused.is_queue_does_not_exist(), "{refused:?}");
        let control = send(&url, "\u{0}").await;
        let refused = control.unwrap_err().into_service_error();
        assert!(refused.is_invalid_message_contents(), "{refused:?}");
        let delete = laptop.client.delete_message().queue_url(&url);
        let delete = delete.receipt_handle("nonsense").send().await;
        let refused = delete.unwrap_err().into_service_error();
        assert!(refused.is_receipt_handle_is_invalid(), "{refused:?}");
    })
    .await;
}

#[tokio::test]
async fn fifo_order_and_deduplication_hold_over_the_wire() {
    on_a_laptop(async |laptop| {
        let url = laptop
            .queue("jobs.fifo", [(QueueAttributeName::FifoQueue, "true")])
            .await;
        let send = async |id: &str, body: &str| {
            let request = laptop
                .client
                .send_message()
                .queue_url(&url)
                .message_body(body)
                .message_group_id("g");
            request.message_deduplication_id(id).send().await.unwrap()
        };
        let first = send("1", "first").await;
        send("2", "second").await;
        let duplicate = send("1", "changed").await;
        assert_eq!(
            (duplicate.message_id, duplicate.sequence_number),
            (first.message_id, first.sequence_number)
        );
        let received = laptop.receive(&url).await;
        let bodies: Vec<_> = received
            .iter()
            .filter_map(|message| message.body())
            .collect();
        assert_eq!(bodies, ["first", "second"]);
        laptop.pass(30);
        let late = laptop.client.delete_message().queue_url(&url);
        let late = late
            .receipt_handle(received[0].receipt_handle().unwrap())
            .send()
            .await
            .unwrap_err();
        let late = late.into_service_error();
        assert_eq!(
            late.meta().code(),
            Some("InvalidParameterValue"),
            "{late:?}"
        );
    })
    .await;
}

#[tokio::test]
async fn a_send_wakes_a_client_that_polls() {
    on_a_laptop(async |laptop| {
        let url = laptop.queue("jobs", []).await;
        let polling = laptop
            .client
            .receive_message()
            .queue_url(&url)
            .wait_time_seconds(20)
            .send();
        let sending = async {
            laptop.somebody_waits().await;
            laptop.send(&url, "a").await;
        };
        let (received, ()) = tokio::join!(polling, sending);
        assert_eq!(received.unwrap().messages().len(), 1);
    })
    .await;
}
