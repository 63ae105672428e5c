//! Roles that SAM makes.

use super::{Finding, Rule, Severity, Stack};

pub(super) static RULE: Rule = Rule {
    id: "wide-role",
    severity: Severity::Note,
    title: "A function's role may read every queue of the account",
    why: "SAM gives a function with an SQS event the managed policy AWSLambdaSQSQueueExecutionRole, which is about all queues. A role of the \
          function's own names the queue.",
    page: "https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSLambdaSQSQueueExecutionRole.html",
    fix: "Role: !GetAtt OrdersRole.Arn  # an AWS::IAM::Role with sqs:ReceiveMessage, DeleteMessage, GetQueueAttributes on this queue",
    check,
};

fn check(stack: &Stack) -> Vec<Finding> {
    let functions = stack.functions.iter().enumerate();
    let wide = functions.filter(|(index, function)| {
        let mut mappings = stack.mappings.iter();
        !function.part.has("Role")
            && mappings.any(|mapping| mapping.is_event && mapping.function == Some(*index))
    });
    wide.map(|(_, function)| {
        let what = format!("{} has the role that SAM makes", function.id());
        RULE.found(function.id(), function.part.line, what)
    })
    .collect()
}
