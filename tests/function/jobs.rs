//! The jobs of the function under test: one of each guarantee, and what Laravel's fixtures send.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hikyaku::{Context, Guarantee, Job, JobError, Worker};
use serde::Deserialize;

/// What a job is told to do.
#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum What {
    Succeed,
    Err,
    Fail,
}

fn act(what: &What) -> Result<&'static str, JobError> {
    match what {
        What::Succeed => Ok("well done"),
        What::Err => Err("no route to the mail server".into()),
        What::Fail => Err(JobError::fail("the address does not exist")),
    }
}

macro_rules! job {
    ($job:ident, $name:literal, $guarantee:ident) => {
        #[derive(Deserialize)]
        pub(crate) struct $job {
            what: What,
        }

        impl Job for $job {
            const NAME: &'static str = $name;
            const GUARANTEE: Guarantee = Guarantee::$guarantee;
            const BACKOFF: &'static [Duration] = &[Duration::ZERO];
            type State = Arc<Runs>;
            type Output = &'static str;

            async fn run(self, _: &Context<Arc<Runs>>) -> Result<&'static str, JobError> {
                act(&self.what)
            }
        }
    };
}

job!(Careless, "at-least-once", AtLeastOnce);
job!(Careful, "at-most-once", AtMostOnce);
job!(Normal, "once", Once);

/// What a step does in its first attempt, and in the others.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Plan {
    Succeed,
    FailFirst,
    FailAlways,
}

/// What the steps were told to do, and how often each has run and succeeded.
pub(crate) struct Runs {
    plan: fn(i64) -> Plan,
    counts: Mutex<BTreeMap<i64, (u32, u32)>>,
}

impl Runs {
    pub(crate) fn new(plan: fn(i64) -> Plan) -> Self {
        Self {
            plan,
            counts: Mutex::default(),
        }
    }

    /// For each step how often it began and how often it succeeded.
    pub(crate) fn counts(&self) -> BTreeMap<i64, (u32, u32)> {
        self.counts.lock().unwrap().clone()
    }
}

/// `App\Jobs\Step` of the fixtures.
#[derive(Deserialize)]
pub(crate) struct Step {
    n: i64,
}

impl Job for Step {
    const NAME: &'static str = "App\\Jobs\\Step";
    const BACKOFF: &'static [Duration] = &[Duration::ZERO];
    type State = Arc<Runs>;
    type Output = ();

    async fn run(self, context: &Context<Arc<Runs>>) -> Result<(), JobError> {
        let runs = context.state();
        let begun = {
            let mut counts = runs.counts.lock().unwrap();
            let (begun, _) = counts.entry(self.n).or_default();
            *begun += 1;
            *begun
        };
        match (runs.plan)(self.n) {
            Plan::FailFirst if begun == 1 => return Err("the first attempt fails".into()),
            Plan::FailAlways => return Err("every attempt fails".into()),
            Plan::Succeed | Plan::FailFirst => {}
        }
        runs.counts.lock().unwrap().entry(self.n).or_default().1 += 1;
        Ok(())
    }
}

/// `App\Jobs\UniqueJob` of the fixtures.
#[derive(Deserialize)]
pub(crate) struct UniqueJob {}

impl Job for UniqueJob {
    const NAME: &'static str = "App\\Jobs\\UniqueJob";
    type State = Arc<Runs>;
    type Output = ();

    async fn run(self, _: &Context<Arc<Runs>>) -> Result<(), JobError> {
        Ok(())
    }
}

/// A worker of all these jobs.
pub(crate) fn worker(runs: Arc<Runs>) -> Worker<Arc<Runs>> {
    Worker::new(runs)
        .register::<Careless>()
        .register::<Careful>()
        .register::<Normal>()
        .register::<Step>()
        .register::<UniqueJob>()
}
