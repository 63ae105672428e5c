//! What the pages show of the programs is what the programs say.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::dev::Dev;
use crate::process::binaries::folder;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn page(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap()
}

/// What a page shows below a command, up to the next command or the end of the block.
#[track_caller]
fn shown(page: &str, command: &str) -> Vec<String> {
    let lines = page.lines();
    let after = lines.skip_while(|line| !line.starts_with(&format!("$ {command}")));
    let output = after
        .skip(1)
        .take_while(|line| !line.starts_with("$ ") && !line.starts_with("```"));
    let output: Vec<String> = output.map(str::to_owned).collect();
    assert!(!output.is_empty(), "the page does not show `{command}`");
    output
}

#[test]
fn both_readmes_show_what_a_function_says_of_its_jobs() {
    let said = Command::new(folder().join("import-csv"))
        .args(["describe", "--json"])
        .output()
        .unwrap();
    let said = String::from_utf8(said.stdout).unwrap();
    for readme in ["README.md", "README.ja.md"] {
        let shown = shown(&page(readme), "target/debug/import-csv describe --json");
        assert_eq!(shown, [said.trim_end()], "{readme}");
    }
}

#[test]
fn both_readmes_show_what_the_local_cloud_says_first() {
    let elsewhere = tempfile::tempdir().unwrap();
    let mut cloud = Command::new(folder().join("hikyaku"))
        .args(["dev", "--no-build", "--sqs-port=0", "--dynamodb-port=0"])
        .args(["--lambda-port=0", "--template"])
        .arg(root().join("template.yaml"))
        .current_dir(elsewhere.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = Vec::new();
    for line in BufReader::new(cloud.stdout.take().unwrap()).lines() {
        said.push(without_port(&line.unwrap()));
        if said.last().unwrap().starts_with("# Lambda answers") {
            break;
        }
    }
    cloud.kill().unwrap();
    cloud.wait().unwrap();
    for readme in ["README.md", "README.ja.md"] {
        let shown = shown(&page(readme), "make dev");
        let shown: Vec<String> = shown.iter().map(|line| without_port(line)).collect();
        assert_eq!(shown, said, "{readme}");
    }
}

/// `http://127.0.0.1:9324/…` with an N for the port.
fn without_port(line: &str) -> String {
    match line.split_once("http://127.0.0.1:") {
        Some((before, after)) => {
            let rest = after.trim_start_matches(|digit: char| digit.is_ascii_digit());
            format!("{before}http://127.0.0.1:N{rest}")
        }
        None => line.to_owned(),
    }
}

/// The names in the first column of what `hikyaku show` prints.
fn names(lines: &[String]) -> Vec<String> {
    let lines = lines.iter().take_while(|line| !line.is_empty());
    let names = lines.filter_map(|line| line.get(..12).map(str::trim));
    names.map(str::to_owned).collect()
}

#[tokio::test]
async fn the_pages_show_what_hikyaku_show_says_of_a_job() {
    let dev = Dev::start().await;
    let lines = |uuid: &str| -> Vec<String> {
        dev.says(&["show", uuid])
            .lines()
            .map(str::to_owned)
            .collect()
    };
    let done = dev.import("numbers.csv");
    dev.until(&["show", &done], |job| job["state"] == "done");
    let of_new_project = page("docs/new-project.md");
    let block = of_new_project.split("(hikyaku show):\n").nth(1).unwrap();
    let block: Vec<String> = block.lines().map(|line| line.trim().to_owned()).collect();
    assert_eq!(names(&block), names(&lines(&done)), "docs/new-project.md");

    let failed = dev.break_a_job("late.csv");
    let of_operations = shown(&page("docs/operations.md"), "hikyaku show ");
    assert_eq!(
        names(&of_operations),
        names(&lines(&failed)),
        "docs/operations.md"
    );
}

#[tokio::test]
async fn the_page_of_failures_has_the_words_of_a_payload_that_does_not_fit() {
    let dev = Dev::start().await;
    let queue = ["--queue", "imports", "--data", r#"{"url": 5}"#];
    let uuid = dev.says(&[&["dispatch", r"App\Jobs\ImportCsv"], &queue[..]].concat());
    let job = dev.until(&["show", uuid.trim()], |job| job["state"] == "failed");
    let reason = job["failed"]["exception"].as_str().unwrap();
    let words = "does not fit its type";
    assert!(reason.contains(words), "{reason}");
    assert!(page("docs/failures.md").contains(words));
}
