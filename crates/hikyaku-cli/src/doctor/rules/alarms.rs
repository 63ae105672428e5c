//! Alarms on queues.

use hikyaku_local::template::is_unknown;

use super::super::stack::part::{Part, one_or_many};
use super::super::stack::{Queue, Seen};
use super::{Finding, Rule, Severity, Stack};

pub(super) static MISSING: Rule = Rule {
    id: "dead-letter-alarm",
    severity: Severity::Warning,
    title: "A dead-letter queue has no alarm",
    why: "Jobs lie in it until they expire, and nobody knows. The metric is ApproximateNumberOfMessagesVisible: NumberOfMessagesSent does not \
          count what SQS moves there itself.",
    page: "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/dead-letter-queues-alarms-cloudwatch.html",
    fix: "DeadLetterQueueAlarm:\n  Type: AWS::CloudWatch::Alarm\n  Properties:\n    Namespace: AWS/SQS\n    MetricName: ApproximateNumberOfMessagesVisible\n    \
          Dimensions: [{ Name: QueueName, Value: !GetAtt DeadLetterQueue.QueueName }]\n    Statistic: Maximum\n    Period: 60\n    EvaluationPeriods: 1\n    \
          Threshold: 0\n    ComparisonOperator: GreaterThanThreshold\n    TreatMissingData: notBreaching\n    AlarmActions: [!Ref AlarmTopic]",
    check: check_missing,
};

pub(super) static SILENT: Rule = Rule {
    id: "alarm-action",
    severity: Severity::Warning,
    title: "An alarm tells nobody",
    why: "Without AlarmActions it changes its colour in a console that nobody looks at.",
    page: "https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-actions.html",
    fix: "AlarmActions: [!Ref AlarmTopic]",
    check: check_silent,
};

pub(super) static AGE: Rule = Rule {
    id: "age-alarm",
    severity: Severity::Note,
    title: "A queue has no alarm on the age of its oldest message",
    why: "A function that is throttled, disabled or too slow fails no job, so nothing else is heard of it: the queue just gets longer.",
    page: "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html",
    fix: "OrdersQueueAgeAlarm:\n  Type: AWS::CloudWatch::Alarm\n  Properties:\n    Namespace: AWS/SQS\n    MetricName: ApproximateAgeOfOldestMessage\n    \
          Dimensions: [{ Name: QueueName, Value: !GetAtt OrdersQueue.QueueName }]\n    Statistic: Maximum\n    Period: 300\n    EvaluationPeriods: 3\n    \
          Threshold: 900\n    ComparisonOperator: GreaterThanThreshold\n    TreatMissingData: notBreaching\n    AlarmActions: [!Ref AlarmTopic]",
    check: check_age,
};

/// Metrics that grow when a message arrives in a dead-letter queue, whoever put it there.
const ARRIVED: [&str; 2] = [
    "ApproximateNumberOfMessagesVisible",
    "ApproximateAgeOfOldestMessage",
];

fn check_missing(stack: &Stack) -> Vec<Finding> {
    let mut found = Vec::new();
    for queue in stack.dead_letter_queues() {
        if watched(stack, queue, &ARRIVED) {
            continue;
        }
        let fix = MISSING.fix.replace("DeadLetterQueue", queue.id());
        // An alarm on the wrong metric is worse than none: somebody relies on it.
        let finding = match alarm_on(stack, queue, "NumberOfMessagesSent") {
            Some(alarm) => {
                let what = format!(
                    "{} counts NumberOfMessagesSent, which stays 0 on {}",
                    alarm.id,
                    queue.id()
                );
                MISSING
                    .found(&alarm.id, alarm.line_of("MetricName"), what)
                    .fix("MetricName: ApproximateNumberOfMessagesVisible")
            }
            None => MISSING
                .found(
                    queue.id(),
                    queue.part.line,
                    format!("{} has no alarm", queue.id()),
                )
                .fix(fix),
        };
        found.push(finding);
    }
    found
}

