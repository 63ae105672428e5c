//! What a function lacks on its queue, its tables and its dead-letter queue.

use hikyaku_local::template::Node;

use super::super::stack::Function;
use super::super::stack::grants::{Grants, May};
use super::{Finding, Rule, Severity, Stack};

const POLL: &[&str] = &[
    "sqs:ReceiveMessage",
    "sqs:DeleteMessage",
    "sqs:GetQueueAttributes",
];
const HIDE: &[&str] = &["sqs:ChangeMessageVisibility"];
const SEND: &[&str] = &["sqs:SendMessage"];

/// What the engine asks of the table that a variable names (docs/laravel.md, "Permissions").
const TABLES: [(&str, &[&str]); 4] = [
    (
        "HIKYAKU_LEDGER_TABLE",
        &[
            "dynamodb:UpdateItem",
            "dynamodb:PutItem",
            "dynamodb:GetItem",
        ],
    ),
    ("HIKYAKU_FAILED_TABLE", &["dynamodb:PutItem"]),
    (
        "HIKYAKU_BATCH_TABLE",
        &["dynamodb:GetItem", "dynamodb:UpdateItem"],
    ),
    (
        "HIKYAKU_CACHE_TABLE",
        &[
            "dynamodb:GetItem",
            "dynamodb:PutItem",
            "dynamodb:DeleteItem",
        ],
    ),
];

/// How the ARN of a table begins in the account that a template is evaluated for.
const ELSEWHERE: &str = "arn:aws:dynamodb:us-east-1:000000000000:table/";

pub(super) static QUEUE: Rule = Rule {
    id: "queue-permissions",
    severity: Severity::Error,
    title: "A function lacks permissions on a queue",
    why: "Without ReceiveMessage, DeleteMessage and GetQueueAttributes Lambda refuses or disables the mapping. Without \
          ChangeMessageVisibility the engine can neither delay a retry nor keep a long job's message hidden. Without SendMessage what \
          follows a job is never sent, and the job comes again and again.",
    page: "https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html",
    fix: "Policies:\n  - SQSPollerPolicy: { QueueName: !GetAtt OrdersQueue.QueueName }",
    check: check_queues,
};

pub(super) static TABLE: Rule = Rule {
    id: "table-permissions",
    severity: Severity::Error,
    title: "A function lacks permissions on a table that its environment names",
    why: "Every job that touches the table fails with AccessDenied. If it is the ledger, no job starts at all.",
    page: "https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/serverless-policy-templates.html",
    fix: "Policies:\n  - DynamoDBCrudPolicy: { TableName: !Ref OrdersTable }",
    check: check_tables,
};

pub(super) static DEAD_LETTER: Rule = Rule {
    id: "dead-letter-permissions",
    severity: Severity::Error,
    title: "A function may not send to its own dead-letter queue or failure destination",
    why: "Lambda sends there with the function's role. Without the permission the event is lost, and only the metric \
          DeadLetterErrors or DestinationDeliveryFailures says so.",
    page: "https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html",
    fix: "Statement:\n  - { Effect: Allow, Action: sqs:SendMessage, Resource: !GetAtt DeadLetterQueue.Arn }",
    check: check_dead_letters,
};

fn check_queues(stack: &Stack) -> Vec<Finding> {
    let mut found = Vec::new();
    for mapping in &stack.mappings {
        let Some(index) = mapping.function else {
            continue;
        };
        let function = &stack.functions[index];
        let grants = Grants::of_function(stack, index);
        let arn = mapping
            .queue
            .map_or(&mapping.source, |queue| &stack.queues[queue].arn);
        let mut lacks = grants.lacks(POLL, arn);
        if function.is_hikyaku() {
            lacks.extend(grants.lacks(HIDE, arn));
        }
        let queue = mapping
            .queue
            .map_or("its queue", |queue| stack.queues[queue].id());
        found.extend(report(&QUEUE, function, &grants, &lacks, queue));
    }
    for (index, function) in stack.functions.iter().enumerate() {
        let grants = Grants::of_function(stack, index);
        for (name, value) in function.variables() {
            let queue = value.text().and_then(|text| stack.queue(text));
            let Some(queue) = queue else { continue };
            let lacks = if name.starts_with("HIKYAKU_") {
                grants.lacks(SEND, &queue.arn)
            } else if !is_own(function, name) {
                Vec::new()
            } else {
                nothing_permitted(&grants, "sqs:SendMessage", &ANY_OF_QUEUE, &queue.arn)
            };
            found.extend(report(&QUEUE, function, &grants, &lacks, queue.id()));
        }
    }
    found
}

