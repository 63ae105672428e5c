//! Parameters, conditions and intrinsic functions.

mod condition;
mod functions;
pub(super) mod names;
mod parameter;

use std::cell::{Cell, RefCell};
use std::collections::HashMap;

use super::node::{Entry, Node, Value};
use super::{Environment, Resource, Template, TemplateError};

/// How deep evaluation may go: the nesting of the text plus chains of names and conditions.
const MOST_LEVELS: usize = 128;

/// The longest text that evaluation may make. A parameter has at most 4,096 characters in CloudFormation; joining many is
/// bounded here, so that no template can fill the memory.
const MOST_TEXT: usize = 1_048_576;

/// Evaluates the values of one template in one environment.
pub(super) struct Evaluator<'t> {
    template: &'t Template,
    environment: &'t Environment,
    /// Answers that were found once: chains of conditions and names would otherwise grow exponentially.
    conditions: RefCell<HashMap<String, bool>>,
    names: RefCell<HashMap<String, String>>,
    /// The names and conditions being evaluated, to notice when one needs itself.
    pending: RefCell<Vec<String>>,
    depth: Cell<usize>,
    /// Whether what only a deployment knows gets a placeholder, and every resource counts as present.
    tolerant: bool,
}

impl<'t> Evaluator<'t> {
    pub(super) fn new(
        template: &'t Template,
        environment: &'t Environment,
    ) -> Result<Self, TemplateError> {
        let evaluator = Self {
            template,
            environment,
            conditions: RefCell::default(),
            names: RefCell::default(),
            pending: RefCell::default(),
            depth: Cell::new(0),
            tolerant: false,
        };
        evaluator.check_parameters()?;
        Ok(evaluator)
    }

    /// One that goes on where a file cannot know a value.
    pub(super) fn tolerant(
        template: &'t Template,
        environment: &'t Environment,
    ) -> Result<Self, TemplateError> {
        let evaluator = Self::new(template, environment)?;
        Ok(Self {
            tolerant: true,
            ..evaluator
        })
    }

    pub(super) fn template(&self) -> &'t Template {
        self.template
    }

    pub(super) fn environment(&self) -> &'t Environment {
        self.environment
    }

    /// The value with every intrinsic function evaluated; `None` for `AWS::NoValue`. `path` is for errors.
    pub(super) fn evaluate(&self, node: &Node, path: &str) -> Result<Option<Node>, TemplateError> {
        self.descend(node, path, || self.evaluate_here(node, path))
    }

    fn evaluate_here(&self, node: &Node, path: &str) -> Result<Option<Node>, TemplateError> {
        if let Some((function, argument)) = node.intrinsic() {
            return self.call(function, argument, path);
        }
        let value = match &node.value {
            Value::Scalar(_) => return Ok(Some(node.clone())),
            Value::Sequence(items) => {
                let mut evaluated = Vec::with_capacity(items.len());
                for item in items {
                    evaluated.extend(self.evaluate(item, path)?);
                }
                Value::Sequence(evaluated)
            }
            Value::Mapping(entries) => {
                let mut evaluated = Vec::with_capacity(entries.len());
                for entry in entries {
                    let Entry { key, line, node } = entry;
                    if key.starts_with("Fn::") {
                        return Err(self.unresolvable(
                            *line,
                            path,
                            format!("`{key}` must stand alone"),
                        ));
                    }
                    let node = self.evaluate(node, path)?;
                    evaluated.extend(node.map(|node| Entry {
                        key: key.clone(),
                        line: *line,
                        node,
                    }));
                }
                Value::Mapping(evaluated)
            }
        };
        Ok(Some(Node {
            line: node.line,
            value,
        }))
    }

    /// A value that must be a single text.
    fn text(&self, node: &Node, path: &str) -> Result<String, TemplateError> {
        let evaluated = self.evaluate(node, path)?;
        if let Some(text) = evaluated.as_ref().and_then(Node::text) {
            return Ok(text.to_owned());
        }
        let shape = evaluated.as_ref().map_or("AWS::NoValue", Node::shape);
        Err(self.unresolvable(node.line, path, format!("text is needed here, not {shape}")))
    }

    /// A value that must be a list of texts.
    fn texts(&self, node: &Node, path: &str) -> Result<Vec<String>, TemplateError> {
        let evaluated = self.evaluate(node, path)?;
        let items = evaluated.as_ref().and_then(Node::items);
        let Some(items) = items else {
            return Err(self.unresolvable(node.line, path, "a list is needed here".to_owned()));
        };
        items.iter().map(|item| self.text(item, path)).collect()
    }

    fn descend<T>(
        &self,
        node: &Node,
        path: &str,
        inner: impl FnOnce() -> Result<T, TemplateError>,
    ) -> Result<T, TemplateError> {
        if self.depth.get() >= MOST_LEVELS {
            return Err(self.unresolvable(
                node.line,
                path,
                format!("values depend on each other over {MOST_LEVELS} levels"),
            ));
        }
        self.depth.set(self.depth.get() + 1);
        let outcome = inner();
        self.depth.set(self.depth.get() - 1);
        outcome
    }

    /// Evaluates something that has a name, unless that name is being evaluated already.
    fn once<T>(
        &self,
        name: &str,
        line: usize,
        inner: impl FnOnce() -> Result<T, TemplateError>,
    ) -> Result<T, TemplateError> {
        if self.pending.borrow().iter().any(|pending| pending == name) {
            let mut chain = self.pending.borrow().clone();
            chain.push(name.to_owned());
            return Err(self.unresolvable(
                line,
                name,
                format!("it depends on itself: {}", chain.join(" -> ")),
            ));
        }
        self.pending.borrow_mut().push(name.to_owned());
        let outcome = inner();
        self.pending.borrow_mut().pop();
        outcome
    }

    /// A resource of the template whose condition is true.
    pub(super) fn present(&self) -> Result<Vec<Resource<'t>>, TemplateError> {
        let mut present = Vec::new();
        for resource in self.template.resources() {
            if self.is_present(&resource)? {
                present.push(resource);
            }
        }
        Ok(present)
    }

    fn is_present(&self, resource: &Resource<'_>) -> Result<bool, TemplateError> {
        if self.tolerant {
            return Ok(true);
        }
        self.is_wanted(resource)
    }

    /// Whether the resource's condition holds, or it has none.
    pub(super) fn is_wanted(&self, resource: &Resource<'_>) -> Result<bool, TemplateError> {
        match resource.node.get("Condition") {
            Some(name) => {
                let path = format!("{}.Condition", resource.logical_id);
                let condition = self.text(name, &path)?;
                self.condition(&condition, name.line, &path)
            }
            None => Ok(true),
        }
    }

    fn unresolvable(&self, line: usize, path: &str, reason: String) -> TemplateError {
        TemplateError::Unresolvable {
            place: self.template.place(line),
            path: path.to_owned(),
            reason,
        }
    }
}
