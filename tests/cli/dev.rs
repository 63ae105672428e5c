//! `hikyaku dev` with one function, and the command line on it.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::time::Duration;

use serde_json::Value as Json;

use crate::process::binaries::folder;
use crate::process::stage::{self, Stage};

macro_rules! tables {
    () => {
        "
Resources:
  Ledger:
    Type: AWS::DynamoDB::Table
    Properties:
      TableName: ledger
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{ AttributeName: pk, AttributeType: S }, { AttributeName: sk, AttributeType: S }]
      KeySchema: [{ AttributeName: pk, KeyType: HASH }, { AttributeName: sk, KeyType: RANGE }]
  Failed:
    Type: AWS::DynamoDB::Table
    Properties:
      TableName: failed
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{ AttributeName: application, AttributeType: S }, { AttributeName: uuid, AttributeType: S }]
      KeySchema: [{ AttributeName: application, KeyType: HASH }, { AttributeName: uuid, KeyType: RANGE }]"
    };
}

pub(super) const TEMPLATE: &str = concat!(
    "
Transform: AWS::Serverless-2016-10-31
Parameters: { DatabaseUrl: { Type: String }, Sources: { Type: String }, Tables: { Type: String } }",
    tables!(),
    "
  Imports:
    Type: AWS::SQS::Queue
    Properties:
      QueueName: imports
      VisibilityTimeout: 60
      RedrivePolicy: { deadLetterTargetArn: !GetAtt Dead.Arn, maxReceiveCount: 100 }
  Idle:
    Type: AWS::SQS::Queue
    Properties: { QueueName: idle }
  Dead:
    Type: AWS::SQS::Queue
    Properties: { QueueName: dead }
  ImportCsvFunction:
    Type: AWS::Serverless::Function
    Metadata: { BuildMethod: rust-cargolambda, BuildProperties: { Binary: import-csv } }
    Properties:
      FunctionName: import-csv
      Runtime: provided.al2023
      CodeUri: .
      Timeout: 60
      Environment:
        Variables:
          DATABASE_URL: !Ref DatabaseUrl
          IMPORT_SOURCES: !Ref Sources
          IMPORT_TABLES: !Ref Tables
          HIKYAKU_LEDGER_TABLE: !Ref Ledger
          HIKYAKU_FAILED_TABLE: !Ref Failed
          HIKYAKU_APPLICATION: Shop
      Events:
        Messages:
          Type: SQS
          Properties: { Queue: !GetAtt Imports.Arn, BatchSize: 1, FunctionResponseTypes: [ReportBatchItemFailures] }
"
);

/// The beginning of a template with the two tables.
pub(super) const TABLES: &str = tables!();

/// A `hikyaku dev` that runs; it is killed with the test.
pub(super) struct Running {
    process: Child,
    /// Held open: who writes to a pipe that nobody reads is killed.
    said: BufReader<ChildStdout>,
}

impl Running {
    /// Starts it on free ports and waits until it is ready.
    pub(super) fn start(command: &mut Command) -> Self {
        Self::try_start(command).unwrap_or_else(|said| panic!("`hikyaku dev` has ended: {said}"))
    }

