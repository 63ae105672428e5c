//! The files of a new project: those of `project/`, with other names.
//!
//! `project/` is a project that works, called `shop-jobs`, with the job `SendInvoice`. Only two of its files have names of
//! their own: Cargo takes a folder with a `Cargo.toml` for another package, and git obeys every `.gitignore`.

use std::path::{Path, PathBuf};

use super::names::{JobName, PackageName};
use super::source::Source;

/// A file of the project.
#[derive(Debug)]
pub(super) struct File {
    /// Where it is in the project.
    pub(super) path: String,
    /// What it is for.
    pub(super) about: &'static str,
    /// What is in it.
    pub(super) text: String,
}

/// Path, purpose and text, as `project/` has them; what a newcomer looks at comes first.
const PROJECT: [(&str, &str, &str); 10] = [
    (
        "src/send_invoice.rs",
        "the job and its tests: begin here",
        include_str!("../../project/src/send_invoice.rs"),
    ),
    (
        "src/main.rs",
        "the function: which jobs it knows",
        include_str!("../../project/src/main.rs"),
    ),
    (
        "events/send-invoice.json",
        "a message for the job",
        include_str!("../../project/events/send-invoice.json"),
    ),
    (
        "template.yaml",
        "what is deployed: queue, function, role, tables, alarms",
        include_str!("../../project/template.yaml"),
    ),
    (
        "Makefile",
        "run, dev, test, check, build, deploy",
        include_str!("../../project/Makefile"),
    ),
    (
        "run.sh",
        "what `make run` does",
        include_str!("../../project/run.sh"),
    ),
    (
        "README.md",
        "all this, and how to add another job",
        include_str!("../../project/README.md"),
    ),
    (
        "samconfig.toml",
        "what `make deploy` asks of AWS",
        include_str!("../../project/samconfig.toml"),
    ),
    (
        "Cargo.toml",
        "the package and where hikyaku comes from",
        include_str!("../../project/Cargo.toml.txt"),
    ),
    (
        ".gitignore",
        "what is built",
        include_str!("../../project/gitignore.txt"),
    ),
];

/// The project under its own names.
pub(super) fn filled(package: &PackageName, job: &JobName, source: &Source) -> Vec<File> {
    let words = [
        ("shop-jobs", package.as_str().to_owned()),
        ("SendInvoice", job.as_str().to_owned()),
        ("send-invoice", job.kebab()),
        ("send_invoice", job.snake()),
        ("path = \"/hikyaku/crates/hikyaku\"", source.dependency()),
        ("HIKYAKU ?= hikyaku", format!("HIKYAKU ?= {}", command())),
        ("{{hikyaku's folder}}", source.place()),
    ];
    let mut files: Vec<File> = PROJECT
        .iter()
        .map(|(path, about, text)| File {
            path: replaced(path, &words),
            about,
            text: replaced(text, &words),
        })
        .collect();
    files.extend(source.lock_file().map(|text| File {
        path: "Cargo.lock".to_owned(),
        about: "the versions that hikyaku was tested with",
        text,
    }));
    files
}

/// Puts each word's value in its place, in one pass: a value is never looked at again.
fn replaced(text: &str, words: &[(&str, String)]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(next) = rest.chars().next() {
        if let Some((word, value)) = words.iter().find(|(word, _)| rest.starts_with(word)) {
            out.push_str(value);
            rest = &rest[word.len()..];
        } else {
            out.push(next);
            rest = &rest[next.len_utf8()..];
        }
    }
    out
}

/// How a shell calls this command: by its name, if that finds this very file, else by its path.
fn command() -> String {
    let Ok(this) = std::env::current_exe().and_then(|path| path.canonicalize()) else {
        return "hikyaku".to_owned();
    };
    let is_this = |folder: PathBuf| {
        let found = folder.join("hikyaku").canonicalize();
        found.is_ok_and(|found| found == this)
    };
    // The first one on the way is the one that a shell takes.
    let first = std::env::var_os("PATH").and_then(|path| {
        std::env::split_paths(&path).find(|folder| Path::new(folder).join("hikyaku").is_file())
    });
    if first.is_some_and(is_this) {
        return "hikyaku".to_owned();
    }
    this.display().to_string().replace('$', "$$")
}
