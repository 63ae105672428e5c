//! What a message may contain: characters, attributes and size.

use super::error::SqsError;
use super::limits::MESSAGE_ATTRIBUTES;
use super::message::{AttributeValue, MessageAttribute, MessageAttributes};

/// The longest name of a message attribute and of its data type (SQS Developer Guide, "Amazon SQS message metadata").
const NAME_CHARACTERS: usize = 256;

/// Checks a body: not empty, and only characters that XML 1.0 allows (API Reference, `SendMessage`).
pub(crate) fn check_body(body: &str) -> Result<(), SqsError> {
    if body.is_empty() {
        return Err(SqsError::MissingParameter("MessageBody"));
    }
    if has_invalid_characters(body) {
        return Err(SqsError::InvalidMessageContents);
    }
    Ok(())
}

/// Checks the producer's attributes.
pub(crate) fn check_attributes(attributes: &MessageAttributes) -> Result<(), SqsError> {
    if attributes.len() > MESSAGE_ATTRIBUTES {
        let count = attributes.len();
        return Err(SqsError::InvalidRequest(format!(
            "number of message attributes [{count}] exceeds the allowed maximum [{MESSAGE_ATTRIBUTES}]"
        )));
    }
    attributes
        .iter()
        .try_for_each(|(name, attribute)| check_attribute(name, attribute))
}

/// How many bytes count towards the limit: the body, and the names, types and values of the attributes.
pub(crate) fn size(body: &str, attributes: &MessageAttributes) -> usize {
    let of_attributes: usize = attributes
        .iter()
        .map(|(name, attribute)| {
            name.len() + attribute.data_type.len() + attribute.value.as_bytes().len()
        })
        .sum();
    body.len() + of_attributes
}

fn check_attribute(name: &str, attribute: &MessageAttribute) -> Result<(), SqsError> {
    check_name(name)?;
    let refuse = |what: &str| {
        Err(SqsError::InvalidRequest(format!(
            "message (user) attribute '{name}' {what}"
        )))
    };
    let kind = attribute.data_type.split('.').next().unwrap_or_default();
    if attribute.data_type.len() > NAME_CHARACTERS {
        return refuse("has a type that is longer than 256 characters");
    }
    if attribute.value.as_bytes().is_empty() {
        return refuse(&format!("must contain a non-empty value of type '{kind}'"));
    }
    match (kind, &attribute.value) {
        ("String", AttributeValue::String(text)) if has_invalid_characters(text) => refuse(
            &format!("has a value with {}", SqsError::InvalidMessageContents),
        ),
        ("Number", AttributeValue::String(text)) if text.parse::<f64>().is_ok() => Ok(()),
        ("Number", AttributeValue::String(_)) => {
            refuse("has a value that can't be cast to a number")
        }
        ("String", AttributeValue::String(_)) | ("Binary", AttributeValue::Binary(_)) => Ok(()),
        ("String" | "Number" | "Binary", _) => {
            refuse(&format!("must contain a non-empty value of type '{kind}'"))
        }
        _ => refuse(
            "has an invalid message attribute type, the set of supported type prefixes is Binary, Number, and String",
        ),
    }
}

fn check_name(name: &str) -> Result<(), SqsError> {
    // Letters of any language, as recorded, though the documentation says otherwise.
    let allowed = |letter: char| letter.is_alphanumeric() || matches!(letter, '_' | '-' | '.');
    let lowercase = name.to_ascii_lowercase();
    let reserved = lowercase.starts_with("aws.") || lowercase.starts_with("amazon.");
    let misplaced_period = name.starts_with('.') || name.ends_with('.') || name.contains("..");
    let right_length = (1..=NAME_CHARACTERS).contains(&name.chars().count());
    if right_length && name.chars().all(allowed) && !reserved && !misplaced_period {
        return Ok(());
    }
    Err(SqsError::InvalidRequest(format!(
        "the message attribute name '{name}' is invalid or reserved for use by AWS"
    )))
}

fn has_invalid_characters(text: &str) -> bool {
    text.chars().any(|character| match character {
        '\t' | '\n' | '\r' => false,
        '\u{0}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => true,
        _ => false, // surrogates are no `char`
    })
}
