//! A job itself: what a direct invocation and a schedule's Input consist of.

use hikyaku_core::Delivery;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{Surroundings, trace};

#[derive(Deserialize)]
struct Uuid<'a> {
    #[serde(borrow)]
    uuid: Option<&'a RawValue>,
}

/// A delivery of the job. One without a uuid gets the invocation's own id: fresh for every invocation, the same for
/// every retry that Lambda makes of it.
pub(super) fn read(payload: &str, surroundings: Surroundings<'_>) -> Delivery {
    let has_uuid =
        serde_json::from_str::<Uuid<'_>>(payload).is_ok_and(|found| found.uuid.is_some());
    let body = if has_uuid {
        payload.to_owned()
    } else {
        with_uuid(payload, surroundings.request_id)
    };
    Delivery {
        message_id: surroundings.request_id.to_owned(),
        body,
        receive_count: 1,
        group: None,
        queue: surroundings.queue_url.unwrap_or_default().to_owned(),
        dead_letter: None,
        sent: None,
        trace: trace::of(None, surroundings.trace),
        receipt: None,
    }
}

/// Puts a uuid in front of an object's other members, which keep their exact text.
fn with_uuid(object: &str, uuid: &str) -> String {
    let members = object.trim_start().trim_start_matches('{');
    format!("{{\"uuid\":{},{members}", serde_json::Value::from(uuid))
}
