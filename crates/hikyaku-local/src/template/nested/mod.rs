//! Nested stacks: their templates are written into the one that names them.
//!
//! CloudFormation makes a stack of its own of each `AWS::Serverless::Application` or `AWS::CloudFormation::Stack`. Here it is
//! read as if its resources stood in the outer template: each under its logical id with the nested stack's before it
//! (`PhpLane` and `Function` give `PhpLaneFunction`), with the values of the outer template for its parameters. So a queue of
//! one template and its function in another are one stack, for the local cloud and for the doctor. Templates that are not
//! local files stay resources that are not run.

mod rename;
mod write;

use std::path::{Path, PathBuf};

use super::lines::Lines;
use super::node::{Entry, Node};
use super::{Place, TemplateError, yaml};
use rename::Names;
use write::{append, outputs, sections};

/// CloudFormation sets no limit that a template could be held to. Nobody nests so deep, and a circle ends here.
const MOST_LEVELS: usize = 8;
/// How many templates one may bring in, all in all.
const MOST_STACKS: usize = 200;

/// The property that names the template of a nested stack.
fn location_property(kind: &str) -> Option<&'static str> {
    match kind {
        "AWS::Serverless::Application" => Some("Location"),
        "AWS::CloudFormation::Stack" => Some("TemplateURL"),
        _ => None,
    }
}

/// Writes the templates of nested stacks into a template, as far as they are files.
pub(super) struct Nesting<'l> {
    lines: &'l mut Lines,
    stacks: usize,
}

/// A template with its nested stacks written in.
pub(super) struct Flat {
    pub(super) root: Node,
    /// The logical ids of the nested stacks that were written in.
    pub(super) written_in: Vec<String>,
}

/// A file, as it is named in errors and where it lies.
struct File<'f> {
    path: &'f Path,
    /// How the folder of the outermost template names this file's.
    folder: PathBuf,
    level: usize,
}

impl<'l> Nesting<'l> {
    pub(super) fn new(lines: &'l mut Lines) -> Self {
        Self { lines, stacks: 0 }
    }

    /// Flattens the outermost template.
    pub(super) fn flatten(&mut self, root: Node, path: &Path) -> Result<Flat, TemplateError> {
        let file = File {
            path,
            folder: PathBuf::new(),
            level: 0,
        };
        self.flat(root, &file)
    }

    fn flat(&mut self, mut root: Node, file: &File<'_>) -> Result<Flat, TemplateError> {
        let mut written_in = Vec::new();
        for stack in stacks(&root) {
            let id = stack.key.clone();
            let nested = self.read(&stack, file)?;
            root = Names::outer(&id, nested.outputs).renamed(&root);
            for (section, entries) in nested.sections {
                append(&mut root, section, entries);
            }
            let inner = nested.written_in.into_iter();
            written_in.extend(inner.map(|inner| format!("{id}{inner}")));
            written_in.push(id);
        }
        Ok(Flat { root, written_in })
    }

    /// Reads the template of a nested stack, in terms of the outer one.
    fn read(&mut self, stack: &Stack, outer: &File<'_>) -> Result<Nested, TemplateError> {
        self.stacks += 1;
        if outer.level == MOST_LEVELS || self.stacks > MOST_STACKS {
            let reason = format!(
                "nested stacks are read {MOST_LEVELS} levels deep and {MOST_STACKS} in all: does a template nest itself?"
            );
            return Err(self.invalid(stack.line, &stack.key, reason));
        }
        let path = outer
            .path
            .parent()
            .unwrap_or(Path::new(""))
            .join(&stack.location);
        let shown = path.display().to_string();
        let text = std::fs::read_to_string(&path).map_err(|source| TemplateError::Unreadable {
            path: shown.clone(),
            source,
        })?;
        let before = self.lines.add(&shown, &text);
        let document = yaml::read(&text).map_err(|fault| TemplateError::Syntax {
            place: Place {
                source: shown.clone(),
                line: fault.line,
            },
            reason: fault.reason,
        })?;
        let mut root = document.root;
        root.shift(before);
        if let Some(fault) = document.repetition {
            return Err(TemplateError::Syntax {
                place: self.lines.place(before + fault.line),
                reason: fault.reason,
            });
        }
        super::check_sections(&root, self.lines)?;
        let folder = outer
            .folder
            .join(stack.location.parent().unwrap_or(Path::new("")));
        let file = File {
            path: &path,
            folder,
            level: outer.level + 1,
        };
        let Flat { root, written_in } = self.flat(root, &file)?;
        let given = self.given(stack, &root)?;
        let names = Names::nested(&stack.key, &root, given.into_iter());
        Ok(Nested {
            sections: sections(&root, stack, &names, &file.folder),
            outputs: outputs(&root, &names),
            written_in,
        })
    }

