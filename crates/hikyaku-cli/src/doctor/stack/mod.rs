//! A template as the rules see it: functions, queues, and what connects them.

mod connectors;
mod function;
pub(super) mod grants;
mod managed_policies;
mod mapping;
pub(super) mod part;
mod policy_templates;
mod queue;
mod read;
mod schedule;
pub(super) mod seen;
mod unseen;

use std::path::{Path, PathBuf};

use hikyaku::Timestamp;
use hikyaku_local::template::{Inspected, Lines, Node};

pub(super) use function::Function;
pub(super) use mapping::Mapping;
pub(super) use part::Part;
pub(super) use queue::Queue;
pub(super) use schedule::{Schedule, Service};
pub(super) use seen::Seen;

use super::project::Project;
use part::texts;

/// A resource and its kind.
#[derive(Debug, Clone)]
struct Resource {
    kind: String,
    part: Part,
    whole: Part,
}

/// Everything the rules look at.
#[derive(Debug)]
pub(crate) struct Stack {
    pub(crate) functions: Vec<Function>,
    pub(crate) queues: Vec<Queue>,
    pub(crate) mappings: Vec<Mapping>,
    pub(crate) schedules: Vec<Schedule>,
    /// The name of the template.
    pub(crate) source: String,
    /// The files that lines are counted over.
    pub(crate) lines: Lines,
    /// The template's folder: paths in it begin there.
    pub(crate) folder: PathBuf,
    /// When it is looked at: schedules end, and runtimes go out of support.
    pub(crate) now: Timestamp,
    /// What Cargo and the built binaries say.
    pub(crate) project: Project,
    /// `Fn::ForEach` among the resources.
    loops: Vec<String>,
    resources: Vec<Resource>,
    inspected: Inspected,
    /// The text before anything was evaluated.
    raw: Node,
    /// The line of the first YAML alias.
    pub(crate) alias_line: Option<usize>,
}

impl Stack {
    /// The resources of a kind.
    pub(crate) fn of_kind(&self, kind: &str) -> Vec<&Part> {
        let of_kind = self.resources.iter().filter(|found| found.kind == kind);
        of_kind.map(|resource| &resource.part).collect()
    }

    /// What a whole resource says beside its properties, such as `Metadata`.
    pub(crate) fn resource(&self, id: &str) -> Option<&Part> {
        let mut resources = self.resources.iter();
        resources
            .find(|resource| resource.part.id == id)
            .map(|resource| &resource.whole)
    }

    /// The kind of a resource.
    fn kind_of(&self, id: &str) -> Option<&str> {
        let mut resources = self.resources.iter();
        let found = resources.find(|resource| resource.part.id == id);
        found.map(|resource| resource.kind.as_str())
    }

    /// All resources with what they say beside their properties.
    pub(crate) fn wholes(&self) -> impl Iterator<Item = &Part> {
        self.resources.iter().map(|resource| &resource.whole)
    }

    /// Whether a text is what `Ref` or `GetAtt … Arn` gives for that resource.
    pub(crate) fn is(&self, id: &str, text: &str) -> bool {
        !text.is_empty()
            && (self.inspected.arns.get(id).is_some_and(|arn| arn == text)
                || self
                    .inspected
                    .references
                    .get(id)
                    .is_some_and(|known| known == text))
    }

    /// The resource of that kind that a text refers to.
    pub(crate) fn find(&self, kind: &str, text: &str) -> Option<&Part> {
        let parts = self.of_kind(kind);
        parts.into_iter().find(|part| self.is(&part.id, text))
    }

    /// Whether the parameters leave a resource out.
    pub(crate) fn leaves_out(&self, id: &str) -> bool {
        self.inspected.left_out.contains(id)
    }

    /// Whether a resource's text has a property, even if a condition takes it away.
    pub(crate) fn declares(&self, id: &str, property: &str) -> bool {
        let resource = self
            .raw
            .get("Resources")
            .and_then(|resources| resources.get(id));
        let properties = resource.and_then(|resource| resource.get("Properties"));
        properties.is_some_and(|properties| properties.get(property).is_some())
    }

    /// Whether a function's variable is written out, in the function or in `Globals`.
    pub(crate) fn is_literal(&self, function: &str, variable: &str) -> bool {
        let variables = |node: Option<&Node>| {
            let variables = node?.get("Environment")?.get("Variables")?;
            variables.get(variable).map(|value| value.text().is_some())
        };
        let resource = self.raw.get("Resources").and_then(|all| all.get(function));
        let own = resource.and_then(|resource| resource.get("Properties"));
        let ignores = resource.and_then(|resource| resource.get("IgnoreGlobals")?.text());
        let shared = self.raw.get("Globals").filter(|_| ignores != Some("*"));
        let shared = shared.and_then(|globals| globals.get("Function"));
        variables(own)
            .or_else(|| variables(shared))
            .unwrap_or(false)
    }

    /// A path as whoever called the doctor would write it.
    pub(crate) fn shown(&self, path: &Path) -> String {
        let folder = self.folder.canonicalize();
        let within = folder
            .ok()
            .and_then(|folder| path.strip_prefix(folder).ok().map(Path::to_owned));
        let path = within.map_or_else(|| path.to_owned(), |inside| self.folder.join(inside));
        path.strip_prefix("./")
            .unwrap_or(&path)
            .display()
            .to_string()
    }

    pub(crate) fn arn(&self, id: &str) -> &str {
        self.inspected.arns.get(id).map_or("", String::as_str)
    }

    /// Mappings whose function and queue are both in the template.
    pub(crate) fn pairs(&self) -> impl Iterator<Item = (&Mapping, &Function, &Queue)> {
        self.mappings.iter().filter_map(|mapping| {
            let function = &self.functions[mapping.function?];
            Some((mapping, function, &self.queues[mapping.queue?]))
        })
    }

    /// The queues that feed a function.
    pub(crate) fn consumed(&self) -> impl Iterator<Item = &Queue> {
        let consumed = self.queues.iter().enumerate();
        consumed
            .filter(|(index, _)| {
                self.mappings
                    .iter()
                    .any(|mapping| mapping.queue == Some(*index))
            })
            .map(|(_, queue)| queue)
    }

    /// The queues that another one, a function or a schedule gives up to.
    pub(crate) fn dead_letter_queues(&self) -> Vec<&Queue> {
        let mut arns: Vec<String> = Vec::new();
        let redriven = self.queues.iter().filter_map(Queue::dead_letter_arn);
        arns.extend(redriven.map(str::to_owned));
        for function in &self.functions {
            for key in ["DeadLetterQueue.TargetArn", "DeadLetterConfig.TargetArn"] {
                arns.extend(texts(function.part.at(key)));
            }
        }
        for schedule in &self.schedules {
            let targets = schedule.targets.iter().map(|target| &target.part);
            arns.extend(targets.flat_map(|part| texts(part.at("DeadLetterConfig.Arn"))));
        }
        let found = self.queues.iter();
        found.filter(|queue| arns.contains(&queue.arn)).collect()
    }

    /// The table that an environment variable's value, or anything else, means.
    pub(crate) fn table(&self, reference: &str) -> Option<&Part> {
        self.find("AWS::DynamoDB::Table", reference)
            .or_else(|| self.find("AWS::Serverless::SimpleTable", reference))
    }

    pub(crate) fn queue(&self, reference: &str) -> Option<&Queue> {
        self.queues.iter().find(|queue| queue.is(reference))
    }
}
