//! A message that its queue gives up: a failed job, and a job that runs when it is sent again.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use hikyaku_local::event::Event;
use hikyaku_local::lambda::{Binaries, CargoBinaries};
use hikyaku_local::sqs::{ReceiveRequest, SendRequest};
use hikyaku_local::template::Function;

use super::binaries;
use super::imports::{Log, Terms, failed, message, record, start, wait_until};
use super::stage::Stage;

/// The functions, of which import-csv dies at its start until it is mended.
struct Mortal {
    all: CargoBinaries,
    mended: AtomicBool,
}

impl Mortal {
    fn dies(&self, function: &Function) -> bool {
        function.binary.name == "import-csv" && !self.mended.load(Ordering::Relaxed)
    }
}

impl Binaries for Mortal {
    fn path(&self, function: &Function) -> PathBuf {
        if self.dies(function) {
            return PathBuf::from("/bin/sh");
        }
        self.all.path(function)
    }

    fn arguments(&self, function: &Function) -> Vec<String> {
        let dies = self.dies(function);
        let words = dies.then_some(["-c", "kill -9 $$"]).into_iter().flatten();
        words.map(str::to_owned).collect()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_whose_function_always_dies_becomes_a_failed_job_and_runs_when_it_is_sent_again() {
    let stage = Stage::with_rows(1_000).await;
    let log = Log::default();
    let functions = Arc::new(Mortal {
        all: CargoBinaries::new(binaries::folder()),
        mended: AtomicBool::new(false),
    });
    let terms = Terms {
        max_receive_count: 2,
        seconds: 4,
        binaries: Arc::clone(&functions) as _,
        ..Terms::default()
    };
    let cloud = start(&stage, terms, &log).await;
    let mut events = cloud.watch();
    let queue = cloud.sqs().queue_by_name("imports").unwrap();
    let sent = SendRequest::new(queue.clone(), message(&stage));
    cloud.sqs().send(sent).unwrap();

    let mut deaths = 0;
    while deaths < 2 {
        if let Event::ProcessCrashed { function, reason } = events.recv().await.unwrap()
            && function.contains("ImportCsv")
        {
            assert!(reason.ends_with("killed"), "{reason}");
            deaths += 1;
        }
    }
    // SQS moves a message when somebody asks for it once too often.
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

    functions.mended.store(true, Ordering::Relaxed);
    cloud.sqs().send(SendRequest::new(queue, payload)).unwrap();
    wait_until("the import", async || stage.imported().await.0 == 1_000).await;
    stage.assert_each_row_once().await;
    cloud.stop().await;
}
