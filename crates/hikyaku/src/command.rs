//! The function as a command: run one job from a shell, or say what its jobs ask for.

use std::io::Write;
use std::sync::Arc;

use hikyaku_core::memory::MemoryLedger;
use hikyaku_core::{Clock, Ports, Timestamp, Worker};
use lexopt::prelude::*;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::json;

use crate::{
    Config, Error, Function, JobThreads, SqsQueue, SystemClock, SystemRandom, laravel, logs,
};

/// What the command line asks for.
#[derive(Debug, PartialEq, Eq)]
enum Command {
    /// Run what the payload says: a job, or any event a function accepts.
    Run(Payload),
    /// Print the jobs' policies.
    Describe { json: bool },
    /// Print how the command is used.
    Help,
}

#[derive(Debug, PartialEq, Eq)]
enum Payload {
    /// A job's data; the job is the only one registered, or the one named.
    Data { job: Option<String>, data: String },
    /// An event in a file.
    File(String),
}

pub(crate) async fn run<S: Send + Sync + 'static>(
    worker: Worker<S>,
    config: Config,
) -> Result<(), Error> {
    match parse(lexopt::Parser::from_env())? {
        Command::Help => print(&usage(&worker)),
        Command::Describe { json } => print(&describe(&worker, json)),
        Command::Run(payload) => run_once(worker, config, payload).await,
    }
}

fn parse(mut words: lexopt::Parser) -> Result<Command, Error> {
    let usage = |error: lexopt::Error| Error::Usage(error.to_string());
    let command = match words.next().map_err(usage)? {
        Some(Value(command)) => command.to_string_lossy().into_owned(),
        None | Some(Long("help") | Short('h')) => return Ok(Command::Help),
        Some(other) => return Err(usage(other.unexpected())),
    };
    let (mut json, mut job, mut data, mut file) = (false, None, None, None);
    while let Some(word) = words.next().map_err(usage)? {
        let slot = match (command.as_str(), word) {
            ("run", Long("job")) => &mut job,
            ("run", Long("data")) => &mut data,
            ("run", Long("event")) => &mut file,
            ("describe", Long("json")) => {
                json = true;
                continue;
            }
            (_, Long("help") | Short('h')) => return Ok(Command::Help),
            (_, other) => return Err(usage(other.unexpected())),
        };
        *slot = Some(words.value().and_then(ValueExt::string).map_err(usage)?);
    }
    match (command.as_str(), data, file) {
        ("describe", ..) => Ok(Command::Describe { json }),
        ("run", Some(data), None) => Ok(Command::Run(Payload::Data { job, data })),
        ("run", None, Some(file)) => Ok(Command::Run(Payload::File(file))),
        ("run", ..) => Err(Error::Usage(
            "`run` needs either --data '{…}' or --event FILE".to_owned(),
        )),
        (other, ..) => Err(Error::Usage(format!(
            "unknown command `{other}`; there are `run` and `describe`"
        ))),
    }
}

/// Runs one job, with a ledger that lives as long as the command: nothing is remembered, and nothing is asked of AWS
/// that the job itself does not ask.
async fn run_once<S: Send + Sync + 'static>(
    worker: Worker<S>,
    config: Config,
    payload: Payload,
) -> Result<(), Error> {
    logs::as_text(config.log_level);
    let config = config.with_secrets().await?;
    worker.set_up().await?;
    let payload = match payload {
        Payload::File(path) => {
            std::fs::read_to_string(&path).map_err(|source| Error::Read { path, source })?
        }
        Payload::Data { job, data } => envelope(&worker, job, &data)?,
    };
    let ledger = Arc::new(MemoryLedger::default());
    let event = QueueEvent::of(&payload);
    // Rows of failed jobs are what this one is for.
    let buries = worker.descriptions().is_empty() && event.is_of_dead_letters();
    let ports = Ports {
        ledger: ledger.clone(),
        queue: Arc::new(SqsQueue::new(config.clone())),
        clock: Arc::new(SystemClock),
        random: Arc::new(SystemRandom),
        executor: Arc::new(
            JobThreads::start(worker.settings().concurrency).map_err(Error::Threads)?,
        ),
        laravel: Arc::new(laravel::unconnected(&config)?),
    };
    // A command tries once: there is no queue that the job could come back from.
    let config = Config {
        queue_url: None,
        ..config
    };
    let request_id = format!("run-{:016x}", fastrand::u64(..));
    let function = Function::new(worker, ports, config);
    let never = Timestamp::from_millis(0);
    debug_assert!(
        never < SystemClock.now(),
        "a deadline that has passed is none"
    );
    let answer = function.handle(&payload, &request_id, never, None).await;
    let answer = answer.map_err(|error| Error::Failed(hikyaku_core::explain(&error)))?;
    print(answer.get())?;
    let for_good = if buries { 0 } else { ledger.all_failed().len() };
    event.judge(answer.get(), for_good)
}

