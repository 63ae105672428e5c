//! microburst (`PyPI`) before SQS and DynamoDB: faults that somebody else makes, instead of our own port's.

use std::fmt::Write as _;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;

use hikyaku_local::cloud::Endpoints;
use hikyaku_local::front::free_ports;
use serde_json::Value;

use super::Result;

/// What it does to requests: the same kinds as our own port's, as its rules have them. A `response` cut at its beginning is
/// an answer lost after the request was applied.
const RULES: &str = "rules:
  - { service: dynamodb, probability: 0.02, error: { code: ProvisionedThroughputExceededException, status: 400 } }
  - { service: sqs, probability: 0.02, error: { code: RequestThrottled, status: 403 } }
  - { service: '*', probability: 0.01, error: { code: InternalServerError, status: 500 } }
  - { service: '*', probability: 0.01, reset: true }
  - { service: '*', probability: 0.02, response: { abort_frac: 0.0 } }
  - { service: '*', probability: 0.001, timeout_ms: 4000 }
  - { service: '*', probability: 0.001, latency: 2000 }
";

/// Two of them, one before each service.
pub(crate) struct Proxy {
    program: PathBuf,
    folder: PathBuf,
    ports: [u16; 2],
    /// Where functions are to go.
    pub(crate) endpoints: Endpoints,
    running: Mutex<Vec<Child>>,
}

impl Proxy {
    pub(crate) fn new(program: PathBuf, folder: &Path) -> Result<Self> {
        let ports: [u16; 2] = free_ports(2)?.try_into().map_err(|_| "no ports are free")?;
        let [sqs, dynamodb] = ports.map(|port| format!("http://127.0.0.1:{port}"));
        Ok(Self {
            program,
            folder: folder.to_owned(),
            ports,
            endpoints: Endpoints {
                sqs,
                dynamodb,
                lambda: String::new(),
            },
            running: Mutex::default(),
        })
    }

    /// Starts them before these services.
    pub(crate) fn stand_before(&self, services: &Endpoints) -> Result<()> {
        let rules = self.folder.join("microburst.yml");
        std::fs::write(&rules, RULES)?;
        let [sqs, dynamodb] = self.ports;
        for (port, upstream) in [(sqs, &services.sqs), (dynamodb, &services.dynamodb)] {
            let child = Command::new(&self.program)
                .args([
                    "--port",
                    &port.to_string(),
                    "--upstream",
                    upstream,
                    "--config",
                ])
                .arg(&rules)
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()?;
            let mut running = self.running.lock().map_err(|_| "it panicked before")?;
            running.push(child);
        }
        Ok(())
    }
}

impl Proxy {
    /// How many requests each of its rules has struck, as a table.
    pub(crate) fn counts(&self) -> Result<String> {
        let mut table = "| fault of microburst | service | requests |\n|---|---|---:|\n".to_owned();
        for (service, port) in ["SQS", "DynamoDB"].into_iter().zip(self.ports) {
            let stats: Value = serde_json::from_str(&get(port, "/_microburst/stats")?)?;
            for rule in stats["by_rule"].as_array().into_iter().flatten() {
                let what = rule["describe"].as_str().unwrap_or_default();
                writeln!(table, "| {what} | {service} | {} |", rule["fired"])?;
            }
        }
        Ok(table)
    }
}

/// The body that a server on this machine answers a GET with.
fn get(port: u16, path: &str) -> Result<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    write!(
        stream,
        "GET {path} HTTP/1.0\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let body = answer.split_once("\r\n\r\n").map(|(_, body)| body);
    Ok(body.ok_or("no answer from microburst")?.to_owned())
}

impl Drop for Proxy {
    fn drop(&mut self) {
        if let Ok(mut running) = self.running.lock() {
            for child in running.iter_mut() {
                drop(child.kill());
                drop(child.wait());
            }
        }
    }
}
