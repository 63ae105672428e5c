//! From the resources of a template to a typed stack.

mod block;
mod delivery;
mod destination;
mod event;
mod function;
pub(super) mod globals;
mod mapping;
mod queue;
mod reference;
mod schedule;
mod spelling;
mod table;

use std::cell::RefCell;

use super::evaluate::Evaluator;
use super::evaluate::names::Kind;
use super::node::{Node, Value};
use super::{Environment, Ignored, Resource, Stack, Template, TemplateError};
use block::{Block, Reader};

/// Reads the whole stack: first what others refer to, then what refers to it.
pub(super) fn stack(
    template: &Template,
    environment: &Environment,
) -> Result<Stack, TemplateError> {
    let reader = Reader {
        evaluator: Evaluator::new(template, environment)?,
        warnings: RefCell::default(),
    };
    let resources = reader.evaluator.present()?;
    let mut stack = Stack {
        name: environment.stack_name.clone(),
        ..Stack::default()
    };
    for resource in &resources {
        check_attributes(&reader, resource)?;
        read_named(&reader, resource, &mut stack)?;
    }
    queue::check_redrives(&reader, &stack.queues)?;
    for resource in resources
        .iter()
        .filter(|resource| resource.kind == "AWS::Lambda::EventInvokeConfig")
    {
        destination::apply_invoke_config(&reader, resource, &mut stack.functions)?;
    }
    for resource in &resources {
        event::read_triggers(&reader, resource, &mut stack)?;
    }
    stack.warnings = reader.warnings.into_inner();
    Ok(stack)
}

/// Functions, queues and tables, which have names; and the list of what is not run.
fn read_named(
    reader: &Reader<'_>,
    resource: &Resource<'_>,
    stack: &mut Stack,
) -> Result<(), TemplateError> {
    let names = || -> Result<_, TemplateError> {
        Ok((
            reader.evaluator.name(resource)?,
            reader.evaluator.arn(resource)?,
        ))
    };
    match Kind::of(resource.kind) {
        Kind::Function => {
            let (name, arn) = names()?;
            refuse_twin(
                reader,
                resource,
                &name,
                stack
                    .functions
                    .iter()
                    .map(|function| (&function.name, function.line)),
            )?;
            stack
                .functions
                .push(function::read(reader, resource, name, arn)?);
        }
        Kind::Queue => {
            let (name, arn) = names()?;
            refuse_twin(
                reader,
                resource,
                &name,
                stack.queues.iter().map(|queue| (&queue.name, queue.line)),
            )?;
            stack.queues.push(queue::read(reader, resource, name, arn)?);
        }
        Kind::Table => {
            let (name, arn) = names()?;
            refuse_twin(
                reader,
                resource,
                &name,
                stack.tables.iter().map(|table| (&table.name, table.line)),
            )?;
            stack.tables.push(table::read(reader, resource, name, arn)?);
        }
        Kind::Other
            if !RUN_WITHOUT_NAME.contains(&resource.kind)
                && !reader
                    .evaluator
                    .template()
                    .is_written_in(resource.logical_id) =>
        {
            stack.ignored.push(ignored(resource));
        }
        Kind::Schedule | Kind::Rule | Kind::Other => {}
    }
    Ok(())
}

/// Resources that are read although nothing refers to them by name.
const RUN_WITHOUT_NAME: [&str; 2] = [
    "AWS::Lambda::EventSourceMapping",
    "AWS::Lambda::EventInvokeConfig",
];

fn ignored(resource: &Resource<'_>) -> Ignored {
    Ignored {
        logical_id: resource.logical_id.to_owned(),
        kind: resource.kind.to_owned(),
        line: resource.line,
    }
}

/// Two resources of one kind cannot share a name.
fn refuse_twin<'s>(
    reader: &Reader<'_>,
    resource: &Resource<'_>,
    name: &str,
    mut others: impl Iterator<Item = (&'s String, usize)>,
) -> Result<(), TemplateError> {
    match others.find(|(other, _)| *other == name) {
        Some((_, line)) => Err(reader.invalid(
            resource.line,
            resource.logical_id,
            format!(
                "the name `{name}` is taken by the resource on {}",
                reader.seen_from(resource.line, line)
            ),
        )),
        None => Ok(()),
    }
}

/// CloudFormation refuses a resource with a key it does not know, such as a misspelt `Properties`.
fn check_attributes(reader: &Reader<'_>, resource: &Resource<'_>) -> Result<(), TemplateError> {
    match resource
        .node
        .entries()
        .iter()
        .find(|entry| !ATTRIBUTES.contains(&entry.key.as_str()))
    {
        Some(entry) => {
            let reason = format!(
                "`{}` is none of a resource's keys: {}",
                entry.key,
                ATTRIBUTES.join(", ")
            );
            Err(reader.invalid(entry.line, resource.logical_id, reason))
        }
        None => Ok(()),
    }
}

/// The keys of a resource (page "Resource attribute reference"), with SAM's own.
const ATTRIBUTES: [&str; 11] = [
    "Type",
    "Properties",
    "Condition",
    "Connectors",
    "CreationPolicy",
    "DeletionPolicy",
    "DependsOn",
    "IgnoreGlobals",
    "Metadata",
    "UpdatePolicy",
    "UpdateReplacePolicy",
];

/// The properties of a resource, with those of `Globals` that SAM adds.
fn properties<'r, 't>(
    reader: &'r Reader<'t>,
    resource: &Resource<'_>,
) -> Result<Block<'r, 't>, TemplateError> {
    let nothing = Node {
        line: resource.line,
        value: Value::Mapping(Vec::new()),
    };
    let own = resource
        .node
        .get("Properties")
        .filter(|node| !node.is_null())
        .unwrap_or(&nothing);
    let section = resource.kind.strip_prefix("AWS::Serverless::");
    let shared = section.and_then(|section| {
        reader
            .evaluator
            .template()
            .root()
            .get("Globals")?
            .get(section)
    });
    let shared = shared.filter(|shared| matches!(shared.value, Value::Mapping(_)));
    match shared.and_then(|shared| globals::wanted(shared, resource.node.get("IgnoreGlobals"))) {
        Some(shared) => Block::new(
            reader,
            &globals::merge(&shared, own),
            resource.line,
            resource.logical_id,
        ),
        None => Block::new(reader, own, resource.line, resource.logical_id),
    }
}
