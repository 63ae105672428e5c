//! A job that does what its payload says.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hikyaku_core::memory::Notes;
use hikyaku_core::testing::{ProcessId, Scheduler, VirtualClock};
use hikyaku_core::{Clock, Commit, Context, Guarantee, Job, JobError, Timestamp};
use serde::{Deserialize, Serialize};

/// One start of a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Start {
    pub(crate) id: String,
    pub(crate) attempt: u32,
    pub(crate) token: u64,
    pub(crate) at: Timestamp,
    pub(crate) deadline: Timestamp,
    pub(crate) effect_key: String,
    pub(crate) trace: Option<String>,
    pub(crate) is_shadow: bool,
    /// When it came to its end, if it did.
    pub(crate) ended: Option<Timestamp>,
    /// Whether it was dropped before its end.
    pub(crate) dropped: bool,
}

/// What all jobs share: the book they write their starts into.
#[derive(Debug)]
pub(crate) struct Stage {
    pub(crate) scheduler: Scheduler,
    pub(crate) clock: VirtualClock,
    pub(crate) starts: Mutex<Vec<Start>>,
    /// When spawned work ended, or was dropped.
    pub(crate) spawned: Mutex<Vec<(Timestamp, bool)>>,
    /// What the jobs of a Laravel application do, by their number.
    pub(crate) scripts: Mutex<BTreeMap<i64, Vec<Act>>>,
    /// Their numbers, in the order in which they started.
    pub(crate) steps: Mutex<Vec<i64>>,
    /// The processes that a job is taking down.
    pub(crate) dying: Mutex<Vec<ProcessId>>,
}

impl Stage {
    pub(crate) fn new(scheduler: Scheduler, clock: VirtualClock) -> Self {
        Self {
            scheduler,
            clock,
            starts: Mutex::default(),
            spawned: Mutex::default(),
            scripts: Mutex::default(),
            steps: Mutex::default(),
            dying: Mutex::default(),
        }
    }

    pub(crate) fn starts_of(&self, id: &str) -> Vec<Start> {
        let starts = self.starts.lock().unwrap();
        starts
            .iter()
            .filter(|start| start.id == id)
            .cloned()
            .collect()
    }
}

/// What to do at the first start, the second, …; the last repeats.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Acts {
    pub(crate) acts: Vec<Act>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Act {
    Ok,
    Error,
    Fail,
    Panic,
    Busy,
    Snooze(u64),
    RetryAfter(u64),
    /// Sleeps, then is done.
    Sleep(u64),
    /// Spawns a task that sleeps, and is done without waiting for it.
    Spawn(u64),
    SpawnPanic,
    SpawnBlocking,
    /// A model is gone.
    Missing,
    /// Takes its process down after a second.
    Kill,
    /// Commits a note of this name.
    Commit(String),
}

/// Notes how a start ended, however it ends.
struct Entry<'a> {
    stage: &'a Stage,
    index: usize,
    ended: bool,
}

impl Drop for Entry<'_> {
    fn drop(&mut self) {
        let mut starts = self
            .stage
            .starts
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let start = &mut starts[self.index];
        start.ended = self.ended.then(|| self.stage.clock.now());
        start.dropped = !self.ended;
    }
}

impl Stage {
    fn enter(&self, context: &Context<Arc<Stage>>) -> (usize, Entry<'_>) {
        let mut starts = self.starts.lock().unwrap();
        let before = starts
            .iter()
            .filter(|start| start.id == context.id())
            .count();
        starts.push(Start {
            id: context.id().to_owned(),
            attempt: context.attempt(),
            token: context.token(),
            at: self.clock.now(),
            deadline: context.deadline(),
            effect_key: context.effect_key("mail"),
            trace: context.trace().map(str::to_owned),
            is_shadow: context.is_shadow(),
            ended: None,
            dropped: false,
        });
        (
            before,
            Entry {
                stage: self,
                index: starts.len() - 1,
                ended: false,
            },
        )
    }
}

