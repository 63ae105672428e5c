//! What `Ref` and `Fn::GetAtt` give for resources: names, URLs and ARNs.

use super::super::node::Node;
use super::super::{Resource, TemplateError};
use super::Evaluator;

/// The resources that the local cloud runs or has names for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Kind {
    Function,
    Queue,
    Table,
    Schedule,
    Rule,
    Other,
}

impl Kind {
    pub(in super::super) fn of(kind: &str) -> Self {
        match kind {
            "AWS::Serverless::Function" | "AWS::Lambda::Function" => Self::Function,
            "AWS::SQS::Queue" => Self::Queue,
            "AWS::DynamoDB::Table" | "AWS::Serverless::SimpleTable" => Self::Table,
            "AWS::Scheduler::Schedule" => Self::Schedule,
            "AWS::Events::Rule" => Self::Rule,
            _ => Self::Other,
        }
    }

    /// The property that names it.
    fn name_property(self) -> Option<&'static str> {
        match self {
            Self::Function => Some("FunctionName"),
            Self::Queue => Some("QueueName"),
            Self::Table => Some("TableName"),
            Self::Schedule | Self::Rule => Some("Name"),
            Self::Other => None,
        }
    }
}

/// Kinds that are not run and whose `Ref` is an ARN on AWS (section "Return values" of each kind's page).
const REFERRED_BY_ARN: [&str; 6] = [
    "AWS::Lambda::LayerVersion",
    "AWS::SNS::Topic",
    "AWS::SecretsManager::Secret",
    "AWS::Serverless::LayerVersion",
    "AWS::Serverless::StateMachine",
    "AWS::StepFunctions::StateMachine",
];

impl<'t> Evaluator<'t> {
    /// The physical name of a resource: the one it states, else `<stack>-<logical id>`.
    pub(in super::super) fn name(&self, resource: &Resource<'t>) -> Result<String, TemplateError> {
        if let Some(known) = self.names.borrow().get(resource.logical_id) {
            return Ok(known.clone());
        }
        let name = self.once(resource.logical_id, resource.line, || {
            self.find_name(resource)
        })?;
        self.names
            .borrow_mut()
            .insert(resource.logical_id.to_owned(), name.clone());
        Ok(name)
    }

    fn find_name(&self, resource: &Resource<'t>) -> Result<String, TemplateError> {
        let kind = Kind::of(resource.kind);
        let properties = resource.node.get("Properties");
        if let Some(property) = kind.name_property()
            && let Some(stated) = properties.and_then(|properties| properties.get(property))
        {
            let path = format!("{}.{property}", resource.logical_id);
            match self.evaluate(stated, &path) {
                Ok(Some(name)) => return self.text(&name, &path),
                Err(error) if !self.tolerant => return Err(error),
                _ => {}
            }
        }
        let mut name = format!("{}-{}", self.environment.stack_name, resource.logical_id);
        if kind == Kind::Queue && self.is_fifo(resource)? {
            name.push_str(".fifo");
        }
        Ok(name)
    }

    fn is_fifo(&self, resource: &Resource<'t>) -> Result<bool, TemplateError> {
        let Some(fifo) = resource
            .node
            .get("Properties")
            .and_then(|properties| properties.get("FifoQueue"))
        else {
            return Ok(false);
        };
        let value = self.evaluate(fifo, &format!("{}.FifoQueue", resource.logical_id))?;
        Ok(value.as_ref().and_then(Node::text) == Some("true"))
    }

    /// The ARN of a resource. For kinds that are not run it is made up: `arn:aws:<service>:<region>:<account>:<logical id>`.
    pub(in super::super) fn arn(&self, resource: &Resource<'t>) -> Result<String, TemplateError> {
        let name = self.name(resource)?;
        let environment = self.environment;
        Ok(match Kind::of(resource.kind) {
            Kind::Function => environment.arn("lambda", &format!("function:{name}")),
            Kind::Queue => environment.arn("sqs", &name),
            Kind::Table => environment.arn("dynamodb", &format!("table/{name}")),
            Kind::Rule => environment.arn("events", &format!("rule/{name}")),
            Kind::Schedule => environment.arn(
                "scheduler",
                &format!("schedule/{}/{name}", self.schedule_group(resource)?),
            ),
            Kind::Other => {
                let service = resource
                    .kind
                    .split("::")
                    .nth(1)
                    .unwrap_or("unknown")
                    .to_lowercase();
                environment.arn(&service, resource.logical_id)
            }
        })
    }

    fn schedule_group(&self, resource: &Resource<'t>) -> Result<String, TemplateError> {
        let group = resource
            .node
            .get("Properties")
            .and_then(|properties| properties.get("GroupName"));
        match group {
            Some(group) => self.text(group, &format!("{}.GroupName", resource.logical_id)),
            None => Ok("default".to_owned()),
        }
    }

