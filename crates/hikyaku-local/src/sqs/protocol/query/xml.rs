//! Answers in XML 1.0.

use serde_json::{Map, Value};

use super::names::{self, Element};

/// The namespace of every answer (AWS's service model for SQS, `xmlNamespace`).
const NAMESPACE: &str = "http://queue.amazonaws.com/doc/2012-11-05/";

/// The answer to an action.
pub(super) fn answer(action: &str, output: Map<String, Value>, request_id: &str) -> Vec<u8> {
    let mut document = Document::new();
    document.root(&format!("{action}Response"), |document| {
        if names::has_result(action) {
            document.element(&format!("{action}Result"), |document| {
                document.fields(action, output);
            });
        }
        document.element("ResponseMetadata", |document| {
            document.leaf("RequestId", request_id);
        });
    });
    document.0.into_bytes()
}

/// The answer to a request that is refused. Every refusal is the sender's fault.
pub(super) fn refusal(code: &str, message: &str, request_id: &str) -> Vec<u8> {
    let mut document = Document::new();
    document.root("ErrorResponse", |document| {
        document.element("Error", |document| {
            document.leaf("Type", "Sender");
            document.leaf("Code", code);
            document.leaf("Message", message);
            document.leaf("Detail", "");
        });
        document.leaf("RequestId", request_id);
    });
    document.0.into_bytes()
}

struct Document(String);

impl Document {
    fn new() -> Self {
        Self("<?xml version=\"1.0\"?>".to_owned())
    }

    fn root(&mut self, name: &str, inside: impl FnOnce(&mut Self)) {
        let opening = format!("<{name} xmlns=\"{NAMESPACE}\">");
        self.0.push_str(&opening);
        inside(self);
        self.close(name);
    }

    fn element(&mut self, name: &str, inside: impl FnOnce(&mut Self)) {
        self.0.push('<');
        self.0.push_str(name);
        self.0.push('>');
        inside(self);
        self.close(name);
    }

    fn close(&mut self, name: &str) {
        self.0.push_str("</");
        self.0.push_str(name);
        self.0.push('>');
    }

    fn leaf(&mut self, name: &str, text: &str) {
        self.element(name, |document| document.text(text));
    }

    fn fields(&mut self, action: &str, fields: Map<String, Value>) {
        for (field, value) in fields {
            match (names::element(action, &field), value) {
                (Element::Pairs(name, key), Value::Object(entries)) => {
                    self.pairs(action, name, key, entries);
                }
                (Element::Pairs(name, _), value) => self.value(action, name, value),
                (Element::Named(name), Value::Array(items)) => {
                    for item in items {
                        self.value(action, &name, item);
                    }
                }
                (Element::Named(name), value) => self.value(action, &name, value),
            }
        }
    }

    fn pairs(&mut self, action: &str, name: &str, key: &str, entries: Map<String, Value>) {
        for (given, value) in entries {
            self.element(name, |document| {
                document.leaf(key, &given);
                document.value(action, "Value", value);
            });
        }
    }

    fn value(&mut self, action: &str, name: &str, value: Value) {
        self.element(name, |document| match value {
            Value::Object(fields) => document.fields(action, fields),
            Value::String(text) => document.text(&text),
            other => document.text(&other.to_string()),
        });
    }

    /// Text that a reader gets back as it is. SQS lets no character into a queue that XML cannot hold; one in a tag or in
    /// what an error quotes is replaced, or no client could read the answer.
    fn text(&mut self, text: &str) {
        for character in text.chars() {
            match character {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                '\r' => self.0.push_str("&#xD;"), // read as a line feed if it is written as it is
                '\t' | '\n' => self.0.push(character),
                '\u{0}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => self.0.push('\u{fffd}'),
                _ => self.0.push(character),
            }
        }
    }
}
