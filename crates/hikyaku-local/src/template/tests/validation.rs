//! What AWS refuses of queues, functions and tables, each with its line; and what it would deploy but nobody means.

use super::shapes::{function, mapping, queue, with};
use super::*;

#[test]
fn queues_keep_their_limits() {
    refused(
        &queue("DelaySeconds: 1\nVisibilityTimeout: 43201"),
        6,
        "`43201` is not a whole number from 0 to 43200",
    );
    refused(
        &queue("VisibilityTimeout: -1"),
        5,
        "`-1` is not a whole number",
    );
    refused(
        &queue("VisibilityTimeout: [1]"),
        5,
        "text is needed here, not a list",
    );
    refused(
        &queue("MessageRetentionPeriod: 59"),
        5,
        "from 60 to 1209600",
    );
    refused(&queue("DelaySeconds: 901"), 5, "from 0 to 900");
    refused(
        &queue("ReceiveMessageWaitTimeSeconds: 21"),
        5,
        "from 0 to 20",
    );
    refused(
        &queue("MaximumMessageSize: 1048577"),
        5,
        "from 1024 to 1048576",
    );
    refused(&queue("FifoQueue: perhaps"), 5, "neither true nor false");
    refused(
        &queue("QueueName: jobs.fifo"),
        5,
        "a name in .fifo needs `FifoQueue: true`",
    );
    refused(
        &queue("FifoQueue: true\nQueueName: jobs"),
        6,
        "must end in .fifo",
    );
    refused(&queue("QueueName: 'a b'"), 5, "up to 80 letters");
    refused(
        &queue(&format!("QueueName: {}", "a".repeat(81))),
        5,
        "up to 80 letters",
    );
    refused(
        &queue("ContentBasedDeduplication: true"),
        5,
        "for FIFO queues",
    );
    refused(
        &queue("FifoQueue: true\nDeduplicationScope: group"),
        6,
        "none of queue, messageGroup",
    );
}

#[test]
fn redrive_policies_must_lead_somewhere() {
    refused(
        &queue("RedrivePolicy: {maxReceiveCount: 5}"),
        5,
        "`deadLetterTargetArn` is missing",
    );
    refused(
        &queue("RedrivePolicy: {deadLetterTargetArn: x}"),
        5,
        "`maxReceiveCount` is missing",
    );
    refused(
        &queue("RedrivePolicy: {deadLetterTargetArn: x, maxReceiveCount: 0}"),
        5,
        "from 1 to 1000",
    );
    refused(
        &queue("RedrivePolicy: not json"),
        5,
        "neither a mapping nor JSON",
    );
    refused(
        &queue(
            "RedrivePolicy: {deadLetterTargetArn: 'arn:aws:sqs:us-east-1:1:gone', maxReceiveCount: 5}",
        ),
        5,
        "is no queue of this template",
    );
    refused(
        &queue("RedriveAllowPolicy: {redrivePermission: byQueue}"),
        5,
        "needs 1 to 10 queues",
    );
    refused(
        &queue("RedriveAllowPolicy: {}"),
        5,
        "`redrivePermission` is missing",
    );
    let other = "  D:\n    Type: AWS::SQS::Queue\n    Properties:\n      RedrivePolicy: {deadLetterTargetArn: !GetAtt F.Arn, maxReceiveCount: 5}\n";
    refused(&with(other), 17, "must be standard too; `F` is not");
    let closed = "  D:\n    Type: AWS::SQS::Queue\n    Properties:\n      RedrivePolicy: {deadLetterTargetArn: !GetAtt E.Arn, maxReceiveCount: 5}\n  E:\n    Type: AWS::SQS::Queue\n    Properties: {RedriveAllowPolicy: {redrivePermission: denyAll}}\n";
    refused(
        &with(closed),
        17,
        "the RedriveAllowPolicy of `E` (line 18) does not allow",
    );
    let topic = "  D:\n    Type: AWS::SQS::Queue\n    Properties:\n      RedrivePolicy: {deadLetterTargetArn: !Ref Topic, maxReceiveCount: 5}\n";
    refused(&with(topic), 17, "is no queue of this template");
}

