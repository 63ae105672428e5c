//! A job's item: from attributes to a record and back.

use std::collections::HashMap;
use std::fmt::Display;
use std::str::FromStr;

use aws_sdk_dynamodb::types::AttributeValue;
use hikyaku_core::{Record, Side, State, Timestamp};

/// An item that does not read as a job's.
#[derive(Debug, thiserror::Error)]
#[error("attribute `{attribute}` of the ledger's item is missing or not as it was written")]
pub(super) struct ItemError {
    attribute: &'static str,
}

/// The key of a job's item.
pub(super) fn key(id: &str) -> HashMap<String, AttributeValue> {
    HashMap::from([
        ("pk".to_owned(), text(&format!("J#{id}"))),
        ("sk".to_owned(), text(".")),
    ])
}

/// Reads what stands in an item.
pub(super) fn record(attributes: &HashMap<String, AttributeValue>) -> Result<Record, ItemError> {
    let optional = |name| read::<u64>(attributes, name).ok();
    let state = state(attributes)?;
    let token = read(attributes, "a")?;
    Ok(Record {
        state,
        token,
        tries_spent: read(attributes, "n")?,
        generation: read(attributes, "g")?,
        lease: Timestamp::from_millis(optional("l").unwrap_or(0)),
        owner: optional("o").unwrap_or(0),
        alone: optional("i") == Some(1),
        checkpoint: attributes
            .get("k")
            .and_then(|value| value.as_s().ok())
            .cloned(),
        exceptions: read(attributes, "xc").unwrap_or(0),
        last_error: attributes
            .get("e")
            .and_then(|value| value.as_s().ok())
            .cloned(),
        reopened: optional("r").map(Timestamp::from_millis),
        not_before: optional("u")
            .filter(|_| optional("ua") == Some(token))
            .map(Timestamp::from_millis),
        expires: Timestamp::from_millis(read::<u64>(attributes, "x")?.saturating_mul(1000)),
        job: attributes
            .get("j")
            .and_then(|value| value.as_s().ok())
            .cloned(),
        side: side(attributes, "w"),
        side_before: side(attributes, "v"),
    })
}

fn state(attributes: &HashMap<String, AttributeValue>) -> Result<State, ItemError> {
    match attributes
        .get("s")
        .and_then(|value| value.as_s().ok())
        .map(String::as_str)
    {
        Some("P") => Ok(State::Pending),
        Some("R") => Ok(State::Running),
        Some("D") => Ok(State::Done),
        Some("F") => Ok(State::Failed),
        Some("C") => Ok(State::Cancelled),
        _ => Err(ItemError { attribute: "s" }),
    }
}

pub(super) fn state_letter(state: State) -> &'static str {
    match state {
        State::Pending => "P",
        State::Running => "R",
        State::Done => "D",
        State::Failed => "F",
        State::Cancelled => "C",
    }
}

/// A side as it stands in an attribute; none where nobody said so.
pub(super) fn side(attributes: &HashMap<String, AttributeValue>, name: &str) -> Option<Side> {
    match attributes.get(name)?.as_s().ok()?.as_str() {
        "R" => Some(Side::Rust),
        "P" => Some(Side::Php),
        _ => None,
    }
}

pub(super) fn side_letter(side: Side) -> &'static str {
    match side {
        Side::Rust => "R",
        Side::Php => "P",
    }
}

fn read<N: FromStr>(
    attributes: &HashMap<String, AttributeValue>,
    name: &'static str,
) -> Result<N, ItemError> {
    attributes
        .get(name)
        .and_then(|value| value.as_n().ok())
        .and_then(|digits| digits.parse().ok())
        .ok_or(ItemError { attribute: name })
}

pub(super) fn text(value: &str) -> AttributeValue {
    AttributeValue::S(value.to_owned())
}

pub(super) fn number(value: impl Display) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

/// DynamoDB's TTL is in seconds (Amazon DynamoDB developer guide, "Time to Live").
pub(super) fn seconds(moment: Timestamp) -> AttributeValue {
    number(moment.as_secs())
}