    /// The value that each parameter of the nested template has, in terms of the outer one.
    fn given(&self, stack: &Stack, root: &Node) -> Result<Vec<(String, Node)>, TemplateError> {
        let declared = entries(root, "Parameters");
        for entry in &stack.parameters {
            if !declared.iter().any(|known| known.key == entry.key) {
                let reason = "its template declares no such parameter".to_owned();
                let path = format!("{}.Parameters.{}", stack.key, entry.key);
                return Err(self.invalid(entry.line, &path, reason));
            }
        }
        let value = |declared: &Entry| {
            let given = stack
                .parameters
                .iter()
                .find(|entry| entry.key == declared.key);
            let value =
                given.map_or_else(|| declared.node.get("Default"), |entry| Some(&entry.node));
            let Some(value) = value else {
                let reason = format!(
                    "its template needs the parameter `{}`, which has no default",
                    declared.key
                );
                return Err(self.invalid(stack.line, &stack.key, reason));
            };
            self.check_allowed(stack, declared, value)?;
            let kind = declared
                .node
                .get("Type")
                .and_then(Node::text)
                .unwrap_or_default();
            let is_list = kind == "CommaDelimitedList" || kind.contains("List<");
            let value = if is_list {
                split_at_commas(value)
            } else {
                value.clone()
            };
            Ok((declared.key.clone(), value))
        };
        declared.iter().map(value).collect()
    }

    fn check_allowed(
        &self,
        stack: &Stack,
        declared: &Entry,
        value: &Node,
    ) -> Result<(), TemplateError> {
        let allowed = declared
            .node
            .get("AllowedValues")
            .and_then(Node::items)
            .unwrap_or_default();
        let allowed: Vec<&str> = allowed.iter().filter_map(Node::text).collect();
        match value.text() {
            Some(text) if !allowed.is_empty() && !allowed.contains(&text) => {
                let reason = format!(
                    "`{text}` is not one of its AllowedValues: {}",
                    allowed.join(", ")
                );
                let path = format!("{}.Parameters.{}", stack.key, declared.key);
                Err(self.invalid(value.line, &path, reason))
            }
            _ => Ok(()),
        }
    }

    fn invalid(&self, line: usize, path: &str, reason: String) -> TemplateError {
        TemplateError::Invalid {
            place: self.lines.place(line),
            path: path.to_owned(),
            reason,
        }
    }
}

/// A nested stack, as the outer template describes it.
struct Stack {
    key: String,
    line: usize,
    location: PathBuf,
    parameters: Vec<Entry>,
    condition: Option<Node>,
}

/// What a nested stack is, in terms of the outer template.
struct Nested {
    sections: Vec<(&'static str, Vec<Entry>)>,
    outputs: Vec<(String, Node)>,
    written_in: Vec<String>,
}

/// The nested stacks of a template that are files.
fn stacks(root: &Node) -> Vec<Stack> {
    let found = entries(root, "Resources").iter().filter_map(|entry| {
        let kind = entry.node.get("Type").and_then(Node::text)?;
        let properties = entry.node.get("Properties")?;
        let location = properties.get(location_property(kind)?)?.text()?;
        let parameters = properties.get("Parameters").map_or(&[][..], Node::entries);
        (!location.contains("://")).then(|| Stack {
            key: entry.key.clone(),
            line: entry.line,
            location: location.into(),
            parameters: parameters.to_vec(),
            condition: entry.node.get("Condition").cloned(),
        })
    });
    found.collect()
}

fn entries<'n>(root: &'n Node, section: &str) -> &'n [Entry] {
    root.get(section).map_or(&[], Node::entries)
}

/// CloudFormation hands a list over as one text.
fn split_at_commas(value: &Node) -> Node {
    let line = value.line;
    let arguments = [Node::text_at(line, ","), value.clone()];
    Node::single(line, "Fn::Split", Node::list(line, arguments))
}