fn check_age(stack: &Stack) -> Vec<Finding> {
    let unwatched = stack
        .consumed()
        .filter(|queue| !watched(stack, queue, &["ApproximateAgeOfOldestMessage"]))
        .filter(|queue| !tells_of_its_first_message(stack, queue));
    unwatched
        .map(|queue| {
            let what = format!(
                "{} has no alarm on ApproximateAgeOfOldestMessage",
                queue.id()
            );
            AGE.found(queue.id(), queue.part.line, what)
                .fix(AGE.fix.replace("OrdersQueue", queue.id()))
        })
        .collect()
}

/// Whether it is a dead-letter queue with an alarm: that one goes off before any message is old.
fn tells_of_its_first_message(stack: &Stack, queue: &Queue) -> bool {
    let mut dead = stack.dead_letter_queues().into_iter();
    dead.any(|dead| dead.id() == queue.id()) && watched(stack, queue, &ARRIVED)
}

fn check_silent(stack: &Stack) -> Vec<Finding> {
    let alarms = stack.of_kind("AWS::CloudWatch::Alarm").into_iter();
    // A list that is empty on this deployment's parameters is a choice; one that is not there was forgotten.
    let silent =
        alarms.filter(|alarm| !declared(stack, alarm) && !is_part_of_another(stack, alarm));
    silent
        .map(|alarm| {
            SILENT.found(
                &alarm.id,
                alarm.line,
                format!("{} has no AlarmActions", alarm.id),
            )
        })
        .collect()
}

/// Whether a composite alarm looks at it, and tells somebody.
fn is_part_of_another(stack: &Stack, alarm: &Part) -> bool {
    let name = alarm.reference("AlarmName").unwrap_or(&alarm.id);
    let composites = stack.of_kind("AWS::CloudWatch::CompositeAlarm").into_iter();
    composites
        .filter_map(|composite| composite.reference("AlarmRule"))
        .any(|rule| rule.contains(name) || rule.contains(&alarm.id))
}

/// Whether the text has the property, though a condition takes it away.
fn declared(stack: &Stack, alarm: &Part) -> bool {
    stack.declares(&alarm.id, "AlarmActions")
}

fn watched(stack: &Stack, queue: &Queue, metrics: &[&str]) -> bool {
    metrics
        .iter()
        .any(|metric| alarm_on(stack, queue, metric).is_some())
}

fn alarm_on<'s>(stack: &'s Stack, queue: &Queue, metric: &str) -> Option<&'s Part> {
    let alarms = stack.of_kind("AWS::CloudWatch::Alarm").into_iter();
    // One that a condition takes away, though not the queue, tells nobody.
    let is_there = |alarm: &&Part| !stack.leaves_out(&alarm.id) || stack.leaves_out(queue.id());
    let mut alarms = alarms.filter(is_there);
    alarms.find(|alarm| measures(stack, alarm, queue, metric))
}

/// Whether an alarm looks at that metric of that queue, alone or in an expression.
fn measures(stack: &Stack, alarm: &Part, queue: &Queue, metric: &str) -> bool {
    if measured(stack, alarm, queue, metric) {
        return true;
    }
    one_or_many(alarm.at("Metrics")).iter().any(|entry| {
        let part = Part::new(
            "",
            entry.line,
            entry.get("MetricStat").and_then(|stat| stat.get("Metric")),
        );
        measured(stack, &part, queue, metric)
    })
}

fn measured(stack: &Stack, part: &Part, queue: &Queue, metric: &str) -> bool {
    let name = match part.text("MetricName") {
        Seen::Absent => return false,
        Seen::Known(name) => name == metric,
        Seen::Unknown => true,
    };
    name && one_or_many(part.at("Dimensions")).iter().any(|dimension| {
        let dimension = Part::new("", dimension.line, Some(dimension));
        let value = dimension.reference("Value").unwrap_or_default();
        // A name that is not known, and is none of the template's, may be this queue's.
        queue.is(value) || (is_unknown(value) && stack.queue(value).is_none())
    })
}
