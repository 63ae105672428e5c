//! The job as the engine runs it, from Laravel's own message to the verdict.

use std::sync::Arc;

use hikyaku::core::memory::MemoryLedger;
use hikyaku::{
    Config, Delivery, Invocation, JobThreads, Outcome, Ports, Report, SqsQueue, SystemClock,
    SystemRandom, Worker,
};

use super::bench::{Bench, customers};
use crate::ImportCsv;

fn ports() -> Ports {
    Ports {
        ledger: Arc::new(MemoryLedger::default()),
        queue: Arc::new(SqsQueue::new(Config::from_lookup(|_| Ok(None)).unwrap())),
        clock: Arc::new(SystemClock),
        random: Arc::new(SystemRandom),
        executor: Arc::new(JobThreads::start(1).unwrap()),
        laravel: Arc::default(),
    }
}

async fn deliver(bench: Bench, ports: &Ports, body: String) -> Report {
    let delivery = Delivery {
        message_id: "1".to_owned(),
        body,
        receive_count: 1,
        group: None,
        queue: String::new(),
        dead_letter: None,
        sent: None,
        trace: None,
        receipt: None,
    };
    let invocation = Invocation {
        started: ports.clock.now(),
        deadline: None,
    };
    let worker = Worker::new(bench.importer).register::<ImportCsv>();
    worker
        .process(&[delivery], invocation, ports)
        .await
        .pop()
        .unwrap()
}

/// The sample event's message, for a file of this bench.
fn message(job: &ImportCsv) -> String {
    let mut body: serde_json::Value =
        serde_json::from_str(include_str!("../../../../events/direct/import-csv.json")).unwrap();
    body["uuid"] = "0197f3c2-7d52-7c3e-9c7e-5a1d5e0a4b01".into();
    let command = body["data"]["command"].as_str().unwrap();
    let sample = "file:///tmp/hikyaku/imports/customers.csv";
    let (old, new) = (format!("s:{}:\"{sample}\"", sample.len()), job.url.as_str());
    assert!(command.contains(&old));
    body["data"]["command"] = command
        .replace(&old, &format!("s:{}:\"{new}\"", new.len()))
        .into();
    body.to_string()
}

#[tokio::test]
async fn a_message_of_laravel_is_imported_once() {
    let (bench, ports) = (Bench::new().await, ports());
    let body = message(&bench.file("a.csv", customers(5)));
    let report = deliver(bench.again(), &ports, body.clone()).await;
    assert_eq!(report.outcome, Outcome::Done, "{:?}", report.error);
    assert_eq!(
        report.output.unwrap().get(),
        r#"{"rows":5,"rejected":0,"chunks":2,"rejects":null}"#
    );
    assert_eq!(
        deliver(bench.again(), &ports, body.clone()).await.outcome,
        Outcome::DoneBefore
    );
    assert_eq!(bench.count().await, 5);
}

#[tokio::test]
async fn what_cannot_succeed_is_buried_and_the_rest_is_tried_again() {
    let (bench, ports) = (Bench::new().await, ports());
    let body = message(&bench.file("a.csv", "no,header\n"));
    let report = deliver(bench.again(), &ports, body.clone()).await;
    assert_eq!(report.outcome, Outcome::Buried);
    assert!(
        report
            .error
            .unwrap()
            .contains("its field 1 is none of the columns")
    );

    bench.run("DROP TABLE hikyaku_cursors").await;
    let body = message(&bench.file("b.csv", customers(5)));
    let report = deliver(bench.again(), &self::ports(), body).await;
    assert_eq!(report.outcome, Outcome::Released);
    assert!(
        report
            .error
            .unwrap()
            .contains("create_hikyaku_cursors_table.php")
    );
}
