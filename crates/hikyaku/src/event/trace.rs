//! The trace that a delivery belongs to, and that all it leads to is sent in.
//!
//! A header is `Root=…;Parent=…;Sampled=…;Lineage=…`. The first three say which trace it is (AWS X-Ray developer guide,
//! "Tracing header"). The lineage is Lambda's: how often which function was invoked in one chain of requests, by which
//! Lambda sees a loop (AWS Lambda developer guide, "Use Lambda recursive loop detection").

const ROOT: &str = "Root=";
const LINEAGE: &str = "Lineage=";

/// The trace of the message if it has one, else of the invocation. The lineage is the invocation's in any case: that of the
/// message was written before this function was invoked, and a loop that hands on an old lineage would never be seen.
pub(super) fn of(message: Option<&str>, invocation: Option<&str>) -> Option<String> {
    let invocation = invocation.filter(|header| is_trace(header));
    let Some(message) = message.filter(|header| is_trace(header)) else {
        return invocation.map(str::to_owned);
    };
    let Some(lineage) = invocation.and_then(|header| part(header, LINEAGE)) else {
        return Some(message.to_owned());
    };
    let own = parts(message).filter(|part| !part.starts_with(LINEAGE));
    Some(own.chain([lineage]).collect::<Vec<_>>().join(";"))
}

fn is_trace(header: &str) -> bool {
    part(header, ROOT).is_some()
}

fn part<'a>(header: &'a str, name: &str) -> Option<&'a str> {
    parts(header).find(|part| part.starts_with(name))
}

fn parts(header: &str) -> impl Iterator<Item = &str> {
    header
        .split(';')
        .map(str::trim)
        .filter(|part| !part.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    const MESSAGE: &str =
        "Root=1-aaaaaaaa-aaaaaaaaaaaaaaaaaaaaaaaa;Parent=53995c3f42cd8ad8;Sampled=1";
    const INVOCATION: &str = "Root=1-bbbbbbbb-bbbbbbbbbbbbbbbbbbbbbbbb;Parent=1111111111111111;Sampled=0;Lineage=a87bd80c:2";

    #[track_caller]
    fn check(message: Option<&str>, invocation: Option<&str>, expected: Option<&str>) {
        assert_eq!(of(message, invocation).as_deref(), expected);
    }

    #[test]
    fn a_message_stays_in_its_own_trace() {
        check(Some(MESSAGE), None, Some(MESSAGE));
        check(Some(MESSAGE), Some("Root=1-b-b;Sampled=0"), Some(MESSAGE));
    }

    #[test]
    fn a_message_without_a_trace_is_in_the_invocations() {
        check(None, Some(INVOCATION), Some(INVOCATION));
        check(Some("nonsense"), Some(INVOCATION), Some(INVOCATION));
        check(None, None, None);
        check(Some("Sampled=1"), Some("Lineage=a:1"), None);
    }

    #[test]
    fn the_lineage_is_the_invocations_so_that_lambda_still_sees_loops() {
        let expected = format!("{MESSAGE};Lineage=a87bd80c:2");
        check(Some(MESSAGE), Some(INVOCATION), Some(&expected));
        let older = format!("{MESSAGE}; Lineage=a87bd80c:1|00000000:1;");
        check(Some(&older), Some(INVOCATION), Some(&expected));
    }
}