#[test]
fn functions_keep_their_limits() {
    refused(&function("Timeout: 901"), 5, "from 1 to 900");
    refused(&function("Timeout: 0"), 5, "from 1 to 900");
    refused(&function("Timeout: 1.5"), 5, "`1.5` is not a whole number");
    refused(&function("MemorySize: 64"), 5, "from 128 to 10240");
    refused(
        &function("EphemeralStorage: {Size: 100}"),
        5,
        "from 512 to 10240",
    );
    refused(&function("EphemeralStorage: {}"), 5, "`Size` is missing");
    refused(
        &function("RecursiveLoop: Stop"),
        5,
        "none of Terminate, Allow",
    );
    refused(
        &function("Environment:\n  Variables:\n    AWS_REGION: x"),
        7,
        "Lambda sets this variable itself",
    );
    refused(
        &function("Environment:\n  Variables:\n    A-B: x"),
        7,
        "begins with a letter",
    );
    refused(
        &function("Environment:\n  Variables:\n    LIST: [1]"),
        7,
        "text is needed here, not a list",
    );
    refused(
        &function("Environment: text"),
        5,
        "a mapping is needed here",
    );
    refused(
        &function("EventInvokeConfig: {MaximumRetryAttempts: 3}"),
        5,
        "from 0 to 2",
    );
    refused(
        &function("EventInvokeConfig: {MaximumEventAgeInSeconds: 59}"),
        5,
        "from 60 to 21600",
    );
    refused(
        &function("DeadLetterQueue: {Type: SQS, TargetArn: jobs}"),
        5,
        "is not an ARN",
    );
}

#[test]
fn resources_must_be_what_they_say() {
    let twin = with(
        "  Two:\n    Type: AWS::Lambda::Function\n    Properties: {FunctionName: shop-Work}\n",
    );
    refused(
        &twin,
        14,
        "the name `shop-Work` is taken by the resource on line 8",
    );
    refused(
        "Resources:\n  Q:\n    Type: AWS::SQS::Queue\n    Propertys: {}\n",
        4,
        "`Propertys` is none of a resource's keys",
    );
    let config = "  C:\n    Type: AWS::Lambda::EventInvokeConfig\n    Properties:\n      FunctionName: gone\n      Qualifier: $LATEST\n";
    refused(&with(config), 17, "`gone` is no function of this template");
}

#[test]
fn an_invoke_config_of_its_own_reaches_its_function() {
    let config = "  C:\n    Type: AWS::Lambda::EventInvokeConfig\n    Properties:\n      FunctionName: !Ref Work\n      Qualifier: $LATEST\n      MaximumRetryAttempts: 0\n      DestinationConfig: {OnFailure: {Destination: !GetAtt Q.Arn}, OnSuccess: {Destination: !GetAtt Work.Arn}}\n";
    let stack = stack(&with(config));
    let policy = &stack.functions[0].asynchronous;
    assert_eq!(policy.maximum_retry_attempts, 0);
    assert_eq!(
        policy.on_failure,
        Some(Destination::Queue("shop-Q".to_owned()))
    );
    assert_eq!(
        policy.on_success,
        Some(Destination::Function("shop-Work".to_owned()))
    );
}

