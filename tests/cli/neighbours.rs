//! `hikyaku dev` beside another one, on the network, and of a template that lies elsewhere.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use super::dev::{Dev, Running, TEMPLATE, error, hikyaku, parameters, patiently};
use crate::process::binaries::folder;
use crate::process::stage::Stage;

const QUEUE: &str = "
Resources:
  Q: { Type: AWS::SQS::Queue, Properties: { QueueName: q } }
  Failed:
    Type: AWS::DynamoDB::Table
    Properties:
      TableName: failed_jobs
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{ AttributeName: application, AttributeType: S }, { AttributeName: uuid, AttributeType: S }]
      KeySchema: [{ AttributeName: application, KeyType: HASH }, { AttributeName: uuid, KeyType: RANGE }]
";

/// A folder with a template of one queue.
fn of_one_queue() -> tempfile::TempDir {
    let here = tempfile::tempdir().unwrap();
    fs::write(here.path().join("template.yaml"), QUEUE).unwrap();
    here
}

fn dev(here: &Path) -> Command {
    hikyaku(here, &["dev"])
}

/// Where Lambda answers, as the file says.
fn announced(file: &Path) -> Option<String> {
    let text = fs::read_to_string(file).ok()?;
    let read: serde_json::Value = serde_json::from_str(&text).unwrap();
    Some(read["lambda"].as_str().unwrap().to_owned())
}

#[test]
fn a_second_cloud_leaves_the_first_ones_file_and_says_so() {
    let here = of_one_queue();
    let file = here.path().join(".hikyaku/local.json");
    let first = Running::start(&mut dev(here.path()));
    let at = announced(&file).unwrap();
    let mut command = dev(here.path());
    let log = fs::File::create(here.path().join("log")).unwrap();
    let second = Running::start(command.stderr(log));
    assert_eq!(announced(&file), Some(at.clone()));
    let said = fs::read_to_string(here.path().join("log")).unwrap();
    assert!(
        said.contains(&at) && said.contains("--local-file"),
        "{said}"
    );
    second.stop();
    assert_eq!(announced(&file), Some(at));
    first.stop();
    assert_eq!(announced(&file), None);
}

#[test]
fn a_cloud_with_a_file_of_its_own_is_found_by_it() {
    let here = of_one_queue();
    let file = here.path().join("target/run.json");
    let first = Running::start(&mut dev(here.path()));
    let second = Running::start(dev(here.path()).arg("--local-file=target/run.json"));
    let sent = |place: &str| {
        let words = ["dispatch", "x", "--queue", "q", "--data", "{}", place];
        let output = hikyaku(here.path(), &words).output().unwrap();
        assert!(output.status.success(), "{}", error(&output));
    };
    sent("--local=target/run.json");
    sent("--local=target/run.json");
    sent("--local");
    let waiting = |place: &str| {
        let output = hikyaku(here.path(), &["monitor", "--json", place])
            .output()
            .unwrap();
        let read: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        read["queues"][0]["waiting"].as_u64()
    };
    assert_eq!(waiting("--local=target/run.json"), Some(2));
    assert_eq!(waiting("--local"), Some(1));
    second.stop();
    assert_eq!(announced(&file), None);
    first.stop();
}

#[test]
fn the_file_of_a_cloud_that_is_gone_is_replaced() {
    let here = of_one_queue();
    let file = here.path().join(".hikyaku/local.json");
    // Killed: nobody removes its file.
    drop(Running::start(&mut dev(here.path())));
    let old = announced(&file).unwrap();
    let next = Running::start(&mut dev(here.path()));
    assert_ne!(announced(&file).unwrap(), old);
    next.stop();
    fs::write(&file, "nonsense").unwrap();
    let last = Running::start(&mut dev(here.path()));
    assert!(announced(&file).is_some());
    last.stop();
}

#[test]
fn who_opens_the_cloud_to_the_network_is_told_what_that_means() {
    let here = of_one_queue();
    let warned = |arguments: &[&str]| {
        let log = fs::File::create(here.path().join("log")).unwrap();
        let running = Running::start(dev(here.path()).args(arguments).stderr(log));
        running.stop();
        fs::read_to_string(here.path().join("log")).unwrap()
    };
    let said = warned(&["--bind=0.0.0.0"]);
    assert!(
        said.contains("warning: everybody who reaches 0.0.0.0"),
        "{said}"
    );
    assert_eq!(warned(&[]), "");
    assert_eq!(warned(&["--bind=127.0.0.1"]), "");
}

