//! A message that its queue gives up: a failed job, and a job that runs when it is sent again.

use hikyaku_local::event::Event;
use hikyaku_local::sqs::{ReceiveRequest, SendRequest};

use super::imports::{Log, Terms, failed, kill, message, record, start, wait_until};
use super::stage::Stage;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_whose_function_always_dies_becomes_a_failed_job_and_runs_when_it_is_sent_again() {
    let stage = Stage::with_rows(1_000).await;
    let log = Log::default();
    let terms = Terms {
        max_receive_count: 2,
        seconds: 4,
        ..Terms::default()
    };
    let cloud = start(&stage, terms, &log).await;
    let mut events = cloud.watch();
    let queue = cloud.sqs().queue_by_name("imports").unwrap();
    let sent = SendRequest::new(queue.clone(), message(&stage));
    cloud.sqs().send(sent).unwrap();

    // The function dies before it can say anything, as one does that cannot start.
    let mut deaths = 0;
    while deaths < 2 {
        if let Event::ProcessStarted { function, pid } = events.recv().await.unwrap()
            && function.contains("ImportCsv")
        {
            kill(pid);
            deaths += 1;
        }
    }
    // The mapping asks less often after failures. SQS moves a message when somebody asks for it once too often.
    wait_until("a failed job", async || {
        let asked = cloud
            .sqs()
            .receive(ReceiveRequest::new(queue.clone(), 1))
            .await;
        assert!(asked.unwrap().is_empty());
        failed(&cloud).await.is_some()
    })
    .await;
    let [back_to, payload, exception] = failed(&cloud).await.unwrap();
    assert!(back_to.ends_with("/imports"), "{back_to}");
    for part in ["dead letter", "/imports", "received 3 times"] {
        assert!(exception.contains(part), "{exception}");
    }
    assert_eq!(record(&cloud).await.0, "F");
    assert_eq!(stage.imported().await, (0, 0));

    cloud.sqs().send(SendRequest::new(queue, payload)).unwrap();
    wait_until("the import", async || stage.imported().await.0 == 1_000).await;
    stage.assert_each_row_once().await;
    cloud.stop().await;
}