#[test]
fn tables_are_checked() {
    let table = |properties: &str| {
        format!(
            "Resources:\n  T:\n    Type: AWS::DynamoDB::Table\n    Properties:\n      {properties}\n"
        )
    };
    refused(
        &table("KeySchema: [{AttributeName: a, KeyType: HASH}]"),
        2,
        "`a` is not defined here",
    );
    refused(
        &table("KeySchema: [{AttributeName: a, KeyType: RANGE}]"),
        5,
        "one HASH attribute",
    );
    refused(&table("KeySchema: {}"), 5, "a list is needed here");
    let extra = "AttributeDefinitions: [{AttributeName: a, AttributeType: S}, {AttributeName: b, AttributeType: S}]\n      KeySchema: [{AttributeName: a, KeyType: HASH}]";
    refused(&table(extra), 5, "`b` is in no key");
    refused(
        &table(
            "KeySchema: [{AttributeName: a, KeyType: HASH}]\n      AttributeDefinitions: [{AttributeName: a, AttributeType: X}]",
        ),
        6,
        "none of S, N, B",
    );
}

#[test]
fn keys_that_nobody_knows_are_warned_of() {
    warned(
        &queue("VisibilityTimeuot: 60"),
        5,
        "`VisibilityTimeuot` is not known here and has no effect: did you mean `VisibilityTimeout`?",
    );
    warned(
        &queue("Whatever: 60"),
        5,
        "`Whatever` is not known here and has no effect",
    );
    warned(
        &function("MemorySise: 128"),
        5,
        "did you mean `MemorySize`?",
    );
    warned(
        &mapping("EventSourceArn: !GetAtt Q.Arn\nFunctionResponseType: [ReportBatchItemFailures]"),
        18,
        "did you mean `FunctionResponseTypes`?",
    );
    warned(
        &mapping("EventSourceArn: !GetAtt Q.Arn\nScalingConfig: {MaxConcurrency: 5}"),
        18,
        "`MaxConcurrency` is not known",
    );
    let shared = "Globals:\n  Function:\n    Timeuot: 5\nResources:\n  A: {Type: AWS::Serverless::Function}\n  B: {Type: AWS::Serverless::Function}\n";
    warned(shared, 3, "did you mean `Timeout`?");
    assert_eq!(stack(shared).warnings.len(), 1, "once, not once a function");
}

#[test]
fn binaries_are_found_by_three_rules() {
    let binary = |text: &str| stack(text).functions[0].binary.clone();
    let stated = "Resources:\n  WorkFunction:\n    Type: AWS::Serverless::Function\n    Metadata: {BuildProperties: {Binary: one}}\n    Properties: {CodeUri: target/lambda/two/}\n";
    assert_eq!(
        binary(stated),
        Binary {
            name: "one".to_owned(),
            rule: BinaryRule::Metadata,
            line: 4
        }
    );
    let built = stated.replace("{BuildProperties: {Binary: one}}", "{SkipBuild: true}");
    assert_eq!(
        binary(&built),
        Binary {
            name: "two".to_owned(),
            rule: BinaryRule::CodeUri,
            line: 5
        }
    );
    let named = built.replace("target/lambda/two/", "crates/jobs");
    assert_eq!(
        binary(&named),
        Binary {
            name: "work".to_owned(),
            rule: BinaryRule::LogicalId,
            line: 2
        }
    );
}

#[test]
fn globals_are_merged_as_sam_does() {
    let text = "Globals:
  Function:
    Timeout: 20
    Environment: {Variables: {ONE: global, TWO: global}}
Resources:
  Own:
    Type: AWS::Serverless::Function
    Properties:
      Timeout: 30
      Environment: {Variables: {TWO: own}}
  Free:
    Type: AWS::Serverless::Function
    IgnoreGlobals: '*'
  Part:
    Type: AWS::Serverless::Function
    IgnoreGlobals: [Timeout]
";
    let stack = stack(text);
    let seen: Vec<(u64, usize, Option<&str>)> = stack
        .functions
        .iter()
        .map(|function| {
            (
                function.timeout.as_secs(),
                function.environment.len(),
                function.environment.get("TWO").map(String::as_str),
            )
        })
        .collect();
    assert_eq!(
        seen,
        [(30, 2, Some("own")), (3, 0, None), (3, 2, Some("global"))]
    );
}
