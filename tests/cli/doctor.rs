//! `hikyaku doctor --strict`: what could not be looked at fails it, too.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::process::binaries::folder;

/// Its queue is in another stack.
const TEMPLATE: &str = "
Resources:
  Orders:
    Type: AWS::Lambda::EventSourceMapping
    Metadata: { Doctor: { Accept: [ACCEPTED] } }
    Properties: { FunctionName: orders, EventSourceArn: 'arn:aws:sqs:eu-west-1:123456789012:orders', FunctionResponseTypes: [ReportBatchItemFailures] }
";

/// How the doctor exits, what it prints, and what it says went wrong.
fn doctor(
    folder_of_template: &Path,
    template: &str,
    words: &[&str],
) -> (Option<i32>, String, String) {
    fs::write(folder_of_template.join("template.yaml"), template).unwrap();
    let output = Command::new(folder().join("hikyaku"))
        .arg("doctor")
        .args(words)
        .current_dir(folder_of_template)
        .env_remove("CARGO_TARGET_DIR")
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (
        output.status.code(),
        text(&output.stdout),
        text(&output.stderr),
    )
}

#[test]
fn strict_fails_on_what_could_not_be_looked_at_unless_it_is_ignored_or_accepted() {
    let folder = tempfile::tempdir().unwrap();
    let unknown = TEMPLATE.replace("ACCEPTED", "filter");
    let (code, printed, _) = doctor(folder.path(), &unknown, &[]);
    assert_eq!(code, Some(0));
    assert!(
        printed.contains("Not looked at:\n- Orders: its queue is not in the template"),
        "{printed}"
    );
    let (code, _, said) = doctor(folder.path(), &unknown, &["--strict"]);
    assert_eq!(code, Some(1));
    assert!(said.contains("--ignore not-looked-at"), "{said}");
    let (code, _, said) = doctor(
        folder.path(),
        &unknown,
        &["--strict", "--ignore", "not-looked-at"],
    );
    assert_eq!((code, said.as_str()), (Some(0), ""));
    let accepted = TEMPLATE.replace("ACCEPTED", "not-looked-at");
    let (code, printed, said) = doctor(folder.path(), &accepted, &["--strict"]);
    assert_eq!((code, said.as_str()), (Some(0), ""), "{printed}");
}

#[test]
fn a_function_that_panics_without_its_settings_is_named_with_its_reason() {
    use std::os::unix::fs::PermissionsExt as _;

    let folder = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    };
    write(
        "Cargo.toml",
        "[package]\nname = \"orders\"\nversion = \"0.1.0\"\n[profile.release]\npanic = \"unwind\"\n",
    );
    write("src/main.rs", "fn main() {}");
    let said = "#!/bin/sh\necho \"thread 'main' panicked at src/main.rs:3:10:\" >&2\necho 'DB_URL is not set' >&2\nexit 101\n";
    let binary = write("target/debug/orders", said);
    fs::set_permissions(binary, fs::Permissions::from_mode(0o755)).unwrap();
    let template = "
Resources:
  Orders:
    Type: AWS::Serverless::Function
    Metadata: { BuildMethod: rust-cargolambda, BuildProperties: { Binary: orders } }
    Properties:
      CodeUri: .
      Role: arn:aws:iam::123456789012:role/orders
      LoggingConfig: { LogGroup: orders }
      Environment: { Variables: { HIKYAKU_APPLICATION: shop } }
";
    let (code, printed, _) = doctor(folder.path(), template, &["--strict"]);
    let printed = printed.replace("\n  ", " ");
    assert_eq!(code, Some(1), "{printed}");
    assert!(printed.contains("DB_URL is not set"), "{printed}");
    assert!(printed.contains("`Worker::setup`"), "{printed}");
}
