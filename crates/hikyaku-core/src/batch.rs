//! Batch: the deliveries of one event, concurrently where nobody asked for an order, in order where somebody did.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream;

use crate::engine::Engine;
use crate::{BoxFuture, Delivery, Invocation, Ports, Report, Verdict, Worker};

impl<S: Send + Sync + 'static> Worker<S> {
    /// Works off the deliveries of one invocation and answers with one report for each, in their order.
    ///
    /// Deliveries run concurrently, at most [`concurrency`](Worker::concurrency) at once. Those of one ordered group
    /// run one after the other, and the first that must come again stops its group: what follows it comes again too.
    pub async fn process(
        &self,
        deliveries: &[Delivery],
        invocation: Invocation,
        ports: &Ports,
    ) -> Vec<Report> {
        let engine = Engine::new(ports, invocation);
        let lines = lines(deliveries);
        let mut reports: Vec<(usize, Report)> = stream::iter(lines)
            // Boxed, for otherwise the compiler cannot see that all of this may move between threads.
            .map(|line| -> BoxFuture<'_, _> { Box::pin(self.work_off(deliveries, line, &engine)) })
            .buffer_unordered(self.settings.concurrency)
            .flat_map(stream::iter)
            .collect()
            .await;
        reports.sort_by_key(|(index, _)| *index);
        reports.into_iter().map(|(_, report)| report).collect()
    }

    /// Works off one line: a single delivery, or an ordered group up to the first that must come again.
    async fn work_off(
        &self,
        deliveries: &[Delivery],
        line: Vec<usize>,
        engine: &Engine<'_>,
    ) -> Vec<(usize, Report)> {
        let mut reports = Vec::with_capacity(line.len());
        let mut stopped: Option<Duration> = None;
        for index in line {
            let delivery = &deliveries[index];
            let report = match stopped {
                // The same delay as the one that stopped the group, so that none of it overtakes.
                Some(delay) => engine.hold_back(delivery, delay).await,
                None => self.handle(delivery, engine).await,
            };
            if let (None, Verdict::Redeliver(delay)) = (stopped, report.verdict) {
                stopped = Some(delay.unwrap_or_default());
            }
            reports.push((index, report));
        }
        reports
    }
}

/// Which deliveries must follow one another: each group is a line, and so is every delivery without one.
fn lines(deliveries: &[Delivery]) -> Vec<Vec<usize>> {
    let mut lines: Vec<Vec<usize>> = Vec::with_capacity(deliveries.len());
    let mut line_of: BTreeMap<&str, usize> = BTreeMap::new();
    for (index, delivery) in deliveries.iter().enumerate() {
        match delivery.group.as_deref() {
            None => lines.push(vec![index]),
            Some(group) => {
                let line = *line_of.entry(group).or_insert_with(|| {
                    lines.push(Vec::new());
                    lines.len() - 1
                });
                lines[line].push(index);
            }
        }
    }
    lines
}

impl Engine<'_> {
    /// Gives back a message that stands behind one of its group that must come again.
    async fn hold_back(&self, delivery: &Delivery, delay: Duration) -> Report {
        let settled = self.postpone_for(delivery, delay).await;
        Report::unread(delivery.message_id.clone(), delivery, settled)
    }
}
