//! The loop of one mapping.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;

use super::collector::Collector;
use super::pace::{MOST, Pace, Verdict};
use crate::clock::SharedClock;
use crate::event::Events;
use crate::lambda::Invoke;
use crate::sqs::{QueueName, Sqs};
use crate::tasks::Tasks;
use crate::template::{Function, Mapping};

/// A queue that cannot be read, because somebody deleted it, is asked for again after this.
const PAUSE_AFTER_ERROR: Duration = Duration::from_secs(5);

/// A queue and the function it feeds.
#[derive(Clone)]
pub struct Source {
    /// The template's settings.
    pub settings: Mapping,
    /// The queue.
    pub queue: QueueName,
    /// Its ARN, as records show it.
    pub queue_arn: String,
    /// The function.
    pub function: Function,
    /// How many invocations of the function can run at once, where that is a limit of this machine and not of the template.
    pub room: Option<usize>,
    /// SQS.
    pub sqs: Sqs,
    /// Lambda.
    pub invoke: Arc<dyn Invoke>,
    /// The time.
    pub clock: SharedClock,
    /// Who is told what happens.
    pub events: Events,
}

/// What reads a queue and invokes a function.
pub struct Poller {
    source: Arc<Source>,
    collector: Collector,
    pace: Pace,
    running: JoinSet<Verdict>,
    /// None: always on.
    enabled: Option<watch::Receiver<bool>>,
}

impl Poller {
    /// A poller that has not begun.
    pub fn new(source: Source) -> Self {
        let own = source
            .settings
            .maximum_concurrency
            .and_then(|most| usize::try_from(most).ok());
        let most = own.unwrap_or(MOST).min(source.room.unwrap_or(MOST)).max(1);
        let pace = Pace::new(most, source.clock.now_ms());
        let collector = Collector::new(source.clone());
        Self {
            source: Arc::new(source),
            collector,
            pace,
            running: JoinSet::new(),
            enabled: None,
        }
    }

    /// A poller that reads only while this says so.
    pub(crate) fn switched_by(mut self, enabled: watch::Receiver<bool>) -> Self {
        self.enabled = Some(enabled);
        self
    }

    /// Reads the queue until the cloud stops, then waits for the batches in flight.
    pub(crate) async fn run(mut self, tasks: Tasks) {
        tokio::select! {
            () = tasks.stopping() => {}
            () = self.poll() => {}
        }
        while self.running.join_next().await.is_some() {}
    }

    fn is_enabled(&self) -> bool {
        self.enabled
            .as_ref()
            .is_none_or(|enabled| *enabled.borrow())
    }

    /// Until it is switched on again. What is in flight ends meanwhile.
    async fn rest(&mut self) {
        self.collector.let_go();
        let mut on = self.enabled.clone();
        tokio::select! {
            Some(verdict) = self.running.join_next() => {
                self.pace.note(verdict.unwrap_or(Verdict::BackOff), self.source.clock.now_ms());
            }
            () = turned(on.as_mut(), true) => {}
        }
    }

    async fn poll(&mut self) {
        loop {
            if !self.is_enabled() {
                self.rest().await;
                continue;
            }
            let mut off = self.enabled.clone();
            let full = self.running.len() >= self.pace.limit();
            tokio::select! {
                biased;
                Some(verdict) = self.running.join_next() => {
                    // A batch that panicked has failed.
                    let verdict = verdict.unwrap_or(Verdict::BackOff);
                    self.pace.note(verdict, self.source.clock.now_ms());
                }
                () = turned(off.as_mut(), false) => {}
                batch = self.collector.next(), if !full => match batch {
                    Ok(batch) => {
                        let source = Arc::clone(&self.source);
                        self.running.spawn(async move { source.process(batch).await });
                    }
                    Err(error) => {
                        tracing::warn!(queue = %self.source.queue, %error, "could not receive messages");
                        self.source.clock.sleep(PAUSE_AFTER_ERROR).await;
                    }
                },
            }
        }
    }
}

/// Completes when the switch is so; never if there is none.
async fn turned(switch: Option<&mut watch::Receiver<bool>>, wanted: bool) {
    if let Some(switch) = switch
        && switch.wait_for(|enabled| *enabled == wanted).await.is_ok()
    {
        return;
    }
    std::future::pending::<()>().await;
}
