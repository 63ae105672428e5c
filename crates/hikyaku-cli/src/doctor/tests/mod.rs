//! Every rule on templates that break it, and on templates that do not.

mod built;
mod cases;
mod clean;
mod pages;

use std::path::{Path, PathBuf};

use hikyaku::Timestamp;
use hikyaku_local::template::{Environment, Template};

use super::finding::Finding;
use super::stack::Stack;

/// 2026-12-01T00:00:00Z.
const NOW: Timestamp = Timestamp::from_millis(1_796_083_200_000);

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/doctor")
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A template as the rules see it, without Cargo.
#[track_caller]
fn stack(text: &str) -> Stack {
    seen(&Template::parse(text, "template.yaml").unwrap())
}

/// A file, with those of its nested stacks.
#[track_caller]
fn read(path: &Path) -> Stack {
    seen(&Template::read(path).unwrap())
}

fn seen(template: &Template) -> Stack {
    let environment = Environment::new("https://sqs.us-east-1.amazonaws.com");
    Stack::read(template, &environment, Path::new("."), NOW).unwrap()
}

#[track_caller]
fn findings(text: &str) -> Vec<Finding> {
    super::findings(&stack(text), &[])
}

/// How a failing test shows a finding.
fn shown(finding: &Finding) -> String {
    format!(
        "{} {} line {}: {}",
        finding.rule.id,
        finding.severity.word(),
        finding.line,
        finding.what
    )
}
