//! How often a message is received before it is given up.

use super::super::stack::{Queue, Seen};
use super::{Finding, Rule, Severity, Stack};

/// What AWS advises at least (page "services-sqs-configure").
const FEWEST: u64 = 5;

/// The most that SQS takes (page `SetQueueAttributes`).
const MOST: u64 = 1000;

/// What the engine needs: it counts the tries itself, and waits, throttles and killed neighbours are receives too.
const ENGINE: u64 = 100;

pub(super) static RULE: Rule = Rule {
    id: "receive-count",
    severity: Severity::Error,
    title: "A queue gives a message up after fewer than five receives, or never",
    why: "A throttled invocation is a receive. With a low maxReceiveCount, messages land in the dead-letter queue that no function has seen. \
          Above 1,000 SQS refuses the queue.",
    page: "https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html",
    fix: "maxReceiveCount: 5",
    check,
};

pub(super) static OF_ENGINE: Rule = Rule {
    id: "receive-count-engine",
    severity: Severity::Warning,
    title: "A queue may give a message up before the engine does",
    why: "The engine counts tries in its ledger. Waiting for a lock, a snooze, a throttle and a killed neighbour are receives but \
          no tries. A maxReceiveCount near the number of tries cuts jobs off that have tries left, without a row among the failed jobs.",
    page: "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html",
    fix: "maxReceiveCount: 100",
    check: check_engine,
};

fn check(stack: &Stack) -> Vec<Finding> {
    let found = stack.consumed().filter_map(|queue| {
        let count = queue.max_receive_count().known()?;
        let times = if count == 1 {
            "1 receive".to_owned()
        } else {
            format!("{count} receives")
        };
        let what = format!("{} gives a message up after {times}", queue.id());
        let line = queue.part.line_of("RedrivePolicy.maxReceiveCount");
        (!(FEWEST..=MOST).contains(&count)).then(|| {
            RULE.found(queue.id(), line, what)
                .fix(format!("maxReceiveCount: {}", wanted(stack, queue)))
        })
    });
    found.collect()
}

fn check_engine(stack: &Stack) -> Vec<Finding> {
    let found = stack.consumed().filter_map(|queue| {
        let Seen::Known(count) = queue.max_receive_count() else {
            return None;
        };
        if !(FEWEST..ENGINE).contains(&count) || wanted(stack, queue) != ENGINE {
            return None;
        }
        let what = format!(
            "{} gives a message up after {count} receives; the engine is to decide that",
            queue.id()
        );
        let line = queue.part.line_of("RedrivePolicy.maxReceiveCount");
        Some(OF_ENGINE.found(queue.id(), line, what))
    });
    found.collect()
}

/// What the queue's maxReceiveCount should be.
pub(super) fn wanted(stack: &Stack, queue: &Queue) -> u64 {
    let engine = stack
        .pairs()
        .any(|(_, function, fed)| fed.arn == queue.arn && function.is_hikyaku());
    if engine { ENGINE } else { FEWEST }
}
