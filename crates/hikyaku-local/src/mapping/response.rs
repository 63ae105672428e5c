//! What a function says about its batch, read as strictly as Lambda reads it.

use std::collections::HashSet;

use serde_json::Value;

/// Why a response fails its whole batch (AWS, "Handling errors for an SQS event source in Lambda", success and failure
/// conditions).
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BadResponse {
    /// It is not JSON.
    #[error("the response is not JSON: {0}")]
    NotJson(#[source] serde_json::Error),
    /// It is JSON, but not an object.
    #[error("the response is neither null nor an object")]
    NotAnObject,
    /// `batchItemFailures` is not a list of objects.
    #[error("`batchItemFailures` is not a list of objects")]
    NotAList,
    /// An entry has no `itemIdentifier`, or an empty one.
    #[error("an entry of `batchItemFailures` has no `itemIdentifier`, or an empty one")]
    NoIdentifier,
    /// An entry names a message that was not in the batch.
    #[error("`batchItemFailures` names `{0}`, which is not in the batch")]
    UnknownIdentifier(String),
}

/// The ids of the messages that failed. `in_batch` tells whether an id is one of the batch.
///
/// Nothing, `null`, an object without `batchItemFailures` and an empty list all mean that every message succeeded.
pub fn partial_failures(
    response: &[u8],
    in_batch: impl Fn(&str) -> bool,
) -> Result<HashSet<String>, BadResponse> {
    if response.is_empty() {
        return Ok(HashSet::new());
    }
    let fields = match serde_json::from_slice(response).map_err(BadResponse::NotJson)? {
        Value::Null => return Ok(HashSet::new()),
        Value::Object(fields) => fields,
        _ => return Err(BadResponse::NotAnObject),
    };
    let failures = match fields.get("batchItemFailures") {
        None | Some(Value::Null) => return Ok(HashSet::new()),
        Some(Value::Array(failures)) => failures,
        Some(_) => return Err(BadResponse::NotAList),
    };
    failures
        .iter()
        .map(|failure| identifier(failure, &in_batch))
        .collect()
}

fn identifier(failure: &Value, in_batch: impl Fn(&str) -> bool) -> Result<String, BadResponse> {
    let fields = failure.as_object().ok_or(BadResponse::NotAList)?;
    match fields.get("itemIdentifier").and_then(Value::as_str) {
        None | Some("") => Err(BadResponse::NoIdentifier),
        Some(id) if in_batch(id) => Ok(id.to_owned()),
        Some(id) => Err(BadResponse::UnknownIdentifier(id.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(response: &str) -> Result<Vec<String>, String> {
        let failures = partial_failures(response.as_bytes(), |id| ["a", "b"].contains(&id));
        let mut failures: Vec<_> = failures
            .map_err(|error| error.to_string())?
            .into_iter()
            .collect();
        failures.sort();
        Ok(failures)
    }

    #[test]
    fn success_has_five_forms() {
        let forms = [
            "",
            "null",
            "{}",
            r#"{"batchItemFailures":null}"#,
            r#"{"batchItemFailures":[]}"#,
        ];
        for response in forms {
            assert_eq!(read(response), Ok(vec![]), "{response}");
        }
    }

    #[test]
    fn failed_messages_are_named() {
        let one = r#"{"batchItemFailures":[{"itemIdentifier":"b"}],"more":1}"#;
        assert_eq!(read(one), Ok(vec!["b".to_owned()]));
        let twice = r#"{"batchItemFailures":[{"itemIdentifier":"b"},{"itemIdentifier":"a"},{"itemIdentifier":"b"}]}"#;
        assert_eq!(read(twice), Ok(vec!["a".to_owned(), "b".to_owned()]));
    }

    #[test]
    fn whatever_else_fails_the_batch() {
        for response in [
            "nonsense",
            r#""ok""#,
            "true",
            "[]",
            r#"{"batchItemFailures":"a"}"#,
            r#"{"batchItemFailures":{}}"#,
            r#"{"batchItemFailures":["a"]}"#,
            r#"{"batchItemFailures":[{}]}"#,
            r#"{"batchItemFailures":[{"itemIdentifier":null}]}"#,
            r#"{"batchItemFailures":[{"itemIdentifier":""}]}"#,
            r#"{"batchItemFailures":[{"itemIdentifier":1}]}"#,
            r#"{"batchItemFailures":[{"ItemIdentifier":"a"}]}"#,
            r#"{"batchItemFailures":[{"itemIdentifier":"a"},{"itemIdentifier":"c"}]}"#,
        ] {
            assert!(read(response).is_err(), "{response}");
        }
    }
}
