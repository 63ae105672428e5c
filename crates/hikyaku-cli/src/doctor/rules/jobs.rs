//! The jobs' own policies against the function and the queue that they run on.

use super::super::project::JobPolicy;
use super::super::stack::Function;
use super::{Finding, Rule, Severity, Stack};

/// The longest that SQS hides a message (page `SetQueueAttributes`).
const LONGEST_HIDDEN: u64 = 43_200;

/// As `describe` says it.
const AT_LEAST_ONCE: &str = "at-least-once";

pub(super) static TIMEOUT: Rule = Rule {
    id: "job-timeout",
    severity: Severity::Error,
    title: "A job may take longer than its function",
    why: "The engine cuts the job's time to what the function has. A job that needs its whole TIMEOUT never ends: each try is stopped \
          before, until its tries are spent.",
    page: "https://docs.aws.amazon.com/lambda/latest/dg/configuration-timeout.html",
    fix: "Timeout: 750  # more than the job's TIMEOUT, and VisibilityTimeout six times that",
    check: check_timeout,
};

pub(super) static TRIES: Rule = Rule {
    id: "job-tries",
    severity: Severity::Error,
    title: "A job has more tries than its queue gives it",
    why: "At maxReceiveCount SQS moves the message to the dead-letter queue, whatever tries the job has left.",
    page: "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html",
    fix: "maxReceiveCount: 100",
    check: check_tries,
};

pub(super) static BACKOFF: Rule = Rule {
    id: "job-backoff",
    severity: Severity::Warning,
    title: "A job without a record waits longer between tries than SQS hides a message",
    why: "A message can be hidden for 12 hours after it was received. A longer wait goes on when the message comes back, by the time in the \
          job's record; an AtLeastOnce job has none, and its wait is cut.",
    page: "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-visibility-timeout.html",
    fix: "const BACKOFF: &'static [Duration] = &[Duration::from_secs(43_000)];  // in the job",
    check: check_backoff,
};

fn jobs(stack: &Stack) -> impl Iterator<Item = (&Function, &JobPolicy)> {
    stack.functions.iter().flat_map(|function| {
        let jobs = stack.project.jobs.get(function.id());
        jobs.into_iter().flatten().map(move |job| (function, job))
    })
}

fn check_timeout(stack: &Stack) -> Vec<Finding> {
    let found = jobs(stack).filter_map(|(function, job)| {
        let timeout = function.timeout()?;
        let what = format!(
            "{} may take {} s, {} {timeout} s",
            job.name,
            job.timeout,
            function.id()
        );
        let fix = format!("Timeout: {}", (job.timeout + job.timeout / 4).min(900));
        (job.timeout >= timeout).then(|| {
            TIMEOUT
                .found(function.id(), function.part.line_of("Timeout"), what)
                .fix(fix)
        })
    });
    found.collect()
}

fn check_tries(stack: &Stack) -> Vec<Finding> {
    let mut found = Vec::new();
    for (_, function, queue) in stack.pairs() {
        let Some(count) = queue.max_receive_count().known() else {
            continue;
        };
        let jobs = stack.project.jobs.get(function.id());
        for job in jobs.into_iter().flatten().filter(|job| job.tries > count) {
            let what = format!(
                "{} has {} tries, {} {count}",
                job.name,
                job.tries,
                queue.id()
            );
            let line = queue.part.line_of("RedrivePolicy.maxReceiveCount");
            let fix = format!(
                "maxReceiveCount: {}",
                job.tries.saturating_add(10).clamp(100, 1000)
            );
            found.push(TRIES.found(queue.id(), line, what).fix(fix));
        }
    }
    found
}

fn check_backoff(stack: &Stack) -> Vec<Finding> {
    let found = jobs(stack).filter_map(|(function, job)| {
        let longest = job
            .backoff
            .iter()
            .max()
            .filter(|longest| **longest > LONGEST_HIDDEN && job.guarantee == AT_LEAST_ONCE)?;
        let what = format!(
            "{} waits {longest} s; SQS hides for {LONGEST_HIDDEN} s",
            job.name
        );
        Some(BACKOFF.found(function.id(), function.part.line, what))
    });
    found.collect()
}
