//! Alarms on queues, and on the failed store.

use hikyaku_local::template::{Node, is_unknown};

use super::super::stack::part::{Part, one_or_many};
use super::super::stack::{Queue, Seen};
use super::{Finding, Rule, Severity, Stack};

pub(super) static MISSING: Rule = Rule {
    id: "dead-letter-alarm",
    severity: Severity::Warning,
    title: "A dead-letter queue has no alarm",
    why: "Jobs lie in it until they expire, and nobody knows. The metric is ApproximateNumberOfMessagesVisible: NumberOfMessagesSent does not \
          count what SQS moves there itself. A queue that a function works off needs ApproximateNumberOfMessagesNotVisible beside it: \
          the function takes each message the moment that it can be seen.",
    page: "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/dead-letter-queues-alarms-cloudwatch.html",
    fix: "DeadLetterQueueAlarm:\n  Type: AWS::CloudWatch::Alarm\n  Properties:\n    Namespace: AWS/SQS\n    MetricName: ApproximateNumberOfMessagesVisible\n    \
          Dimensions: [{ Name: QueueName, Value: !GetAtt DeadLetterQueue.QueueName }]\n    Statistic: Maximum\n    Period: 60\n    EvaluationPeriods: 1\n    \
          Threshold: 0\n    ComparisonOperator: GreaterThanThreshold\n    TreatMissingData: notBreaching\n    AlarmActions: [!Ref AlarmTopic]",
    check: check_missing,
};

pub(super) static FAILED: Rule = Rule {
    id: "failed-alarm",
    severity: Severity::Warning,
    title: "Jobs fail for good, and nobody is told",
    why: "A job that failed for good is a row in the failed store. Its function has no error, its queue no dead letter. Each row consumes \
          writes of the table, which DynamoDB counts for nothing.",
    page: "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/metrics-dimensions.html",
    fix: "FailedJobsAlarm:\n  Type: AWS::CloudWatch::Alarm\n  Properties:\n    Namespace: AWS/DynamoDB\n    MetricName: ConsumedWriteCapacityUnits\n    \
          Dimensions: [{ Name: TableName, Value: !Ref FailedJobsTable }]\n    Statistic: Sum\n    Period: 300\n    EvaluationPeriods: 1\n    Threshold: 0\n    \
          ComparisonOperator: GreaterThanThreshold\n    TreatMissingData: notBreaching\n    AlarmActions: [!Ref AlarmTopic]",
    check: check_failed,
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
          Dimensions: [{ Name: QueueName, Value: !GetAtt OrdersQueue.QueueName }]\n    Statistic: Maximum\n    Period: 300\n    EvaluationPeriods: 1\n    \
          Threshold: 900\n    ComparisonOperator: GreaterThanThreshold\n    TreatMissingData: notBreaching\n    AlarmActions: [!Ref AlarmTopic]",
    check: check_age,
};

/// Metrics that grow when a message arrives in a dead-letter queue, whoever put it there.
const ARRIVED: [&str; 2] = [VISIBLE, AGE_METRIC];
const VISIBLE: &str = "ApproximateNumberOfMessagesVisible";
const HIDDEN: &str = "ApproximateNumberOfMessagesNotVisible";
const AGE_METRIC: &str = "ApproximateAgeOfOldestMessage";