    /// What `Ref` gives: a queue's URL, a name, or for what is not run the logical id (in a few kinds the made-up ARN).
    pub(in super::super) fn resource_reference(
        &self,
        name: &str,
        line: usize,
        path: &str,
    ) -> Result<String, TemplateError> {
        // SAM: `Ref` on `Function.Alias` or `Function.Version` is the ARN with that qualifier.
        if let Some((function, qualifier)) = name.split_once('.') {
            return self.attribute(function, qualifier, line, path);
        }
        let Some(resource) = self.find(name, line, path)? else {
            return Ok(name.to_owned());
        };
        match Kind::of(resource.kind) {
            Kind::Queue => Ok(self.environment.queue_url(&self.name(&resource)?)),
            Kind::Other if resource.kind == "AWS::Lambda::Alias" => {
                self.qualified(&resource, "Name")
            }
            Kind::Other if resource.kind == "AWS::Lambda::Version" => {
                self.qualified(&resource, "Version")
            }
            Kind::Other if REFERRED_BY_ARN.contains(&resource.kind) => self.arn(&resource),
            Kind::Other => Ok(resource.logical_id.to_owned()),
            _ => self.name(&resource),
        }
    }

    /// What `Fn::GetAtt` gives. Attributes of kinds that are not run are the made-up ARN, whatever their name.
    pub(super) fn attribute(
        &self,
        name: &str,
        attribute: &str,
        line: usize,
        path: &str,
    ) -> Result<String, TemplateError> {
        let Some(resource) = self.find(name, line, path)? else {
            // What SAM generates beside a function, such as its role.
            return Ok(self.environment.arn("generated", name));
        };
        let kind = Kind::of(resource.kind);
        match (kind, attribute) {
            (Kind::Queue, "QueueName") => self.name(&resource),
            (Kind::Queue, "QueueUrl") => Ok(self.environment.queue_url(&self.name(&resource)?)),
            (Kind::Function, "Alias") => Ok(format!(
                "{}:{}",
                self.arn(&resource)?,
                self.alias(&resource, path)?
            )),
            (Kind::Function, "Version") => Ok(format!("{}:1", self.arn(&resource)?)),
            (Kind::Table, "StreamArn") => Ok(format!(
                "{}/stream/1970-01-01T00:00:00.000",
                self.arn(&resource)?
            )),
            (Kind::Other, _) | (_, "Arn") => self.arn(&resource),
            _ => {
                let reason = format!(
                    "`{name}` is {}, which has no attribute `{attribute}`",
                    resource.kind
                );
                Err(self.unresolvable(line, path, reason))
            }
        }
    }

    /// The ARN of an alias or a version: the function's, and what is behind it. A version has no name in the text.
    fn qualified(&self, resource: &Resource<'t>, key: &str) -> Result<String, TemplateError> {
        let properties = resource.node.get("Properties");
        let path = format!("{}.FunctionName", resource.logical_id);
        let of = |key: &str| properties.and_then(|properties| properties.get(key));
        let Some(function) = of("FunctionName") else {
            return self.arn(resource);
        };
        let function = self.text(function, &path)?;
        let arn = if function.starts_with("arn:") {
            function
        } else {
            self.environment
                .arn("lambda", &format!("function:{function}"))
        };
        match of(key) {
            Some(name) => Ok(format!("{arn}:{}", self.text(name, &path)?)),
            None => Ok(format!("{arn}:1")),
        }
    }

    fn alias(&self, resource: &Resource<'t>, path: &str) -> Result<String, TemplateError> {
        let own = resource
            .node
            .get("Properties")
            .and_then(|properties| properties.get("AutoPublishAlias"));
        let shared = || {
            self.template
                .root
                .get("Globals")?
                .get("Function")?
                .get("AutoPublishAlias")
        };
        own.or_else(shared)
            .map_or_else(|| Ok("live".to_owned()), |alias| self.text(alias, path))
    }

    /// The resource of that logical id. `None` is one that SAM generates from a function and that is not in the text.
    fn find(
        &self,
        name: &str,
        line: usize,
        path: &str,
    ) -> Result<Option<Resource<'t>>, TemplateError> {
        if let Some(resource) = self
            .template
            .resources()
            .find(|resource| resource.logical_id == name)
        {
            if self.is_present(&resource)? {
                return Ok(Some(resource));
            }
            let reason = format!(
                "the condition of `{name}` ({}) is false, so it does not exist",
                self.template.lines().seen_from(line, resource.line)
            );
            return Err(self.unresolvable(line, path, reason));
        }
        let generated = self.template.resources().any(|resource| {
            resource.kind.starts_with("AWS::Serverless::")
                && !self.template.is_written_in(resource.logical_id)
                && name.len() > resource.logical_id.len()
                && name.starts_with(resource.logical_id)
        });
        if generated {
            return Ok(None);
        }
        Err(self.unresolvable(
            line,
            path,
            format!("`{name}` is neither a parameter nor a resource of this template"),
        ))
    }
}