pub(crate) async fn act(acts: &Acts, context: &Context<Arc<Stage>>) -> Result<u32, JobError> {
    let stage = context.state();
    let (before, mut entry) = stage.enter(context);
    let act = acts.acts.get(before).or(acts.acts.last()).unwrap();
    let result = perform(act, context).await;
    entry.ended = true;
    result.map(|()| context.attempt())
}

async fn perform(act: &Act, context: &Context<Arc<Stage>>) -> Result<(), JobError> {
    match act.clone() {
        Act::Ok => Ok(()),
        Act::Error => Err("no luck".into()),
        Act::Fail => Err(JobError::fail("never")),
        Act::Missing => Err(JobError::missing_model("no customer 7")),
        Act::Panic => panic!("boom"),
        Act::Kill => {
            context.sleep(Duration::from_secs(1)).await;
            let stage = context.state();
            let process = stage.scheduler.current_process();
            stage.dying.lock().unwrap().extend(process);
            std::future::pending().await
        }
        Act::Commit(name) => {
            let note = (name, context.token().to_string());
            Ok(context.commit(Commit::new(Notes(vec![note])))?)
        }
        Act::Busy => {
            context.state().scheduler.busy().await;
            Ok(())
        }
        Act::Snooze(seconds) => Err(JobError::snooze(Duration::from_secs(seconds))),
        Act::RetryAfter(seconds) => Err(JobError::retry_after(
            Duration::from_secs(seconds),
            "busy there",
        )),
        Act::Sleep(seconds) => {
            context.sleep(Duration::from_secs(seconds)).await;
            Ok(())
        }
        Act::Spawn(seconds) => {
            drop(context.spawn(asleep(
                Arc::clone(context.state()),
                Duration::from_secs(seconds),
            )));
            Ok(())
        }
        Act::SpawnPanic => {
            drop(context.spawn(async { panic!("boom beside it") }));
            Ok(())
        }
        Act::SpawnBlocking => {
            let stop = context.stop();
            let stopped = context.spawn_blocking(move || stop.should_stop()).await?;
            if stopped {
                Err("stopped".into())
            } else {
                Ok(())
            }
        }
    }
}

async fn asleep(stage: Arc<Stage>, time: Duration) {
    struct Note(Arc<Stage>, bool);
    impl Drop for Note {
        fn drop(&mut self) {
            let mut spawned = self
                .0
                .spawned
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            spawned.push((self.0.clock.now(), self.1));
        }
    }
    let mut note = Note(Arc::clone(&stage), false);
    stage.clock.sleep_until(stage.clock.now() + time).await;
    note.1 = true;
}

macro_rules! echo {
    ($name:ident, $called:literal, $guarantee:ident, $timeout:literal) => {
        #[derive(Debug, Serialize, Deserialize)]
        pub(crate) struct $name(pub Acts);

        impl Job for $name {
            const NAME: &'static str = $called;
            const GUARANTEE: Guarantee = Guarantee::$guarantee;
            const TIMEOUT: Duration = Duration::from_secs($timeout);
            type State = Arc<Stage>;
            type Output = u32;

            async fn run(self, context: &Context<Arc<Stage>>) -> Result<u32, JobError> {
                act(&self.0, context).await
            }
        }
    };
}

echo!(Once, "once", Once, 60);
echo!(AtMostOnce, "at-most-once", AtMostOnce, 60);
echo!(AtLeastOnce, "at-least-once", AtLeastOnce, 60);
echo!(Long, "long", Once, 600);
echo!(LongAtLeastOnce, "long-at-least-once", AtLeastOnce, 600);

/// A job whose payload cannot even be read without a panic.
#[derive(Debug)]
pub(crate) struct Unreadable;

impl<'de> Deserialize<'de> for Unreadable {
    fn deserialize<D: serde::Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        panic!("a bug in reading")
    }
}

impl Job for Unreadable {
    const NAME: &'static str = "unreadable";
    type State = Arc<Stage>;
    type Output = ();

    async fn run(self, _: &Context<Arc<Stage>>) -> Result<(), JobError> {
        Ok(())
    }
}
