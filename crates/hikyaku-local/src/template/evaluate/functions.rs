//! The intrinsic functions, one by one.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::super::TemplateError;
use super::super::inspect::placeholder;
use super::super::node::{Node, Value};
use super::{Evaluator, MOST_TEXT};

impl Evaluator<'_> {
    /// Calls `Ref` or an `Fn::` function.
    pub(super) fn call(
        &self,
        function: &str,
        argument: &Node,
        path: &str,
    ) -> Result<Option<Node>, TemplateError> {
        let line = argument.line;
        let text = match function {
            "Ref" => return self.reference(&self.text(argument, path)?, line, path),
            "Fn::GetAtt" => self.get_att(argument, path)?,
            "Fn::Sub" => self.sub(argument, path)?,
            "Fn::Join" => {
                let [delimiter, items] = self.arguments(argument, function, path)?;
                self.texts(items, path)?.join(&self.text(delimiter, path)?)
            }
            // Both with `Transform: AWS::LanguageExtensions`.
            "Fn::ToJsonString" => {
                let value = self.evaluate(argument, path)?;
                value.map_or_else(|| "null".to_owned(), |value| value.to_json().to_string())
            }
            "Fn::Length" => self.texts(argument, path)?.len().to_string(),
            "Fn::Base64" => STANDARD.encode(self.text(argument, path)?),
            "Fn::Select" => return self.select(argument, path).map(Some),
            "Fn::Split" => return self.split(argument, path).map(Some),
            "Fn::FindInMap" => return self.find_in_map(argument, path),
            "Fn::If" => return self.choose(argument, path),
            "Fn::Equals" | "Fn::Not" | "Fn::And" | "Fn::Or" => self
                .holds(&Node::single(line, function, argument.clone()), path)?
                .to_string(),
            "Fn::ImportValue" if self.tolerant => placeholder(function),
            "Fn::ImportValue" => {
                let reason = "`Fn::ImportValue` needs another stack's exports, which a file does not have: use a parameter";
                return Err(self.unresolvable(line, path, reason.to_owned()));
            }
            _ => {
                return Err(self.unresolvable(
                    line,
                    path,
                    format!("`{function}` is not supported"),
                ));
            }
        };
        if text.len() > MOST_TEXT {
            return Err(self.unresolvable(
                line,
                path,
                format!("`{function}` makes a text of {} bytes", text.len()),
            ));
        }
        Ok(Some(Node::text_at(line, text)))
    }

    /// The value of a name: a pseudo parameter, a parameter or a resource.
    fn reference(
        &self,
        name: &str,
        line: usize,
        path: &str,
    ) -> Result<Option<Node>, TemplateError> {
        if name == "AWS::NoValue" {
            return Ok(None);
        }
        if let Some(value) = self.pseudo(name, line) {
            return Ok(Some(value));
        }
        if let Some(value) = self.parameter(name, line, path)? {
            return Ok(Some(value));
        }
        Ok(Some(Node::text_at(
            line,
            self.resource_reference(name, line, path)?,
        )))
    }

    /// `a.b`, or `[a, b]` where `b` may be computed.
    fn get_att(&self, argument: &Node, path: &str) -> Result<String, TemplateError> {
        let (name, attribute) = match argument.text() {
            Some(text) => text
                .split_once('.')
                .map(|(name, attribute)| (name.to_owned(), attribute.to_owned())),
            None => match &self.texts(argument, path)?[..] {
                [name, attribute] => Some((name.clone(), attribute.clone())),
                _ => None,
            },
        }
        .ok_or_else(|| {
            let reason = "`Fn::GetAtt` takes a resource and an attribute, such as Orders.Arn";
            self.unresolvable(argument.line, path, reason.to_owned())
        })?;
        self.attribute(&name, &attribute, argument.line, path)
    }

    /// `"…${Name}…"`, or that with a mapping of further names.
    fn sub(&self, argument: &Node, path: &str) -> Result<String, TemplateError> {
        let (pattern, variables) = match argument.items() {
            Some([pattern, variables]) => (pattern, Some(variables)),
            Some(_) => {
                return Err(self.unresolvable(
                    argument.line,
                    path,
                    "`Fn::Sub` takes a text, or a list of 2".to_owned(),
                ));
            }
            None => (argument, None),
        };
        // The pattern itself cannot be computed: it must be written out.
        let Some(mut rest) = pattern.text() else {
            return Err(self.unresolvable(
                pattern.line,
                path,
                "`Fn::Sub` takes a text that is written out".to_owned(),
            ));
        };
        let mut text = String::with_capacity(rest.len());
        while let Some(start) = rest.find("${") {
            text.push_str(&rest[..start]);
            let Some(length) = rest[start..].find('}') else {
                return Err(self.unresolvable(
                    pattern.line,
                    path,
                    "a `${` is never closed".to_owned(),
                ));
            };
            let name = rest[start + 2..start + length].trim();
            rest = &rest[start + length + 1..];
            match name.strip_prefix('!') {
                Some(literal) => text.extend(["${", literal, "}"]),
                None => text.push_str(&self.sub_name(name, variables, pattern.line, path)?),
            }
            if text.len() > MOST_TEXT {
                return Err(self.unresolvable(
                    pattern.line,
                    path,
                    format!("`Fn::Sub` makes more than {MOST_TEXT} bytes"),
                ));
            }
        }
        text.push_str(rest);
        Ok(text)
    }

    fn sub_name(
        &self,
        name: &str,
        variables: Option<&Node>,
        line: usize,
        path: &str,
    ) -> Result<String, TemplateError> {
        if let Some(value) = variables.and_then(|variables| variables.get(name)) {
            return self.text(value, path);
        }
        match name.split_once('.') {
            Some((resource, attribute)) => self.attribute(resource, attribute, line, path),
            None => self.text(&Node::single(line, "Ref", Node::text_at(line, name)), path),
        }
    }

    fn select(&self, argument: &Node, path: &str) -> Result<Node, TemplateError> {
        let [index, items] = self.arguments(argument, "Fn::Select", path)?;
        let index = self.text(index, path)?;
        let items = self.texts(items, path)?;
        let item = index
            .parse::<usize>()
            .ok()
            .and_then(|index| items.get(index));
        item.map(|item| Node::text_at(argument.line, item))
            .ok_or_else(|| {
                self.unresolvable(
                    argument.line,
                    path,
                    format!("`Fn::Select` asks for item {index} of {}", items.len()),
                )
            })
    }

    fn split(&self, argument: &Node, path: &str) -> Result<Node, TemplateError> {
        let [delimiter, text] = self.arguments(argument, "Fn::Split", path)?;
        let delimiter = self.text(delimiter, path)?;
        if delimiter.is_empty() {
            return Err(self.unresolvable(
                argument.line,
                path,
                "`Fn::Split` needs a delimiter".to_owned(),
            ));
        }
        let text = self.text(text, path)?;
        let items = text
            .split(&delimiter)
            .map(|part| Node::text_at(argument.line, part))
            .collect();
        Ok(Node {
            line: argument.line,
            value: Value::Sequence(items),
        })
    }

    fn find_in_map(&self, argument: &Node, path: &str) -> Result<Option<Node>, TemplateError> {
        let items = argument.items().unwrap_or_default();
        let (keys, default) = match items {
            [map, first, second] => ([map, first, second], None),
            [map, first, second, options] => ([map, first, second], options.get("DefaultValue")),
            _ => {
                return Err(self.unresolvable(
                    argument.line,
                    path,
                    "`Fn::FindInMap` takes a list of 3".to_owned(),
                ));
            }
        };
        let mut found = self.template.root.get("Mappings");
        let mut names = Vec::new();
        for key in keys {
            let name = self.text(key, path)?;
            found = found.and_then(|node| node.get(&name));
            names.push(name);
        }
        match found.or(default) {
            Some(value) => self.evaluate(value, path),
            None => Err(self.unresolvable(
                argument.line,
                path,
                format!("there is no `{}` in `Mappings`", names.join(".")),
            )),
        }
    }

    fn choose(&self, argument: &Node, path: &str) -> Result<Option<Node>, TemplateError> {
        self.evaluate(self.branch(argument, path)?, path)
    }

    /// The branch that `Fn::If` takes, not yet evaluated.
    pub(in super::super) fn branch<'n>(
        &self,
        argument: &'n Node,
        path: &str,
    ) -> Result<&'n Node, TemplateError> {
        let [name, when_true, when_false] = self.arguments(argument, "Fn::If", path)?;
        let holds = match name.get("Condition") {
            Some(_) => self.holds(name, path)?,
            None => self.condition(&self.text(name, path)?, name.line, path)?,
        };
        Ok(if holds { when_true } else { when_false })
    }
}
