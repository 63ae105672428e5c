//! The rooms of the core: who may import whom, and that no files import one another in a circle.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// The rooms from the bottom up. Each may import itself and those before it; `lib.rs` has names only.
const ROOMS: [&str; 6] = ["ports", "delivery", "job", "dispatch", "engine", "worker"];

/// The paths that a crate's files import, by file.
struct Imports {
    /// Each file and its text, without comments and tests.
    files: BTreeMap<String, String>,
    /// What a module exports under a name of its own: the module and the name, and where it comes from.
    exports: BTreeMap<(Vec<String>, String), Vec<String>>,
}

impl Imports {
    fn of(folder: &Path) -> Self {
        let mut files = BTreeMap::new();
        collect(folder, "", &mut files);
        let mut exports = BTreeMap::new();
        for (file, text) in &files {
            for statement in statements(text, "pub") {
                for path in leaves(&statement) {
                    let path = absolute(&module(file), &path);
                    if let Some(name) = path.last() {
                        exports.insert((module(file), name.clone()), path.clone());
                    }
                }
            }
        }
        Self { files, exports }
    }

    /// The file that a path leads to.
    fn resolve(&self, path: &[String]) -> Option<&str> {
        (0..=path.len()).rev().find_map(|length| {
            let (place, rest) = path.split_at(length);
            let file = self.file(place)?;
            let Some((name, below)) = rest.split_first() else {
                return Some(file);
            };
            match self.exports.get(&(place.to_vec(), name.clone())) {
                Some(origin) => self.resolve(&[origin, below].concat()),
                None => Some(file),
            }
        })
    }

    fn file(&self, place: &[String]) -> Option<&str> {
        let path = place.join("/");
        let names = [format!("{path}.rs"), format!("{path}/mod.rs")];
        let names = if place.is_empty() {
            ["lib.rs".to_owned(), String::new()]
        } else {
            names
        };
        let found = names.iter().find_map(|name| self.files.get_key_value(name));
        found.map(|(name, _)| name.as_str())
    }

    /// The files that each file imports.
    fn graph(&self) -> BTreeMap<&str, BTreeSet<&str>> {
        let imports = |(file, text): (&'_ String, &String)| -> BTreeSet<&str> {
            let paths = statements(text, "")
                .into_iter()
                .flat_map(|one| leaves(&one))
                .chain(inline(text));
            let paths = paths.filter(|path| {
                ["crate", "self", "super"].contains(&path.split("::").next().unwrap_or_default())
            });
            let targets = paths.filter_map(|path| self.resolve(&absolute(&module(file), &path)));
            targets
                .filter(|target| *target != "lib.rs" && target != file)
                .collect()
        };
        let files = self.files.iter().filter(|(file, _)| *file != "lib.rs");
        files
            .map(|entry| (entry.0.as_str(), imports(entry)))
            .collect()
    }
}

fn collect(folder: &Path, below: &str, files: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = format!("{below}{}", path.file_name().unwrap().to_str().unwrap());
        if path.is_dir() {
            collect(&path, &format!("{name}/"), files);
        } else if path.extension().is_some_and(|kind| kind == "rs") && !name.ends_with("tests.rs") {
            let text = fs::read_to_string(&path).unwrap();
            let code = text
                .split("#[cfg(test)]\nmod tests {")
                .next()
                .unwrap_or_default();
            let lines = code
                .lines()
                .filter(|line| !line.trim_start().starts_with("//"));
            files.insert(name, lines.collect::<Vec<_>>().join("\n"));
        }
    }
}

/// The module that a file is.
fn module(file: &str) -> Vec<String> {
    let path = file.trim_end_matches(".rs").trim_end_matches("/mod");
    let parts = path.split('/').filter(|part| *part != "lib");
    parts.map(str::to_owned).collect()
}

/// What follows `use` in each statement of this visibility.
fn statements(text: &str, visibility: &str) -> Vec<String> {
    let begins = |line: &str| {
        let line = line.trim_start();
        line.starts_with(visibility)
            && (line.starts_with("use ") || line.contains(" use ") && line.starts_with("pub"))
    };
    let mut found = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if begins(line) {
            let mut statement = line.to_owned();
            while !statement.contains(';') {
                statement.push_str(lines.next().unwrap());
            }
            let (_, paths) = statement.split_once("use ").unwrap();
            found.push(
                paths
                    .split_whitespace()
                    .collect::<String>()
                    .replace(';', ""),
            );
        }
    }
    found
}

/// `a::{b, c::d}` as `a::b` and `a::c::d`.
fn leaves(paths: &str) -> Vec<String> {
    let Some((before, inside)) = paths.split_once('{') else {
        return vec![paths.to_owned()];
    };
    let inside = inside.strip_suffix('}').unwrap();
    let mut depth = 0;
    let parts = inside.split(|character| {
        depth += i32::from(character == '{') - i32::from(character == '}');
        character == ',' && depth == 0
    });
    let parts = parts.filter(|part| !part.is_empty());
    parts
        .flat_map(|part| leaves(&format!("{before}{part}")))
        .collect()
}

