//! Tells when messages arrive in dead-letter queues.

use std::collections::HashMap;
use std::time::Duration;

use crate::clock::SharedClock;
use crate::event::{Event, Events};
use crate::sqs::{QueueName, Sqs};
use crate::tasks::Tasks;

/// How often dead-letter queues are looked at.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// Looks at every queue that is some queue's dead-letter queue until the cloud stops.
///
/// It is for whoever watches, so it may miss what is taken out at once.
pub(super) fn watch(sqs: &Sqs, events: &Events, clock: &SharedClock, tasks: &Tasks) {
    let (sqs, events, clock) = (sqs.clone(), events.clone(), clock.clone());
    tasks.spawn_until_stopped(async move {
        let mut held = HashMap::new();
        loop {
            for queue in sqs.queues("") {
                look(&sqs, &events, &queue, &mut held);
            }
            clock.sleep(LOOK_EVERY).await;
        }
    });
}

fn look(sqs: &Sqs, events: &Events, queue: &QueueName, held: &mut HashMap<QueueName, usize>) {
    let is_target = sqs
        .dead_letter_sources(queue)
        .is_ok_and(|sources| !sources.is_empty());
    let Some(counts) = sqs.counts(queue).ok().filter(|_| is_target) else {
        return;
    };
    let now = counts.visible + counts.not_visible + counts.delayed;
    let before = held.insert(queue.clone(), now).unwrap_or(0);
    if now > before {
        events.publish(Event::DeadLettered {
            queue: queue.to_string(),
            messages: now - before,
        });
    }
}
