//! The kinds of jobs: what is promised of each, and where its effect goes.

use std::time::Duration;

use hikyaku::{Context, Guarantee, Job, JobError};
use serde::Deserialize;

use crate::mishap::Mishap;
use crate::story::Story;
use crate::{World, rows};

/// How long an attempt may take: far less than the function has, so that a killed job's lease is over soon.
const TIMEOUT: Duration = Duration::from_secs(2);

/// What a message says.
#[derive(Debug, Deserialize)]
struct Work {
    /// What the effect is about; no two jobs have the same.
    subject: String,
    /// How long it takes.
    milliseconds: u64,
    /// What goes wrong with the first attempt.
    mishap: Mishap,
}

/// Where the effect goes.
enum Deed {
    /// To a system that drops what it has seen under the same key.
    Keyed,
    /// To a system that applies whatever it is told.
    Unkeyed,
    /// Into a database, together with the mark that it is there.
    Rows,
    /// As `Keyed`, but the whole attempt is one piece of work that nobody can interrupt.
    KeyedInOnePiece,
}

macro_rules! jobs {
    ($($name:ident: $guarantee:ident, $deed:ident;)*) => {$(
        #[derive(Deserialize)]
        #[serde(transparent)]
        pub(crate) struct $name(Work);

        impl Job for $name {
            const NAME: &'static str = concat!("Campaign\\", stringify!($name));
            const TRIES: u32 = 0;
            const BACKOFF: &'static [Duration] = &[Duration::from_secs(1)];
            const TIMEOUT: Duration = TIMEOUT;
            const GUARANTEE: Guarantee = Guarantee::$guarantee;
            type State = World;
            type Output = ();

            async fn run(self, context: &Context<World>) -> Result<(), JobError> {
                self.0.run(context, Deed::$deed).await
            }
        }
    )*};
}

jobs! {
    Keyed: Once, Keyed;
    Unkeyed: Once, Unkeyed;
    Rows: Once, Rows;
    AtMostOnce: AtMostOnce, Unkeyed;
    AtLeastOnce: AtLeastOnce, Unkeyed;
    Step: Once, Keyed;
    Zombie: Once, KeyedInOnePiece;
}

impl Work {
    async fn run(self, context: &Context<World>, deed: Deed) -> Result<(), JobError> {
        let key = || {
            let keys = context.state().keys;
            keys.then(|| context.effect_key("effect"))
        };
        let half = Duration::from_millis(self.milliseconds / 2);
        let mut story = Story::begin(&context.state().book, &self.subject, context)?;
        if let Deed::KeyedInOnePiece = deed {
            std::thread::sleep(half);
            story.effect(key().as_deref())?;
            std::thread::sleep(half);
            story.end()?;
            return Ok(());
        }
        context.sleep(half).await;
        if context.attempt() == 1 {
            self.mishap.happen(context).await?;
        }
        match deed {
            Deed::Unkeyed => story.effect(None)?,
            Deed::Rows => rows::write(context, &self.subject).await?,
            Deed::Keyed | Deed::KeyedInOnePiece => {
                story.effect(key().as_deref())?;
            }
        }
        context.sleep(half).await;
        story.end()?;
        Ok(())
    }
}
