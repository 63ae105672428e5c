//! Batch: the deliveries of one event, concurrently where nobody asked for an order, in order where somebody did.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::future::{Either, select};
use futures_util::{StreamExt, stream};

use crate::engine::engine::Engine;
use crate::engine::finish::finish;
use crate::engine::keeper::Keeper;
use crate::engine::model::claim::Company;
use crate::engine::model::stop::Stop;
use crate::engine::model::way::Way;
use crate::worker::process::Alone;
use crate::{BoxFuture, Delivery, Invocation, Outcome, Ports, Report, Verdict, Worker};

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
        let Invocation { started, deadline } = invocation;
        let keeper = Keeper::of(deliveries, self.settings.visibility, deadline, started);
        let engine = Engine::new(ports, invocation, keeper);
        let work = std::pin::pin!(self.work(deliveries, &engine));
        match select(work, std::pin::pin!(engine.keep())).await {
            Either::Left((reports, _)) => reports,
            // It never ends by itself.
            Either::Right(((), work)) => work.await,
        }
    }

    async fn work(&self, deliveries: &[Delivery], engine: &Engine<'_>) -> Vec<Report> {
        let lines = lines(deliveries);
        let company = match lines.len() {
            1 => Company::Alone,
            _ => Company::Others,
        };
        let mut ends: Vec<LineEnd> = stream::iter(lines)
            // Boxed, for otherwise the compiler cannot see that all of this may move between threads.
            .map(|line| -> BoxFuture<'_, _> {
                Box::pin(self.work_off(deliveries, line, engine, company))
            })
            .buffer_unordered(self.settings.concurrency)
            .collect()
            .await;
        // What has taken its process down runs last and alone: if it does so again, its neighbours are through, and it
        // is known to be the cause. Those that may be innocent go first.
        ends.sort_by_key(|end| end.rest.as_ref().map(|rest| rest.proven));
        let mut reports = Vec::with_capacity(deliveries.len());
        for LineEnd { mut done, rest } in ends {
            reports.append(&mut done);
            if let Some(Rest { line, .. }) = rest {
                let alone = Company::Alone;
                let end = self.work_off(deliveries, line, engine, alone).await;
                reports.extend(end.done);
            }
        }
        reports.sort_by_key(|(index, _)| *index);
        reports.into_iter().map(|(_, report)| report).collect()
    }

    /// Works off one line: a single delivery, or an ordered group up to the first that must come again, or that must
    /// run alone.
    async fn work_off(
        &self,
        deliveries: &[Delivery],
        line: Vec<usize>,
        engine: &Engine<'_>,
        company: Company,
    ) -> LineEnd {
        let mut done = Vec::with_capacity(line.len());
        let mut stopped: Option<Duration> = None;
        for (place, &index) in line.iter().enumerate() {
            let delivery = &deliveries[index];
            let report = match stopped {
                // The same delay as the one that stopped the group, so that none of it overtakes.
                Some(delay) => hold_back(engine, delivery, delay).await,
                None => match self.handle(delivery, engine, company).await {
                    Ok(report) => report,
                    Err(Alone { proven }) => {
                        let rest = Some(Rest {
                            line: line[place..].to_vec(),
                            proven,
                        });
                        return LineEnd { done, rest };
                    }
                },
            };
            if let Verdict::Redeliver(delay) = report.verdict {
                if delay.is_none() {
                    // Nobody told the queue when it comes back: not only when its neighbours are through.
                    engine.let_go(delivery).await;
                }
                stopped.get_or_insert(delay.unwrap_or_default());
            }
            done.push((index, report));
        }
        LineEnd { done, rest: None }
    }
}

/// How far a line came.
struct LineEnd {
    done: Vec<(usize, Report)>,
    rest: Option<Rest>,
}

/// What of a line has to run alone.
struct Rest {
    line: Vec<usize>,
    /// Whether its first has taken a process down that it had for itself.
    proven: bool,
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

/// Gives back a message that stands behind one of its group that must come again.
async fn hold_back(engine: &Engine<'_>, delivery: &Delivery, delay: Duration) -> Report {
    let way = Way::new(delivery);
    finish(engine, &way, Stop::later(Outcome::Postponed, delay)).await
}
