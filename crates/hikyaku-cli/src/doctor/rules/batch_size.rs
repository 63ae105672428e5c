//! How many messages come at once, and how long is waited for them.

use super::super::stack::Mapping;
use super::{Finding, Rule, Severity, Stack};

/// Batches above it need a window; FIFO queues have none above it (page "services-sqs-parameters").
const SMALL: u64 = 10;

pub(super) static WINDOW: Rule = Rule {
    id: "batch-window",
    severity: Severity::Error,
    title: "A batch of more than 10 has no batching window",
    why: "Lambda refuses the mapping: with a BatchSize above 10, MaximumBatchingWindowInSeconds is at least 1.",
    page: "https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-parameters.html",
    fix: "MaximumBatchingWindowInSeconds: 1",
    check: check_window,
};

pub(super) static FIFO: Rule = Rule {
    id: "fifo-mapping",
    severity: Severity::Error,
    title: "A mapping of a FIFO queue has a batching window or more than 10 messages a batch",
    why: "Lambda refuses both.",
    page: "https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-parameters.html",
    fix: "BatchSize: 1  # at most 10, and no MaximumBatchingWindowInSeconds",
    check: check_fifo,
};

pub(super) static FIFO_BATCH: Rule = Rule {
    id: "fifo-batch",
    severity: Severity::Warning,
    title: "A FIFO queue hands more than one message to the engine at once",
    why: "Messages of one group run one after the other in the time that one invocation has. If the first has to come again, all behind it \
          come again with it, and each time is a receive: at the queue's maxReceiveCount they are dead letters, though they never began. One \
          message a batch is safer, and faster unless the jobs are tiny.",
    page: "https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html",
    fix: "BatchSize: 1",
    check: check_fifo_batch,
};

pub(super) static CONCURRENCY: Rule = Rule {
    id: "batch-concurrency",
    severity: Severity::Warning,
    title: "A batch has more messages than the engine runs at once",
    why: "The rest of the batch waits for a free place while its visibility timeout and the function's time run. What is not begun in \
          time goes back, and has spent a receive.",
    page: "https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html",
    fix: "HIKYAKU_CONCURRENCY: 20  # at least BatchSize",
    check: check_concurrency,
};

fn check_window(stack: &Stack) -> Vec<Finding> {
    let found = stack.mappings.iter().filter_map(|mapping| {
        let (size, window) = (mapping.batch_size()?, mapping.window()?);
        let missing = size > SMALL && window < 1 && !is_fifo(stack, mapping);
        let what = format!(
            "{} takes {size} messages and waits {window} s",
            mapping.part.id
        );
        missing.then(|| WINDOW.found(&mapping.part.id, mapping.part.line_of("BatchSize"), what))
    });
    found.collect()
}

fn check_fifo(stack: &Stack) -> Vec<Finding> {
    let mut found = Vec::new();
    for mapping in stack
        .mappings
        .iter()
        .filter(|mapping| is_fifo(stack, mapping))
    {
        let id = &mapping.part.id;
        if let Some(size) = mapping.batch_size().filter(|size| *size > SMALL) {
            let what = format!("a batch of {size} from a FIFO queue, which gives 10 at most");
            found.push(FIFO.found(id, mapping.part.line_of("BatchSize"), what));
        }
        if mapping.window().is_some_and(|window| window > 0) {
            let what = "FIFO queues have no batching window";
            let line = mapping.part.line_of("MaximumBatchingWindowInSeconds");
            found.push(
                FIFO.found(id, line, what)
                    .fix("MaximumBatchingWindowInSeconds: 0"),
            );
        }
    }
    found
}

fn check_fifo_batch(stack: &Stack) -> Vec<Finding> {
    let found = stack.pairs().filter_map(|(mapping, function, queue)| {
        let size = mapping.batch_size()?;
        let several = queue.is_fifo()? && (2..=SMALL).contains(&size) && function.is_hikyaku();
        let what = format!("{} takes {size} messages of a FIFO queue", mapping.part.id);
        several.then(|| FIFO_BATCH.found(&mapping.part.id, mapping.part.line_of("BatchSize"), what))
    });
    found.collect()
}

fn check_concurrency(stack: &Stack) -> Vec<Finding> {
    /// What a worker runs at once unless it is told otherwise.
    const DEFAULT: u64 = 10;
    let found = stack.pairs().filter_map(|(mapping, function, _)| {
        let size = mapping.batch_size().filter(|_| function.is_hikyaku())?;
        let places = function
            .part
            .number("Environment.Variables.HIKYAKU_CONCURRENCY");
        let places = places.or(DEFAULT)?;
        let what = format!(
            "{size} messages a batch, {places} run at once in {}",
            function.id()
        );
        (size > places).then(|| {
            CONCURRENCY
                .found(&mapping.part.id, mapping.part.line_of("BatchSize"), what)
                .fix(format!(
                    "HIKYAKU_CONCURRENCY: {size}  # in {}'s environment",
                    function.id()
                ))
        })
    });
    found.collect()
}

fn is_fifo(stack: &Stack, mapping: &Mapping) -> bool {
    match mapping.queue {
        Some(index) => stack.queues[index].is_fifo() == Some(true),
        None => mapping.source.rsplit('.').next() == Some("fifo"),
    }
}
