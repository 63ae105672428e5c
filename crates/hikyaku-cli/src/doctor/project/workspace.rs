//! The Cargo workspace that a function is built from.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use super::manifest::{PanicSetting, native_line, panic_setting};

/// What Cargo says of the folder that `CodeUri` names.
#[derive(Debug, Clone)]
pub(crate) struct Workspace {
    /// The manifest whose profiles hold.
    pub(crate) manifest: PathBuf,
    /// Every binary that can be built there.
    pub(crate) binaries: BTreeSet<String>,
    /// Whether the folder is a package inside a workspace that lies around it.
    pub(crate) is_member: bool,
    /// Where Cargo puts what it builds.
    pub(crate) target: PathBuf,
    /// The file and the line that build for the processor of this machine.
    pub(crate) native: Option<(PathBuf, usize)>,
    /// What the profile says of panics.
    pub(crate) panic: PanicSetting,
}

impl Workspace {
    /// Asks Cargo, without any network. The error says what was not looked at.
    pub(crate) fn at(folder: &Path) -> Result<Self, String> {
        if !folder.is_dir() {
            return Err(format!("its CodeUri `{}` is no folder", folder.display()));
        }
        let output = Command::new("cargo")
            .args([
                "metadata",
                "--no-deps",
                "--offline",
                "--format-version",
                "1",
            ])
            .current_dir(folder)
            .stdin(Stdio::null())
            .output()
            .map_err(|error| format!("its workspace: cargo does not start ({error})"))?;
        if !output.status.success() {
            let text = String::from_utf8_lossy(&output.stderr);
            let line = text.lines().next().unwrap_or_default();
            return Err(format!("its workspace: cargo says: {line}"));
        }
        let metadata: Value = serde_json::from_slice(&output.stdout)
            .map_err(|error| format!("its workspace: cargo's answer is not JSON ({error})"))?;
        Self::read(&metadata, folder)
            .ok_or_else(|| "its workspace: cargo's answer has another shape".to_owned())
    }

    fn read(metadata: &Value, folder: &Path) -> Option<Self> {
        let root = Path::new(metadata["workspace_root"].as_str()?);
        let manifest = root.join("Cargo.toml");
        let text = std::fs::read_to_string(&manifest).ok()?;
        let packages = metadata["packages"].as_array()?;
        let binaries = packages.iter().flat_map(|package| {
            let targets = package["targets"].as_array();
            targets.into_iter().flatten().filter_map(|target| {
                let kinds = target["kind"].as_array()?;
                let is_binary = kinds.iter().any(|kind| kind == "bin");
                target["name"].as_str().filter(|_| is_binary)
            })
        });
        let binaries = binaries.map(str::to_owned).collect();
        let inside = folder.canonicalize().ok()? != root.canonicalize().ok()?;
        Some(Self {
            binaries,
            is_member: inside && folder.join("Cargo.toml").is_file(),
            target: PathBuf::from(metadata["target_directory"].as_str()?),
            native: native_setting(root),
            panic: panic_setting(&text),
            manifest,
        })
    }

    pub(crate) fn has(&self, binary: &str) -> bool {
        self.binaries.contains(binary)
    }
}

/// Cargo's own settings that lie beside the workspace; those of whoever is logged in are not the project's.
fn native_setting(root: &Path) -> Option<(PathBuf, usize)> {
    let files = [".cargo/config.toml", ".cargo/config"].map(|file| root.join(file));
    files.into_iter().find_map(|file| {
        let line = native_line(&std::fs::read_to_string(&file).ok()?)?;
        Some((file, line))
    })
}