/// Paths that are written where they are used.
fn inline(text: &str) -> Vec<String> {
    let is_path =
        |character: char| character.is_alphanumeric() || character == '_' || character == ':';
    let words = text.split(|character| !is_path(character));
    // Of `use super::{…}` there is more to know, and it is known.
    let words = words.filter(|word| {
        (word.starts_with("crate::") || word.starts_with("super::")) && !word.ends_with("::")
    });
    words.map(str::to_owned).collect()
}

fn absolute(module: &[String], path: &str) -> Vec<String> {
    let mut place = module.to_vec();
    let mut parts = path.split("::").peekable();
    match parts.peek() {
        Some(&"crate") => {
            place.clear();
            parts.next();
        }
        Some(&"self") => {
            parts.next();
        }
        _ => {}
    }
    while parts.next_if_eq(&"super").is_some() {
        place.pop();
    }
    place.extend(parts.map(str::to_owned));
    place
}

/// The files that import one another, over whatever others.
fn circles<'g>(graph: &BTreeMap<&'g str, BTreeSet<&'g str>>) -> Vec<BTreeSet<&'g str>> {
    let reached = |from: &'g str| -> BTreeSet<&'g str> {
        let mut reached = BTreeSet::new();
        let mut left = vec![from];
        while let Some(file) = left.pop() {
            for next in graph.get(file).into_iter().flatten() {
                if reached.insert(*next) {
                    left.push(next);
                }
            }
        }
        reached
    };
    let from: BTreeMap<_, _> = graph.keys().map(|file| (*file, reached(file))).collect();
    let mut circles = BTreeSet::new();
    for (file, ahead) in &from {
        let back = |other: &&&str| {
            from.get(**other)
                .is_some_and(|reached| reached.contains(file))
        };
        let circle: BTreeSet<_> = ahead.iter().filter(back).copied().collect();
        circles.insert(circle);
    }
    circles
        .into_iter()
        .filter(|circle| circle.len() > 1)
        .collect()
}

fn core() -> Imports {
    let core = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/hikyaku-core/src");
    Imports::of(&core)
}

#[test]
fn no_more_than_two_files_of_the_core_import_one_another() {
    let imports = core();
    let graph = imports.graph();
    for circle in circles(&graph) {
        let arrows = circle.iter().map(|file| {
            let within: Vec<_> = graph[file].intersection(&circle).copied().collect();
            format!("  {file} imports {}", within.join(", "))
        });
        let arrows: Vec<_> = arrows.collect();
        assert!(
            circle.len() <= 2,
            "a circle of {}:\n{}",
            circle.len(),
            arrows.join("\n")
        );
    }
}

#[test]
fn no_room_of_the_core_imports_one_above_it() {
    let imports = core();
    let room = |file: &str| {
        let first = file.split(['/', '.']).next().unwrap_or_default().to_owned();
        ROOMS.iter().position(|room| *room == first)
    };
    // An author names a message where he dispatches it, and ports and outcomes are of the delivery's.
    let may = |from: &str, to: &str| {
        ["delivery", "job"]
            .iter()
            .any(|room| from.starts_with("ports/") && to.starts_with(room))
    };
    for (file, targets) in imports.graph() {
        for target in targets {
            if let (Some(from), Some(to)) = (room(file), room(target)) {
                assert!(
                    to <= from || may(file, target),
                    "{file} imports {target}, which is above it"
                );
            }
        }
    }
}

#[test]
fn no_stage_calls_another() {
    let imports = core();
    let is_stage = |file: &str| file.starts_with("engine/stages/") && !file.ends_with("mod.rs");
    for (file, targets) in imports.graph() {
        let other = targets.iter().find(|target| is_stage(target));
        if let (true, Some(other)) = (is_stage(file), other) {
            panic!(
                "{file} imports {other}: what both need belongs below them, and worker/process.rs says what comes next"
            );
        }
    }
}

#[test]
fn a_circle_is_seen_over_a_name_that_lib_exports() {
    let files = [
        ("lib.rs", "pub use b::B;"),
        ("a.rs", "use crate::B;"),
        ("b.rs", "use crate::{c::{C, D}};"),
        ("c.rs", "fn f() { super::a::f() }"),
        ("d.rs", "use crate::a::A;"),
    ];
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        fs::write(folder.path().join(name), text).unwrap();
    }
    let imports = Imports::of(folder.path());
    let found = circles(&imports.graph());
    assert_eq!(found, [BTreeSet::from(["a.rs", "b.rs", "c.rs"])]);
}
