//! Reading one mapping of properties: typed values, errors with lines, and warnings for keys nobody knows.

use std::cell::RefCell;
use std::ops::RangeInclusive;
use std::str::FromStr;

use super::super::evaluate::Evaluator;
use super::super::node::{Entry, Node, Value};
use super::super::{TemplateError, Warning};
use super::spelling;

/// What all readers share.
pub(super) struct Reader<'t> {
    pub(super) evaluator: Evaluator<'t>,
    pub(super) warnings: RefCell<Vec<Warning>>,
}

impl Reader<'_> {
    pub(super) fn invalid(
        &self,
        line: usize,
        path: &str,
        reason: impl Into<String>,
    ) -> TemplateError {
        let place = self.evaluator.template().place(line);
        TemplateError::Invalid {
            place,
            path: path.to_owned(),
            reason: reason.into(),
        }
    }

    /// A line as it is named within the text of another one.
    pub(super) fn seen_from(&self, here: usize, line: usize) -> String {
        self.evaluator.template().lines().seen_from(here, line)
    }

    pub(super) fn warn(&self, line: usize, path: &str, message: impl Into<String>) {
        let place = self.evaluator.template().place(line);
        let warning = Warning {
            place,
            path: path.to_owned(),
            message: message.into(),
        };
        let mut warnings = self.warnings.borrow_mut();
        // A key in `Globals` is read once for every function.
        if !warnings
            .iter()
            .any(|known| known.place == warning.place && known.message == warning.message)
        {
            warnings.push(warning);
        }
    }
}

/// A mapping of properties that is being read. Its values are evaluated when they are asked for.
pub(super) struct Block<'r, 't> {
    pub(super) reader: &'r Reader<'t>,
    node: Node,
    pub(super) path: String,
    pub(super) line: usize,
    known: RefCell<Vec<&'static str>>,
}

impl<'r, 't> Block<'r, 't> {
    /// The block at `node`, which may be an intrinsic function that gives a mapping. Nothing there is an empty block.
    pub(super) fn new(
        reader: &'r Reader<'t>,
        node: &Node,
        line: usize,
        path: &str,
    ) -> Result<Self, TemplateError> {
        let empty = || Node {
            line,
            value: Value::Mapping(Vec::new()),
        };
        let node = match node.intrinsic() {
            Some(_) => reader.evaluator.evaluate(node, path)?.unwrap_or_else(empty),
            None if node.is_null() => empty(),
            None => node.clone(),
        };
        if !matches!(node.value, Value::Mapping(_)) {
            return Err(reader.invalid(
                line,
                path,
                format!("a mapping is needed here, not {}", node.shape()),
            ));
        }
        Ok(Self {
            reader,
            node,
            path: path.to_owned(),
            line,
            known: RefCell::default(),
        })
    }

    /// The line of a key, or of the block when the key is not there.
    pub(super) fn line_of(&self, key: &str) -> usize {
        self.node.entry(key).map_or(self.line, |entry| entry.line)
    }

    pub(super) fn path_of(&self, key: &str) -> String {
        format!("{}.{key}", self.path)
    }

    /// An error about a key.
    pub(super) fn invalid(&self, key: &str, reason: impl Into<String>) -> TemplateError {
        self.reader
            .invalid(self.line_of(key), &self.path_of(key), reason)
    }

    pub(super) fn warn(&self, key: &str, message: impl Into<String>) {
        self.reader
            .warn(self.line_of(key), &self.path_of(key), message);
    }

    /// An error about a key that must be there.
    pub(super) fn missing(&self, key: &str) -> TemplateError {
        self.reader
            .invalid(self.line, &self.path, format!("`{key}` is missing"))
    }

    /// The value of a key as it stands, if it is there and not null.
    fn raw(&self, key: &'static str) -> Option<&Entry> {
        self.known.borrow_mut().push(key);
        self.node.entry(key).filter(|entry| !entry.node.is_null())
    }

    /// The evaluated value of a key.
    pub(super) fn value(&self, key: &'static str) -> Result<Option<Node>, TemplateError> {
        let Some(entry) = self.raw(key) else {
            return Ok(None);
        };
        self.reader
            .evaluator
            .evaluate(&entry.node, &self.path_of(key))
    }

    pub(super) fn text(&self, key: &'static str) -> Result<Option<String>, TemplateError> {
        let Some(node) = self.value(key)? else {
            return Ok(None);
        };
        let text = node.text().map(str::to_owned);
        text.map(Some)
            .ok_or_else(|| self.invalid(key, format!("text is needed here, not {}", node.shape())))
    }

    pub(super) fn required_text(&self, key: &'static str) -> Result<String, TemplateError> {
        self.text(key)?.ok_or_else(|| self.missing(key))
    }

    /// One of a few words.
    pub(super) fn word(
        &self,
        key: &'static str,
        words: &[&str],
    ) -> Result<Option<String>, TemplateError> {
        let Some(text) = self.text(key)? else {
            return Ok(None);
        };
        if words.contains(&text.as_str()) {
            return Ok(Some(text));
        }
        Err(self.invalid(key, format!("`{text}` is none of {}", words.join(", "))))
    }

