//! Fires the schedules of the template.

use std::time::Duration;

use serde_json::Value;

use crate::clock::SharedClock;
use crate::event::{Event, Events};
use crate::lambda::{Invocation, Lambda, new_request_id};
use crate::schedule::event::{SchedulerContext, rule_event, scheduler_event};
use crate::schedule::{Firing, Timetable};
use crate::sqs::{SendRequest, Sqs};
use crate::tasks::Tasks;
use crate::template::{ScheduleOrigin, Stack, StackSchedule, Target};

/// A laptop sleeps and its clock is set; so the timetable is looked at at least this often.
const LOOK_EVERY: Duration = Duration::from_secs(30);

struct Scheduler {
    schedules: Vec<StackSchedule>,
    sqs: Sqs,
    lambda: Lambda,
    events: Events,
    clock: SharedClock,
}

/// Fires every enabled schedule until the cloud stops.
pub(super) fn run(
    stack: &Stack,
    sqs: &Sqs,
    lambda: &Lambda,
    events: &Events,
    clock: &SharedClock,
    tasks: &Tasks,
) {
    let schedules: Vec<_> = stack
        .schedules
        .iter()
        .filter(|schedule| schedule.enabled)
        .cloned()
        .collect();
    if schedules.is_empty() {
        return;
    }
    let (sqs, lambda, events, clock) = (sqs.clone(), lambda.clone(), events.clone(), clock.clone());
    tasks.spawn_until_stopped(
        Scheduler {
            schedules,
            sqs,
            lambda,
            events,
            clock,
        }
        .run(),
    );
}

impl Scheduler {
    async fn run(self) {
        let times = self.schedules.iter().map(|entry| entry.schedule.clone());
        let mut timetable = Timetable::new(times, self.clock.now_ms());
        while let Some(next) = timetable.next() {
            let wait = Duration::from_millis(next.at_ms.saturating_sub(self.clock.now_ms()));
            self.clock.sleep(wait.min(LOOK_EVERY)).await;
            for firing in timetable.due(self.clock.now_ms()) {
                if let Some(schedule) = self.schedules.get(firing.index) {
                    self.fire(schedule, firing);
                }
            }
        }
    }

    fn fire(&self, schedule: &StackSchedule, firing: Firing) {
        let target = match &schedule.target {
            Target::Function(name) | Target::Queue { name, .. } => name.clone(),
        };
        self.events.publish(Event::ScheduleFired {
            schedule: schedule.name.clone(),
            target,
        });
        let payload = self.payload(schedule, firing);
        let Err(reason) = self.deliver(schedule, &payload) else {
            return;
        };
        tracing::warn!(
            schedule = schedule.name,
            reason,
            "could not reach the target of a schedule"
        );
        if let Some(queue) = &schedule.dead_letter_queue
            && let Err(error) = self.send(queue, None, payload)
        {
            tracing::warn!(
                schedule = schedule.name,
                error,
                "could not reach its dead-letter queue either"
            );
        }
    }

    fn payload(&self, schedule: &StackSchedule, firing: Firing) -> String {
        let id = new_request_id();
        let identity = self.sqs.identity();
        let event = |make: fn(&str, &str, &str, u64, &str) -> Value| {
            make(
                &schedule.arn,
                &identity.account,
                &identity.region,
                firing.at_ms,
                &id,
            )
            .to_string()
        };
        match (schedule.origin, &schedule.input) {
            (ScheduleOrigin::Rule, Some(input)) => input.clone(),
            (ScheduleOrigin::Rule, None) => event(rule_event),
            (ScheduleOrigin::Scheduler, None) => event(scheduler_event),
            (ScheduleOrigin::Scheduler, Some(input)) => SchedulerContext {
                schedule_arn: &schedule.arn,
                scheduled_time_ms: firing.at_ms,
                execution_id: &id,
                attempt_number: 1,
            }
            .substitute(input),
        }
    }

    fn deliver(&self, schedule: &StackSchedule, payload: &str) -> Result<(), String> {
        match &schedule.target {
            Target::Function(function) => {
                let payload = payload.to_owned().into();
                let invocation = Invocation {
                    function: function.clone(),
                    payload,
                    trace: None,
                };
                self.lambda
                    .invoke_asynchronously(invocation)
                    .map(drop)
                    .map_err(|error| error.to_string())
            }
            Target::Queue {
                name,
                message_group_id,
            } => self.send(name, message_group_id.clone(), payload.to_owned()),
        }
    }

    fn send(
        &self,
        queue: &str,
        message_group_id: Option<String>,
        body: String,
    ) -> Result<(), String> {
        let queue = self
            .sqs
            .queue_by_name(queue)
            .map_err(|error| error.to_string())?;
        let request = SendRequest {
            message_group_id,
            ..SendRequest::new(queue, body)
        };
        self.sqs
            .send(request)
            .map(drop)
            .map_err(|error| error.to_string())
    }
}
