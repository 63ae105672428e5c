//! A job's body as it is sent again: a failed job's, and that of a wait that goes on in a new message.

use super::{Envelope, members, with_member};

impl Envelope {
    /// The body of a message that takes the place of the present one: the job keeps its identity, also where that was the id
    /// of the message. `receives`: what the new message is to say of those before it.
    pub fn sent_on(&self, id: &str, receives: Option<u32>) -> String {
        let text = match receives {
            Some(receives) => self.with_ours("receives", receives),
            None => self.text.clone(),
        };
        match &self.uuid {
            Some(_) => text,
            None => with_uuid(&text, id),
        }
    }

    /// The body of this job as another: under this identity, in this generation. Where the identity is its own, all else
    /// stays to the letter.
    pub fn under(&self, id: &str, generation: u32) -> String {
        let text = self.with_generation(generation);
        if self.uuid.as_deref() == Some(id) {
            text
        } else {
            with_uuid(&text, id)
        }
    }

    /// The body as `queue:retry` would send it at `now` (Unix seconds): its attempts are counted anew, and if the moment
    /// until which it was to be tried has passed, it gets as long again as it had when it was made, or, where that is not
    /// known, the tries of its job. All else stays to the letter.
    pub fn resent(&self, now: i64) -> String {
        let mut text = self.text.clone();
        let mut set = |key: &str, value: &str| {
            // Members are found anew: the one before has moved them.
            if let Ok(members) = members(&text) {
                text = with_member(&text, &members, key, value);
            }
        };
        if self.attempts.is_some() {
            set("attempts", "0");
        }
        if let Some(until) = self.retry_until.filter(|&until| until <= now) {
            let span = self.created_at.map(|made| until.saturating_sub(made));
            match span.filter(|&span| span > 0) {
                Some(span) => set("retryUntil", &now.saturating_add(span).to_string()),
                None => set("retryUntil", "null"),
            }
        }
        text
    }
}

/// The body under another identity. Members are found anew: what was set before may have moved them.
fn with_uuid(text: &str, uuid: &str) -> String {
    let members = members(text).unwrap_or_default();
    let uuid = serde_json::Value::from(uuid).to_string();
    with_member(text, &members, "uuid", &uuid)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_that_goes_on_keeps_the_identity_that_it_has() {
        let on = |body, receives| Envelope::parse(body).unwrap().sent_on("m-1", receives);
        let body = r#"{ "uuid":"u","job":"a@b","data":{} }"#;
        assert_eq!(on(body, None), body);
        let on = on(r#"{"job":"a@b","data":{},"hikyaku":{"hops":2}}"#, Some(7));
        let envelope = Envelope::parse(&on).unwrap();
        assert_eq!(envelope.uuid.as_deref(), Some("m-1"));
        assert_eq!((envelope.hops, envelope.receives), (2, 7));
    }

    #[test]
    fn a_job_under_another_identity_is_the_same_in_all_else() {
        let body = r#"{"uuid":"u","job":"a@b","data":{"uuid":"u"},"hikyaku":{"hops":2}}"#;
        let envelope = Envelope::parse(body).unwrap();
        let own =
            r#"{"uuid":"u","job":"a@b","data":{"uuid":"u"},"hikyaku":{"hops":2,"generation":1}}"#;
        assert_eq!(envelope.under("u", 1), own);
        let other = own.replacen("\"u\"", "\"v\"", 1);
        assert_eq!(envelope.under("v", 1), other);
        let nameless = Envelope::parse(r#"{"job":"a@b","data":{}}"#).unwrap();
        assert_eq!(
            nameless.under("v", 1),
            r#"{"job":"a@b","data":{},"hikyaku":{"generation":1},"uuid":"v"}"#
        );
    }

    fn resent(body: &str) -> String {
        Envelope::parse(body).unwrap().resent(5_000)
    }

    #[test]
    fn a_payload_without_counts_stays_to_the_letter() {
        let body = r#"{ "job":"a@b", "data":{"x":1.0}, "uuid":"u","retryUntil":6000 }"#;
        assert_eq!(resent(body), body);
    }

    #[test]
    fn attempts_are_counted_anew() {
        let body = r#"{"job":"a@b","data":{},"uuid":"u","attempts":3}"#;
        assert_eq!(resent(body), body.replace(":3", ":0"));
    }

    #[test]
    fn a_moment_that_has_passed_moves_by_as_long_as_the_job_had() {
        let body = r#"{"job":"a@b","data":{},"uuid":"u","createdAt":1000,"retryUntil":1600}"#;
        assert_eq!(resent(body), body.replace("1600", "5600"));
    }

    #[test]
    fn a_moment_that_has_passed_is_dropped_where_nobody_knows_how_long_the_job_had() {
        let body = r#"{"job":"a@b","data":{},"uuid":"u","retryUntil":1600}"#;
        let sent = resent(body);
        assert_eq!(sent, body.replace("1600", "null"));
        assert_eq!(Envelope::parse(&sent).unwrap().retry_until, None);
    }
}