    /// A whole number within limits.
    pub(super) fn number(
        &self,
        key: &'static str,
        limits: RangeInclusive<u32>,
    ) -> Result<Option<u32>, TemplateError> {
        let Some(text) = self.text(key)? else {
            return Ok(None);
        };
        let number = u32::from_str(&text)
            .ok()
            .filter(|number| limits.contains(number));
        let refuse = || {
            self.invalid(
                key,
                format!(
                    "`{text}` is not a whole number from {} to {}",
                    limits.start(),
                    limits.end()
                ),
            )
        };
        number.map(Some).ok_or_else(refuse)
    }

    pub(super) fn flag(&self, key: &'static str) -> Result<Option<bool>, TemplateError> {
        match self.text(key)?.as_deref() {
            None => Ok(None),
            Some("true" | "True" | "TRUE") => Ok(Some(true)),
            Some("false" | "False" | "FALSE") => Ok(Some(false)),
            Some(other) => Err(self.invalid(key, format!("`{other}` is neither true nor false"))),
        }
    }

    /// The block below a key.
    pub(super) fn block(&self, key: &'static str) -> Result<Option<Block<'r, 't>>, TemplateError> {
        let Some(entry) = self.raw(key) else {
            return Ok(None);
        };
        Block::new(self.reader, &entry.node, entry.line, &self.path_of(key)).map(Some)
    }

    /// The block below a key, which may also be written as JSON text.
    pub(super) fn block_or_json(
        &self,
        key: &'static str,
    ) -> Result<Option<Block<'r, 't>>, TemplateError> {
        let Some(node) = self.value(key)? else {
            return Ok(None);
        };
        let line = self.line_of(key);
        let node = match node.text() {
            None => node,
            Some(json) => {
                let parsed: serde_json::Value = serde_json::from_str(json).map_err(|error| {
                    self.invalid(key, format!("this is neither a mapping nor JSON: {error}"))
                })?;
                from_json(&parsed, line)
            }
        };
        Block::new(self.reader, &node, line, &self.path_of(key)).map(Some)
    }

    /// The blocks in the list below a key.
    pub(super) fn blocks(&self, key: &'static str) -> Result<Vec<Block<'r, 't>>, TemplateError> {
        let Some(node) = self.value(key)? else {
            return Ok(Vec::new());
        };
        let Some(items) = node.items() else {
            return Err(self.invalid(key, format!("a list is needed here, not {}", node.shape())));
        };
        let path = self.path_of(key);
        let numbered = items.iter().enumerate();
        numbered
            .map(|(index, item)| {
                Block::new(self.reader, item, item.line, &format!("{path}[{index}]"))
            })
            .collect()
    }

    /// The texts in the list below a key, with their lines. A single text is a list of one.
    pub(super) fn texts(&self, key: &'static str) -> Result<Vec<(String, usize)>, TemplateError> {
        let Some(node) = self.value(key)? else {
            return Ok(Vec::new());
        };
        let items = node.items().unwrap_or(std::slice::from_ref(&node));
        let text = |item: &Node| item.text().map(|text| (text.to_owned(), item.line));
        let texts = items.iter().map(text).collect::<Option<Vec<_>>>();
        texts.ok_or_else(|| self.invalid(key, "a list of texts is needed here"))
    }

    /// All keys with their evaluated texts: environment variables.
    pub(super) fn all_texts(&self) -> Result<Vec<(String, String, usize)>, TemplateError> {
        let mut texts = Vec::new();
        for entry in self.node.entries() {
            let path = self.path_of(&entry.key);
            let Some(node) = self.reader.evaluator.evaluate(&entry.node, &path)? else {
                continue;
            };
            let Some(text) = node.text() else {
                return Err(self.reader.invalid(
                    entry.line,
                    &path,
                    format!("text is needed here, not {}", node.shape()),
                ));
            };
            texts.push((entry.key.clone(), text.to_owned(), entry.line));
        }
        Ok(texts)
    }

    /// Every key with the block below it: the events of a function.
    pub(super) fn all_blocks(&self) -> Result<Vec<(String, Block<'r, 't>)>, TemplateError> {
        let block = |entry: &Entry| {
            let block = Block::new(
                self.reader,
                &entry.node,
                entry.line,
                &self.path_of(&entry.key),
            )?;
            Ok((entry.key.clone(), block))
        };
        self.node.entries().iter().map(block).collect()
    }

    /// Keys that AWS has and that nothing here depends on.
    pub(super) fn skip(&self, keys: &[&'static str]) {
        self.known.borrow_mut().extend_from_slice(keys);
    }

    /// Warns of every key that was neither read nor skipped.
    pub(super) fn finish(&self) {
        let known = self.known.borrow();
        for entry in self.node.entries() {
            if known.contains(&entry.key.as_str()) {
                continue;
            }
            let near = spelling::nearest(&entry.key, &known);
            let hint = near.map_or_else(String::new, |near| format!(": did you mean `{near}`?"));
            self.reader.warn(
                entry.line,
                &self.path,
                format!("`{}` is not known here and has no effect{hint}", entry.key),
            );
        }
    }
}

fn from_json(value: &serde_json::Value, line: usize) -> Node {
    let value = match value {
        serde_json::Value::Array(items) => {
            Value::Sequence(items.iter().map(|item| from_json(item, line)).collect())
        }
        serde_json::Value::Object(fields) => {
            let entry = |(key, value): (&String, &serde_json::Value)| Entry {
                key: key.clone(),
                line,
                node: from_json(value, line),
            };
            Value::Mapping(fields.iter().map(entry).collect())
        }
        serde_json::Value::String(text) => return Node::text_at(line, text),
        other => return Node::text_at(line, other.to_string()),
    };
    Node { line, value }
}
