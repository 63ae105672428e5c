//! The real thing: a message in SQS, a mapping, the function's process killed in the middle, the redelivery.

use hikyaku_local::event::Event;
use hikyaku_local::sqs::SendRequest;

use super::imports::{Log, Terms, kill, message, record, start, wait_until};
use super::stage::Stage;

const ROWS: usize = 100_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_function_killed_in_the_middle_of_an_import_leaves_each_row_once() {
    let stage = Stage::with_rows(ROWS).await;
    let log = Log::default();
    let cloud = start(&stage, Terms::default(), &log).await;
    let mut events = cloud.watch();
    let queue = cloud.sqs().queue_by_name("imports").unwrap();
    cloud
        .sqs()
        .send(SendRequest::new(queue.clone(), message(&stage)))
        .unwrap();

    let pid = loop {
        if let Event::ProcessStarted { pid, .. } = events.recv().await.unwrap() {
            break pid;
        }
    };
    wait_until("a tenth of the rows", async || {
        stage.imported().await.0 >= ROWS / 10
    })
    .await;
    kill(pid);
    let (rows, different) = stage.imported().await;
    assert!(
        rows < ROWS,
        "it was killed in the middle, not after the end"
    );
    assert_eq!(rows, different);

    let counts = || cloud.sqs().counts(&queue).unwrap();
    wait_until("an empty queue", async || {
        counts().visible + counts().not_visible + counts().delayed == 0
    })
    .await;
    stage.assert_each_row_once().await;
    let (letter, token) = record(&cloud).await;
    assert_eq!(letter, "D", "{:#?}", log.lock().unwrap());
    // On a slow machine the second attempt's time ends before its rows do, and a third one goes on.
    assert!(token.parse::<usize>().unwrap() >= 2, "token {token}");
    cloud.stop().await;
}
