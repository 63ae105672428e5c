//! What becomes of a firing that fails, and whether it may be delivered at all.

use hikyaku_local::template::is_unknown;

use super::super::stack::grants::Grants;
use super::super::stack::part::{Part, one_or_many, texts};
use super::super::stack::{Function, Queue, Schedule, Service};
use super::{Finding, Rule, Severity, Stack};

pub(super) static PERMISSION: Rule = Rule {
    id: "schedule-permissions",
    severity: Severity::Error,
    title: "A schedule may not reach its target",
    why: "Every firing fails, and after a day or 185 tries it is dropped. Scheduler uses its role; a rule needs the queue's policy or a \
          permission of the function.",
    page: "https://docs.aws.amazon.com/scheduler/latest/UserGuide/setting-up.html",
    fix: "Statement:\n  - { Effect: Allow, Action: sqs:SendMessage, Resource: !GetAtt OrdersQueue.Arn }",
    check: check_permission,
};

pub(super) static UNRECORDED: Rule = Rule {
    id: "schedule-failures",
    severity: Severity::Warning,
    title: "A schedule invokes a function, and failures are kept nowhere",
    why: "An asynchronous invocation is tried twice more and then dropped. A dead-letter queue of the schedule gets what could not be \
          delivered, not what failed. Through a queue, a firing has the retries and the failed row of any other job.",
    page: "https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html",
    fix: "EventInvokeConfig:\n  DestinationConfig:\n    OnFailure: { Type: SQS, Destination: !GetAtt DeadLetterQueue.Arn }",
    check: check_unrecorded,
};

pub(super) static FIXED_NAME: Rule = Rule {
    id: "schedule-name",
    severity: Severity::Note,
    title: "A schedule has the same name in every stack",
    why: "SAM names a ScheduleV2 after the function and the event. A second stack of the same template in one account and region is \
          refused.",
    page: "https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-function-schedulev2.html",
    fix: "OmitName: true",
    check: check_fixed_name,
};

fn check_permission(stack: &Stack) -> Vec<Finding> {
    let mut found = Vec::new();
    // What SAM makes from an event it also permits.
    for schedule in stack.schedules.iter().filter(|schedule| !schedule.is_event) {
        for target in &schedule.targets {
            let lacking = match (schedule.service, target.queue, target.function) {
                (Service::Scheduler, Some(queue), _) => role_lacks(
                    stack,
                    &target.part,
                    "sqs:SendMessage",
                    &stack.queues[queue].arn,
                ),
                (Service::Scheduler, None, Some(_)) => {
                    // The ARN as it is written: a permission on the function is none on its alias, nor the reverse.
                    let arn = texts(target.part.at("Arn")).concat();
                    role_lacks(stack, &target.part, "lambda:InvokeFunction", &arn)
                }
                (Service::Rule, Some(queue), _) => policy_lacks(stack, &stack.queues[queue]),
                (Service::Rule, None, Some(function)) => {
                    let arn = texts(target.part.at("Arn")).concat();
                    permission_lacks(stack, &stack.functions[function], &arn)
                }
                _ => None,
            };
            if let Some((what, fix)) = lacking {
                let line = target.part.line_of("Arn");
                found.push(PERMISSION.found(&schedule.part.id, line, what).fix(fix));
            }
        }
    }
    found
}

fn role_lacks(stack: &Stack, target: &Part, action: &str, arn: &str) -> Option<(String, String)> {
    let role = texts(target.at("RoleArn")).concat();
    let grants = Grants::of_role(stack, &role)?;
    let name = arn.split_once(":function:").map(|(_, name)| name);
    let name = name.or(arn.rsplit(':').next()).unwrap_or(arn);
    let what = format!("its role {} lacks {action} on {name}", grants.holder);
    let fix = format!(
        "Statement:  # in {}\n  - {{ Effect: Allow, Action: {action}, Resource: … }}",
        grants.holder
    );
    (!grants.lacks(&[action], arn).is_empty()).then_some((what, fix))
}

