//! Roles that may read more queues than their functions work off.

use super::super::stack::Function;
use super::super::stack::grants::Grants;
use super::{Finding, Rule, Severity, Stack};

pub(super) static RULE: Rule = Rule {
    id: "wide-role",
    severity: Severity::Note,
    title: "A function may read queues that it does not work off",
    why: "Whoever breaks into one function reads and deletes the jobs of the others. SAM gives a function with an SQS event the managed policy \
          AWSLambdaSQSQueueExecutionRole, which is about all queues. A role of the function's own names the queue.",
    page: "https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSLambdaSQSQueueExecutionRole.html",
    fix: "Role: !GetAtt OrdersRole.Arn  # an AWS::IAM::Role with sqs:ReceiveMessage, DeleteMessage, GetQueueAttributes on this queue",
    check,
};

const READ: &str = "sqs:ReceiveMessage";

/// A queue that no template has.
const ANY_OTHER: &str = "arn:aws:sqs:us-east-1:000000000000:a-queue-of-somebody-else";

fn check(stack: &Stack) -> Vec<Finding> {
    let functions = stack.functions.iter().enumerate();
    let wide = functions.filter_map(|(index, function)| {
        let what = too_wide(stack, index, function)?;
        Some(RULE.found(function.id(), function.part.line, what))
    });
    wide.collect()
}

/// What a function that works off queues may read besides.
fn too_wide(stack: &Stack, index: usize, function: &Function) -> Option<String> {
    let own: Vec<Option<usize>> = stack
        .mappings
        .iter()
        .filter(|mapping| mapping.function == Some(index))
        .map(|mapping| mapping.queue)
        .collect();
    if own.is_empty() {
        return None;
    }
    let id = function.id();
    let grants = Grants::of_function(stack, index);
    if grants.surely_may(READ, ANY_OTHER) {
        return Some(format!("{id} may read every queue of the account"));
    }
    let queues = stack.queues.iter().enumerate();
    let mut others = queues.filter(|(queue, _)| !own.contains(&Some(*queue)));
    let other = others.find(|(_, queue)| grants.surely_may(READ, &queue.arn));
    other.map(|(_, queue)| format!("{id} may read {}, which it does not work off", queue.id()))
}
