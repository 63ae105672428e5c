//! What AWS refuses, each with its line; and what it would deploy but nobody means.

use super::*;

/// Queue `Q`, FIFO queue `F` and function `Work` (lines 1 to 13), then more resources from line 14 on.
fn with(more: &str) -> String {
    format!(
        "Resources:
  Q:
    Type: AWS::SQS::Queue
    Properties: {{ VisibilityTimeout: 60 }}
  F:
    Type: AWS::SQS::Queue
    Properties: {{ FifoQueue: true, VisibilityTimeout: 60 }}
  Work:
    Type: AWS::Lambda::Function
    Properties:
      Timeout: 10
  Topic:
    Type: AWS::SNS::Topic
{more}"
    )
}

/// An event source mapping from line 14 on: its properties begin on line 17.
fn mapping(properties: &str) -> String {
    let lines: String = properties
        .lines()
        .map(|line| format!("      {line}\n"))
        .collect();
    with(&format!(
        "  M:\n    Type: AWS::Lambda::EventSourceMapping\n    Properties:\n{lines}      FunctionName: !Ref Work\n"
    ))
}

/// A queue alone: its properties begin on line 5.
fn queue(properties: &str) -> String {
    let lines: String = properties
        .lines()
        .map(|line| format!("      {line}\n"))
        .collect();
    format!("Resources:\n  Q:\n    Type: AWS::SQS::Queue\n    Properties:\n{lines}")
}

/// A function alone: its properties begin on line 5.
fn function(properties: &str) -> String {
    let lines: String = properties
        .lines()
        .map(|line| format!("      {line}\n"))
        .collect();
    format!("Resources:\n  Work:\n    Type: AWS::Serverless::Function\n    Properties:\n{lines}")
}

/// A Scheduler schedule from line 14 on: its properties begin on line 17, its target's on line 19.
fn schedule(expression: &str, target: &str) -> String {
    with(&format!(
        "  S:\n    Type: AWS::Scheduler::Schedule\n    Properties:\n      {expression}\n      Target:\n        {target}\n"
    ))
}

/// A rule from line 14 on: its expression is on line 17, its target on line 18.
fn rule(expression: &str, target: &str) -> String {
    with(&format!(
        "  R:\n    Type: AWS::Events::Rule\n    Properties:\n      {expression}\n      Targets: [{target}]\n"
    ))
}

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
fn mappings_keep_their_limits() {
    refused(
        &mapping("EventSourceArn: !GetAtt Q.Arn\nBatchSize: 0"),
        18,
        "from 1 to 10000",
    );
    refused(
        &mapping("EventSourceArn: !GetAtt Q.Arn\nBatchSize: 11"),
        18,
        "need a `MaximumBatchingWindowInSeconds`",
    );
    refused(
        &mapping("EventSourceArn: !GetAtt F.Arn\nBatchSize: 11"),
        18,
        "takes at most 10",
    );
    refused(
        &mapping("EventSourceArn: !GetAtt F.Arn\nMaximumBatchingWindowInSeconds: 1"),
        18,
        "has no batching window",
    );
    refused(
        &mapping("EventSourceArn: !GetAtt Q.Arn\nMaximumBatchingWindowInSeconds: 301"),
        18,
        "from 0 to 300",
    );
    refused(
        &mapping("EventSourceArn: !GetAtt Q.Arn\nScalingConfig:\n  MaximumConcurrency: 1"),
        19,
        "from 2 to 1000",
    );
    refused(
        &mapping("EventSourceArn: !GetAtt Q.Arn\nScalingConfig: {MaximumConcurrency: 1001}"),
        18,
        "from 2 to 1000",
    );
    let both = "EventSourceArn: !GetAtt Q.Arn\nScalingConfig: {MaximumConcurrency: 2}\nProvisionedPollerConfig: {MinimumPollers: 2}";
    refused(&mapping(both), 19, "it excludes `ScalingConfig`");
    refused(
        &mapping("EventSourceArn: !GetAtt Q.Arn\nFunctionResponseTypes: [ReportBatchItemFailure]"),
        18,
        "is not `ReportBatchItemFailures`",
    );
    refused(
        &mapping("EventSourceArn: !GetAtt Q.Arn\nFilterCriteria: {Filters: [{Pattern: '{}'}]}"),
        18,
        "filters are not supported locally",
    );
    refused(
        &mapping("EventSourceArn: arn:aws:sqs:us-east-1:000000000000:gone"),
        17,
        "is no queue of this template",
    );
    let slow = mapping("EventSourceArn: !GetAtt Q.Arn").replace("Timeout: 10", "Timeout: 61");
    refused(
        &slow,
        17,
        "(61 s) is longer than the visibility timeout of `Q` (60 s, line 2)",
    );
    let gone = mapping("EventSourceArn: !GetAtt Q.Arn").replace("!Ref Work", "gone");
    refused(&gone, 18, "`gone` is no function of this template");
}

#[test]
fn mappings_of_other_sources_are_ignored() {
    let stack = stack(&mapping(
        "EventSourceArn: arn:aws:kinesis:us-east-1:1:stream/x",
    ));
    assert!(stack.mappings.is_empty());
    assert!(
        stack
            .ignored
            .iter()
            .any(|ignored| ignored.logical_id == "M" && ignored.line == 14)
    );
}

#[test]
fn a_function_may_be_named_in_every_way() {
    for name in [
        "shop-Work",
        "shop-Work:live",
        "!GetAtt Work.Arn",
        "!Sub '${Work.Arn}:live'",
        "000000000000:function:shop-Work",
    ] {
        let stack = stack(&mapping("EventSourceArn: !GetAtt Q.Arn").replace("!Ref Work", name));
        assert_eq!(stack.mappings[0].function, "shop-Work", "{name}");
    }
}

