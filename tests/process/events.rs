//! Every sample of `events/`, as its function answers it: the real template, the real binaries, Lambda's Runtime API.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use hikyaku_local::cloud::{Cloud, Options};
use hikyaku_local::lambda::{CargoBinaries, Invocation, Invoke as _};
use hikyaku_local::template::Template;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::binaries;

/// Where the samples' files are.
const FILES: &str = "/tmp/hikyaku";

/// A folder with the samples' files. Its path is as long as theirs: PHP's serialized texts state their lengths.
fn files() -> TempDir {
    let random = FILES.len() - "/tmp/h".len();
    let mut folder = tempfile::Builder::new();
    let folder = folder.prefix("h").rand_bytes(random).tempdir_in("/tmp");
    let folder = folder.unwrap();
    assert_eq!(folder.path().as_os_str().len(), FILES.len());
    let demo = binaries::folder().join("demo");
    let prepared = Command::new(demo)
        .arg("--prepare")
        .arg(folder.path())
        .status();
    assert!(prepared.unwrap().success());
    folder
}

fn samples() -> Vec<PathBuf> {
    let events = Path::new(env!("CARGO_MANIFEST_DIR")).join("../events");
    let folders = fs::read_dir(events)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let mut samples: Vec<PathBuf> = folders
        .flat_map(|folder| fs::read_dir(folder).unwrap())
        .map(|entry| entry.unwrap().path())
        .collect();
    samples.sort();
    samples
}

async fn start(files: &TempDir) -> Cloud {
    let template = Path::new(env!("CARGO_MANIFEST_DIR")).join("../template.yaml");
    let folder = files.path().display();
    let parameters = [
        ("DataUrl", format!("file://{folder}/")),
        ("DatabaseUrl", format!("sqlite://{folder}/application.db")),
        // Nobody listens there.
        ("PhpUrl", "http://127.0.0.1:9/hikyaku/jobs".to_owned()),
    ];
    let variables = [
        ("HIKYAKU_LOCAL_FILES", "1"),
        ("HIKYAKU_PHP_KEY", &"k".repeat(64)),
    ];
    let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    let options = Options {
        parameters: parameters
            .map(|(name, value)| (name.to_owned(), value))
            .into(),
        variables: variables.map(owned).into(),
        binaries: Arc::new(CargoBinaries::new(binaries::folder())),
        ..Options::on_free_ports()
    };
    let template = Template::read(template).unwrap();
    Cloud::start(&template, options).await.unwrap()
}

async fn answer(cloud: &Cloud, function: &str, payload: String) -> Result<Value, String> {
    let invocation = Invocation {
        function: function.to_owned(),
        payload: payload.into(),
        trace: None,
    };
    let answer = cloud.lambda().invoke(invocation).await.unwrap();
    let read = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    match answer.result {
        Ok(body) => Ok(serde_json::from_slice(&body).unwrap()),
        Err(error) => Err(read(&error.payload)),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_sample_event_is_answered_by_its_function() {
    let files = files();
    let cloud = start(&files).await;
    let samples = samples();
    for sample in &samples {
        let function = sample.file_stem().unwrap().to_str().unwrap();
        let kind = sample
            .parent()
            .unwrap()
            .file_name()
            .unwrap()
            .to_str()
            .unwrap();
        let folder = files.path().display().to_string();
        let payload = fs::read_to_string(sample).unwrap().replace(FILES, &folder);
        let answered = answer(&cloud, function, payload).await;
        let shown = format!("{kind}/{function}: {answered:?}");
        match (kind, function) {
            // The application is not there: the job comes again, and a direct one is handed to its queue.
            ("sqs", "courier") => {
                let failures = &answered.unwrap()["batchItemFailures"];
                assert_eq!(failures.as_array().unwrap().len(), 1, "{shown}");
            }
            ("direct", "courier") => {
                assert!(answered.unwrap()["handedOverTo"].is_string(), "{shown}");
            }
            ("sqs", _) => assert_eq!(answered, Ok(json!({ "batchItemFailures": [] })), "{shown}"),
            (_, "import-csv") => assert_eq!(answered.unwrap()["rows"], 997, "{shown}"),
            (_, "resize-image") => assert!(answered.unwrap()[0]["bytes"].is_u64(), "{shown}"),
            (_, "report-jobs") => assert!(answered.unwrap()["failed"].is_u64(), "{shown}"),
            _ => panic!("nobody has said what {shown} should be"),
        }
    }
    assert_eq!(samples.len(), 12, "the samples that are looked at");
    cloud.stop().await;
}
