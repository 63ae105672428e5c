//! AWS's managed policies, as far as they are about queues, tables and networks (AWS Managed Policy Reference Guide).

/// `AWSLambdaSQSQueueExecutionRole`, which SAM gives to the role of a function with an SQS event.
pub(crate) const SQS_EXECUTION: &[&str] = &[
    "sqs:ReceiveMessage",
    "sqs:DeleteMessage",
    "sqs:GetQueueAttributes",
    "logs:*",
];

/// `AWSLambdaVPCAccessExecutionRole`.
pub(crate) const VPC_ACCESS: &[&str] = &[
    "logs:*",
    "ec2:CreateNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:DeleteNetworkInterface",
    "ec2:AssignPrivateIpAddresses",
    "ec2:UnassignPrivateIpAddresses",
];

const LOGS: &[&str] = &["logs:*"];

/// The actions of a policy, all on every resource. `None` for a policy that is not known here.
pub(crate) fn actions(name: &str) -> Option<&'static [&'static str]> {
    Some(match name {
        "AWSLambdaSQSQueueExecutionRole" => SQS_EXECUTION,
        "AWSLambdaVPCAccessExecutionRole" => VPC_ACCESS,
        "AWSLambdaBasicExecutionRole"
        | "AWSLambdaExecute"
        | "CloudWatchLambdaInsightsExecutionRolePolicy" => LOGS,
        "AWSXRayDaemonWriteAccess"
        | "AWSXrayWriteOnlyAccess"
        | "AmazonS3FullAccess"
        | "AmazonS3ReadOnlyAccess"
        | "AmazonSNSFullAccess" => &["xray:*"],
        "AWSLambdaDynamoDBExecutionRole" => &[
            "dynamodb:DescribeStream",
            "dynamodb:GetRecords",
            "dynamodb:GetShardIterator",
            "dynamodb:ListStreams",
            "logs:*",
        ],
        "SecretsManagerReadWrite" => &["secretsmanager:*"],
        "AmazonSSMReadOnlyAccess" => &["ssm:Get*", "ssm:Describe*", "ssm:List*"],
        "AmazonSQSFullAccess" => &["sqs:*"],
        "AmazonSQSReadOnlyAccess" => &[
            "sqs:GetQueueAttributes",
            "sqs:GetQueueUrl",
            "sqs:ListQueues",
        ],
        "AmazonDynamoDBFullAccess" | "AmazonDynamoDBFullAccess_v2" => &["dynamodb:*"],
        "AmazonDynamoDBReadOnlyAccess" => &[
            "dynamodb:GetItem",
            "dynamodb:BatchGetItem",
            "dynamodb:Query",
            "dynamodb:Scan",
            "dynamodb:DescribeTable",
        ],
        "AdministratorAccess" | "PowerUserAccess" => &["*"],
        _ => return None,
    })
}
