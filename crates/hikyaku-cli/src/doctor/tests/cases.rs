//! tests/doctor/violations: small changes to clean templates, and what is found in each.

use std::collections::BTreeSet;
use std::fs;

use super::super::finding::{Finding, Severity};
use super::super::rules;
use super::{findings, folder, shown};

/// One change and what it brings about.
struct Case {
    title: String,
    rule: String,
    severity: String,
    /// What else the change breaks.
    also: BTreeSet<String>,
    text: String,
    line: usize,
}

/// Rules about what lies beside the template: tests/doctor/violations cannot break them, `built.rs` does.
const OF_PROJECTS: [&str; 7] = [
    "target-cpu",
    "panic-abort",
    "binary",
    "stale-build",
    "job-timeout",
    "job-tries",
    "job-backoff",
];

#[test]
fn every_violation_is_found_where_it_is_and_nothing_else_is() {
    let mut failures = Vec::new();
    for case in cases().iter().filter(|case| case.rule != "cfn-lint") {
        let found = findings(&case.text);
        let expected = found.iter().any(|finding| {
            finding.rule.id == case.rule
                && finding.severity.word() == case.severity
                && finding.line == case.line
        });
        let bad = found
            .iter()
            .filter(|finding| finding.severity != Severity::Note);
        let ids: BTreeSet<&str> = bad.map(|finding| finding.rule.id).collect();
        let unexpected = ids
            .iter()
            .any(|id| *id != case.rule && !case.also.contains(*id));
        if !expected || unexpected {
            let shown: Vec<String> = found.iter().map(shown).collect();
            failures.push(format!(
                "{} (line {}): found\n  {}",
                case.title,
                case.line,
                shown.join("\n  ")
            ));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

#[test]
fn every_rule_has_a_violation() {
    let broken: BTreeSet<String> = cases().into_iter().map(|case| case.rule).collect();
    let untested: Vec<&str> = rules::ALL
        .iter()
        .map(|rule| rule.id)
        .filter(|id| !broken.contains(*id) && !OF_PROJECTS.contains(id))
        .collect();
    assert!(untested.is_empty(), "{untested:?}");
}

#[test]
fn a_line_that_is_offered_as_a_fix_mends_what_was_found() {
    let mut mended = 0;
    for case in cases().iter().filter(|case| case.rule != "cfn-lint") {
        let lines: Vec<&str> = case.text.lines().collect();
        let line = lines[case.line - 1];
        let found = findings(&case.text);
        let at = |finding: &&Finding| finding.rule.id == case.rule && finding.line == case.line;
        let fix = &found.iter().find(at).unwrap().fix;
        let (key, fixed) = (
            line.split(':').next().unwrap(),
            fix.split(':').next().unwrap(),
        );
        let goes_on = line.ends_with("| #!") || line.ends_with(": #!");
        if key.trim() != fixed || fix.contains('\n') || goes_on {
            continue;
        }
        let better = format!("{}{fix}", &line[..line.len() - line.trim_start().len()]);
        let text: Vec<&str> = lines[..case.line - 1]
            .iter()
            .chain(std::iter::once(&better.as_str()))
            .chain(&lines[case.line..])
            .copied()
            .collect();
        let left = findings(&text.join("\n"));
        let left = left
            .iter()
            .find(|finding| finding.rule.id == case.rule && finding.severity != Severity::Note);
        assert!(
            left.is_none(),
            "{}: `{fix}` leaves {:?}",
            case.title,
            left.map(shown)
        );
        mended += 1;
    }
    assert!(mended > 15, "{mended}");
}

fn cases() -> Vec<Case> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder().join("violations")).unwrap() {
        let path = entry.unwrap().path();
        let base = folder().join("clean").join(path.file_stem().unwrap());
        let base = fs::read_to_string(&base).unwrap();
        let text = fs::read_to_string(&path).unwrap();
        all.extend(text.split("\n=== ").skip(1).map(|case| read(case, &base)));
        let first = text
            .strip_prefix("=== ")
            .map(|text| text.split("\n=== ").next().unwrap());
        all.extend(first.map(|case| read(case, &base)));
    }
    assert!(all.len() > 60, "{} cases", all.len());
    all
}

#[track_caller]
fn read(case: &str, base: &str) -> Case {
    let (head, changes) = case.split_once("\n---\n").unwrap();
    let mut lines = head.lines();
    let title = lines.next().unwrap();
    let (rule, rest) = title.split_once(' ').unwrap();
    let severity = rest.split(':').next().unwrap();
    let (mut at, mut nth, mut also) = (None, 1, BTreeSet::new());
    for line in lines {
        match line.split_once(": ") {
            Some(("at", text)) => at = Some(text.to_owned()),
            Some(("nth", number)) => nth = number.parse().unwrap(),
            Some(("also", ids)) => also.extend(ids.split(' ').map(str::to_owned)),
            _ => panic!("{title}: `{line}` is no line of a case"),
        }
    }
    let mut text = base.to_owned();
    for change in changes.split("\n---\n") {
        let change = change.strip_suffix('\n').unwrap_or(change);
        let (before, after) = change.split_once("\n+++").unwrap();
        let after = after.strip_prefix('\n').unwrap_or(after);
        assert_eq!(
            text.matches(before).count(),
            1,
            "{title}: what is taken out"
        );
        // A change without anything new takes the lines out as well.
        text = if after.is_empty() {
            text.replace(&format!("{before}\n"), "")
        } else {
            text.replace(before, after)
        };
    }
    let line = match &at {
        Some(at) => {
            let mut lines = text.lines().enumerate();
            let found = lines.by_ref().filter(|(_, line)| {
                line.trim_start()
                    .trim_start_matches("- ")
                    .starts_with(at.as_str())
            });
            found.map(|(index, _)| index + 1).nth(nth - 1)
        }
        None => text
            .lines()
            .position(|line| line.ends_with("#!"))
            .map(|index| index + 1),
    };
    Case {
        title: title.to_owned(),
        rule: rule.to_owned(),
        severity: severity.to_owned(),
        also,
        line: line.unwrap_or_else(|| panic!("{title}: no line is marked")),
        text,
    }
}
