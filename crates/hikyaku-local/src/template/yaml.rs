//! YAML (and so JSON) into a tree, event by event: hostile text meets limits before it costs anything.

use std::collections::HashMap;

use saphyr_parser::{Event, Parser, ScalarStyle, Tag};

use super::node::{Entry, Node, Scalar, Value};

/// The deepest nesting that is read. Real templates stay below 20.
pub(super) const MOST_LEVELS: usize = 64;

/// The largest template in bytes that CloudFormation takes (page "CloudFormation quotas": 1 MB as an S3 object).
pub(super) const MOST_BYTES: usize = 1_048_576;

/// Short tags that stand for a function of the same name with `Fn::` before it.
const FUNCTIONS: [&str; 17] = [
    "And",
    "Base64",
    "Cidr",
    "Equals",
    "FindInMap",
    "GetAZs",
    "GetAtt",
    "If",
    "ImportValue",
    "Join",
    "Length",
    "Not",
    "Or",
    "Select",
    "Split",
    "Sub",
    "Transform",
];

/// Brings in the keys of another mapping, in YAML 1.1.
const MERGE_KEY: &str = "<<";

const ALIAS: &str = "YAML aliases are refused, as CloudFormation refuses them: write the value out";
const MERGE: &str =
    "YAML merge keys are refused, as CloudFormation refuses them: write the keys out";

/// What is wrong with a text, and its line.
pub(super) struct Fault {
    pub(super) line: usize,
    pub(super) reason: String,
}

/// How many values may be copied for anchors and aliases: one that repeats another that repeats another grows without end.
const MOST_COPIED: usize = 100_000;

/// A document, and what is wrong with it for CloudFormation though it can be read.
pub(super) struct Document {
    pub(super) root: Node,
    /// The first alias or merge key.
    pub(super) repetition: Option<Fault>,
}

/// Reads one document. Aliases and merge keys are written out.
pub(super) fn read(text: &str) -> Result<Document, Fault> {
    if text.len() > MOST_BYTES {
        let reason = format!(
            "the template has {} bytes; CloudFormation takes {MOST_BYTES}",
            text.len()
        );
        return Err(Fault { line: 1, reason });
    }
    let mut builder = Builder::default();
    // A byte order mark is no part of the text.
    let mut parser = Parser::new_from_str(text.trim_start_matches('\u{feff}'));
    while let Some(event) = parser.next_event() {
        let (event, span) = event.map_err(|error| Fault {
            line: error.marker().line(),
            reason: format!("this is not YAML: {}", error.info()),
        })?;
        builder.take(event, span.start.line())?;
    }
    let repetition = builder.repetition;
    let root = builder.root.ok_or_else(|| Fault {
        line: 1,
        reason: "the template is empty".to_owned(),
    })?;
    Ok(Document { root, repetition })
}

/// Open lists and mappings, the innermost last.
#[derive(Default)]
struct Builder {
    open: Vec<Open>,
    root: Option<Node>,
    /// What has an anchor, by the parser's number of it. Only what aliases can still mean.
    anchored: HashMap<usize, Node>,
    copied: usize,
    repetition: Option<Fault>,
}

struct Open {
    line: usize,
    anchor: usize,
    tag: Option<Tag>,
    content: Content,
}

enum Content {
    Sequence(Vec<Node>),
    /// `seen` has the line of every key: looking through the entries would take long in a hostile text.
    Mapping {
        entries: Vec<Entry>,
        key: Option<(String, usize)>,
        seen: HashMap<String, usize>,
    },
}