    /// The same; what it has said if it ends before.
    pub(super) fn try_start(command: &mut Command) -> Result<Self, String> {
        let mut process = command
            .args(["--sqs-port=0", "--dynamodb-port=0", "--lambda-port=0"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = BufReader::new(process.stdout.take().unwrap());
        let mut introduction = String::new();
        while !introduction.contains("Lambda answers") {
            if said.read_line(&mut introduction).unwrap() == 0 {
                process.wait().unwrap();
                return Err(introduction);
            }
        }
        Ok(Self { process, said })
    }

    pub(super) fn id(&self) -> u32 {
        self.process.id()
    }

    /// Asks it to end, as Ctrl-C does, and waits until it has.
    pub(super) fn stop(mut self) {
        let id = rustix::process::Pid::from_child(&self.process);
        rustix::process::kill_process(id, rustix::process::Signal::INT).unwrap();
        let mut rest = String::new();
        self.said.read_to_string(&mut rest).unwrap();
        assert!(self.process.wait().unwrap().success(), "{rest}");
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

/// The command, to be run in this folder.
pub(super) fn hikyaku(folder_to_run_in: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(folder().join("hikyaku"));
    command.args(arguments).current_dir(folder_to_run_in);
    command
}

/// `hikyaku dev` in a folder of its own; it ends with the test.
pub(super) struct Dev {
    pub(super) stage: Stage,
    pub(super) running: Running,
}

impl Dev {
    pub(super) async fn start() -> Self {
        let stage = Stage::with_rows(3).await;
        fs::write(stage.path("template.yaml"), TEMPLATE).unwrap();
        let mut command = hikyaku(&stage.path(""), &["dev", "--no-build"]);
        command
            .args(parameters(&stage))
            .env("CARGO_TARGET_DIR", folder().parent().unwrap());
        let running = Running::start(&mut command);
        Self { stage, running }
    }

    pub(super) fn run(&self, arguments: &[&str]) -> Output {
        hikyaku(&self.stage.path(""), arguments)
            .arg("--local")
            .stdin(Stdio::null())
            .output()
            .unwrap()
    }

    /// What a command prints that ends well.
    #[track_caller]
    pub(super) fn says(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", error(&output));
        String::from_utf8(output.stdout).unwrap()
    }

    #[track_caller]
    pub(super) fn json(&self, arguments: &[&str]) -> Json {
        let output = self.run(&[arguments, &["--json"]].concat());
        serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|_| panic!("{arguments:?}: {}", error(&output)))
    }

    /// Asks until the answer is as hoped; the function works meanwhile.
    pub(super) fn until(&self, arguments: &[&str], hoped: impl Fn(&Json) -> bool) -> Json {
        let hoped = || Some(self.json(arguments)).filter(|answer| hoped(answer));
        patiently(hoped).unwrap_or_else(|| panic!("{arguments:?}: {:#}", self.json(arguments)))
    }

    /// Sends an import of this file. Answers its uuid.
    pub(super) fn import(&self, file: &str) -> String {
        let data = serde_json::json!({"url": self.stage.url(file), "table": "numbers"}).to_string();
        let uuid = self.says(&[
            "dispatch",
            r"App\Jobs\ImportCsv",
            "--queue",
            "imports",
            "--data",
            &data,
        ]);
        uuid.trim().to_owned()
    }

    /// Sends an import of a file that is not there, and waits until it has failed.
    pub(super) fn break_a_job(&self, file: &str) -> String {
        let uuid = self.import(file);
        self.until(&["show", &uuid], |job| job["state"] == "failed");
        uuid
    }

    /// The same, and waits until its line has come, too: by a pipe, later than its end is recorded.
    pub(super) fn break_a_job_audibly(&self, file: &str) -> String {
        let uuid = self.break_a_job(file);
        let tail = ["tail", &uuid, "--level", "error"];
        let heard = patiently(|| self.run(&tail).status.success().then_some(()));
        heard.unwrap_or_else(|| panic!("{tail:?}: {}", error(&self.run(&tail))));
        uuid
    }
}

/// A cloud of another template, in a folder of its own.
pub(super) struct Cloud {
    pub(super) here: tempfile::TempDir,
    _running: Running,
}

impl Cloud {
    pub(super) fn start(template: &str, binaries: &[&str]) -> Self {
        let here = tempfile::tempdir().unwrap();
        let built = here.path().join("target/debug");
        fs::create_dir_all(&built).unwrap();
        for binary in binaries {
            symlink(
                folder().join(binary),
                built.join(Path::new(binary).file_name().unwrap()),
            )
            .unwrap();
        }
        fs::write(here.path().join("template.yaml"), template).unwrap();
        let mut command = hikyaku(here.path(), &["dev", "--no-build"]);
        let running = Running::start(command.env_remove("CARGO_TARGET_DIR"));
        Self {
            here,
            _running: running,
        }
    }

    pub(super) fn run(&self, words: &[&str]) -> std::process::Output {
        let mut command = hikyaku(self.here.path(), words);
        command.arg("--local").output().unwrap()
    }

    pub(super) fn json(&self, words: &[&str]) -> Json {
        let output = self.run(&[words, &["--json"]].concat());
        serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|_| panic!("{words:?}: {}", error(&output)))
    }

    /// What a command prints that ends well.
    #[track_caller]
    pub(super) fn says(&self, words: &[&str]) -> String {
        let output = self.run(words);
        assert!(output.status.success(), "{words:?}: {}", error(&output));
        String::from_utf8(output.stdout).unwrap()
    }

    pub(super) fn dispatch(&self, words: &[&str]) -> String {
        let output = self.run(&[&["dispatch"], words].concat());
        assert!(output.status.success(), "{}", error(&output));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    pub(super) fn until(&self, words: &[&str], hoped: impl Fn(&Json) -> bool) -> Json {
        let hoped = || Some(self.json(words)).filter(|answer| hoped(answer));
        patiently(hoped).unwrap_or_else(|| panic!("{words:?}: {:#}", self.json(words)))
    }
}

/// The template's parameters.
pub(super) fn parameters(stage: &Stage) -> Vec<String> {
    [
        format!("DatabaseUrl={}", stage.database_url()),
        format!("Sources={}", stage.url("")),
        format!("Tables={}", stage::TABLES),
    ]
    .into_iter()
    .flat_map(|value| ["--parameter".to_owned(), value])
    .collect()
}

/// A request to a service of a cloud, in JSON.
#[track_caller]
pub(crate) fn ask(endpoint: &str, target: &str, request: &Json) -> Json {
    let address = endpoint.trim_start_matches("http://");
    let body = request.to_string();
    let head = format!(
        "POST / HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\ncontent-length: {}\r\ncontent-type: application/x-amz-json-1.0\r\n\
         x-amz-target: {target}\r\nx-amz-date: 20260101T000000Z\r\n\
         authorization: AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0\r\n\r\n",
        body.len()
    );
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all((head + &body).as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    serde_json::from_str(body).unwrap()
}

/// Tries until there is an answer; none after a minute.
pub(super) fn patiently<T>(attempt: impl Fn() -> Option<T>) -> Option<T> {
    (0..600).find_map(|_| {
        let answer = attempt();
        if answer.is_none() {
            std::thread::sleep(Duration::from_millis(100));
        }
        answer
    })
}

pub(super) fn error(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

pub(super) fn code(output: &Output) -> Option<i32> {
    output.status.code()
}
