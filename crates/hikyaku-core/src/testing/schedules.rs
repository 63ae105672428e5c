//! A job under many schedules: kills, freezes, copies and lost answers, and whether its effect happened once.

mod play;

use std::cell::Cell;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use serde::Serialize;
use serde_json::json;

use self::play::{Counts, Schedule};
use super::explore::{Choices, wander};
use crate::{Job, Worker};

/// What may go wrong in a schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The process is killed, between any two steps of the job and the engine.
    Kill,
    /// The process stands still, and goes on when Lambda has long given it up and another attempt may run.
    Freeze,
    /// SQS delivers the message once more: meanwhile, or when the job has ended.
    Copy,
    /// A request to the ledger or the queue is refused, or takes effect without an answer, or late.
    Request,
}

const ALL: [Fault; 4] = [Fault::Kill, Fault::Freeze, Fault::Copy, Fault::Request];

/// Of a thousand steps so many go wrong, until a schedule has had its faults.
const PERMILLE: usize = 60;

/// How many schedules a job is run under, and what may go wrong in them.
///
/// Each schedule sends the job once, to the production engine with a queue and a ledger in memory, in virtual time. Some
/// steps go wrong, at random from a seed. When the message is gone, the test looks at what its other systems have seen.
///
/// The job's state is made anew for every schedule, with fakes of the systems that the job talks to: a fake must
/// answer without real waiting, because time stands still unless the job itself waits
/// ([`Context::sleep`](crate::Context::sleep)). A job that needs real input and output, or a runtime's own timers, runs into its timeout
/// here, and fails in the end. Writes that a job commits with its end ([`Context::commit`](crate::Context::commit))
/// belong to the ledger's database, which is not part of this world.
///
/// ```
/// use std::collections::BTreeSet;
/// use std::sync::{Arc, Mutex};
///
/// use hikyaku_core::testing::{End, Schedules};
/// use hikyaku_core::{Context, Job, JobError};
/// use serde::{Deserialize, Serialize};
///
/// /// A mail provider that drops what has a key it knows.
/// #[derive(Default)]
/// struct Provider { keys: Mutex<BTreeSet<String>>, mails: Mutex<u32> }
///
/// impl Provider {
///     fn send(&self, key: String) {
///         if self.keys.lock().unwrap().insert(key) {
///             *self.mails.lock().unwrap() += 1;
///         }
///     }
/// }
///
/// #[derive(Serialize, Deserialize)]
/// struct SendInvoice { invoice: u64 }
///
/// impl Job for SendInvoice {
///     const NAME: &'static str = "send-invoice";
///     // More than a schedule has faults: three kills bury a job of three tries.
///     const TRIES: u32 = 10;
///     type State = Arc<Provider>;
///     type Output = ();
///
///     async fn run(self, context: &Context<Arc<Provider>>) -> Result<(), JobError> {
///         context.state().send(context.effect_key("mail"));
///         Ok(())
///     }
/// }
///
/// let make = || {
///     let provider = Arc::new(Provider::default());
///     (Arc::clone(&provider), provider)
/// };
/// let tried = Schedules::of(300).run(&SendInvoice { invoice: 7 }, make, |provider, end| {
///     match (*provider.mails.lock().unwrap(), end) {
///         (1, End::Done) => Ok(()),
///         (mails, end) => Err(format!("{mails} mails, and the job ended as {end:?}")),
///     }
/// });
/// println!("{}", tried.unwrap());
/// ```
#[derive(Debug, Clone)]
pub struct Schedules {
    runs: u64,
    seed: u64,
    faults: u32,
    kinds: Vec<Fault>,
}

/// How a job ended in a schedule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// It is done.
    Done,
    /// It is in the failed store, for this reason.
    Failed(String),
    /// SQS gave its message up, after as many receives as the queue allows.
    GivenUp,
}

