//! From an ARN or a name in a property to the resource of this template that it means.

use super::super::TemplateError;
use super::super::evaluate::names::Kind;
use super::super::node::Node;
use super::block::Reader;

/// The name of the queue with that ARN.
pub(super) fn queue_by_arn(
    reader: &Reader<'_>,
    arn: &str,
) -> Result<Option<String>, TemplateError> {
    for resource in reader.evaluator.present()? {
        if Kind::of(resource.kind) == Kind::Queue && reader.evaluator.arn(&resource)? == arn {
            return reader.evaluator.name(&resource).map(Some);
        }
    }
    Ok(None)
}

/// The name of the function that is meant by a name, an ARN, or `<account>:function:<name>`, each with or without a version
/// or alias (page `CreateEventSourceMapping` of the Lambda API reference, `FunctionName`), or by a reference to an alias or a
/// version of the template's own.
pub(super) fn function(reader: &Reader<'_>, text: &str) -> Result<Option<String>, TemplateError> {
    if let Some(name) = function_itself(reader, text)? {
        return Ok(Some(name));
    }
    for resource in reader.evaluator.present()? {
        let points = ["AWS::Lambda::Alias", "AWS::Lambda::Version"].contains(&resource.kind);
        if points && (resource.logical_id == text || reader.evaluator.arn(&resource)? == text) {
            let properties = resource.node.get("Properties");
            let Some(named) = properties.and_then(|properties| properties.get("FunctionName"))
            else {
                return Ok(None);
            };
            let path = format!("{}.FunctionName", resource.logical_id);
            let named = reader.evaluator.evaluate(named, &path)?;
            let named = named.as_ref().and_then(Node::text).unwrap_or_default();
            return function_itself(reader, named);
        }
    }
    Ok(None)
}

fn function_itself(reader: &Reader<'_>, text: &str) -> Result<Option<String>, TemplateError> {
    let is_lambda = !text.starts_with("arn:") || text.split(':').nth(2) == Some("lambda");
    let after = text.split_once(":function:").map_or(text, |(_, name)| name);
    let name = after.split(':').next().unwrap_or_default();
    for resource in reader.evaluator.present()? {
        if is_lambda
            && Kind::of(resource.kind) == Kind::Function
            && reader.evaluator.name(&resource)? == name
        {
            return Ok(Some(name.to_owned()));
        }
    }
    Ok(None)
}
