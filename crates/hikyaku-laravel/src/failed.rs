//! What is written about jobs that failed for good: payloads that artisan can list and send again, and exceptions that
//! read like PHP's.

use std::borrow::Cow;

use serde_json::json;

use crate::envelope::{Envelope, Kind, last_member};

mod exception;

pub use exception::{Exception, exception_text};

/// The job under which a body that is not one is listed.
pub const MALFORMED: &str = "hikyaku.malformed";

/// A payload that artisan can list in place of a body that is not a job: valid JSON that says why, and has the body, so
/// that it is not lost when artisan sends the payload again and forgets the row.
///
/// `id` becomes the payload's `uuid`; `reason` tells people what is wrong with the body.
pub fn malformed_payload(id: &str, reason: &str, body: &str) -> String {
    json!({
        "uuid": id,
        "displayName": "malformed message",
        "job": MALFORMED,
        "data": { "reason": reason, "body": body },
    })
    .to_string()
}

/// The body that [`malformed_payload`] wrapped; none if the envelope is of something else.
pub fn wrapped_body(envelope: &Envelope) -> Option<String> {
    let Kind::String { data, .. } = envelope.kind() else {
        return None;
    };
    if envelope.name() != MALFORMED {
        return None;
    }
    serde_json::from_str(last_member(data.get(), "body")?).ok()
}

/// Cuts the text of an exception to at most `limit` bytes, between characters, with a note of how much was cut.
///
/// A DynamoDB item holds 400 KB, payload included. Where not even the note fits, the note is left out.
pub fn truncate_exception(text: &str, limit: usize) -> Cow<'_, str> {
    if text.len() <= limit {
        return Cow::Borrowed(text);
    }
    // The note is as long as its number; the largest number it can have leaves room for the real one.
    let room = limit.saturating_sub(note(text.len()).len());
    if room == 0 {
        return Cow::Borrowed(&text[..text.floor_char_boundary(limit)]);
    }
    let kept = &text[..text.floor_char_boundary(room)];
    Cow::Owned(format!("{kept}{}", note(text.len() - kept.len())))
}

fn note(cut: usize) -> String {
    format!("\n[{cut} bytes cut]")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_exception_is_kept_as_it_is() {
        assert_eq!(truncate_exception("boom", 4), "boom");
    }

    #[test]
    fn a_long_exception_is_cut_between_characters_and_says_how_much_is_gone() {
        let text = "日本語".repeat(100);
        for limit in 0..text.len() {
            let cut = truncate_exception(&text, limit);
            assert!(cut.len() <= limit, "{limit}: {}", cut.len());
        }
        assert_eq!(
            truncate_exception(&text, 40),
            "日本語日本語日本\n[876 bytes cut]"
        );
    }

    #[test]
    fn a_limit_without_room_for_the_note_still_holds() {
        assert_eq!(truncate_exception("日本語", 4), "日");
    }

    #[test]
    fn a_malformed_body_is_listed_with_its_reason() {
        let payload = malformed_payload("m-1", "not \"json\"\u{0}", "{\u{0}");
        let payload: serde_json::Value = serde_json::from_str(&payload).unwrap();
        assert_eq!(
            payload,
            json!({
                "uuid": "m-1",
                "displayName": "malformed message",
                "job": "hikyaku.malformed",
                "data": {"reason": "not \"json\"\u{0}", "body": "{\u{0}"},
            })
        );
    }

    #[test]
    fn a_malformed_payload_is_an_envelope_that_a_retry_can_decode() {
        let payload = malformed_payload("m-1", "no job", "{ \u{1F426}");
        let envelope = Envelope::parse(&payload).unwrap();
        assert_eq!(wrapped_body(&envelope).as_deref(), Some("{ \u{1F426}"));
        assert_eq!(envelope.name(), "hikyaku.malformed");
        assert_eq!(envelope.uuid.as_deref(), Some("m-1"));
    }
}
