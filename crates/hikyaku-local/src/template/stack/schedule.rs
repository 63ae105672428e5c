//! A schedule and its target, as a template describes them.

use std::time::Duration;

use crate::schedule::Schedule;

/// A schedule with one target. A rule with several targets gives several of these.
#[derive(Debug, Clone)]
pub struct StackSchedule {
    /// `<function>.<event>` for an event of a function, else the resource's name in the template.
    pub logical_id: String,
    /// The rule's or schedule's name.
    pub name: String,
    /// The rule's or schedule's ARN, as the event's `resources` and `<aws.scheduler.schedule-arn>` show it.
    pub arn: String,
    /// The line of that event or resource.
    pub line: usize,
    /// Which of AWS's two services would fire it. They differ in the payload.
    pub origin: ScheduleOrigin,
    /// When it fires.
    pub schedule: Schedule,
    /// What it reaches.
    pub target: Target,
    /// `Input`: the payload, to the letter. Scheduler's context attributes are not yet substituted.
    pub input: Option<String>,
    /// `State` or `Enabled`: true unless stated.
    pub enabled: bool,
    /// `FlexibleTimeWindow.MaximumWindowInMinutes`: how much later it may fire.
    pub flexible_window: Option<Duration>,
    /// How a delivery that fails is repeated.
    pub retry: RetryPolicy,
    /// `DeadLetterConfig`: the name of the queue for deliveries that failed for good.
    pub dead_letter_queue: Option<String>,
}

/// The AWS service a schedule belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScheduleOrigin {
    /// An EventBridge rule with a `ScheduleExpression`: always UTC.
    Rule,
    /// EventBridge Scheduler.
    Scheduler,
}

/// What a schedule reaches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// An asynchronous invocation of the function of that name.
    Function(String),
    /// A message to the queue of that name.
    Queue {
        /// The queue's name.
        name: String,
        /// `SqsParameters.MessageGroupId`, which a FIFO queue needs.
        message_group_id: Option<String>,
    },
}

/// How a delivery that fails is repeated (pages `RetryPolicy` of the EventBridge and the EventBridge Scheduler API references).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetryPolicy {
    /// `MaximumRetryAttempts`: 185 unless stated, 0 to 185.
    pub maximum_retry_attempts: u32,
    /// `MaximumEventAgeInSeconds`: 24 hours unless stated, 60 s to 24 hours.
    pub maximum_event_age: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            maximum_retry_attempts: 185,
            maximum_event_age: Duration::from_hours(24),
        }
    }
}
