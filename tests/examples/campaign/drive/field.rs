//! The field: the queues while a campaign runs, filled and watched until they are empty.

use std::time::Duration;

use hikyaku_local::clock::{Clock as _, SystemClock};
use hikyaku_local::cloud::Cloud;
use hikyaku_local::faults::Struck;
use hikyaku_local::sqs::{QueueName, SendRequest};

use super::Result;
use super::book::Book;
use super::plan::{Message, Plan};

/// So many messages wait in the queue at a time.
const BACKLOG: usize = 200;
/// Between two looks at the queues.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// Between two lines that tell how far it is, in ms.
const TELL_EVERY_MS: u64 = 10_000;

/// The queues while the campaign runs.
pub(crate) struct Field<'a> {
    pub(crate) cloud: &'a Cloud,
    pub(crate) book: &'a Book,
    pub(crate) began_ms: u64,
    pub(crate) patience_ms: u64,
}

impl Field<'_> {
    /// Sends all messages, never many at a time, the zombies' evenly among the others. False: it took too long.
    pub(crate) async fn send(&self, plan: &mut Plan) -> Result<bool> {
        let messages = std::mem::take(&mut plan.messages).into_iter();
        let (mut zombies, mut others): (Vec<_>, Vec<_>) =
            messages.partition(|message| message.zombie);
        let (all_zombies, all_others) = (zombies.len(), others.len().max(1));
        let (jobs, of_zombies) = (QueueName::new("jobs")?, QueueName::new("zombies")?);
        let mut told_ms = self.began_ms;
        while !(zombies.is_empty() && others.is_empty()) {
            let waiting = self.cloud.sqs().counts(&jobs)?.visible;
            let stay = others.len().saturating_sub(BACKLOG.saturating_sub(waiting));
            self.post(&jobs, others.drain(stay..))?;
            let stay = all_zombies * others.len() / all_others;
            self.post(&of_zombies, zombies.drain(stay.min(zombies.len())..))?;
            if self.is_over() {
                return Ok(false);
            }
            self.tell(&mut told_ms, others.len() + zombies.len())?;
            tokio::time::sleep(LOOK_EVERY).await;
        }
        Ok(true)
    }

    fn post(&self, queue: &QueueName, messages: impl Iterator<Item = Message>) -> Result<()> {
        for message in messages {
            for _ in 0..=usize::from(message.twice) {
                let request = SendRequest::new(queue.clone(), message.body.clone());
                self.cloud.sqs().send(request)?;
            }
        }
        Ok(())
    }

    /// Waits until the queues hold no more than `most` messages and requests on their way. False: it took too long.
    pub(crate) async fn until_left(&self, most: usize) -> Result<bool> {
        let mut told_ms = SystemClock.now_ms();
        // Once may be between two deliveries; what is empty twice in a row has nobody who would fill it.
        let mut low = 0;
        while low < 2 {
            if self.is_over() {
                return Ok(false);
            }
            let held = self.cloud.faults().map_or(0, Struck::held);
            let few = self.left()? + held <= most;
            low = if few { low + 1 } else { 0 };
            self.tell(&mut told_ms, 0)?;
            tokio::time::sleep(LOOK_EVERY).await;
        }
        Ok(true)
    }

    fn left(&self) -> Result<usize> {
        let mut left = 0;
        for queue in ["jobs", "zombies"] {
            let counts = self.cloud.sqs().counts(&QueueName::new(queue)?)?;
            left += counts.visible + counts.not_visible + counts.delayed;
        }
        Ok(left)
    }

    fn is_over(&self) -> bool {
        SystemClock.now_ms() - self.began_ms > self.patience_ms
    }

    fn tell(&self, told_ms: &mut u64, unsent: usize) -> Result<()> {
        let now_ms = SystemClock.now_ms();
        if now_ms - *told_ms >= TELL_EVERY_MS {
            *told_ms = now_ms;
            println!(
                "{:>5} s: {} jobs have begun, {} messages in the queues, {unsent} to send",
                (now_ms - self.began_ms) / 1000,
                self.book.begun(),
                self.left()?
            );
        }
        Ok(())
    }
}