impl Builder {
    fn take(&mut self, event: Event<'_>, line: usize) -> Result<(), Fault> {
        let fault = |reason: &str| {
            Err(Fault {
                line,
                reason: reason.to_owned(),
            })
        };
        match event {
            Event::DocumentStart(_) if self.root.is_some() => {
                fault("a second document begins here; a template is one")
            }
            Event::Alias(anchor) => self.repeat(anchor, line),
            Event::Scalar(text, style, anchor, tag) => {
                let tag = tag.map(std::borrow::Cow::into_owned);
                let forced = tag
                    .as_ref()
                    .is_some_and(|tag| tag.is_yaml_core_schema() && tag.suffix == "str");
                let plain = style == ScalarStyle::Plain && !forced;
                let text = match &*text {
                    word if !plain => word,
                    "yes" | "Yes" | "YES" | "on" | "On" | "ON" | "True" | "TRUE" => "true",
                    "no" | "No" | "NO" | "off" | "Off" | "OFF" | "False" | "FALSE" => "false",
                    word => word,
                };
                let text = text.to_owned();
                let value = Value::Scalar(Scalar { text, plain });
                self.add(Node { line, value }, anchor, tag.as_ref())
            }
            Event::SequenceStart(anchor, tag) => self.open(
                line,
                anchor,
                tag.map(std::borrow::Cow::into_owned),
                Content::Sequence(Vec::new()),
            ),
            Event::MappingStart(anchor, tag) => {
                let content = Content::Mapping {
                    entries: Vec::new(),
                    key: None,
                    seen: HashMap::new(),
                };
                self.open(line, anchor, tag.map(std::borrow::Cow::into_owned), content)
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(),
            _ => Ok(()),
        }
    }

    /// The value that an alias means, once more.
    fn repeat(&mut self, anchor: usize, line: usize) -> Result<(), Fault> {
        let fault = |reason: &str| Fault {
            line,
            reason: reason.to_owned(),
        };
        // What an alias stands inside of has no end yet.
        let Some(node) = self.anchored.get(&anchor).cloned() else {
            return Err(fault(ALIAS));
        };
        self.copied += node.size();
        if self.copied > MOST_COPIED || self.open.len() + node.depth() > MOST_LEVELS {
            return Err(fault(ALIAS));
        }
        self.repetition.get_or_insert_with(|| fault(ALIAS));
        self.place(node)
    }

    fn open(
        &mut self,
        line: usize,
        anchor: usize,
        tag: Option<Tag>,
        content: Content,
    ) -> Result<(), Fault> {
        if self.open.len() >= MOST_LEVELS {
            return Err(Fault {
                line,
                reason: format!("more than {MOST_LEVELS} levels of nesting"),
            });
        }
        self.open.push(Open {
            line,
            anchor,
            tag,
            content,
        });
        Ok(())
    }

    fn close(&mut self) -> Result<(), Fault> {
        let Some(Open {
            line,
            anchor,
            tag,
            content,
        }) = self.open.pop()
        else {
            return Ok(());
        };
        let value = match content {
            Content::Sequence(items) => Value::Sequence(items),
            Content::Mapping { entries, .. } => Value::Mapping(merged(entries)),
        };
        self.add(Node { line, value }, anchor, tag.as_ref())
    }

    fn add(&mut self, node: Node, anchor: usize, tag: Option<&Tag>) -> Result<(), Fault> {
        let node = match tag {
            Some(tag) if !tag.is_yaml_core_schema() => long_form(tag, node)?,
            _ => node,
        };
        // The parser counts anchors from 1.
        if anchor > 0 {
            self.copied += node.size();
            if self.copied > MOST_COPIED {
                let (line, reason) = (node.line, ALIAS.to_owned());
                return Err(Fault { line, reason });
            }
            self.anchored.insert(anchor, node.clone());
        }
        self.place(node)
    }

    fn place(&mut self, node: Node) -> Result<(), Fault> {
        let line = node.line;
        match self.open.last_mut().map(|open| &mut open.content) {
            None => self.root = Some(node),
            Some(Content::Sequence(items)) => items.push(node),
            Some(Content::Mapping { entries, key, seen }) => match key.take() {
                None => {
                    let text = key_text(&node, seen)?;
                    if text == MERGE_KEY {
                        let reason = MERGE.to_owned();
                        self.repetition.get_or_insert(Fault { line, reason });
                    }
                    *key = Some((text, line));
                }
                Some((key, line)) => entries.push(Entry { key, line, node }),
            },
        }
        Ok(())
    }
}

fn key_text(node: &Node, seen: &mut HashMap<String, usize>) -> Result<String, Fault> {
    let fault = |reason: String| {
        Err(Fault {
            line: node.line,
            reason,
        })
    };
    let Some(key) = node.text() else {
        return fault("a key must be a single value".to_owned());
    };
    match seen.insert(key.to_owned(), node.line) {
        Some(first) => fault(format!("`{key}` stands here twice, first on line {first}")),
        None => Ok(key.to_owned()),
    }
}

/// What `<<` brings in stands where no own key does.
fn merged(entries: Vec<Entry>) -> Vec<Entry> {
    let (brought, mut own): (Vec<Entry>, Vec<Entry>) = entries
        .into_iter()
        .partition(|entry| entry.key == MERGE_KEY);
    for entry in brought {
        let sources = match entry.node.value {
            Value::Sequence(items) => items,
            _ => vec![entry.node],
        };
        for entry in sources.iter().flat_map(Node::entries) {
            if !own.iter().any(|known| known.key == entry.key) {
                own.push(entry.clone());
            }
        }
    }
    own
}

/// `!Ref x` is `{Ref: x}`, `!Sub x` is `{"Fn::Sub": x}`.
fn long_form(tag: &Tag, node: Node) -> Result<Node, Fault> {
    let line = node.line;
    let name = tag.suffix.as_str();
    if tag.handle == "!" && (name == "Ref" || name == "Condition") {
        return Ok(Node::single(line, name, node));
    }
    if tag.handle == "!" && FUNCTIONS.contains(&name) {
        return Ok(Node::single(line, format!("Fn::{name}"), node));
    }
    Err(Fault {
        line,
        reason: format!("`{tag}` is not a tag of CloudFormation"),
    })
}
