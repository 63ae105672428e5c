//! What AWS refuses of mappings, schedules and rules, each with its line.

use super::shapes::{function, mapping, rule, schedule};
use super::*;

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
    warned(
        &schedule(rate, "{Arn: !Ref Topic}"),
        19,
        "this schedule does not fire",
    );
}

#[test]
fn targets_of_schedules_are_checked() {
    let rate = "ScheduleExpression: rate(5 minutes)";
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
    let six = [work; 6].join(", ");
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
