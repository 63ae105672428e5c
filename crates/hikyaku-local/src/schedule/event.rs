//! What the target of a schedule receives.

use jiff::Timestamp;
use serde_json::{Value, json};

/// The event of an EventBridge rule with a schedule (page "Scheduled event" / "Events from AWS services" of the EventBridge
/// user guide), due at `time_ms`.
pub fn rule_event(rule_arn: &str, account: &str, region: &str, time_ms: u64, id: &str) -> Value {
    scheduled_event(
        "aws.events",
        &json!({}),
        rule_arn,
        account,
        region,
        time_ms,
        id,
    )
}

/// What EventBridge Scheduler delivers when a schedule has no `Input`.
///
/// It is like a rule's event, but `detail` is the text `{}` and not an object (seen in deliveries, for example
/// aws/aws-lambda-dotnet issue 1864; AWS's pages do not show it).
pub fn scheduler_event(
    schedule_arn: &str,
    account: &str,
    region: &str,
    time_ms: u64,
    id: &str,
) -> Value {
    scheduled_event(
        "aws.scheduler",
        &json!("{}"),
        schedule_arn,
        account,
        region,
        time_ms,
        id,
    )
}

fn scheduled_event(
    source: &str,
    detail: &Value,
    arn: &str,
    account: &str,
    region: &str,
    time_ms: u64,
    id: &str,
) -> Value {
    json!({
        "version": "0",
        "id": id,
        "detail-type": "Scheduled Event",
        "source": source,
        "account": account,
        "time": rfc3339(time_ms),
        "region": region,
        "resources": [arn],
        "detail": detail,
    })
}

/// What EventBridge Scheduler puts in place of its context attributes (page "Adding context attributes in EventBridge
/// Scheduler").
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchedulerContext<'a> {
    /// `<aws.scheduler.schedule-arn>`.
    pub schedule_arn: &'a str,
    /// `<aws.scheduler.scheduled-time>`, in milliseconds since 1970; shown as `2022-03-22T18:59:43Z`.
    pub scheduled_time_ms: u64,
    /// `<aws.scheduler.execution-id>`: the unique id of this attempt to reach the target.
    pub execution_id: &'a str,
    /// `<aws.scheduler.attempt-number>`, from 1.
    pub attempt_number: u32,
}

impl SchedulerContext<'_> {
    /// The `input` with every context attribute replaced. Other text in angle brackets stays as it is.
    ///
    /// It is one pass from left to right: what a value brings in is not searched again.
    pub fn substitute(&self, input: &str) -> String {
        let mut payload = String::with_capacity(input.len());
        let mut rest = input;
        while let Some(start) = rest.find(PREFIX) {
            payload.push_str(&rest[..start]);
            rest = &rest[start..];
            let Some((attribute, value)) = self.attribute_at(rest) else {
                payload.push_str(PREFIX);
                rest = &rest[PREFIX.len()..];
                continue;
            };
            payload.push_str(&value);
            rest = &rest[attribute.len()..];
        }
        payload.push_str(rest);
        payload
    }

    fn attribute_at(&self, text: &str) -> Option<(&'static str, String)> {
        let attributes = [
            ("<aws.scheduler.schedule-arn>", self.schedule_arn.to_owned()),
            (
                "<aws.scheduler.scheduled-time>",
                rfc3339(self.scheduled_time_ms),
            ),
            ("<aws.scheduler.execution-id>", self.execution_id.to_owned()),
            (
                "<aws.scheduler.attempt-number>",
                self.attempt_number.to_string(),
            ),
        ];
        attributes
            .into_iter()
            .find(|(attribute, _)| text.starts_with(attribute))
    }
}

const PREFIX: &str = "<aws.scheduler.";

/// `2015-10-08T16:53:06Z`: AWS shows whole seconds.
fn rfc3339(unix_ms: u64) -> String {
    let seconds = i64::try_from(unix_ms / 1_000).unwrap_or(i64::MAX);
    Timestamp::from_second(seconds)
        .unwrap_or(Timestamp::MAX)
        .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONTEXT: SchedulerContext<'_> = SchedulerContext {
        schedule_arn: "arn:aws:scheduler:us-east-1:000000000000:schedule/default/nightly",
        scheduled_time_ms: 1_647_975_583_999,
        execution_id: "d32c5kddcf5bb8c3",
        attempt_number: 1,
    };

    #[test]
    fn a_rule_event_has_the_documented_shape() {
        let event = rule_event(
            "arn:aws:events:us-east-1:123456789012:rule/tick",
            "123456789012",
            "us-east-1",
            1_444_323_186_000,
            "89d1",
        );
        let expected = json!({
            "version": "0", "id": "89d1", "detail-type": "Scheduled Event", "source": "aws.events",
            "account": "123456789012", "time": "2015-10-08T16:53:06Z", "region": "us-east-1",
            "resources": ["arn:aws:events:us-east-1:123456789012:rule/tick"], "detail": {},
        });
        assert_eq!(event, expected);
    }

    #[test]
    fn a_scheduler_event_has_its_detail_as_text() {
        let event = scheduler_event("arn", "1", "eu-west-1", 0, "id");
        assert_eq!(event["source"], "aws.scheduler");
        assert_eq!(event["detail"], "{}");
        assert_eq!(event["time"], "1970-01-01T00:00:00Z");
    }

    #[test]
    fn context_attributes_are_replaced_wherever_they_stand() {
        let input = r#"{"at":"<aws.scheduler.scheduled-time>","key":"<aws.scheduler.execution-id>-<aws.scheduler.attempt-number>"}"#;
        let payload = r#"{"at":"2022-03-22T18:59:43Z","key":"d32c5kddcf5bb8c3-1"}"#;
        assert_eq!(CONTEXT.substitute(input), payload);
        assert_eq!(
            CONTEXT.substitute("<aws.scheduler.schedule-arn>"),
            CONTEXT.schedule_arn
        );
    }

    #[test]
    fn other_text_in_angle_brackets_stays() {
        for input in [
            "",
            "plain",
            "<b>",
            "<aws.scheduler.",
            "<aws.scheduler.unknown>é<aws.events.rule-arn>",
        ] {
            assert_eq!(CONTEXT.substitute(input), input);
        }
    }

    #[test]
    fn a_replaced_value_is_not_searched_again() {
        let context = SchedulerContext {
            execution_id: "<aws.scheduler.attempt-number>",
            ..CONTEXT
        };
        assert_eq!(
            context.substitute("<aws.scheduler.execution-id>"),
            "<aws.scheduler.attempt-number>"
        );
    }
}
