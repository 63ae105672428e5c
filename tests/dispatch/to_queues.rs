//! From an application to SQS.

use std::time::Duration;

use hikyaku::dispatch::{Dispatch, DispatchError, Message, QueueClient};
use hikyaku::explain;
use hikyaku_laravel::Envelope;
use hikyaku_laravel::envelope::Tries;

use super::ImportCsv;
use super::cloud::on_a_cloud;

#[tokio::test]
async fn a_job_arrives_as_it_was_sent_for_one_request() {
    on_a_cloud(async |cloud| {
        let url = cloud.create("imports");
        let queue = QueueClient::new(&cloud.config, &url);
        let import = ImportCsv::of("s3://in/日本 \"1\".csv");
        let uuid = import.dispatch(&queue).tries(5).await.unwrap();
        assert_eq!(cloud.requests(), ["SendMessage"]);

        let received = cloud.receive("imports").await.remove(0);
        let envelope = Envelope::parse(&received.body).unwrap();
        assert_eq!(envelope.name(), "App\\Jobs\\ImportCsv");
        assert_eq!(envelope.uuid.as_deref(), Some(uuid.as_str()));
        assert_eq!(envelope.max_tries, Some(Tries::from(5)));
        assert!(envelope.created_at.unwrap() > 1_700_000_000);
        let contents = envelope.contents().unwrap();
        assert_eq!(contents.payload::<ImportCsv>().unwrap(), import);
        assert!(!received.attributes.contains_key("MessageGroupId"));
    })
    .await;
}

#[tokio::test]
async fn a_name_is_looked_up_once_and_with_a_prefix_never() {
    on_a_cloud(async |cloud| {
        let url = cloud.create("imports-staging");
        let mut config = cloud.config.clone();
        config.queues.suffix = "-staging".to_owned();
        let queue = QueueClient::new(&config, "imports");
        for _ in 0..2 {
            ImportCsv::of("a").dispatch(&queue).await.unwrap();
        }
        assert_eq!(
            cloud.requests(),
            ["GetQueueUrl", "SendMessage", "SendMessage"]
        );

        config.queues.prefix = url.rsplit_once('/').unwrap().0.to_owned();
        let queue = QueueClient::new(&config, "imports");
        ImportCsv::of("b").dispatch(&queue).await.unwrap();
        assert_eq!(cloud.requests(), ["SendMessage"]);
        assert_eq!(cloud.receive("imports-staging").await.len(), 3);

        let missing = QueueClient::new(&cloud.config, "exports");
        let error = ImportCsv::of("c").dispatch(&missing).await.unwrap_err();
        let said = explain(&error);
        assert!(
            said.contains("looking for the URL in queue `exports`"),
            "{said}"
        );
    })
    .await;
}

#[tokio::test]
async fn a_delayed_job_is_held_back_and_a_tenant_is_named() {
    on_a_cloud(async |cloud| {
        let queue = QueueClient::new(&cloud.config, &cloud.create("imports"));
        let message = ImportCsv::of("a").dispatch(&queue).group("tenant-7");
        message.delay(Duration::from_secs(900)).await.unwrap();
        cloud.pass(899);
        assert!(cloud.receive("imports").await.is_empty());
        cloud.pass(1);
        let received = cloud.receive("imports").await.remove(0);
        assert_eq!(received.attributes["MessageGroupId"], "tenant-7");
    })
    .await;
}

