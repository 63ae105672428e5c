//! One import, one message, more invocations than Lambda lets a loop have.

use hikyaku_local::event::Event;
use hikyaku_local::sqs::SendRequest;

use super::imports::{Log, Terms, kill, message, record, start, wait_until};
use super::stage::Stage;

/// A chunk has 5,000 rows, and an invocation one chunk.
const CHUNK: usize = 5_000;
const INVOCATIONS: usize = 42;

/// Every so many invocations the process is killed, wherever it is.
const KILLED_EVERY: usize = 10;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_import_goes_on_over_forty_invocations_and_kills_with_each_row_once() {
    let stage = Stage::with_rows(CHUNK * INVOCATIONS).await;
    let log = Log::default();
    let terms = Terms {
        slice_rows: CHUNK.to_string(),
        ..Terms::default()
    };
    let cloud = start(&stage, terms, &log).await;
    let mut events = cloud.watch();
    let queue = cloud.sqs().queue_by_name("imports").unwrap();
    let sent = SendRequest::new(queue.clone(), message(&stage));
    cloud.sqs().send(sent).unwrap();

    let (mut invocations, mut kills, mut process) = (0, 0, None);
    let counts = || cloud.sqs().counts(&queue).unwrap();
    loop {
        match events.recv().await.unwrap() {
            Event::ProcessStarted { pid, .. } => process = Some(pid),
            Event::ProcessEnded { pid, .. } if process == Some(pid) => process = None,
            Event::BatchInvoked { .. } => {
                invocations += 1;
                if invocations % KILLED_EVERY == 0
                    && let Some(pid) = process.take()
                {
                    kill(pid);
                    kills += 1;
                }
            }
            // The function says nothing of RecursiveLoop: a message that it sent would be stopped after 16 hops.
            Event::RecursionStopped { .. } | Event::DeadLettered { .. } => {
                panic!("the import was stopped after {invocations} invocations")
            }
            Event::BatchSettled { deleted: 1, .. } => break,
            _ => {}
        }
    }
    wait_until("an empty queue", async || {
        counts().visible + counts().not_visible + counts().delayed == 0
    })
    .await;
    assert!(invocations >= 40, "{invocations} invocations");
    assert!(kills >= 3, "{kills} kills");
    stage.assert_each_row_once().await;
    let (letter, token) = record(&cloud).await;
    assert_eq!(letter, "D", "{:#?}", log.lock().unwrap());
    assert!(token.parse::<usize>().unwrap() >= 40, "token {token}");
    cloud.stop().await;
}
