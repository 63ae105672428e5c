//! One job, run once by the real engine.

use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;

use super::clock::VirtualClock;
use super::executor::SimExecutor;
use super::outbox::{Dispatched, Outbox};
use super::queue::SimQueue;
use super::random::SeededRandom;
use super::scheduler::{ProcessId, Scheduler};
use crate::memory::MemoryLedger;
use crate::{
    BoxFuture, Clock, Delivery, Executor, Invocation, Job, Laravel, Outcome, Ports, Queue, Report,
    Timestamp, Worker,
};

/// What came of a job.
#[derive(Debug)]
pub struct Ran {
    /// What the engine made of it: `Done`, `Released`, `Buried`, ….
    pub outcome: Outcome,
    /// The error and its causes, if it did not succeed.
    pub error: Option<String>,
    output: Option<String>,
    dispatched: Vec<Dispatched>,
}

impl Ran {
    /// What the job dispatched, in the order in which it was sent; also if it did not succeed in the end.
    pub fn dispatched(&self) -> &[Dispatched] {
        &self.dispatched
    }

    /// What the job answered, if it succeeded and its output can be read as a `T`.
    pub fn output<T: DeserializeOwned>(&self) -> Option<T> {
        serde_json::from_str(self.output.as_deref()?).ok()
    }
}

/// Runs a job once, as a message that brings it for the first time: it is encoded, decoded, claimed in a ledger in
/// memory, run within its time, and settled.
///
/// The time is virtual: [`Context::sleep`](crate::Context::sleep) returns at once, and a job that sleeps past its
/// timeout runs into it. Input and output happen in real time on the runtime that polls this future; virtual time
/// stands still meanwhile. For a job that needs no runtime, [`block_on`] will do.
///
/// ```
/// use hikyaku_core::testing::{block_on, run_job};
/// use hikyaku_core::{Context, Job, JobError, Outcome};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Serialize, Deserialize)]
/// struct Divide { dividend: u32, divisor: u32 }
///
/// impl Job for Divide {
///     const NAME: &'static str = "divide";
///     type State = ();
///     type Output = u32;
///
///     async fn run(self, _: &Context<()>) -> Result<u32, JobError> {
///         self.dividend
///             .checked_div(self.divisor)
///             .ok_or_else(|| JobError::fail("the divisor is zero"))
///     }
/// }
///
/// let ran = block_on(run_job(Divide { dividend: 12, divisor: 3 }, ()));
/// assert_eq!((ran.outcome, ran.output()), (Outcome::Done, Some(4)));
///
/// let ran = block_on(run_job(Divide { dividend: 12, divisor: 0 }, ()));
/// assert_eq!(ran.outcome, Outcome::Buried);
/// assert_eq!(ran.error.as_deref(), Some("the divisor is zero"));
/// ```
pub async fn run_job<J: Job + Serialize>(job: J, state: J::State) -> Ran {
    let worker = Worker::new(state).register::<J>();
    let (report, dispatched) = play(worker, &job, Laravel::default()).await;
    ran(report, dispatched)
}

/// Has a worker take the job's message: its report, and what was dispatched.
pub(super) async fn play<J: Job + Serialize>(
    worker: Worker<J::State>,
    job: &J,
    laravel: Laravel,
) -> (Option<Report>, Vec<Dispatched>) {
    let scheduler = Scheduler::new();
    let clock = VirtualClock::new();
    let report = Arc::new(Mutex::new(None));
    let body = json!({ "uuid": "job-1", "job": J::NAME, "data": job }).to_string();
    let outbox = Arc::new(Outbox::default());
    let (timers, ports) = ports(&scheduler, &clock, &outbox, laravel);
    let engine = {
        let report = Arc::clone(&report);
        async move {
            let delivery = delivery(body);
            let invocation = Invocation {
                started: ports.clock.now(),
                deadline: None,
            };
            let mut reports = worker.process(&[delivery], invocation, &ports).await;
            *report.lock().unwrap_or_else(PoisonError::into_inner) = reports.pop();
        }
    };
    let task = scheduler.spawn(ENGINE, engine);
    std::future::poll_fn(|context| {
        loop {
            if scheduler.ended(task) {
                return Poll::Ready(());
            }
            scheduler.wake_also(context.waker());
            match (scheduler.runnable().first(), timers.next()) {
                (Some(&runnable), _) => scheduler.poll(runnable),
                (None, Some(moment)) => clock.advance_to(moment),
                (None, None) => return Poll::Pending,
            }
        }
    })
    .await;
    scheduler.clear();
    let report = report.lock().unwrap_or_else(PoisonError::into_inner).take();
    (report, outbox.dispatched())
}

pub(super) fn ran(report: Option<Report>, dispatched: Vec<Dispatched>) -> Ran {
    match report {
        Some(report) => Ran {
            outcome: report.outcome,
            error: report.error,
            output: report.output.map(|output| output.get().to_owned()),
            dispatched,
        },
        // The engine answers every delivery.
        None => Ran {
            outcome: Outcome::Unsettled,
            error: None,
            output: None,
            dispatched,
        },
    }
}

const ENGINE: ProcessId = ProcessId(0);
const JOBS: ProcessId = ProcessId(1);

fn delivery(body: String) -> Delivery {
    Delivery {
        message_id: "message-1".to_owned(),
        body,
        receive_count: 1,
        group: None,
        queue: SimQueue::URL.to_owned(),
        dead_letter: None,
        sent: None,
        trace: None,
        receipt: None,
    }
}

fn ports(
    scheduler: &Scheduler,
    clock: &VirtualClock,
    outbox: &Arc<Outbox>,
    laravel: Laravel,
) -> (Arc<JobTimers>, Ports) {
    let timers = Arc::new(JobTimers {
        clock: clock.clone(),
        scheduler: scheduler.clone(),
        waiting: Mutex::default(),
    });
    let ports = Ports {
        ledger: Arc::new(MemoryLedger::default()),
        queue: Arc::clone(outbox) as Arc<dyn Queue>,
        clock: Arc::clone(&timers) as Arc<dyn Clock>,
        random: Arc::new(SeededRandom::new(1)),
        executor: Arc::new(SimExecutor::new(scheduler.clone(), JOBS)) as Arc<dyn Executor>,
        laravel: Arc::new(laravel),
    };
    (timers, ports)
}

/// A clock that knows which timers the job itself waits for. Only those may draw the time on: the engine's own wait for
/// a job that may be busy with something real.
struct JobTimers {
    clock: VirtualClock,
    scheduler: Scheduler,
    waiting: Mutex<Vec<Timestamp>>,
}

impl JobTimers {
    /// The job's next timer.
    fn next(&self) -> Option<Timestamp> {
        let now = self.clock.now();
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.retain(|moment| *moment > now);
        waiting.iter().min().copied()
    }
}

impl Clock for JobTimers {
    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn sleep_until(&self, moment: Timestamp) -> BoxFuture<'static, ()> {
        if self.scheduler.current_process() == Some(JOBS) {
            let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
            waiting.push(moment);
        }
        self.clock.sleep_until(moment)
    }
}

/// Runs a future to its end on this thread. For futures that need no runtime.
pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut future = std::pin::pin!(future);
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut context = Context::from_waker(&waker);
    loop {
        if let Poll::Ready(answer) = future.as_mut().poll(&mut context) {
            return answer;
        }
        thread::park();
    }
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}
