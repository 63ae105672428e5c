//! Where the functions' binaries are.

use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

/// The folder with the binaries. Cargo builds no binaries for the tests of another package, so this does, once.
pub(crate) fn folder() -> PathBuf {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(build).clone()
}

fn build() -> PathBuf {
    let workspace = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    // The same selection as `make run` builds: another one would compile the dependencies once more.
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--quiet", "--bins", "--examples"]);
    // So would what Cargo tells a test of its package: ring's build script looks at it, and much is built on ring.
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            cargo.env_remove(&name);
        }
    }
    let built = cargo.current_dir(workspace).status().unwrap();
    assert!(built.success(), "building the functions");
    // …/target/debug/deps/integration-…: the binaries are two levels up.
    let test = std::env::current_exe().unwrap();
    test.ancestors().nth(2).unwrap().to_owned()
}
