//! The documentation of the rules.

use std::collections::BTreeSet;
use std::fs;

use super::super::{reference, rules};
use super::repository;

#[test]
fn the_page_lists_the_rules_as_the_code_states_them() {
    let page = fs::read_to_string(repository().join("docs/doctor.md")).unwrap();
    let listed = page
        .split_once("<!-- rules -->\n")
        .and_then(|(_, rest)| rest.split_once("<!-- /rules -->"))
        .map(|(listed, _)| listed.trim());
    assert!(
        listed == Some(reference::markdown().trim()),
        "put what `hikyaku doctor --rules` prints between the markers of docs/doctor.md"
    );
}

#[test]
fn every_rule_is_complete_and_has_a_name_of_its_own() {
    let mut ids = BTreeSet::new();
    for rule in rules::ALL {
        assert!(ids.insert(rule.id), "{} is there twice", rule.id);
        assert!(rule.page.starts_with("https://"), "{}", rule.id);
        assert!(
            !rule.title.ends_with('.') && rule.why.ends_with('.'),
            "{}",
            rule.id
        );
        assert!(!rule.fix.is_empty(), "{}", rule.id);
    }
}
