//! What the template cannot say: the Cargo workspace behind the functions, and the policies of the jobs in them.

mod describe;
mod manifest;
mod workspace;

use std::collections::BTreeMap;
use std::path::Path;

pub(crate) use describe::{JobPolicy, of_binary};
pub(crate) use workspace::Workspace;

use super::stack::{Function, Seen};

/// What Cargo and the built binaries say.
#[derive(Debug, Default)]
pub(crate) struct Project {
    /// The workspace that each function is built from, by logical id.
    pub(crate) workspaces: BTreeMap<String, Workspace>,
    /// The jobs of each function, by logical id.
    pub(crate) jobs: BTreeMap<String, Vec<JobPolicy>>,
    /// What was not looked at, and why.
    pub(crate) unchecked: Vec<String>,
}

impl Project {
    /// Asks Cargo about each function that is built with cargo-lambda, and its binary, if it is built, about its jobs.
    pub(crate) fn look(functions: &[Function], folder: &Path) -> Self {
        let mut project = Self::default();
        let mut known: BTreeMap<String, Result<Workspace, String>> = BTreeMap::new();
        let built = functions
            .iter()
            .filter(|function| function.is_cargo_lambda());
        for function in built {
            let Some(code) = function.part.text("CodeUri").or(".".to_owned()) else {
                continue;
            };
            if code.contains("://") {
                continue;
            }
            let looked = known
                .entry(code.clone())
                .or_insert_with(|| Workspace::at(source_of(&folder.join(&code))));
            match looked {
                Ok(workspace) => {
                    project.ask(function, workspace);
                    let workspace = workspace.clone();
                    project
                        .workspaces
                        .insert(function.id().to_owned(), workspace);
                }
                Err(reason) => project
                    .unchecked
                    .push(format!("{}: {reason}", function.id())),
            }
        }
        project
    }

    fn ask(&mut self, function: &Function, workspace: &Workspace) {
        let Seen::Known(binary) = function.binary() else {
            return;
        };
        if !function.is_hikyaku() || !workspace.has(&binary) {
            return;
        }
        match describe::jobs(&workspace.target, &binary) {
            Ok(jobs) => {
                self.jobs.insert(function.id().to_owned(), jobs);
            }
            Err(reason) => self.unchecked.push(format!(
                "{}: the jobs' own timeouts and tries: {reason}",
                function.id()
            )),
        }
    }
}

/// The folder that is built from. A `CodeUri` of `target/lambda/BINARY`, where cargo-lambda leaves a binary, may not be there yet.
fn source_of(code: &Path) -> &Path {
    let is_output = code
        .parent()
        .is_some_and(|parent| parent.ends_with("target/lambda"));
    let source = code.ancestors().nth(3).filter(|_| is_output);
    source.unwrap_or(code)
}
