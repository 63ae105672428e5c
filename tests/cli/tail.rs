//! Log lines are read as they were logged: through the binary, on the cloud of `hikyaku dev`.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use serde_json::Value as Json;

use super::dev::{Dev, code, error};
use crate::process::binaries::folder;

/// One JSON object a line.
fn lines(text: &str) -> Vec<Json> {
    let lines = text.lines().map(serde_json::from_str);
    lines.collect::<Result<_, _>>().unwrap()
}

#[tokio::test]
async fn the_lines_of_one_job_say_which_attempt_failed_and_why() {
    let dev = Dev::start().await;
    let [uuid, other] = ["late.csv", "other.csv"].map(|file| dev.break_a_job_audibly(file));

    let told = dev.says(&["tail", &uuid]);
    let last = told.lines().last().unwrap();
    assert!(
        last.contains(r"  ERROR  App\Jobs\ImportCsv #1  job ")
            && last.contains(": could not read the object to import: there is no such object"),
        "{told}"
    );
    assert!(!told.contains(&other), "{told}");

    let logged = lines(&dev.says(&[
        "tail", &uuid, "--level", "error", "--since", "10m", "--json",
    ]));
    let [line] = logged.as_slice() else {
        panic!("{logged:#?}")
    };
    assert_eq!(line["job.id"], *uuid);
    assert_eq!(line["function"], "import-csv");

    for function in ["import-csv", "import", "/aws/lambda/import-csv"] {
        let both = dev.says(&["tail", "--function", function, "--level", "error"]);
        for uuid in [&uuid, &other] {
            assert!(
                both.contains(&format!("job.id={uuid}")),
                "{function}: {both}"
            );
        }
    }
    assert_eq!(dev.says(&["tail", "--since", "2100-01-01T00:00:00Z"]), "");
}

#[tokio::test]
async fn what_is_not_there_to_be_read_is_said() {
    let dev = Dev::start().await;
    let nobody = dev.run(&["tail", "no-such-job"]);
    assert_eq!(code(&nobody), Some(3));
    assert!(
        error(&nobody).contains("no lines of job `no-such-job` in import-csv since "),
        "{}",
        error(&nobody)
    );
    let nowhere = dev.run(&["tail", "--function", "nowhere"]);
    assert_eq!(code(&nowhere), Some(1));
    assert!(
        error(&nowhere).contains("has `nowhere` in its name; there are import-csv"),
        "{}",
        error(&nowhere)
    );
}

#[tokio::test]
async fn who_follows_sees_a_line_once_and_those_that_come() {
    let dev = Dev::start().await;
    let before = dev.break_a_job("before.csv");
    let mut follower = Command::new(folder().join("hikyaku"))
        .args(["tail", "--follow", "--level=error", "--json", "--local"])
        .current_dir(dev.stage.path(""))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(follower.stdout.take().unwrap()).lines();
    let mut next = || -> Json { serde_json::from_str(&said.next().unwrap().unwrap()).unwrap() };
    assert_eq!(next()["job.id"], *before);
    let after = dev.break_a_job("after.csv");
    assert_eq!(
        next()["job.id"],
        *after,
        "the line before is not said again"
    );
    follower.kill().unwrap();
    follower.wait().unwrap();
}
