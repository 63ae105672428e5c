//! What a request writes, in write capacity units.

use serde_json::Value;

/// The tables that a request writes to, and the units: one for an item, two in a transaction (Amazon DynamoDB developer
/// guide, "DynamoDB read and write operations"), as if no item were larger than 1 KB. Nothing for a request that reads.
pub(super) fn units(operation: &str, request: &[u8]) -> Vec<(String, usize)> {
    let read = || serde_json::from_slice::<Value>(request).unwrap_or_default();
    match operation {
        "PutItem" | "UpdateItem" | "DeleteItem" => {
            table(&read()).map(|name| (name, 1)).into_iter().collect()
        }
        "BatchWriteItem" => {
            let request = read();
            let tables = request["RequestItems"].as_object().into_iter().flatten();
            let units = |writes: &Value| writes.as_array().map_or(0, Vec::len);
            tables
                .map(|(name, writes)| (name.clone(), units(writes)))
                .collect()
        }
        "TransactWriteItems" => {
            let request = read();
            let items = request["TransactItems"].as_array().into_iter().flatten();
            let actions = items
                .filter_map(Value::as_object)
                .flat_map(|one| one.values());
            actions
                .filter_map(|action| Some((table(action)?, 2)))
                .collect()
        }
        _ => Vec::new(),
    }
}

/// Whether the answer is one for which DynamoDB charges: a condition that does not hold is evaluated, too.
pub(super) fn is_charged(is_success: bool, answer: &[u8]) -> bool {
    is_success || {
        let answer: Value = serde_json::from_slice(answer).unwrap_or_default();
        let kind = answer["__type"].as_str().unwrap_or_default();
        kind.ends_with("ConditionalCheckFailedException")
            || kind.ends_with("TransactionCanceledException")
    }
}

fn table(action: &Value) -> Option<String> {
    action["TableName"].as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_item_that_is_written_counts_for_its_table() {
        let counted =
            |operation: &str, request: &Value| units(operation, request.to_string().as_bytes());
        let (a, b) = ("a".to_owned(), "b".to_owned());
        let request = serde_json::json!({ "TableName": "a", "Item": {} });
        assert_eq!(counted("PutItem", &request), [(a.clone(), 1)]);
        assert_eq!(counted("GetItem", &request), []);
        let request = serde_json::json!({ "RequestItems": { "a": [{}, {}], "b": [{}] } });
        assert_eq!(
            counted("BatchWriteItem", &request),
            [(a.clone(), 2), (b.clone(), 1)]
        );
        let request = serde_json::json!({ "TransactItems": [
            { "Put": { "TableName": "a" } }, { "ConditionCheck": { "TableName": "b" } }] });
        assert_eq!(counted("TransactWriteItems", &request), [(a, 2), (b, 2)]);
        assert_eq!(counted("PutItem", &Value::Null), []);
    }

    #[test]
    fn a_condition_that_does_not_hold_is_charged_and_a_refused_request_is_not() {
        let is_charged = |kind: &str| {
            is_charged(
                false,
                format!(r#"{{"__type": "com.amazonaws.dynamodb.v20120810#{kind}"}}"#).as_bytes(),
            )
        };
        assert!(is_charged("ConditionalCheckFailedException"));
        assert!(is_charged("TransactionCanceledException"));
        assert!(!is_charged("ValidationException"));
        assert!(!is_charged("ThrottlingException"));
    }
}