const ANY_OF_QUEUE: [&str; 4] = [
    "sqs:SendMessage",
    "sqs:ReceiveMessage",
    "sqs:GetQueueAttributes",
    "sqs:ChangeMessageVisibility",
];
const ANY_OF_TABLE: [&str; 7] = [
    "dynamodb:GetItem",
    "dynamodb:PutItem",
    "dynamodb:UpdateItem",
    "dynamodb:DeleteItem",
    "dynamodb:Query",
    "dynamodb:Scan",
    "dynamodb:BatchGetItem",
];

/// What is in `Globals` is there for whoever needs it.
fn is_own(function: &Function, variable: &str) -> bool {
    function.own_variables().any(|(name, _)| name == variable)
}

/// For code that is not known here: it names the thing, so it needs some permission on it.
fn nothing_permitted(
    grants: &Grants,
    usual: &'static str,
    any: &[&str],
    arn: &str,
) -> Vec<&'static str> {
    let none = any.iter().all(|action| grants.may(action, arn) == May::No);
    if none { vec![usual] } else { Vec::new() }
}

fn check_tables(stack: &Stack) -> Vec<Finding> {
    let mut found = Vec::new();
    for (index, function) in stack.functions.iter().enumerate() {
        let grants = Grants::of_function(stack, index);
        for (name, value) in function.variables() {
            let text = value.text().unwrap_or_default();
            let table = stack.table(text);
            let engine = TABLES.iter().find(|(known, _)| *known == name);
            let (on, lacks) = match (engine, table) {
                (Some((_, actions)), Some(table)) => {
                    (&*table.id, grants.lacks(actions, stack.arn(&table.id)))
                }
                // A table of another stack, by its name.
                (Some((_, actions)), None) if !text.is_empty() && !is_global(stack, text) => {
                    (name, grants.lacks(actions, &format!("{ELSEWHERE}{text}")))
                }
                (None, Some(table)) if is_own(function, name) => {
                    let arn = stack.arn(&table.id);
                    let lacks = nothing_permitted(&grants, "dynamodb:GetItem", &ANY_OF_TABLE, arn);
                    (&*table.id, lacks)
                }
                _ => continue,
            };
            found.extend(report(&TABLE, function, &grants, &lacks, on));
        }
    }
    found
}

/// Global tables have no ARN of their own that would be known here.
fn is_global(stack: &Stack, reference: &str) -> bool {
    stack
        .find("AWS::DynamoDB::GlobalTable", reference)
        .is_some()
}

fn check_dead_letters(stack: &Stack) -> Vec<Finding> {
    let mut found = Vec::new();
    let targets = [
        "DeadLetterQueue.TargetArn",
        "DeadLetterConfig.TargetArn",
        "EventInvokeConfig.DestinationConfig.OnFailure.Destination",
    ];
    for (index, function) in stack.functions.iter().enumerate() {
        let grants = Grants::of_function(stack, index);
        for target in targets {
            let arn = function.part.at(target).and_then(Node::text);
            if let Some(queue) = arn.and_then(|arn| stack.queue(arn)) {
                let lacks = grants.lacks(SEND, &queue.arn);
                found.extend(report(&DEAD_LETTER, function, &grants, &lacks, queue.id()));
            }
        }
    }
    found
}

fn report(
    rule: &'static Rule,
    function: &Function,
    grants: &Grants,
    lacks: &[&str],
    on: &str,
) -> Option<Finding> {
    if lacks.is_empty() {
        return None;
    }
    let holder = if grants.holder == function.id() {
        function.id().to_owned()
    } else {
        format!("{} ({}'s role)", grants.holder, function.id())
    };
    let what = format!("{holder} lacks {} on {on}", lacks.join(", "));
    let actions = lacks.join(", ");
    let statement = format!(
        "Statement:\n  - {{ Effect: Allow, Action: [{actions}], Resource: !GetAtt {on}.Arn }}"
    );
    Some(rule.found(&grants.holder, grants.line, what).fix(statement))
}