/// What was tried, and nothing was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Tried {
    /// How many schedules there were.
    pub schedules: u64,
    /// Kills in them.
    pub kills: u32,
    /// Freezes.
    pub freezes: u32,
    /// Messages that were delivered once more.
    pub copies: u32,
    /// Requests that went wrong.
    pub requests: u32,
    /// How often the message was delivered in all.
    pub deliveries: u64,
}

/// A schedule in which something is wrong, as short as it could be made.
#[derive(Clone, PartialEq, Eq)]
pub struct Violation {
    /// What the test said of it.
    pub what: String,
    /// What happened.
    pub trace: Vec<String>,
    /// The seed that finds it again at once, with the same settings: `Schedules::of(1).seed(…)`.
    pub seed: u64,
    /// How many schedules it took.
    pub schedules: u64,
}

impl Schedules {
    /// So many schedules, with up to three faults in each, of any kind.
    pub fn of(runs: u64) -> Self {
        Self {
            runs,
            seed: 1,
            faults: 3,
            kinds: ALL.to_vec(),
        }
    }

    /// Begins at this seed; 1 otherwise. The same seed gives the same schedules.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// At most so many faults in a schedule.
    #[must_use]
    pub fn faults(mut self, faults: u32) -> Self {
        self.faults = faults;
        self
    }

    /// Without faults of this kind.
    #[must_use]
    pub fn without(mut self, fault: Fault) -> Self {
        self.kinds.retain(|kind| *kind != fault);
        self
    }

    /// Runs the job under each schedule. `make` gives the state of a schedule and what the test wants to look at; `check` looks
    /// at it when the message is gone, and says what is wrong.
    ///
    /// # Errors
    /// The first schedule in which something is wrong; its text is the shortened story of it.
    pub fn run<J, P>(
        &self,
        job: &J,
        make: impl Fn() -> (J::State, P),
        check: impl Fn(&P, End) -> Result<(), String>,
    ) -> Result<Tried, Violation>
    where
        J: Job + Serialize,
    {
        let body = json!({ "uuid": "job-1", "job": J::NAME, "data": job }).to_string();
        let (counts, deliveries) = (Arc::new(Counts::default()), Cell::new(0));
        let run = |choices: &Choices| {
            let (state, seen) = make();
            let worker = Worker::new(state).register::<J>();
            let mut schedule = Schedule::new(self, J::GUARANTEE, worker, choices, &counts);
            let end = schedule.play(&body)?;
            deliveries.set(deliveries.get() + schedule.deliveries());
            check(&seen, end)
        };
        let explored = wander(run, self.seed, PERMILLE, |runs| runs < self.runs);
        match explored.failure {
            None => Ok(Tried {
                schedules: explored.runs,
                kills: counts.kills.load(Ordering::Relaxed),
                freezes: counts.freezes.load(Ordering::Relaxed),
                copies: counts.copies.load(Ordering::Relaxed),
                requests: counts.requests.load(Ordering::Relaxed),
                deliveries: deliveries.get(),
            }),
            Some(failure) => Err(Violation {
                what: failure.what,
                trace: failure.trace,
                seed: self.seed.wrapping_add(failure.runs).wrapping_sub(1),
                schedules: failure.runs,
            }),
        }
    }
}

impl fmt::Display for Tried {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            schedules,
            kills,
            freezes,
            copies,
            requests,
            deliveries,
        } = self;
        write!(
            formatter,
            "{schedules} schedules: {kills} kills, {freezes} freezes, {copies} copies, {requests} requests gone wrong, {deliveries} deliveries"
        )
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "{}", self.what)?;
        for line in &self.trace {
            writeln!(formatter, "  {line}")?;
        }
        write!(
            formatter,
            "found in schedule {}; again at once, with the same settings: Schedules::of(1).seed({})",
            self.schedules, self.seed
        )
    }
}

/// As a test shows it that unwraps.
impl fmt::Debug for Violation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl std::error::Error for Violation {}
