//! Builds the binaries of a template's functions.

use std::collections::{BTreeSet, HashMap};
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use hikyaku_local::lambda::Binaries;
use hikyaku_local::template::Function;
use serde_json::Value;

use crate::doctor::Workspace;

/// Why there are no binaries.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BuildError {
    /// Cargo did not start.
    #[error("could not run cargo; with --no-build the binaries are taken as they are")]
    Cargo(#[source] std::io::Error),
    /// Cargo says why.
    #[error("cargo could not build {}", binaries.join(", "))]
    Failed {
        /// What was to be built.
        binaries: Vec<String>,
    },
    /// What cargo prints is not what it used to print.
    #[error("could not read what cargo prints")]
    Output(#[source] std::io::Error),
}

/// Where cargo put each binary, as it says itself: whatever its target folder is.
#[derive(Debug, Default)]
pub(crate) struct Built {
    paths: HashMap<String, PathBuf>,
    fallback: PathBuf,
}

impl Binaries for Built {
    fn path(&self, function: &Function) -> PathBuf {
        let name = &function.binary.name;
        let file = format!("{name}{}", std::env::consts::EXE_SUFFIX);
        self.paths
            .get(name)
            .cloned()
            .unwrap_or_else(|| self.fallback.join(file))
    }
}

impl Built {
    /// What was built before, in the project that this folder belongs to.
    pub(crate) fn before(folder: &Path) -> Self {
        Self {
            paths: HashMap::new(),
            fallback: target_folder(folder).join("debug"),
        }
    }

    /// Builds every binary that the functions name, in this folder. Does nothing without a function.
    pub(crate) fn now(folder: &Path, functions: &[Function]) -> Result<Self, BuildError> {
        let names: BTreeSet<&str> = functions
            .iter()
            .map(|function| function.binary.name.as_str())
            .collect();
        let mut built = Self::before(folder);
        if names.is_empty() {
            return Ok(built);
        }
        let mut cargo = Command::new("cargo");
        cargo
            .args(["build", "--message-format=json-render-diagnostics"])
            .current_dir(folder)
            .stdout(Stdio::piped());
        cargo.args(names.iter().flat_map(|name| ["--bin", name]));
        let mut child = cargo.spawn().map_err(BuildError::Cargo)?;
        let output = child.stdout.take().map(BufReader::new);
        for line in output.into_iter().flat_map(BufReader::lines) {
            built
                .paths
                .extend(executable(&line.map_err(BuildError::Output)?));
        }
        let status = child.wait().map_err(BuildError::Cargo)?;
        if !status.success() {
            return Err(BuildError::Failed {
                binaries: names.into_iter().map(str::to_owned).collect(),
            });
        }
        Ok(built)
    }
}

/// The name and path in one of cargo's messages, if it is about a binary (The Cargo Book, "External tools").
fn executable(line: &str) -> Option<(String, PathBuf)> {
    let message: Value = serde_json::from_str(line).ok()?;
    let target = message.get("target")?;
    let is_binary = target
        .get("kind")?
        .as_array()?
        .iter()
        .any(|kind| kind == "bin");
    let name = target.get("name")?.as_str().filter(|_| is_binary)?;
    Some((
        name.to_owned(),
        PathBuf::from(message.get("executable")?.as_str()?),
    ))
}

/// Where cargo builds what is in this folder. Binaries may lie there without a project.
fn target_folder(folder: &Path) -> PathBuf {
    if let Ok(workspace) = Workspace::at(folder) {
        return workspace.target;
    }
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| folder.join("target"), PathBuf::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cargo_tells_where_a_binary_is() {
        let line = r#"{"reason":"compiler-artifact","target":{"kind":["bin"],"name":"import-csv"},"executable":"/t/debug/import-csv"}"#;
        assert_eq!(
            executable(line),
            Some((
                "import-csv".to_owned(),
                PathBuf::from("/t/debug/import-csv")
            ))
        );
        let library = r#"{"reason":"compiler-artifact","target":{"kind":["lib"],"name":"x"},"executable":null}"#;
        assert_eq!(executable(library), None);
        assert_eq!(executable("nonsense"), None);
    }
}
