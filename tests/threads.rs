//! Jobs on real threads: one that never yields holds up nobody.
//!
//! The threads are real and the time is not: the test moves the clock, so nothing here waits for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use hikyaku::{
    Context, Delivery, Guarantee, Invocation, Job, JobError, JobThreads, Outcome, Ports,
    SystemRandom, Worker,
};
use hikyaku_core::memory::MemoryLedger;
use hikyaku_core::{BoxFuture, Clock, Outgoing, Queue, QueueError, Receipt, State, Timestamp};
use serde::Deserialize;
use tokio::sync::watch;

const START: Timestamp = Timestamp::from_millis(1_800_000_000_000);

/// A clock that stands still until the test moves it.
#[derive(Clone)]
struct HandMovedClock(watch::Sender<Timestamp>);

impl HandMovedClock {
    fn move_by(&self, duration: Duration) {
        self.0.send_modify(|now| *now = *now + duration);
    }
}

impl Clock for HandMovedClock {
    fn now(&self) -> Timestamp {
        *self.0.borrow()
    }

    fn sleep_until(&self, moment: Timestamp) -> BoxFuture<'static, ()> {
        let mut now = self.0.subscribe();
        Box::pin(async move {
            // An error means that the clock is gone, and then nobody waits for it.
            let _ = now.wait_for(|now| *now >= moment).await;
        })
    }
}

/// A queue that takes every visibility.
struct Agreeable;

impl Queue for Agreeable {
    fn change_visibility_batch<'a>(
        &'a self,
        _: &'a [Receipt],
        _: Duration,
    ) -> BoxFuture<'a, Result<(), QueueError>> {
        Box::pin(async { Ok(()) })
    }

    fn change_visibility<'a>(
        &'a self,
        _: &'a Receipt,
        _: Duration,
    ) -> BoxFuture<'a, Result<(), QueueError>> {
        Box::pin(async { Ok(()) })
    }

    fn send<'a>(&'a self, _: &'a Outgoing) -> BoxFuture<'a, Result<(), QueueError>> {
        Box::pin(async { Ok(()) })
    }
}

#[derive(Default)]
struct Shared {
    /// Lets the busy job go when the test is over.
    release: AtomicBool,
    neighbours_done: watch::Sender<u32>,
}

#[derive(Deserialize)]
struct Work {
    busy: bool,
}

impl Job for Work {
    const NAME: &'static str = "work";
    const TIMEOUT: Duration = Duration::from_secs(30);
    const GUARANTEE: Guarantee = Guarantee::Once;
    type State = Arc<Shared>;
    type Output = ();

    async fn run(self, context: &Context<Arc<Shared>>) -> Result<(), JobError> {
        let shared = context.state();
        while self.busy && !shared.release.load(Ordering::Relaxed) {
            std::hint::spin_loop();
        }
        // A neighbour does need to be woken once, which a stuck runtime could not do.
        tokio::task::yield_now().await;
        shared.neighbours_done.send_modify(|done| *done += 1);
        Ok(())
    }
}

fn delivery(id: &str, busy: bool) -> Delivery {
    Delivery {
        message_id: id.to_owned(),
        body: format!(r#"{{"uuid":"{id}","job":"work","data":{{"busy":{busy}}}}}"#),
        receive_count: 1,
        group: None,
        queue: String::new(),
        dead_letter: None,
        sent: None,
        trace: None,
        receipt: None,
    }
}

#[tokio::test(flavor = "current_thread")]
async fn a_job_that_never_yields_costs_its_neighbours_nothing() {
    let shared = Arc::new(Shared::default());
    let clock = HandMovedClock(watch::Sender::new(START));
    let ledger = Arc::new(MemoryLedger::default());
    let worker = Worker::new(Arc::clone(&shared)).register::<Work>();
    let ports = Ports {
        ledger: Arc::clone(&ledger) as _,
        queue: Arc::new(Agreeable),
        clock: Arc::new(clock.clone()),
        random: Arc::new(SystemRandom),
        executor: Arc::new(JobThreads::start(worker.settings().concurrency).unwrap()),
        laravel: Arc::default(),
    };
    let mut batch = vec![delivery("busy", true)];
    batch.extend((0..9).map(|number| delivery(&format!("neighbour-{number}"), false)));
    let invocation = Invocation {
        started: START,
        deadline: Some(START + Duration::from_secs(60)),
    };

    let mut done = shared.neighbours_done.subscribe();
    let time_passes = async {
        done.wait_for(|done| *done == 9).await.unwrap();
        clock.move_by(Duration::from_secs(31));
    };
    let (reports, ()) =
        futures_util::join!(worker.process(&batch, invocation, &ports), time_passes);
    shared.release.store(true, Ordering::Relaxed);

    assert_eq!(reports[0].outcome, Outcome::Released);
    assert!(
        reports[0]
            .error
            .as_ref()
            .unwrap()
            .contains("ran out of its time")
    );
    assert_eq!(ledger.record("busy").unwrap().state, State::Pending);
    for report in &reports[1..] {
        assert_eq!((report.outcome, report.attempt), (Outcome::Done, 1));
    }
}