#[tokio::test]
async fn what_sqs_would_refuse_never_leaves() {
    on_a_cloud(async |cloud| {
        let queue = QueueClient::new(&cloud.config, &cloud.create("imports"));
        let late = ImportCsv::of("a")
            .dispatch(&queue)
            .delay(Duration::from_secs(901));
        assert!(matches!(
            late.await,
            Err(DispatchError::DelayTooLong { seconds: 901, .. })
        ));
        let long = ImportCsv::of(&"x".repeat(1_048_576)).dispatch(&queue).await;
        assert!(matches!(long, Err(DispatchError::TooLong { .. })));
        assert!(cloud.requests().is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_fifo_queue_keeps_the_order_of_a_group_and_drops_copies() {
    on_a_cloud(async |cloud| {
        let queue = QueueClient::new(&cloud.config, &cloud.create("orders.fifo"));
        ImportCsv::of("1").dispatch(&queue).await.unwrap();
        for source in ["2", "2 again"] {
            let import = ImportCsv::of(source).dispatch(&queue);
            import.deduplicate("order-2").await.unwrap();
        }
        for _ in 0..2 {
            let import = ImportCsv::of("3").dispatch(&queue);
            import.group("other").uuid("u-3").await.unwrap();
        }
        let received = cloud.receive("orders.fifo").await;
        let sent: Vec<_> = received
            .iter()
            .map(|message| {
                let envelope = Envelope::parse(&message.body).unwrap();
                let import: ImportCsv = envelope.contents().unwrap().payload().unwrap();
                let group = message.attributes["MessageGroupId"].clone();
                (import.source_url, group)
            })
            .collect();
        let expected = [("1", "orders.fifo"), ("2", "orders.fifo"), ("3", "other")];
        assert_eq!(
            sent,
            expected.map(|(source, group)| (source.to_owned(), group.to_owned()))
        );
    })
    .await;
}

#[tokio::test]
async fn many_jobs_take_a_tenth_of_the_requests() {
    on_a_cloud(async |cloud| {
        let queue = QueueClient::new(&cloud.config, &cloud.create("imports"));
        let jobs: Vec<_> = (0..25)
            .map(|number| ImportCsv::of(&format!("{number}")))
            .collect();
        let answers = queue.dispatch_all(&jobs).await;
        assert_eq!(cloud.requests(), ["SendMessageBatch"; 3]);
        let mut received = Vec::new();
        for _ in 0..3 {
            received.extend(cloud.receive("imports").await);
        }
        assert_eq!(received.len(), 25);
        for (job, answer) in jobs.iter().zip(answers) {
            let uuid = answer.unwrap();
            let of_uuid = received.iter().find(|message| message.body.contains(&uuid));
            let envelope = Envelope::parse(&of_uuid.unwrap().body).unwrap();
            let payload: ImportCsv = envelope.contents().unwrap().payload().unwrap();
            assert_eq!(payload, *job);
        }
    })
    .await;
}

#[tokio::test]
async fn a_job_of_a_batch_that_is_refused_does_not_take_the_others_along() {
    on_a_cloud(async |cloud| {
        let queue = QueueClient::new(&cloud.config, &cloud.create("imports"));
        // SQS takes no message with this character, and JSON has no need to escape it.
        let unwelcome = ImportCsv::of("\u{fffe}");
        let late = ImportCsv::of("b").message().delay(Duration::from_hours(1));
        let jobs: [Message; 4] = [
            ImportCsv::of("a").message(),
            late,
            unwelcome.message(),
            ImportCsv::of("c").message().delay(Duration::from_secs(5)),
        ];
        let answers = queue.dispatch_all(jobs).await;
        assert!(answers[0].is_ok() && answers[3].is_ok());
        assert!(matches!(
            answers[1],
            Err(DispatchError::DelayTooLong { .. })
        ));
        let said = explain(answers[2].as_ref().unwrap_err());
        assert!(said.contains("InvalidMessageContents"), "{said}");
        // What is the message's own fault is not tried again.
        assert_eq!(cloud.requests(), ["SendMessageBatch"]);
        assert_eq!(cloud.receive("imports").await.len(), 1);
        cloud.pass(5);
        assert_eq!(cloud.receive("imports").await.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn without_a_network_the_error_names_the_job_its_uuid_and_the_queue() {
    let config = hikyaku::Config {
        // Nothing listens on the discard port of the loopback interface.
        sqs_endpoint: Some("http://127.0.0.1:9".to_owned()),
        credentials: Some(crate::local_keys()),
        ..hikyaku::Config::from_lookup(|_| Ok(None)).unwrap()
    };
    let queue = QueueClient::new(&config, "http://127.0.0.1:9/000000000000/imports");
    let sent = ImportCsv::of("a").dispatch(&queue).uuid("u-1").await;
    let said = explain(&sent.unwrap_err());
    let expected = "dispatching job `App\\Jobs\\ImportCsv` (u-1): sending a message in queue `http://127.0.0.1:9/000000000000/imports`";
    assert!(said.starts_with(expected), "{said}");
}
