//! Rules about the Cargo workspace behind a template, and about the jobs in it.

use std::fs;
use std::path::Path;

use hikyaku_local::template::{Environment, Template};

use super::super::project::Project;
use super::super::stack::Stack;
use super::{findings, shown};

const TEMPLATE: &str = "
Resources:
  Orders:
    Type: AWS::Serverless::Function
    Metadata: { BuildMethod: rust-cargolambda, BuildProperties: { Binary: orders } }
    Properties: { CodeUri: CODE, Role: 'arn:aws:iam::1:role/x', LoggingConfig: { LogGroup: x } }
";

/// A workspace with one package `jobs` that has two binaries.
fn workspace(profile: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    write(
        "Cargo.toml",
        &format!("[workspace]\nmembers = [\"jobs\"]\n{profile}"),
    );
    write(
        "jobs/Cargo.toml",
        "[package]\nname = \"jobs\"\nversion = \"0.1.0\"\n",
    );
    write("jobs/src/bin/orders.rs", "fn main() {}");
    write("jobs/src/bin/invoices.rs", "fn main() {}");
    folder
}

fn found(folder: &Path, template: &str) -> Vec<String> {
    let template = Template::parse(template, "template.yaml").unwrap();
    let environment = Environment::new("https://sqs.us-east-1.amazonaws.com");
    let mut stack = Stack::read(&template, &environment, folder, super::NOW).unwrap();
    stack.project = Project::look(&stack.functions, folder);
    let found = super::super::findings(&stack, &[]);
    let place = |path: &Option<String>| {
        path.as_ref()
            .map(|path| path.replace(&folder.display().to_string(), ""))
    };
    found
        .iter()
        .map(|finding| {
            let place = place(&finding.file).unwrap_or_default();
            format!("{place} {}", shown(finding))
        })
        .collect()
}

const UNWIND: &str = "[profile.release]\npanic = \"unwind\"\n";

#[test]
fn a_workspace_that_unwinds_and_has_the_binary_is_clean() {
    let folder = workspace(UNWIND);
    assert_eq!(
        found(folder.path(), &TEMPLATE.replace("CODE", ".")),
        [""; 0]
    );
}

#[test]
fn a_binary_that_cargo_lambda_has_not_built_yet_is_found_in_its_workspace() {
    let folder = workspace(UNWIND);
    let template = TEMPLATE.replace("CODE", "target/lambda/orders");
    assert_eq!(found(folder.path(), &template), [""; 0]);
    let misspelt = template.replace("Binary: orders", "Binary: ordres");
    let found = found(folder.path(), &misspelt);
    assert!(found[0].contains("`ordres`"), "{found:?}");
}

#[test]
fn a_panic_that_aborts_is_found_in_the_manifest() {
    let template = TEMPLATE.replace("CODE", ".");
    let said = workspace("[profile.release]\nlto = true\npanic = \"abort\"\n");
    let found_there = found(said.path(), &template);
    assert_eq!(
        found_there,
        ["/Cargo.toml panic-abort warning line 5: the release profile says `panic = \"abort\"`"]
    );
    let unsaid = workspace("");
    let found_there = found(unsaid.path(), &template);
    assert_eq!(found_there.len(), 1, "{found_there:?}");
    assert!(
        found_there[0].contains("panic-abort warning line 1"),
        "{found_there:?}"
    );
}

#[test]
fn a_build_for_the_processor_of_this_machine_is_found_in_cargos_settings() {
    let folder = workspace(UNWIND);
    fs::create_dir(folder.path().join(".cargo")).unwrap();
    let flags = "[build]\nrustflags = [\"-C\", \"target-cpu=native\"]\n";
    fs::write(folder.path().join(".cargo/config.toml"), flags).unwrap();
    assert_eq!(
        found(folder.path(), &TEMPLATE.replace("CODE", ".")),
        ["/.cargo/config.toml target-cpu error line 2: the flags of rustc say `target-cpu=native`"]
    );
}

#[test]
fn a_binary_that_is_not_there_is_found() {
    let folder = workspace(UNWIND);
    let template = TEMPLATE
        .replace("CODE", ".")
        .replace("Binary: orders", "Binary: order");
    assert_eq!(
        found(folder.path(), &template),
        [" binary error line 5: there is no binary `order`; there are invoices, orders"]
    );
    let template = TEMPLATE
        .replace("CODE", ".")
        .replace(", BuildProperties: { Binary: orders }", "");
    assert_eq!(
        found(folder.path(), &template),
        [" binary error line 5: no Binary is named, and there are invoices, orders"]
    );
}

#[test]
fn a_package_of_a_workspace_is_built_from_the_workspace() {
    let folder = workspace(UNWIND);
    let found = found(folder.path(), &TEMPLATE.replace("CODE", "jobs"));
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].contains("stale-build warning line 6"), "{found:?}");
}

#[test]
fn what_cannot_be_asked_is_said() {
    let folder = workspace(UNWIND);
    let template = TEMPLATE.replace("CODE", "nowhere");
    let template = Template::parse(&template, "template.yaml").unwrap();
    let environment = Environment::new("https://sqs.us-east-1.amazonaws.com");
    let stack = Stack::read(&template, &environment, folder.path(), super::NOW).unwrap();
    let project = Project::look(&stack.functions, folder.path());
    assert!(
        project.unchecked[0].contains("nowhere` is no folder"),
        "{:?}",
        project.unchecked
    );
}

/// The jobs that a binary describes, without the binary.
fn with_jobs(jobs: &str) -> Vec<String> {
    let text = fs::read_to_string(super::folder().join("clean/orders.yaml")).unwrap();
    let mut stack = super::stack(&text);
    let before: Vec<String> = findings(&text).iter().map(shown).collect();
    let jobs = serde_json::from_str(jobs).unwrap();
    stack.project.jobs.insert("OrdersFunction".to_owned(), jobs);
    let found = super::super::findings(&stack, &[]);
    let found = found.iter().map(shown);
    found.filter(|finding| !before.contains(finding)).collect()
}

#[test]
fn a_job_that_fits_its_function_and_its_queue_is_clean() {
    let jobs = r#"[{"name": "a", "tries": 5, "timeout": 60, "backoff": [10]}]"#;
    assert_eq!(with_jobs(jobs), [""; 0]);
}

#[test]
fn a_job_that_its_function_cannot_finish_is_found() {
    let jobs = r#"[{"name": "a", "tries": 5, "timeout": 75, "backoff": [10]}]"#;
    assert_eq!(
        with_jobs(jobs),
        ["job-timeout error line 71: a may take 75 s, OrdersFunction 75 s"]
    );
}

#[test]
fn a_job_with_more_tries_than_receives_is_found() {
    let jobs = r#"[{"name": "a", "tries": 101, "timeout": 60, "backoff": [10]}]"#;
    assert_eq!(
        with_jobs(jobs),
        ["job-tries error line 65: a has 101 tries, OrdersQueue 100"]
    );
}

#[test]
fn a_backoff_longer_than_sqs_hides_is_found_of_a_job_without_a_record() {
    let kept = r#"[{"name": "a", "tries": 5, "timeout": 60, "backoff": [10, 43201], "guarantee": "once"}]"#;
    assert_eq!(with_jobs(kept), Vec::<String>::new());
    let jobs = r#"[{"name": "a", "tries": 5, "timeout": 60, "backoff": [10, 43201], "guarantee": "at-least-once"}]"#;
    assert_eq!(
        with_jobs(jobs),
        ["job-backoff warning line 67: a waits 43201 s; SQS hides for 43200 s"]
    );
}
