//! The jobs of the explored worlds: they do what their payload says, and write down that they ran.

use std::sync::Arc;
use std::time::Duration;

use hikyaku_core::memory::Notes;
use hikyaku_core::{Commit, Context, Guarantee, Job, JobError, Message, Parcel, Side, Worker};
use serde::{Deserialize, Serialize};

use super::book::Book;

/// What each start does after its sleep; the last repeats.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Act {
    Ok,
    Error,
    Fail,
    Snooze,
    /// Comes back after half a day and an hour: for longer than its queue can hide it.
    Wait,
    /// Comes back after five days: when its queue may have forgotten it.
    WaitLong,
    Busy,
    /// Takes its process down.
    Kill,
    /// Commits a note in the job's name, which no other attempt uses.
    Commit,
    /// Saves how many parts are made, and asks to be continued while there are fewer than three.
    Part,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Play {
    pub(crate) acts: Vec<Act>,
    /// How long each start sleeps, in seconds.
    pub(crate) sleep: u64,
}

/// As many parts has a job that is made in parts.
const PARTS: u32 = 3;

impl Act {
    /// As a payload has it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Act::Ok => "ok",
            Act::Error => "error",
            Act::Fail => "fail",
            Act::Snooze => "snooze",
            Act::Wait => "wait",
            Act::WaitLong => "wait_long",
            Act::Busy => "busy",
            Act::Kill => "kill",
            Act::Commit => "commit",
            Act::Part => "part",
        }
    }
}

impl Play {
    /// Asks for all that must not be done in a shadow.
    async fn perform_as_shadow(self, context: &Context<Arc<Book>>) -> Result<(), JobError> {
        let id = context.id();
        context.state().shadows(id, context.token());
        context.checkpoint(&PARTS).await?;
        // If it were sent, a job would start that nobody knows.
        let stray = Message::string_job(
            "once",
            &Self {
                sleep: 0,
                acts: Vec::new(),
            },
        );
        context.dispatch("stray", stray).await?;
        let note = (format!("shadow:{id}"), id.to_owned());
        context.commit(Commit::new(Notes(vec![note])))?;
        context.sleep(Duration::from_secs(self.sleep)).await;
        Ok(())
    }

    async fn perform(self, context: &Context<Arc<Book>>) -> Result<(), JobError> {
        if context.is_shadow() {
            return self.perform_as_shadow(context).await;
        }
        let entry = Entry {
            book: Arc::clone(context.state()),
            id: context.id().to_owned(),
            token: context.token(),
        };
        let act = entry.starts(Side::Rust, &self);
        let part = context.resume::<u32>()?;
        entry.book.resumes(&entry.id, entry.token, part);
        context.sleep(Duration::from_secs(self.sleep)).await;
        if let Act::Busy = act {
            entry.book.sticks(&entry.id, entry.token, context.stop());
            entry.book.scheduler.busy().await;
        }
        if let Act::Kill = act {
            entry.book.dies();
            std::future::pending::<()>().await;
        }
        if let Act::Commit = act {
            let name = format!("{}:{}", entry.id, entry.token);
            let note = (name, entry.id.clone());
            context.commit(Commit::new(Notes(vec![note])))?;
        }
        let part = part.unwrap_or(0) + 1;
        if let Act::Part = act
            && part < PARTS
        {
            context.checkpoint(&part).await?;
            drop(entry);
            return Err(JobError::continuation());
        }
        if let Act::Fail = act {
            entry.refuses();
        }
        if let Act::Ok | Act::Busy | Act::Commit | Act::Part = act {
            entry.succeeds();
        }
        drop(entry);
        match act {
            Act::Ok | Act::Busy | Act::Kill | Act::Commit | Act::Part => Ok(()),
            Act::Error => Err("no luck".into()),
            Act::Fail => Err(JobError::fail("never")),
            Act::Snooze => Err(JobError::snooze(Duration::from_secs(3))),
            Act::Wait => Err(JobError::snooze(Duration::from_hours(13))),
            Act::WaitLong => Err(JobError::retry_after(Duration::from_hours(120), "later")),
        }
    }
}

/// Notes that a run is over when it is dropped, however it ends.
pub(super) struct Entry {
    book: Arc<Book>,
    id: String,
    token: u64,
}

impl Entry {
    /// That of an attempt in another program.
    pub(super) fn of_attempt(book: Arc<Book>, parcel: &Parcel) -> Self {
        let token = book.token_of(&parcel.id, parcel.generation, parcel.attempt);
        Self {
            book,
            id: parcel.id.clone(),
            token,
        }
    }

    /// Begins the run, on this side. Answers what is to be done in it.
    pub(super) fn starts(&self, side: Side, play: &Play) -> Act {
        self.book.runs_on(&self.id, self.token, side);
        let before = self.book.starts(&self.id, self.token);
        let act = play.acts.get(before).or(play.acts.last());
        act.copied().unwrap_or(Act::Ok)
    }

    pub(super) fn refuses(&self) {
        self.book.refuses(&self.id, self.token);
    }

    pub(super) fn succeeds(&self) {
        self.book.succeeds(&self.id);
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.book.ends(&self.id, self.token);
    }
}

macro_rules! play {
    ($name:ident, $called:literal, $guarantee:ident, $timeout:literal, $hooked:literal) => {
        #[derive(Debug, Serialize, Deserialize)]
        struct $name(Play);

        impl Job for $name {
            const NAME: &'static str = $called;
            const GUARANTEE: Guarantee = Guarantee::$guarantee;
            const TIMEOUT: Duration = Duration::from_secs($timeout);
            const FAILED_HOOK: bool = $hooked;
            const SHADOW: bool = true;
            type State = Arc<Book>;
            type Output = ();

            async fn run(self, context: &Context<Arc<Book>>) -> Result<(), JobError> {
                self.0.perform(context).await
            }
        }
    };
}

play!(Once, "once", Once, 60, false);
play!(Double, "double", Once, 60, false);
play!(AtMostOnce, "at-most-once", AtMostOnce, 60, false);
play!(AtLeastOnce, "at-least-once", AtLeastOnce, 60, false);
play!(Routed, "routed", Once, 60, false);
play!(Twin, "twin", Once, 60, false);
play!(Long, "long", Once, 600, false);
play!(
    LongAtLeastOnce,
    "long-at-least-once",
    AtLeastOnce,
    600,
    false
);
play!(Object, "App\\Jobs\\Play", Once, 60, false);
play!(Hooked, "App\\Jobs\\Hooked", Once, 60, true);

/// Adds all of them to a worker.
pub(crate) fn register(worker: Worker<Arc<Book>>) -> Worker<Arc<Book>> {
    worker
        .register::<Once>()
        .register::<Double>()
        .register::<AtMostOnce>()
        .register::<AtLeastOnce>()
        .register::<Routed>()
        .register::<Twin>()
        .register::<Long>()
        .register::<LongAtLeastOnce>()
        .register::<Object>()
        .register::<Hooked>()
}
