//! Functions, whichever way they are written.

use hikyaku_local::template::Node;

use super::part::Part;
use super::seen::Seen;

/// Seconds a function may run if nothing is written: SAM's and CloudFormation's default alike.
const TIMEOUT: u64 = 3;

/// `AWS::Serverless::Function` or `AWS::Lambda::Function`.
#[derive(Debug, Clone)]
pub(crate) struct Function {
    /// Properties, with those of `Globals`.
    pub(crate) part: Part,
    /// The resource's `Metadata`.
    pub(crate) metadata: Part,
    /// Whether SAM makes it: then SAM may also make its role.
    pub(crate) serverless: bool,
    /// The names of the environment variables that the function itself states.
    pub(crate) own: Vec<String>,
    pub(crate) arn: String,
    /// What `Ref` gives: the name.
    pub(crate) name: String,
}

impl Function {
    pub(crate) fn id(&self) -> &str {
        &self.part.id
    }

    pub(crate) fn timeout(&self) -> Option<u64> {
        self.part.number("Timeout").or(TIMEOUT)
    }

    /// Those variables that are its own, and not in `Globals` for whoever needs them.
    pub(crate) fn own_variables(&self) -> impl Iterator<Item = (&str, &Node)> {
        self.variables()
            .filter(|(name, _)| self.own.iter().any(|own| own == name))
    }

    /// Names and values of its environment.
    pub(crate) fn variables(&self) -> impl Iterator<Item = (&str, &Node)> {
        let variables = self.part.at("Environment.Variables");
        let entries = variables.map_or(&[][..], Node::entries);
        entries
            .iter()
            .map(|entry| (entry.key.as_str(), &entry.node))
    }

    pub(crate) fn variable(&self, name: &str) -> Seen<String> {
        self.part.text(&format!("Environment.Variables.{name}"))
    }

    /// Whether the engine runs in it: then the rules of the engine hold as well as those of AWS.
    pub(crate) fn is_hikyaku(&self) -> bool {
        self.variables()
            .any(|(name, _)| name.starts_with("HIKYAKU_"))
    }

    /// The binary that `sam build` puts into it.
    pub(crate) fn binary(&self) -> Seen<String> {
        self.metadata.text("BuildProperties.Binary")
    }

    pub(crate) fn is_cargo_lambda(&self) -> bool {
        self.metadata.text("BuildMethod").known().as_deref() == Some("rust-cargolambda")
    }

    /// Whether a name, an ARN, or an ARN with a version or alias means this function.
    pub(crate) fn is(&self, reference: &str) -> bool {
        reference == self.name
            || reference == self.arn
            || reference
                .strip_prefix(&self.arn)
                .is_some_and(|rest| rest.starts_with(':'))
            || reference
                .strip_prefix(&self.name)
                .is_some_and(|rest| rest.starts_with(':'))
    }
}
