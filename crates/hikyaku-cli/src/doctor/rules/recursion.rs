//! Loops of functions and queues, which Lambda cuts.

use super::super::stack::grants::{Grants, May};
use super::super::stack::{Function, Queue};
use super::{Finding, Rule, Severity, Stack};

pub(super) static RULE: Rule = Rule {
    id: "recursive-loop",
    severity: Severity::Error,
    title: "A function sends to queues and does not say RecursiveLoop: Allow",
    why: "Lambda follows messages from function to queue to function and drops the next one after about 16 hops. A chain of jobs, or a \
          job that dispatches its successor, ends there; the message lies in the dead-letter queue and no error is logged. The \
          engine has a limit of its own.",
    page: "https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html",
    fix: "RecursiveLoop: Allow",
    check,
};

fn check(stack: &Stack) -> Vec<Finding> {
    let sends: Vec<Vec<usize>> = (0..stack.functions.len())
        .map(|index| sent_to(stack, index))
        .collect();
    let mut found = Vec::new();
    for (index, function) in stack.functions.iter().enumerate() {
        let said = function.part.text("RecursiveLoop");
        let undecided = said.is_absent();
        let allowed = said
            .or("Terminate".to_owned())
            .is_none_or(|said| said == "Allow");
        let looped = undecided && comes_back(stack, &sends, index);
        if allowed || !(looped || (function.is_hikyaku() && !sends[index].is_empty())) {
            continue;
        }
        let what = match sends[index].first() {
            Some(&queue) if !looped => {
                format!("{} sends to {}", function.id(), stack.queues[queue].id())
            }
            _ => format!("what {} sends can come back to it", function.id()),
        };
        found.push(RULE.found(function.id(), function.part.line_of("RecursiveLoop"), what));
    }
    found
}

/// The queues that a function is meant to send to: they are in its environment, or its role names them for sending.
fn sent_to(stack: &Stack, index: usize) -> Vec<usize> {
    let grants = Grants::of_function(stack, index);
    let function = &stack.functions[index];
    // The engine sends to every queue that it is told of; of other code only what its role says is known.
    let may = |queue: &Queue| match grants.may("sqs:SendMessage", &queue.arn) {
        May::Yes => true,
        May::Unknown => function.is_hikyaku(),
        May::No => false,
    };
    let meant = |queue: &Queue| {
        grants.names("sqs:SendMessage", &queue.arn)
            || (in_environment(function, queue) && may(queue))
    };
    let queues = stack.queues.iter().enumerate();
    queues
        .filter(|(_, queue)| meant(queue))
        .map(|(index, _)| index)
        .collect()
}

fn in_environment(function: &Function, queue: &Queue) -> bool {
    function
        .variables()
        .any(|(_, value)| value.text().is_some_and(|text| queue.is(text)))
}

/// Whether a message of the function can come back to it, over any number of functions.
fn comes_back(stack: &Stack, sends: &[Vec<usize>], start: usize) -> bool {
    let mut seen = vec![false; stack.functions.len()];
    let mut next = vec![start];
    while let Some(function) = next.pop() {
        for queue in &sends[function] {
            let fed = stack
                .mappings
                .iter()
                .filter(|mapping| mapping.queue == Some(*queue));
            for fed in fed.filter_map(|mapping| mapping.function) {
                if fed == start {
                    return true;
                }
                if !std::mem::replace(&mut seen[fed], true) {
                    next.push(fed);
                }
            }
        }
    }
    false
}