fn policy_lacks(stack: &Stack, queue: &Queue) -> Option<(String, String)> {
    let permits = stack
        .of_kind("AWS::SQS::QueuePolicy")
        .into_iter()
        .any(|policy| {
            texts(policy.at("Queues"))
                .iter()
                .any(|named| queue.is(named))
                && one_or_many(policy.at("PolicyDocument.Statement"))
                    .iter()
                    .any(|statement| {
                        let statement = Part::new("", statement.line, Some(statement));
                        let actions = texts(statement.at("Action"));
                        let is_allowed =
                            statement.text("Effect").known().as_deref() == Some("Allow");
                        is_allowed
                            && actions.iter().any(|action| {
                                super::super::stack::grants::matches(action, "sqs:SendMessage")
                            })
                    })
        });
    let what = format!(
        "no policy of {} lets events.amazonaws.com send to it",
        queue.id()
    );
    let fix = format!(
        "{0}Policy:\n  Type: AWS::SQS::QueuePolicy\n  Properties:\n    Queues: [!Ref {0}]\n    PolicyDocument:\n      Version: \"2012-10-17\"\n      \
         Statement:\n        - {{ Effect: Allow, Principal: {{ Service: events.amazonaws.com }}, Action: sqs:SendMessage, Resource: !GetAtt {0}.Arn }}",
        queue.id()
    );
    (!permits).then_some((what, fix))
}

fn permission_lacks(stack: &Stack, function: &Function, arn: &str) -> Option<(String, String)> {
    let permits = stack
        .of_kind("AWS::Lambda::Permission")
        .into_iter()
        .any(|permission| {
            let named = texts(permission.at("FunctionName")).concat();
            let is_same = function.is(&named) && qualifier(&named) == qualifier(arn);
            named.is_empty() || is_unknown(&named) || is_same
        });
    let what = format!(
        "nothing permits events.amazonaws.com to invoke {}",
        function.id()
    );
    let fix = format!(
        "{0}Permission:\n  Type: AWS::Lambda::Permission\n  Properties:\n    Action: lambda:InvokeFunction\n    FunctionName: !Ref {0}\n    Principal: events.amazonaws.com",
        function.id()
    );
    (!permits).then_some((what, fix))
}

/// The alias or version at the end of a function's name or ARN.
fn qualifier(reference: &str) -> Option<&str> {
    let name = reference.split_once(":function:");
    let name = name.map_or(reference, |(_, name)| name);
    name.split_once(':').map(|(_, qualifier)| qualifier)
}

fn check_unrecorded(stack: &Stack) -> Vec<Finding> {
    let mut found = Vec::new();
    for schedule in &stack.schedules {
        let functions = schedule.targets.iter().filter_map(|target| target.function);
        for function in functions.map(|index| &stack.functions[index]) {
            if !keeps_failures(stack, function) {
                let what = format!(
                    "{} invokes {}, which keeps no failed event",
                    schedule.part.id,
                    function.id()
                );
                found.push(UNRECORDED.found(&schedule.part.id, schedule.part.line, what));
            }
        }
    }
    found
}

fn keeps_failures(stack: &Stack, function: &Function) -> bool {
    let own = [
        "DeadLetterQueue",
        "DeadLetterConfig",
        "EventInvokeConfig.DestinationConfig.OnFailure",
    ];
    let apart = || {
        stack
            .of_kind("AWS::Lambda::EventInvokeConfig")
            .into_iter()
            .any(|config| {
                config.has("DestinationConfig.OnFailure")
                    && texts(config.at("FunctionName"))
                        .iter()
                        .any(|named| function.is(named))
            })
    };
    // The engine hands such an event to the job's queue when it has to be tried again.
    let handed_on = !function.variable("HIKYAKU_QUEUE_URL").is_absent();
    own.iter().any(|key| function.part.has(key)) || handed_on || apart()
}

fn check_fixed_name(stack: &Stack) -> Vec<Finding> {
    let is_fixed = |schedule: &&Schedule| {
        schedule.is_event
            && schedule.service == Service::Scheduler
            && schedule.part.flag("OmitName").or(false) == Some(false)
    };
    let fixed = stack.schedules.iter().filter(is_fixed);
    fixed
        .map(|schedule| {
            let what = format!("{} has no OmitName", schedule.part.id);
            FIXED_NAME.found(&schedule.part.id, schedule.part.line_of("OmitName"), what)
        })
        .collect()
}
