//! Texts that people have at hand and that hold message bodies.

use serde::Deserialize;
use serde_json::Value as Json;

/// Message bodies in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// One body: the text itself, such as the payload of a failed job; or the `Body` of a message of SQS.
    One(String),
    /// The bodies in the `Records` of an event of SQS for Lambda, or in the `Messages` that SQS answers.
    Many(Vec<String>),
}

/// A text looks like messages of SQS, and is not.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SourceError {
    /// One of them has no body.
    #[error(
        "reading `{list}`: number {number} has no `body` that is a string, so it is not a message of sqs"
    )]
    NoBody {
        /// `Records` or `Messages`.
        list: &'static str,
        /// Counted from 1.
        number: usize,
    },
}

/// A message, as Lambda or as the API of SQS writes it.
#[derive(Deserialize)]
struct Message {
    #[serde(alias = "Body")]
    body: String,
}

impl Source {
    /// Finds the bodies. A text of any other form is taken for a body.
    pub fn of(text: &str) -> Result<Self, SourceError> {
        let Ok(Json::Object(json)) = serde_json::from_str(text) else {
            return Ok(Self::One(text.to_owned()));
        };
        if json.contains_key("job") {
            return Ok(Self::One(text.to_owned()));
        }
        for list in ["Records", "Messages"] {
            if let Some(Json::Array(messages)) = json.get(list) {
                return bodies(list, messages).map(Self::Many);
            }
        }
        match Message::deserialize(Json::Object(json)) {
            Ok(message) => Ok(Self::One(message.body)),
            Err(_) => Ok(Self::One(text.to_owned())),
        }
    }
}

fn bodies(list: &'static str, messages: &[Json]) -> Result<Vec<String>, SourceError> {
    let numbered = messages.iter().zip(1..);
    let body = |(message, number)| match Message::deserialize(message) {
        Ok(message) => Ok(message.body),
        Err(_) => Err(SourceError::NoBody { list, number }),
    };
    numbered.map(body).collect()
}
