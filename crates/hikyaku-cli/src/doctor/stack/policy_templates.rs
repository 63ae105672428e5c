//! SAM's policy templates for queues and tables (page "AWS SAM policy templates" of the SAM developer guide).

use hikyaku_local::template::Node;

use super::part::Part;

const POLL: &[&str] = &[
    "sqs:ChangeMessageVisibility",
    "sqs:ChangeMessageVisibilityBatch",
    "sqs:DeleteMessage",
    "sqs:DeleteMessageBatch",
    "sqs:GetQueueAttributes",
    "sqs:ReceiveMessage",
];
const SEND: &[&str] = &["sqs:SendMessage*"];
const READ: &[&str] = &[
    "dynamodb:GetItem",
    "dynamodb:Scan",
    "dynamodb:Query",
    "dynamodb:BatchGetItem",
    "dynamodb:DescribeTable",
];
const WRITE: &[&str] = &[
    "dynamodb:PutItem",
    "dynamodb:UpdateItem",
    "dynamodb:BatchWriteItem",
];
const SECRET: &[&str] = &["secretsmanager:GetSecretValue"];
const PARAMETER: &[&str] = &[
    "ssm:GetParameter",
    "ssm:GetParameters",
    "ssm:GetParametersByPath",
];
const CRUD: &[&str] = &[
    "dynamodb:GetItem",
    "dynamodb:DeleteItem",
    "dynamodb:PutItem",
    "dynamodb:Scan",
    "dynamodb:Query",
    "dynamodb:UpdateItem",
    "dynamodb:BatchWriteItem",
    "dynamodb:BatchGetItem",
    "dynamodb:DescribeTable",
    "dynamodb:ConditionCheckItem",
];

/// What a template permits: actions and the pattern of their resources. Nothing for templates of other services.
pub(crate) fn grants(template: &str, parameters: &Node) -> Vec<(&'static [&'static str], String)> {
    let (actions, parameter) = match template {
        "SQSPollerPolicy" => (POLL, "QueueName"),
        "SQSSendMessagePolicy" => (SEND, "QueueName"),
        "DynamoDBReadPolicy" => (READ, "TableName"),
        "DynamoDBWritePolicy" => (WRITE, "TableName"),
        "DynamoDBCrudPolicy" => (CRUD, "TableName"),
        "AWSSecretsManagerGetSecretValuePolicy" => (SECRET, "SecretArn"),
        "SSMParameterReadPolicy" => (PARAMETER, "ParameterName"),
        _ => return Vec::new(),
    };
    let parameters = Part::new(template, parameters.line, Some(parameters));
    let name = parameters.at(parameter).and_then(Node::text);
    let name = name.unwrap_or_default();
    // Somebody who gives an ARN or a URL for a name has a policy that permits nothing.
    let resource = match parameter {
        "QueueName" => format!("arn:aws:sqs:*:*:{name}"),
        "TableName" => format!("arn:aws:dynamodb:*:*:table/{name}"),
        "ParameterName" => format!("arn:aws:ssm:*:*:parameter/{}", name.trim_start_matches('/')),
        _ => name.to_owned(),
    };
    vec![(actions, resource)]
}
