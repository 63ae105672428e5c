//! What a nested template says, as entries of the outer one.

use std::path::{Component, Path, PathBuf};

use super::super::node::{Entry, Node, Value};
use super::super::read::globals;
use super::rename::Names;
use super::{Stack, entries};

/// Sections whose entries get the nested stack's name before theirs.
const SECTIONS: [&str; 3] = ["Conditions", "Mappings", "Resources"];

/// Adds entries to a section of a template.
pub(super) fn append(root: &mut Node, section: &str, added: Vec<Entry>) {
    let Value::Mapping(sections) = &mut root.value else {
        return;
    };
    match sections.iter_mut().find(|entry| entry.key == section) {
        Some(Entry { node, .. }) if matches!(node.value, Value::Mapping(_)) => {
            if let Value::Mapping(entries) = &mut node.value {
                entries.extend(added);
            }
        }
        found => {
            let line = added.first().map_or(1, |entry| entry.line);
            let node = Node {
                line,
                value: Value::Mapping(added),
            };
            match found {
                Some(entry) => entry.node = node,
                None => sections.push(Entry {
                    key: section.to_owned(),
                    line,
                    node,
                }),
            }
        }
    }
}

/// The entries for the outer template: renamed, with their own globals, and wanted only if the nested stack is.
pub(super) fn sections(
    root: &Node,
    stack: &Stack,
    names: &Names,
    folder: &Path,
) -> Vec<(&'static str, Vec<Entry>)> {
    let mut conditions = Vec::new();
    let mut sections = Vec::new();
    for section in SECTIONS {
        let mut renamed = Vec::new();
        for entry in entries(root, section) {
            let mut node = entry.node.clone();
            if section == "Resources" {
                own_globals(&mut node, root);
                from_folder(&mut node, folder);
            }
            let mut entry = Entry {
                key: names.of(&entry.key),
                line: entry.line,
                node: names.renamed(&node),
            };
            if section == "Resources" {
                conditions.extend(want(&mut entry, stack.condition.as_ref()));
            }
            renamed.push(entry);
        }
        sections.push((section, renamed));
    }
    sections.push(("Conditions", conditions));
    sections
}

/// The outputs of a nested template, by name.
pub(super) fn outputs(root: &Node, names: &Names) -> Vec<(String, Node)> {
    let outputs = entries(root, "Outputs").iter();
    let value = |entry: &Entry| {
        let value = entry.node.get("Value")?;
        Some((entry.key.clone(), names.renamed(value)))
    };
    outputs.filter_map(value).collect()
}

/// What `Globals` of the nested template add to a resource; those of the outer one do not reach it.
fn own_globals(resource: &mut Node, root: &Node) {
    let kind = resource
        .get("Type")
        .and_then(Node::text)
        .unwrap_or_default();
    let Some(section) = kind.strip_prefix("AWS::Serverless::") else {
        return;
    };
    let line = resource.line;
    let shared = root.get("Globals").and_then(|globals| globals.get(section));
    let wanted = shared.and_then(|shared| globals::wanted(shared, resource.get("IgnoreGlobals")));
    if let Some(shared) = wanted {
        let nothing = Node::empty(line);
        let own = resource.get("Properties").unwrap_or(&nothing);
        let properties = globals::merge(&shared, own);
        resource.set("Properties", properties);
    }
    resource.set("IgnoreGlobals", Node::text_at(line, "*"));
}

/// Code lies where the nested template says, seen from its own folder.
fn from_folder(resource: &mut Node, folder: &Path) {
    let Some(code) = resource
        .get("Properties")
        .and_then(|properties| properties.get("CodeUri"))
    else {
        return;
    };
    let Some(text) = code.text().filter(|text| !text.contains("://")) else {
        return;
    };
    let code = Node::text_at(code.line, shortened(&folder.join(text)));
    if let Some(mut properties) = resource.get("Properties").cloned() {
        properties.set("CodeUri", code);
        resource.set("Properties", properties);
    }
}

/// `templates/..` is `.`.
fn shortened(path: &Path) -> String {
    let mut short = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if short.file_name().is_some() => {
                short.pop();
            }
            part => short.push(part),
        }
    }
    if short.as_os_str().is_empty() {
        ".".to_owned()
    } else {
        short.display().to_string()
    }
}

/// A resource exists if its nested stack does, and its own condition holds. Answers with the condition that says both.
fn want(resource: &mut Entry, outer: Option<&Node>) -> Option<Entry> {
    let outer = outer?;
    let line = resource.line;
    let Some(own) = resource.node.get("Condition").cloned() else {
        resource.node.set("Condition", outer.clone());
        return None;
    };
    // No condition of a template has a dot in its name.
    let key = format!("{}.Condition", resource.key);
    resource
        .node
        .set("Condition", Node::text_at(line, key.clone()));
    // Not `Fn::And`, which asks both: without the nested stack, what its own condition is about may not be there.
    let text = |text: &str| Node::text_at(line, text);
    let choose = |name, then| {
        Node::single(
            line,
            "Fn::If",
            Node::list(line, [name, then, text("false")]),
        )
    };
    let node = choose(outer.clone(), choose(own, text("true")));
    Some(Entry { key, line, node })
}