#[tokio::test]
async fn binaries_are_those_of_the_templates_own_folder() {
    let stage = Stage::with_rows(3).await;
    let elsewhere = stage.path("elsewhere");
    fs::create_dir_all(elsewhere.join("target/debug")).unwrap();
    fs::write(elsewhere.join("template.yaml"), TEMPLATE).unwrap();
    symlink(
        folder().join("import-csv"),
        elsewhere.join("target/debug/import-csv"),
    )
    .unwrap();
    let here = stage.path("here");
    fs::create_dir(&here).unwrap();
    let mut command = hikyaku(&here, &["dev", "--no-build", "--template"]);
    command
        .arg("../elsewhere/template.yaml")
        .args(parameters(&stage))
        .env_remove("CARGO_TARGET_DIR");
    let running = Running::start(&mut command);
    let data = serde_json::json!({ "url": stage.url("numbers.csv"), "table": "numbers" });
    let data = data.to_string();
    let words = [
        "dispatch",
        r"App\Jobs\ImportCsv",
        "--queue",
        "imports",
        "--local",
        "--data",
        &data,
    ];
    let sent = hikyaku(&here, &words).output().unwrap();
    assert!(sent.status.success(), "{}", error(&sent));
    let uuid = String::from_utf8(sent.stdout).unwrap();
    let done = patiently(|| {
        let shown = hikyaku(&here, &["show", uuid.trim(), "--local", "--json"])
            .output()
            .unwrap();
        let read: serde_json::Value = serde_json::from_slice(&shown.stdout).ok()?;
        (read["state"] == "done").then_some(())
    });
    assert!(
        done.is_some(),
        "the job is done by the binary beside the template"
    );
    running.stop();
}

#[test]
fn what_is_built_is_the_templates_own_project() {
    let root = tempfile::tempdir().unwrap();
    let elsewhere = root.path().join("elsewhere");
    fs::create_dir_all(elsewhere.join("src")).unwrap();
    fs::create_dir(root.path().join("here")).unwrap();
    fs::write(
        elsewhere.join("Cargo.toml"),
        "[package]\nname = \"idle\"\nversion = \"0.0.0\"\nedition = \"2024\"\n[workspace]\n",
    )
    .unwrap();
    fs::write(elsewhere.join("src/main.rs"), "fn main() {}\n").unwrap();
    let template = "
Resources:
  Idle:
    Type: AWS::Serverless::Function
    Metadata: { BuildProperties: { Binary: idle } }
    Properties: { CodeUri: ., Runtime: provided.al2023, Handler: bootstrap }
";
    fs::write(elsewhere.join("template.yaml"), template).unwrap();
    let here = root.path().join("here");
    let mut command = hikyaku(&here, &["dev", "--template", "../elsewhere/template.yaml"]);
    command
        .env_remove("CARGO_TARGET_DIR")
        .env("CARGO_NET_OFFLINE", "true");
    Running::start(&mut command).stop();
    assert!(elsewhere.join("target/debug/idle").exists());
    assert!(!here.join("target").exists());
}

/// The ports that a process listens on (`/proc/net/tcp`, documented in `Documentation/networking/proc_net_tcp.rst`).
#[cfg(target_os = "linux")]
fn ports_of(process: u32) -> Vec<u16> {
    let of_process: Vec<String> = fs::read_dir(format!("/proc/{process}/fd"))
        .unwrap()
        .filter_map(|entry| fs::read_link(entry.unwrap().path()).ok())
        .filter_map(|link| {
            let link = link.to_str()?.strip_prefix("socket:[")?;
            Some(link.trim_end_matches(']').to_owned())
        })
        .collect();
    let table = fs::read_to_string("/proc/net/tcp").unwrap();
    let lines = table
        .lines()
        .skip(1)
        .map(|line| line.split_whitespace().collect::<Vec<_>>());
    lines
        .filter(|fields| fields[3] == "0A" && of_process.iter().any(|inode| inode == fields[9]))
        .map(|fields| u16::from_str_radix(fields[1].split_once(':').unwrap().1, 16).unwrap())
        .collect()
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn every_port_that_is_listened_on_refuses_a_web_page() {
    let dev = Dev::start().await;
    // A process of a function and connections to the tables.
    dev.break_a_job("missing.csv");
    let ports = ports_of(dev.running.id());
    // SQS, DynamoDB, Lambda, and the Runtime API of a function that waits.
    assert!(ports.len() >= 4, "{ports:?}");
    for port in ports {
        for head in [
            "host: evil.example",
            "host: localhost\r\norigin: https://evil.example",
            "host: localhost\r\nsec-fetch-site: cross-site",
        ] {
            let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
            stream
                .set_read_timeout(Some(Duration::from_secs(30)))
                .unwrap();
            let request = format!(
                "POST / HTTP/1.1\r\n{head}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
            );
            stream.write_all(request.as_bytes()).unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).unwrap();
            assert!(
                answer.starts_with("HTTP/1.1 403 "),
                "{port} {head}: {answer}"
            );
        }
    }
    let said = dev.run(&["failed"]);
    assert!(said.status.success(), "{}", error(&said));
}
