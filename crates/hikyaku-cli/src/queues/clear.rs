//! `hikyaku clear`: a queue's messages are deleted.

use clap::Args;
use serde_json::json;

use crate::confirm::Confirm;
use crate::outcome::{OperatorError, Outcome};
use crate::output;
use crate::place::{Place, Reach};

/// What `hikyaku clear` takes.
#[derive(Debug, Clone, Args)]
pub(crate) struct Clear {
    /// The queue, by its name or URL
    queue: String,
    #[command(flatten)]
    confirm: Confirm,
    #[command(flatten)]
    place: Place,
}

impl Clear {
    /// Deletes all messages of the queue, those in flight too.
    pub(crate) fn run(self) -> Result<Outcome, OperatorError> {
        self.place.run(|reach| self.clone().clear(reach))
    }

    async fn clear(self, reach: Reach) -> Result<Outcome, OperatorError> {
        let url = reach.queue_url(&self.queue).await?;
        let depth = reach.depth(&url).await?;
        let messages = output::count(depth.all(), "message");
        let question = format!(
            "Delete about {messages} of queue `{}` for good?",
            depth.name
        );
        if !self.confirm.asked(&question)? {
            say!("Nothing was deleted.");
            return Ok(Outcome::Partly);
        }
        let purged = reach.sqs.purge_queue().queue_url(&url).send().await;
        purged.map_err(|error| {
            let doing = format!("clearing queue `{}`", depth.name);
            // Amazon SQS API reference, `PurgeQueue`.
            let next = "SQS clears a queue once a minute at most, and takes up to a minute for it";
            OperatorError::asking(doing, next, error)
        })?;
        if self.place.json {
            output::json(&json!({"queue": url, "deleted": depth.all()}));
        } else {
            say!(
                "About {} deleted. SQS takes up to a minute for it.",
                messages
            );
        }
        Ok(Outcome::Done)
    }
}
