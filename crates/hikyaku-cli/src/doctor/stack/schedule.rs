//! Schedules: events of functions, EventBridge rules and schedules of EventBridge Scheduler.

use hikyaku_local::template::Node;

use super::part::{Part, texts};
use super::{Function, Queue};

/// Which service fires it: their grammars and permissions differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Service {
    /// EventBridge Scheduler: time zones, `at()`, a role.
    Scheduler,
    /// A rule of EventBridge: UTC only, resource policies.
    Rule,
}

/// What a schedule fires at.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    pub(crate) part: Part,
    /// The function's place in the stack.
    pub(crate) function: Option<usize>,
    /// The queue's place in the stack.
    pub(crate) queue: Option<usize>,
}

/// Something that fires at times.
#[derive(Debug, Clone)]
pub(crate) struct Schedule {
    pub(crate) part: Part,
    pub(crate) service: Service,
    /// The property with the expression: an event of type Schedule has a name of its own for it.
    pub(crate) expression: &'static str,
    pub(crate) targets: Vec<Target>,
    /// Whether SAM makes it from an event.
    pub(crate) is_event: bool,
}

impl Schedule {
    pub(crate) fn of_event(part: Part, kind: &str, function: usize) -> Option<Self> {
        let (service, expression) = match kind {
            "Schedule" => (Service::Rule, "Schedule"),
            "ScheduleV2" => (Service::Scheduler, "ScheduleExpression"),
            _ => return None,
        };
        let target = Target {
            part: part.clone(),
            function: Some(function),
            queue: None,
        };
        Some(Self {
            part,
            service,
            expression,
            targets: vec![target],
            is_event: true,
        })
    }

    pub(crate) fn of_resource(
        part: Part,
        kind: &str,
        functions: &[Function],
        queues: &[Queue],
    ) -> Option<Self> {
        let (service, targets): (_, Vec<&Node>) = match kind {
            "AWS::Scheduler::Schedule" => {
                (Service::Scheduler, part.at("Target").into_iter().collect())
            }
            "AWS::Events::Rule" if part.has("ScheduleExpression") => {
                let targets = part.at("Targets").and_then(Node::items);
                (Service::Rule, targets.unwrap_or_default().iter().collect())
            }
            _ => return None,
        };
        let target = |node: &Node| {
            let target = Part::new(part.id.clone(), node.line, Some(node));
            let arn = texts(target.at("Arn")).concat();
            Target {
                function: functions.iter().position(|function| function.is(&arn)),
                queue: queues.iter().position(|queue| queue.is(&arn)),
                part: target,
            }
        };
        Some(Self {
            targets: targets.into_iter().map(target).collect(),
            part,
            service,
            expression: "ScheduleExpression",
            is_event: false,
        })
    }
}