/// What a whole event from a queue holds; nothing of any other.
#[derive(Debug, Default, Deserialize)]
struct QueueEvent {
    #[serde(rename = "Records", default)]
    records: Vec<Record>,
}

#[derive(Debug, Deserialize)]
struct Record {
    #[serde(default)]
    attributes: Attributes,
}

#[derive(Debug, Default, Deserialize)]
struct Attributes {
    #[serde(rename = "DeadLetterQueueSourceArn")]
    dead_letter_source: Option<String>,
}

impl QueueEvent {
    fn of(payload: &str) -> Self {
        serde_json::from_str(payload).unwrap_or_default()
    }

    fn is_of_dead_letters(&self) -> bool {
        let mut records = self.records.iter();
        records.all(|record| record.attributes.dead_letter_source.is_some())
    }

    /// An error if a message came back or failed for good: Lambda is answered in the same way either way.
    fn judge(&self, answer: &str, for_good: usize) -> Result<(), Error> {
        if self.records.is_empty() {
            return Ok(());
        }
        let came_back = serde_json::from_str::<Answer>(answer).unwrap_or_default();
        let came_back = came_back.failures.len();
        if came_back + for_good == 0 {
            return Ok(());
        }
        Err(Error::Failed(format!(
            "messages: {}, would come back: {came_back}, failed for good: {for_good}; the log lines say why",
            self.records.len()
        )))
    }
}

/// What Lambda is told of a batch.
#[derive(Debug, Default, Deserialize)]
struct Answer {
    #[serde(rename = "batchItemFailures")]
    failures: Vec<IgnoredAny>,
}

/// The job that `run --data` means, as a message.
fn envelope<S: Send + Sync + 'static>(
    worker: &Worker<S>,
    job: Option<String>,
    data: &str,
) -> Result<String, Error> {
    let data: serde_json::Value = serde_json::from_str(data)
        .map_err(|error| Error::Usage(format!("--data is not JSON: {error}")))?;
    let known = worker.descriptions();
    let names = || {
        known
            .iter()
            .map(|job| format!("`{}`", job.name))
            .collect::<Vec<_>>()
            .join(", ")
    };
    let job = match (job, &known[..]) {
        (Some(job), _) => job,
        (None, [only]) => only.name.to_owned(),
        (None, _) => {
            return Err(Error::Usage(format!(
                "say which job with --job NAME: {}",
                names()
            )));
        }
    };
    Ok(json!({ "job": job, "data": data }).to_string())
}

fn describe<S: Send + Sync + 'static>(worker: &Worker<S>, json: bool) -> String {
    let jobs = worker.descriptions();
    if json {
        return json!({ "jobs": jobs }).to_string();
    }
    let lines = jobs.iter().map(|job| {
        let tries = if job.tries == 0 {
            "without limit".to_owned()
        } else {
            job.tries.to_string()
        };
        format!(
            "{}: tries {tries}, timeout {} s, backoff {:?} s, {:?}",
            job.name, job.timeout, job.backoff, job.guarantee
        )
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn usage<S: Send + Sync + 'static>(worker: &Worker<S>) -> String {
    format!(
        "A function of these jobs:\n{}\n\nUsage:\n  run --data '{{…}}' [--job NAME]   run one job here and print what it answers; exits 1 if it fails\n  run --event FILE               the same with a whole message or event from a file; exits 1 if one of its messages fails\n  describe [--json]              print the jobs' policies\n\nStarted by Lambda it serves invocations instead.",
        describe(worker, false)
    )
}

fn print(text: &str) -> Result<(), Error> {
    writeln!(std::io::stdout(), "{text}").map_err(Error::Write)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(words: &[&str]) -> Result<Command, Error> {
        parse(lexopt::Parser::from_args(words))
    }

    #[test]
    fn run_takes_data_or_an_event_and_not_both() {
        let data = Payload::Data {
            job: None,
            data: "{}".to_owned(),
        };
        assert_eq!(
            parsed(&["run", "--data", "{}"]).unwrap(),
            Command::Run(data)
        );
        assert_eq!(
            parsed(&["run", "--event", "e.json"]).unwrap(),
            Command::Run(Payload::File("e.json".to_owned()))
        );
        assert!(parsed(&["run"]).is_err());
        assert!(parsed(&["run", "--data", "{}", "--event", "e.json"]).is_err());
    }

    #[test]
    fn what_is_unknown_is_named() {
        assert!(
            parsed(&["fly"])
                .unwrap_err()
                .to_string()
                .contains("unknown command `fly`")
        );
        assert!(
            parsed(&["describe", "--loud"])
                .unwrap_err()
                .to_string()
                .contains("--loud")
        );
    }

    #[test]
    fn no_words_ask_for_help() {
        assert_eq!(parsed(&[]).unwrap(), Command::Help);
    }
}
