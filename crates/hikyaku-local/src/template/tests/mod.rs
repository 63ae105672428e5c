//! Tests of templates.

mod fixture;
mod hostile;
mod inspect;
mod intrinsics;
mod nested;
mod shapes;
mod spellings;
mod triggers;
mod validation;

use super::*;

const BASE: &str = "http://127.0.0.1:9324";

fn environment() -> Environment {
    Environment {
        stack_name: "shop".to_owned(),
        ..Environment::new(BASE)
    }
}

#[track_caller]
fn resolve(text: &str) -> Result<Stack, TemplateError> {
    Template::parse(text, "template.yaml")?.resolve(&environment())
}

#[track_caller]
fn stack(text: &str) -> Stack {
    resolve(text).unwrap_or_else(|error| panic!("{error}"))
}

/// The error must begin with the place and contain the words.
#[track_caller]
fn refused(text: &str, line: usize, words: &str) {
    let error = resolve(text)
        .map(|stack| format!("{stack:?}"))
        .expect_err("it should be refused");
    let shown = error.to_string();
    assert!(
        shown.starts_with(&format!("template.yaml:{line}: ")),
        "line {line} is wanted: {shown}"
    );
    assert!(shown.contains(words), "`{words}` is wanted: {shown}");
    assert_eq!(error.line(), Some(line));
}

/// The template must resolve, with a warning on that line that contains the words.
#[track_caller]
fn warned(text: &str, line: usize, words: &str) {
    let stack = stack(text);
    let found = stack
        .warnings
        .iter()
        .any(|warning| warning.place.line == line && warning.message.contains(words));
    assert!(
        found,
        "`{words}` on line {line} is wanted: {:#?}",
        stack.warnings
    );
}
