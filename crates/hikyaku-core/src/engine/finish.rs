//! Finish: the ledger first, then what follows, then the queue.
//!
//! The order is the point. A job is recorded as done before its message is deleted, and its failed row is written
//! before its message is buried: whatever dies in between, the message comes again and finds the record.

use crate::engine::engine::Engine;
use crate::engine::model::claim::Claim;
use crate::engine::model::claimed::Claimed;
use crate::engine::model::settled::{Settled, Spends, Tell};
use crate::engine::model::stop::Stop;
use crate::engine::model::way::Way;
use crate::engine::report::Report;
use crate::engine::stages::follow::follow;
use crate::engine::stages::settle::settle;
use crate::engine::stages::tell::tell;

/// The only place where an end is recorded, what follows it is sent, and the queue is told.
pub(crate) async fn finish(engine: &Engine<'_>, way: &Way<'_>, stop: Stop) -> Report {
    let mut settled = settle(engine, way, stop).await;
    if let Some(decoded) = &way.decoded
        && let Some(ending) = settled.follows.take()
    {
        let over = Claim::over();
        let claim = way.claim.as_ref().unwrap_or(&over);
        let job = Claimed::new(decoded, claim, way.delivery);
        if let Err(error) = follow(engine, &job, &ending).await {
            settled = unfollowed(engine, way, settled, &error);
        }
    }
    let verdict = tell(engine, way, settled.queue).await;
    Report::of(way, settled, verdict)
}

/// It has ended, and counts as that; only its message is kept, which is what reminds us.
fn unfollowed(engine: &Engine<'_>, way: &Way<'_>, settled: Settled, error: &str) -> Settled {
    Settled {
        queue: Tell::Again {
            delay: engine.pause(way.delivery),
            spends: Spends::Nothing,
        },
        error: Some(format!(
            "the job is recorded as {}, but what follows it could not be sent yet: {error}",
            settled.outcome.word()
        )),
        ..settled
    }
}
