//! Conditions: which resources and values a deployment has.

use super::super::TemplateError;
use super::super::inspect::is_unknown;
use super::super::node::Node;
use super::Evaluator;

impl Evaluator<'_> {
    /// Whether the condition of that name holds. `line` and `path` are of who asks.
    pub(super) fn condition(
        &self,
        name: &str,
        line: usize,
        path: &str,
    ) -> Result<bool, TemplateError> {
        if let Some(known) = self.conditions.borrow().get(name) {
            return Ok(*known);
        }
        let Some(entry) = self
            .template
            .section("Conditions")
            .iter()
            .find(|entry| entry.key == name)
        else {
            return Err(self.unresolvable(
                line,
                path,
                format!("there is no condition `{name}` in `Conditions`"),
            ));
        };
        let path = format!("Conditions.{name}");
        let holds = self.once(&path, entry.line, || self.holds(&entry.node, &path))?;
        self.conditions.borrow_mut().insert(name.to_owned(), holds);
        Ok(holds)
    }

    /// Whether a condition function holds.
    pub(super) fn holds(&self, node: &Node, path: &str) -> Result<bool, TemplateError> {
        self.descend(node, path, || self.holds_here(node, path))
    }

    fn holds_here(&self, node: &Node, path: &str) -> Result<bool, TemplateError> {
        let [entry] = node.entries() else {
            // A parameter of true or false, through Fn::FindInMap or Fn::If, is a condition too.
            return self.truth(node, path);
        };
        let argument = &entry.node;
        match entry.key.as_str() {
            "Condition" => {
                let name = self.text(argument, path)?;
                self.condition(&name, argument.line, path)
            }
            "Fn::Equals" => {
                let [left, right] = self.arguments(argument, "Fn::Equals", path)?;
                let left = self.evaluate(left, path)?.map(|node| node.to_text());
                let right = self.evaluate(right, path)?.map(|node| node.to_text());
                if [&left, &right]
                    .into_iter()
                    .flatten()
                    .any(|text| is_unknown(text))
                {
                    let reason = "whether they are equal is known when it is deployed".to_owned();
                    return Err(self.unresolvable(argument.line, path, reason));
                }
                Ok(left == right)
            }
            "Fn::Not" => {
                let [inner] = self.arguments(argument, "Fn::Not", path)?;
                Ok(!self.holds(inner, path)?)
            }
            "Fn::And" | "Fn::Or" => {
                let Some(items) = argument.items() else {
                    return Err(self.unresolvable(
                        argument.line,
                        path,
                        format!("`{}` takes a list", entry.key),
                    ));
                };
                // All are evaluated: an error in any is an error, as on AWS.
                let outcomes: Vec<bool> = items
                    .iter()
                    .map(|item| self.holds(item, path))
                    .collect::<Result<_, _>>()?;
                Ok(if entry.key == "Fn::And" {
                    outcomes.iter().all(|holds| *holds)
                } else {
                    outcomes.contains(&true)
                })
            }
            _ => self.truth(node, path),
        }
    }

    fn truth(&self, node: &Node, path: &str) -> Result<bool, TemplateError> {
        match self.text(node, path)?.as_str() {
            "true" => Ok(true),
            "false" => Ok(false),
            other => {
                Err(self.unresolvable(node.line, path, format!("`{other}` is not a condition")))
            }
        }
    }

    /// The items of a list that must have exactly that many.
    pub(super) fn arguments<'n, const N: usize>(
        &self,
        node: &'n Node,
        function: &str,
        path: &str,
    ) -> Result<&'n [Node; N], TemplateError> {
        let items = node.items().and_then(|items| items.try_into().ok());
        items.ok_or_else(|| {
            self.unresolvable(node.line, path, format!("`{function}` takes a list of {N}"))
        })
    }
}

impl Node {
    /// What equality compares: scalars by their text, whether quoted or not.
    fn to_text(&self) -> String {
        self.text()
            .map_or_else(|| self.to_json().to_string(), str::to_owned)
    }
}