fn check_missing(stack: &Stack) -> Vec<Finding> {
    let mut found = Vec::new();
    for queue in stack.dead_letter_queues() {
        if watched(stack, queue, &ARRIVED) {
            found.extend(blind(stack, queue));
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

/// An alarm on what waits, where a function lets nothing wait.
fn blind(stack: &Stack, queue: &Queue) -> Option<Finding> {
    let is_worked_off = stack.consumed().any(|consumed| consumed.id() == queue.id());
    let sees = watched(stack, queue, &[HIDDEN, AGE_METRIC]);
    let alarm = alarm_on(stack, queue, VISIBLE).filter(|_| is_worked_off && !sees)?;
    let what = format!(
        "{} counts what waits in {}, and a function takes each message at once",
        alarm.id,
        queue.id()
    );
    let line = alarm.line_of("MetricName");
    let metric = |id: &str, name: &str| {
        format!(
            "  - {{ Id: {id}, ReturnData: false, MetricStat: {{ Metric: {{ Namespace: AWS/SQS, MetricName: {name}, Dimensions: [{{ Name: QueueName, \
             Value: !GetAtt {}.QueueName }}] }}, Period: 300, Stat: Maximum }} }}",
            queue.id()
        )
    };
    let fix = format!(
        "Metrics:  # instead of MetricName, Dimensions, Statistic and Period\n  - {{ Id: waiting, Expression: visible + hidden }}\n{}\n{}",
        metric("visible", VISIBLE),
        metric("hidden", HIDDEN)
    );
    Some(MISSING.found(&alarm.id, line, what).fix(fix))
}

/// One finding for each table in which functions record failed jobs.
fn check_failed(stack: &Stack) -> Vec<Finding> {
    let mut tables: Vec<&Part> = Vec::new();
    for function in &stack.functions {
        let name = function
            .part
            .reference("Environment.Variables.HIKYAKU_FAILED_TABLE");
        let table = name.and_then(|name| stack.find("AWS::DynamoDB::Table", name));
        if let Some(table) = table.filter(|table| !tables.iter().any(|known| known.id == table.id))
        {
            tables.push(table);
        }
    }
    // The count that functions write themselves, where HIKYAKU_METRICS is set, says the same.
    let counted = stack
        .of_kind("AWS::CloudWatch::Alarm")
        .into_iter()
        .any(|alarm| {
            let names =
                |alarm: &Part| alarm.text("MetricName").known().as_deref() == Some("Buried");
            names(alarm) || looks_at(alarm).iter().any(names)
        });
    let is_watched = |table: &Part| {
        let is_table = |name: &str| stack.is(&table.id, name) || is_unknown(name);
        find_alarm(stack, &table.id, "ConsumedWriteCapacityUnits", &is_table).is_some()
    };
    let unwatched = tables
        .into_iter()
        .filter(|table| !counted && !is_watched(table));
    unwatched
        .map(|table| {
            let what = format!("no alarm looks at what is written to {}", table.id);
            let fix = FAILED.fix.replace("FailedJobsTable", &table.id);
            FAILED.found(&table.id, table.line, what).fix(fix)
        })
        .collect()
}

fn check_age(stack: &Stack) -> Vec<Finding> {
    let unwatched = stack
        .consumed()
        .filter(|queue| !watched(stack, queue, &[AGE_METRIC]))
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
    // A name that is not known, and is none of the template's, may be this queue's.
    let is_queue = |name: &str| queue.is(name) || (is_unknown(name) && stack.queue(name).is_none());
    find_alarm(stack, queue.id(), metric, &is_queue)
}

/// An alarm that looks at that metric of that resource, alone or in an expression.
fn find_alarm<'s>(
    stack: &'s Stack,
    resource: &str,
    metric: &str,
    is_resource: &dyn Fn(&str) -> bool,
) -> Option<&'s Part> {
    let alarms = stack.of_kind("AWS::CloudWatch::Alarm").into_iter();
    // One that a condition takes away, though not the resource, tells nobody.
    let is_there = |alarm: &&Part| !stack.leaves_out(&alarm.id) || stack.leaves_out(resource);
    let mut alarms = alarms.filter(is_there);
    alarms.find(|alarm| {
        measures(alarm, metric, is_resource)
            || looks_at(alarm)
                .iter()
                .any(|part| measures(part, metric, is_resource))
    })
}

/// The metrics of an alarm on an expression.
fn looks_at(alarm: &Part) -> Vec<Part> {
    let entries = one_or_many(alarm.at("Metrics")).iter();
    let stats = entries.filter_map(|entry| entry.get("MetricStat")?.get("Metric"));
    stats
        .map(|metric| Part::new("", metric.line, Some(metric)))
        .collect()
}

fn measures(part: &Part, metric: &str, is_resource: &dyn Fn(&str) -> bool) -> bool {
    let is_metric = match part.text("MetricName") {
        Seen::Absent => return false,
        Seen::Known(name) => name == metric,
        Seen::Unknown => true,
    };
    let names = |dimension: &Node| {
        let dimension = Part::new("", dimension.line, Some(dimension));
        is_resource(dimension.reference("Value").unwrap_or_default())
    };
    is_metric && one_or_many(part.at("Dimensions")).iter().any(names)
}
