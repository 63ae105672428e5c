//! A template's text as a tree that remembers its lines.

/// A value in a template, with the line it begins on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Counted from 1.
    pub line: usize,
    /// What stands there. A short tag such as `!Ref x` is already its long form, a mapping with the one key `Ref`.
    pub value: Value,
}

/// The three shapes of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// Text, a number, a truth value or nothing.
    Scalar(Scalar),
    /// A list.
    Sequence(Vec<Node>),
    /// Keys and values in the order they are written.
    Mapping(Vec<Entry>),
}

/// A scalar as it is written. CloudFormation converts between text, numbers and truth values where it needs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scalar {
    /// The text without its quotes.
    pub text: String,
    /// Whether it stands without quotes, so that it may be a number, a truth value or null.
    pub plain: bool,
}

/// A key and its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The key's text.
    pub key: String,
    /// The line of the key.
    pub line: usize,
    /// The value.
    pub node: Node,
}

impl Node {
    /// Text that is text, whatever it looks like.
    pub(super) fn text_at(line: usize, text: impl Into<String>) -> Self {
        Self {
            line,
            value: Value::Scalar(Scalar {
                text: text.into(),
                plain: false,
            }),
        }
    }

    /// A mapping of one key.
    pub(super) fn single(line: usize, key: impl Into<String>, node: Self) -> Self {
        Self {
            line,
            value: Value::Mapping(vec![Entry {
                key: key.into(),
                line,
                node,
            }]),
        }
    }

    /// A list.
    pub(super) fn list(line: usize, items: impl IntoIterator<Item = Self>) -> Self {
        Self {
            line,
            value: Value::Sequence(items.into_iter().collect()),
        }
    }

    /// A mapping without keys.
    pub(super) fn empty(line: usize) -> Self {
        Self {
            line,
            value: Value::Mapping(Vec::new()),
        }
    }

    /// Sets a key of a mapping; the other shapes have none.
    pub(super) fn set(&mut self, key: &str, node: Self) {
        if let Value::Mapping(entries) = &mut self.value {
            match entries.iter_mut().find(|entry| entry.key == key) {
                Some(entry) => entry.node = node,
                None => entries.push(Entry {
                    key: key.to_owned(),
                    line: node.line,
                    node,
                }),
            }
        }
    }

    /// Moves it down by so many lines.
    pub(super) fn shift(&mut self, lines: usize) {
        self.line += lines;
        match &mut self.value {
            Value::Scalar(_) => {}
            Value::Sequence(items) => items.iter_mut().for_each(|item| item.shift(lines)),
            Value::Mapping(entries) => {
                for entry in entries {
                    entry.line += lines;
                    entry.node.shift(lines);
                }
            }
        }
    }

    /// The value of a key, when this is a mapping that has it.
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.entry(key).map(|entry| &entry.node)
    }

    /// The key with its line and value, when this is a mapping that has it.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries().iter().find(|entry| entry.key == key)
    }

    /// The entries of a mapping; nothing for the other shapes.
    pub fn entries(&self) -> &[Entry] {
        if let Value::Mapping(entries) = &self.value {
            entries
        } else {
            &[]
        }
    }

    /// The items of a list, if it is one.
    pub fn items(&self) -> Option<&[Self]> {
        if let Value::Sequence(items) = &self.value {
            Some(items)
        } else {
            None
        }
    }

    /// The text of a scalar, if it is one.
    pub fn text(&self) -> Option<&str> {
        if let Value::Scalar(scalar) = &self.value {
            Some(&scalar.text)
        } else {
            None
        }
    }

    /// Whether nothing stands there: a key without a value, `~` or `null`.
    pub fn is_null(&self) -> bool {
        matches!(&self.value, Value::Scalar(scalar) if scalar.is_null())
    }

    /// The intrinsic function here and its argument: a mapping whose one key is `Ref` or begins with `Fn::`.
    pub fn intrinsic(&self) -> Option<(&str, &Self)> {
        match self.entries() {
            [entry] if entry.key == "Ref" || entry.key.starts_with("Fn::") => {
                Some((&entry.key, &entry.node))
            }
            _ => None,
        }
    }

    /// How many values it is made of.
    pub(super) fn size(&self) -> usize {
        let inside: usize = match &self.value {
            Value::Scalar(_) => 0,
            Value::Sequence(items) => items.iter().map(Self::size).sum(),
            Value::Mapping(entries) => entries.iter().map(|entry| entry.node.size()).sum(),
        };
        inside + 1
    }

    /// How many bytes its texts and keys have.
    pub(super) fn bytes(&self) -> usize {
        match &self.value {
            Value::Scalar(scalar) => scalar.text.len(),
            Value::Sequence(items) => items.iter().map(Self::bytes).sum(),
            Value::Mapping(entries) => {
                let entries = entries.iter();
                entries
                    .map(|entry| entry.key.len() + entry.node.bytes())
                    .sum()
            }
        }
    }

    /// How many levels it has.
    pub(super) fn depth(&self) -> usize {
        let inside = match &self.value {
            Value::Scalar(_) => None,
            Value::Sequence(items) => items.iter().map(Self::depth).max(),
            Value::Mapping(entries) => entries.iter().map(|entry| entry.node.depth()).max(),
        };
        inside.unwrap_or(0) + 1
    }

    /// What kind of value it is, in words for an error.
    pub(super) fn shape(&self) -> &'static str {
        match &self.value {
            Value::Scalar(scalar) if scalar.is_null() => "nothing",
            Value::Scalar(_) => "a single value",
            Value::Sequence(_) => "a list",
            Value::Mapping(_) => "a mapping",
        }
    }

    /// The value as JSON. Plain scalars that look like numbers or truth values become such.
    pub fn to_json(&self) -> serde_json::Value {
        match &self.value {
            Value::Scalar(scalar) => scalar.to_json(),
            Value::Sequence(items) => items.iter().map(Self::to_json).collect(),
            Value::Mapping(entries) => {
                let pair = |entry: &Entry| (entry.key.clone(), entry.node.to_json());
                serde_json::Value::Object(entries.iter().map(pair).collect())
            }
        }
    }
}

impl Scalar {
    fn is_null(&self) -> bool {
        self.plain && matches!(self.text.as_str(), "" | "~" | "null" | "Null" | "NULL")
    }

    fn to_json(&self) -> serde_json::Value {
        if self.is_null() {
            return serde_json::Value::Null;
        }
        let typed = serde_json::from_str(&self.text).ok().filter(|_| self.plain);
        let typed =
            typed.filter(|value: &serde_json::Value| value.is_number() || value.is_boolean());
        typed.unwrap_or_else(|| serde_json::Value::String(self.text.clone()))
    }
}
