//! From a template's text to what the rules see.

use std::path::Path;

use hikyaku::Timestamp;
use hikyaku_local::template::{Environment, Node, Template, TemplateError};

use super::super::project::Project;
use super::part::merged;
use super::{Function, Mapping, Part, Queue, Resource, Schedule, Stack};

impl Stack {
    /// Reads a template as it is deployed at that time. `folder` is where it lies.
    pub(crate) fn read(
        template: &Template,
        environment: &Environment,
        folder: &Path,
        now: Timestamp,
    ) -> Result<Self, TemplateError> {
        let inspected = template.inspect(environment)?;
        let resources = resources(&inspected.root);
        let entries = inspected
            .root
            .get("Resources")
            .map_or(&[][..], Node::entries);
        let loops = entries.iter().filter(|entry| entry.key.starts_with("Fn::"));
        let loops = loops.map(|entry| entry.key.clone()).collect();
        let mut stack = Self {
            functions: Vec::new(),
            queues: Vec::new(),
            mappings: Vec::new(),
            schedules: Vec::new(),
            source: template.source().to_owned(),
            lines: template.lines().clone(),
            folder: folder.to_owned(),
            now,
            project: Project::default(),
            loops,
            resources,
            inspected,
            raw: template.root().clone(),
            alias_line: template.alias_line(),
        };
        stack.find_functions();
        stack.find_queues();
        stack.find_triggers();
        Ok(stack)
    }

    fn find_functions(&mut self) {
        let shared = self
            .inspected
            .root
            .get("Globals")
            .and_then(|globals| globals.get("Function"));
        for Resource { kind, part, whole } in &self.resources {
            let serverless = kind == "AWS::Serverless::Function";
            if !serverless && kind != "AWS::Lambda::Function" {
                continue;
            }
            let mut part = part.clone();
            let variables = part
                .at("Environment.Variables")
                .map_or(&[][..], Node::entries);
            let own = variables.iter().map(|entry| entry.key.clone()).collect();
            let ignores = whole.text("IgnoreGlobals").known().as_deref() == Some("*");
            if let Some(shared) = shared.filter(|_| serverless && !ignores) {
                part.node = merged(shared, &part.node);
            }
            let metadata = Part::new(&part.id, whole.line_of("Metadata"), whole.at("Metadata"));
            self.functions.push(Function {
                arn: self.arn(&part.id).to_owned(),
                name: self
                    .inspected
                    .references
                    .get(&part.id)
                    .cloned()
                    .unwrap_or_default(),
                metadata,
                own,
                serverless,
                part,
            });
        }
    }

    fn find_queues(&mut self) {
        for part in self
            .of_kind("AWS::SQS::Queue")
            .into_iter()
            .cloned()
            .collect::<Vec<_>>()
        {
            self.queues.push(Queue {
                arn: self.arn(&part.id).to_owned(),
                url: self
                    .inspected
                    .references
                    .get(&part.id)
                    .cloned()
                    .unwrap_or_default(),
                part,
            });
        }
    }

    fn find_triggers(&mut self) {
        for (index, function) in self.functions.iter().enumerate() {
            let events = function.part.at("Events").map_or(&[][..], Node::entries);
            for event in events {
                let id = format!("{}.{}", function.id(), event.key);
                let part = Part::new(id, event.line, event.node.get("Properties"));
                match event.node.get("Type").and_then(Node::text) {
                    Some("SQS") => {
                        self.mappings
                            .push(Mapping::of_event(part, index, &self.queues));
                    }
                    Some(kind) => self.schedules.extend(Schedule::of_event(part, kind, index)),
                    None => {}
                }
            }
        }
        for Resource { kind, part, .. } in &self.resources {
            let (functions, queues) = (&self.functions, &self.queues);
            if kind == "AWS::Lambda::EventSourceMapping" {
                self.mappings
                    .extend(Mapping::of_resource(part.clone(), functions, queues));
            } else {
                self.schedules
                    .extend(Schedule::of_resource(part.clone(), kind, functions, queues));
            }
        }
    }
}

fn resources(root: &Node) -> Vec<Resource> {
    let entries = root.get("Resources").map_or(&[][..], Node::entries);
    let found = entries.iter().filter_map(|entry| {
        let kind = entry.node.get("Type").and_then(Node::text)?;
        Some(Resource {
            kind: kind.to_owned(),
            part: Part::new(&entry.key, entry.line, entry.node.get("Properties")),
            whole: Part::new(&entry.key, entry.line, Some(&entry.node)),
        })
    });
    found.collect()
}
