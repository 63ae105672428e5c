//! Where a new project takes hikyaku's crates from.

use std::fs;
use std::path::{Path, PathBuf};

/// Where the crates come from.
#[derive(Debug)]
pub(crate) enum Source {
    /// A checkout on this machine, by its absolute path.
    Checkout(PathBuf),
    /// crates.io, once they are there.
    Registry,
}

/// A folder was named that is no checkout.
#[derive(Debug, thiserror::Error)]
#[error(
    "{} is no checkout of hikyaku: it has no crates/hikyaku/Cargo.toml (give --hikyaku the folder that has hikyaku's own \
     template.yaml in it)", path.display()
)]
pub(crate) struct NoCheckout {
    path: PathBuf,
}

impl Source {
    /// The checkout that is named, else the one that this command was built from, if it is still there.
    pub(super) fn find(named: Option<&Path>) -> Result<Self, NoCheckout> {
        if let Some(path) = named {
            return checkout(path)
                .map(Self::Checkout)
                .ok_or_else(|| NoCheckout {
                    path: path.to_owned(),
                });
        }
        let built_from = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        Ok(checkout(&built_from).map_or(Self::Registry, Self::Checkout))
    }

    /// The key of a dependency in Cargo.toml.
    pub(super) fn dependency(&self) -> String {
        match self {
            Self::Checkout(root) => {
                let path = root.join("crates/hikyaku").display().to_string();
                // A basic string of TOML has JSON's escapes.
                format!("path = {}", serde_json::Value::from(path))
            }
            Self::Registry => format!("version = \"{}\"", env!("CARGO_PKG_VERSION")),
        }
    }

    /// Where to read on.
    pub(super) fn place(&self) -> String {
        match self {
            Self::Checkout(root) => root.display().to_string(),
            Self::Registry => "hikyaku's repository".to_owned(),
        }
    }

    /// The versions that hikyaku's own tests ran with.
    pub(super) fn lock_file(&self) -> Option<String> {
        match self {
            Self::Checkout(root) => fs::read_to_string(root.join("Cargo.lock")).ok(),
            Self::Registry => None,
        }
    }

    /// What whoever builds the project must know.
    pub(super) fn remark(&self) -> String {
        match self {
            Self::Checkout(root) => format!(
                "hikyaku is not on crates.io yet. Cargo.toml takes it from {} on this machine:\nwhoever else builds the \
                 project needs that folder too, or another `path` (or `git`) there.",
                root.display()
            ),
            Self::Registry => format!(
                "Cargo.toml asks crates.io for hikyaku {}, and it IS NOT THERE YET: the project does not build as it is.\n\
                 Put `path = \"…/crates/hikyaku\"` of a checkout there, or make it again with --hikyaku DIR.",
                env!("CARGO_PKG_VERSION")
            ),
        }
    }
}

/// The absolute path of a checkout.
fn checkout(path: &Path) -> Option<PathBuf> {
    let root = path.canonicalize().ok()?;
    root.join("crates/hikyaku/Cargo.toml")
        .is_file()
        .then_some(root)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_checkout_is_found_without_a_word() {
        let Source::Checkout(root) = Source::find(None).unwrap() else {
            panic!("these tests run in a checkout");
        };
        assert!(root.is_absolute() && root.join("template.yaml").is_file());
    }

    #[test]
    fn another_folder_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let refusal = Source::find(Some(folder.path())).unwrap_err().to_string();
        assert!(refusal.contains("is no checkout of hikyaku"), "{refusal}");
    }

    #[test]
    fn a_path_with_quotes_stays_one_string() {
        let source = Source::Checkout(PathBuf::from("/a \"b\""));
        assert_eq!(source.dependency(), r#"path = "/a \"b\"/crates/hikyaku""#);
    }
}
