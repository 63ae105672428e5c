//! Shapes that several actions share.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use crate::sqs::batch::{BatchFailure, BatchOutcome};
use crate::sqs::error::SqsError;
use crate::sqs::message::{AttributeValue, MessageAttribute, MessageAttributes};

/// The input of an action on a queue without further parameters.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct QueueInput {
    pub(crate) queue_url: Option<String>,
}

/// An answer without fields.
#[derive(Debug, Serialize)]
pub(crate) struct Nothing {}

/// A message attribute on the wire; binary values are in base64.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct AttributeShape {
    pub(crate) data_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) string_value: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) binary_value: Option<String>,
    #[serde(default, skip_serializing)]
    string_list_values: Vec<serde::de::IgnoredAny>,
    #[serde(default, skip_serializing)]
    binary_list_values: Vec<serde::de::IgnoredAny>,
}

/// Message attributes on the wire.
pub(crate) type AttributeShapes = BTreeMap<String, AttributeShape>;

/// Reads message attributes; what they may hold is checked when they are sent.
pub(crate) fn read_attributes(shapes: AttributeShapes) -> Result<MessageAttributes, SqsError> {
    shapes
        .into_iter()
        .map(|(name, shape)| shape.read(&name).map(|attribute| (name, attribute)))
        .collect()
}

impl AttributeShape {
    fn read(self, name: &str) -> Result<MessageAttribute, SqsError> {
        let refuse = |what: &str| {
            SqsError::InvalidRequest(format!("message (user) attribute '{name}' {what}"))
        };
        if !self.string_list_values.is_empty() || !self.binary_list_values.is_empty() {
            return Err(SqsError::UnsupportedOperation(
                "message attribute list values in SendMessage operation are not supported"
                    .to_owned(),
            ));
        }
        let data_type = self
            .data_type
            .ok_or_else(|| refuse("must contain a non-empty message attribute type"))?;
        let value = match (self.string_value, self.binary_value) {
            (Some(text), None) => AttributeValue::String(text),
            (None, Some(encoded)) => AttributeValue::Binary(
                STANDARD
                    .decode(encoded)
                    .map_err(|_| refuse("has a binary value that is not base64"))?,
            ),
            (None, None) => {
                return Err(refuse(&format!(
                    "must contain a non-empty value of type '{data_type}'"
                )));
            }
            (Some(_), Some(_)) => return Err(refuse("has more than one value")),
        };
        Ok(MessageAttribute { data_type, value })
    }
}

impl From<&MessageAttribute> for AttributeShape {
    fn from(attribute: &MessageAttribute) -> Self {
        let (string_value, binary_value) = match &attribute.value {
            AttributeValue::String(text) => (Some(text.clone()), None),
            AttributeValue::Binary(bytes) => (None, Some(STANDARD.encode(bytes))),
        };
        let data_type = Some(attribute.data_type.clone());
        Self {
            data_type,
            string_value,
            binary_value,
            string_list_values: Vec::new(),
            binary_list_values: Vec::new(),
        }
    }
}

/// The input of an action on a batch of `E`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct BatchInput<E> {
    pub(crate) queue_url: Option<String>,
    pub(crate) entries: Option<Vec<E>>,
}

/// The answer to a batch.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct BatchOutput<T> {
    pub(crate) successful: Vec<Identified<T>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) failed: Vec<FailureShape>,
}

/// An entry's result under its id.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Identified<T> {
    pub(crate) id: String,
    #[serde(flatten)]
    pub(crate) result: T,
}

/// An entry that failed.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct FailureShape {
    id: String,
    sender_fault: bool,
    code: &'static str,
    message: String,
}

impl<T> BatchOutput<T> {
    /// The answer for an outcome, each result in its shape on the wire.
    pub(crate) fn new<R>(outcome: BatchOutcome<R>, shape: impl Fn(R) -> T) -> Self {
        let successful = outcome
            .successful
            .into_iter()
            .map(|(id, result)| Identified {
                id,
                result: shape(result),
            });
        let failed = outcome
            .failed
            .into_iter()
            .map(|BatchFailure { id, error }| FailureShape {
                id,
                sender_fault: true,
                code: error.code(),
                message: error.message(),
            });
        Self {
            successful: successful.collect(),
            failed: failed.collect(),
        }
    }
}
