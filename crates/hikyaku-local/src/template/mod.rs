//! A SAM template, read into what the local cloud needs.
//!
//! [`Template::parse`] reads the text and keeps every line, [`Template::resolve`] evaluates parameters, conditions and
//! intrinsic functions and gives a typed [`Stack`]. What AWS would refuse when deploying is an error here, with its line;
//! what it would deploy but cannot be meant is a [`Warning`]; resources that are not run locally are listed as ignored and
//! never evaluated, so that an alarm or a dashboard cannot stop anything.

mod environment;
mod error;
mod evaluate;
mod inspect;
mod lines;
mod nested;
mod node;
mod read;
mod stack;
mod yaml;

use std::path::Path;

pub use environment::Environment;
pub use error::{Place, TemplateError, Warning};
pub use inspect::{Inspected, is_unknown, with_unknowns_as};
pub use lines::Lines;
use nested::Nesting;
pub use node::{Entry, Node, Scalar, Value};
pub use stack::*;

/// A template's text, read and not yet evaluated, with those of its nested stacks.
#[derive(Debug, Clone)]
pub struct Template {
    source: String,
    lines: Lines,
    root: Node,
    /// The line of the first alias, and why CloudFormation does not take it.
    repetition: Option<(usize, String)>,
    /// The logical ids of nested stacks whose templates are in `root`.
    written_in: Vec<String>,
}

/// How many resources a template may have (page "CloudFormation quotas").
const MOST_RESOURCES: usize = 500;

/// One entry of `Resources`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Resource<'t> {
    pub(crate) logical_id: &'t str,
    pub(crate) line: usize,
    pub(crate) kind: &'t str,
    pub(crate) node: &'t Node,
}

impl Template {
    /// Reads YAML or JSON. Errors name `source`, usually the path. Nested stacks are not read: they are files.
    pub fn parse(text: &str, source: &str) -> Result<Self, TemplateError> {
        let syntax = |fault: yaml::Fault| TemplateError::Syntax {
            place: Place {
                source: source.to_owned(),
                line: fault.line,
            },
            reason: fault.reason,
        };
        let document = yaml::read(text).map_err(syntax)?;
        let lines = Lines::of(source, text);
        check_sections(&document.root, &lines)?;
        Ok(Self {
            source: source.to_owned(),
            lines,
            root: document.root,
            repetition: document.repetition.map(|fault| (fault.line, fault.reason)),
            written_in: Vec::new(),
        })
    }

    /// Reads a file, and those of its nested stacks: their resources stand in this template then, each with the nested
    /// stack's logical id before its own (`PhpLane` and `Function` give `PhpLaneFunction`).
    pub fn read(path: impl AsRef<Path>) -> Result<Self, TemplateError> {
        let path = path.as_ref();
        let shown = path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|source| TemplateError::Unreadable {
            path: shown.clone(),
            source,
        })?;
        let outer = Self::parse(&text, &shown)?;
        let mut lines = outer.lines.clone();
        let flat = Nesting::new(&mut lines).flatten(outer.root, path)?;
        Ok(Self {
            lines,
            root: flat.root,
            written_in: flat.written_in,
            ..outer
        })
    }

    /// Evaluates the template as if it were deployed to that environment.
    pub fn resolve(&self, environment: &Environment) -> Result<Stack, TemplateError> {
        if let Some((line, reason)) = &self.repetition {
            return Err(TemplateError::Syntax {
                place: self.place(*line),
                reason: reason.clone(),
            });
        }
        self.check_types()?;
        read::stack(self, environment)
    }

    /// The name the template was read under.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The whole text as a tree, for checks beyond those of [`resolve`](Self::resolve).
    pub fn root(&self) -> &Node {
        &self.root
    }

    /// The line of the first YAML alias. `sam build` writes aliases out; CloudFormation itself refuses them, and so does
    /// [`resolve`](Self::resolve).
    pub fn alias_line(&self) -> Option<usize> {
        self.repetition.as_ref().map(|(line, _)| *line)
    }

    /// The resources, in the order they are written.
    pub(crate) fn resources(&self) -> impl Iterator<Item = Resource<'_>> {
        self.section("Resources").iter().filter_map(|entry| {
            let kind = entry.node.get("Type").and_then(Node::text)?;
            Some(Resource {
                logical_id: &entry.key,
                line: entry.line,
                kind,
                node: &entry.node,
            })
        })
    }

    fn section(&self, name: &str) -> &[Entry] {
        self.root.get(name).map_or(&[], Node::entries)
    }

    /// The files that lines are counted over.
    pub fn lines(&self) -> &Lines {
        &self.lines
    }

    /// Which line of which file a line of the tree is.
    pub fn place(&self, line: usize) -> Place {
        self.lines.place(line)
    }

    /// Whether a resource is a nested stack whose own resources are here.
    fn is_written_in(&self, logical_id: &str) -> bool {
        self.written_in.iter().any(|id| id == logical_id)
    }

    /// Every resource is written out and says what it is.
    fn check_types(&self) -> Result<(), TemplateError> {
        let refuse = |line, reason: String| {
            Err(TemplateError::Syntax {
                place: self.place(line),
                reason,
            })
        };
        let untyped = self
            .section("Resources")
            .iter()
            .find(|entry| entry.node.get("Type").and_then(Node::text).is_none());
        match untyped {
            Some(entry) if entry.key.starts_with("Fn::") => refuse(
                entry.line,
                format!("`{}` is not supported: write the resources out", entry.key),
            ),
            Some(entry) => refuse(
                entry.line,
                format!("the resource `{}` has no `Type`", entry.key),
            ),
            None => Ok(()),
        }
    }
}

/// The sections of one file are what CloudFormation takes.
fn check_sections(root: &Node, lines: &Lines) -> Result<(), TemplateError> {
    let refuse = |line, reason: String| {
        Err(TemplateError::Syntax {
            place: lines.place(line),
            reason,
        })
    };
    if !matches!(root.value, Value::Mapping(_)) {
        return refuse(
            root.line,
            format!(
                "a template is a mapping with `Resources`; here is {}",
                root.shape()
            ),
        );
    }
    for section in [
        "Parameters",
        "Mappings",
        "Conditions",
        "Globals",
        "Resources",
    ] {
        if let Some(entry) = root.entry(section)
            && !matches!(entry.node.value, Value::Mapping(_))
            && !entry.node.is_null()
        {
            return refuse(
                entry.line,
                format!(
                    "`{section}` must be a mapping; here is {}",
                    entry.node.shape()
                ),
            );
        }
    }
    let resources = root.get("Resources").map_or(&[][..], Node::entries);
    if let Some(entry) = resources.get(MOST_RESOURCES) {
        return refuse(
            entry.line,
            format!("CloudFormation takes {MOST_RESOURCES} resources; this is one more"),
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests;