#[test]
fn events_of_functions_are_checked_too() {
    let event = |properties: &str| {
        function(&format!(
            "Events:\n  Jobs:\n    Type: SQS\n    Properties:\n      {properties}"
        ))
    };
    refused(
        &event("Queue: jobs"),
        9,
        "an ARN is needed, such as `!GetAtt Orders.Arn`",
    );
    refused(&event("Queue: !GetAtt Gone.Arn"), 9, "`Gone` is neither");
    refused(&event("BatchSize: 1"), 6, "`Queue` is missing");
    refused(
        &function("Events:\n  Jobs:\n    Type: SQS"),
        6,
        "`Properties` is missing",
    );
    refused(
        &function("Events:\n  Jobs: {Properties: {}}"),
        6,
        "`Type` is missing",
    );
}

#[test]
fn schedules_are_checked() {
    let work = "{Arn: !GetAtt Work.Arn}";
    refused(
        &schedule("ScheduleExpression: cron(0 9 * * * *)", work),
        17,
        "one of the two day fields must be `?`",
    );
    refused(
        &schedule(
            "ScheduleExpression: rate(5 minutes)\n      ScheduleExpressionTimezone: Asia/Tokio",
            work,
        ),
        18,
        "`Asia/Tokio` is not a time zone",
    );
    refused(
        &schedule(
            "ScheduleExpression: rate(5 minutes)\n      StartDate: tomorrow",
            work,
        ),
        18,
        "is not a time such as",
    );
    refused(
        &schedule(
            "ScheduleExpression: rate(5 minutes)\n      State: 'ON'",
            work,
        ),
        18,
        "none of ENABLED",
    );
    refused(
        &schedule(
            "ScheduleExpression: rate(5 minutes)\n      FlexibleTimeWindow: {Mode: FLEXIBLE}",
            work,
        ),
        18,
        "`MaximumWindowInMinutes` is missing",
    );
    refused(
        &schedule("ScheduleExpression: rate(5 minutes)", "{Input: x}"),
        18,
        "`Arn` is missing",
    );
    let rate = "ScheduleExpression: rate(5 minutes)";
    refused(
        &schedule(rate, "{Arn: !GetAtt Work.Arn, Input: '{'}"),
        19,
        "it must be JSON",
    );
    refused(
        &schedule(rate, "{Arn: !GetAtt F.Arn}"),
        19,
        "needs `SqsParameters.MessageGroupId`",
    );
    refused(
        &schedule(
            rate,
            "{Arn: !GetAtt F.Arn, SqsParameters: {MessageGroupId: a}}",
        ),
        19,
        "`ContentBasedDeduplication: true`",
    );
    refused(
        &schedule(rate, "{Arn: arn:aws:sqs:us-east-1:1:gone}"),
        19,
        "is no queue and no function",
    );
    refused(&schedule(rate, "{Arn: gone}"), 19, "is not an ARN");
    refused(
        &schedule(
            rate,
            "{Arn: !GetAtt Work.Arn, RetryPolicy: {MaximumRetryAttempts: 186}}",
        ),
        19,
        "from 0 to 185",
    );
    refused(
        &schedule(
            rate,
            "{Arn: !GetAtt Work.Arn, RetryPolicy: {MaximumEventAgeInSeconds: 59}}",
        ),
        19,
        "from 60 to 86400",
    );
    refused(
        &schedule(
            rate,
            "{Arn: !GetAtt Work.Arn, DeadLetterConfig: {Arn: !GetAtt F.Arn}}",
        ),
        19,
        "need a standard one",
    );
    refused(
        &schedule(
            rate,
            "{Arn: !GetAtt Work.Arn, DeadLetterConfig: {Arn: !Ref Topic}}",
        ),
        19,
        "is no queue of this template",
    );
    warned(
        &schedule(rate, "{Arn: !Ref Topic}"),
        19,
        "this schedule does not fire",
    );
}

#[test]
fn rules_are_checked() {
    let work = "{Id: a, Arn: !GetAtt Work.Arn}";
    refused(
        &rule("ScheduleExpression: rate(1 minutes)", work),
        17,
        "write rate(1 minute)",
    );
    refused(
        &rule("ScheduleExpression: at(2027-01-01T00:00:00)", work),
        17,
        "is for EventBridge Scheduler",
    );
    refused(
        &rule(
            "ScheduleExpression: rate(5 minutes)",
            "{Id: a, Arn: !GetAtt Work.Arn, InputTransformer: {InputTemplate: x}}",
        ),
        18,
        "it is not supported locally",
    );
    refused(
        &rule(
            "ScheduleExpression: rate(5 minutes)",
            "{Id: a, Arn: !GetAtt Work.Arn, InputPath: $.detail}",
        ),
        18,
        "it is not supported locally",
    );
    refused(
        &rule(
            "ScheduleExpression: rate(5 minutes)",
            "{Id: a, Arn: !GetAtt Q.Arn, Input: plain}",
        ),
        18,
        "it must be JSON",
    );
    let six = vec![work; 6].join(", ");
    refused(
        &rule("ScheduleExpression: rate(5 minutes)", &six),
        18,
        "at most 5 targets",
    );
    warned(
        &rule("EventPattern: {source: [aws.s3]}", work),
        14,
        "event pattern",
    );
    let events = function(
        "Events:\n  Tick:\n    Type: Schedule\n    Properties: {Schedule: rate(2 minute)}",
    );
    refused(&events, 8, "write rate(2 minutes)");
    let pattern = function(
        "Events:\n  Tick:\n    Type: EventBridgeRule\n    Properties: {Pattern: {source: [a]}}",
    );
    warned(&pattern, 6, "event pattern");
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
