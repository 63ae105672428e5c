//! From resources to a typed stack.
use super::*;
pub(super) fn stack(template: &Template, environment: &Environment) -> Result<Stack, TemplateError> {
    let evaluator = evaluate::Evaluator::new(template, environment)?;
    for r in evaluator.present()? { evaluator.name(&r)?; }
    Ok(Stack::default())
}
