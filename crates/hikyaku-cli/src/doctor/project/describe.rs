//! What a built function says of its own jobs: `BINARY describe --json`.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, SystemTime};

use serde::Deserialize;

/// A job's policy, as its type states it.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct JobPolicy {
    /// The name a message asks for.
    pub(crate) name: String,
    /// 0 is without limit.
    pub(crate) tries: u64,
    /// Seconds one attempt may take.
    pub(crate) timeout: u64,
    /// Seconds between attempts.
    pub(crate) backoff: Vec<u64>,
    /// `once`, `at-most-once` or `at-least-once`.
    #[serde(default)]
    pub(crate) guarantee: String,
}

#[derive(Deserialize)]
struct Described {
    jobs: Vec<JobPolicy>,
}

/// How long a binary may take to answer; they take milliseconds.
const PATIENCE: Duration = Duration::from_secs(10);

/// Asks the newest build of a binary. The error says why there is no answer, and what to do.
pub(super) fn jobs(target: &Path, binary: &str) -> Result<Vec<JobPolicy>, String> {
    let path = newest(target, binary)
        .ok_or_else(|| format!("it is not built; `cargo build --bin {binary}` and ask again"))?;
    of_binary(&path)
}

/// Asks this binary.
pub(crate) fn of_binary(path: &Path) -> Result<Vec<JobPolicy>, String> {
    let text = answer(path).map_err(|error| format!("`{} describe` {error}", path.display()))?;
    let described: Described = serde_json::from_str(&text)
        .map_err(|_| format!("`{} describe --json` is none of ours", path.display()))?;
    Ok(described.jobs)
}

fn newest(target: &Path, binary: &str) -> Option<PathBuf> {
    let file = format!("{binary}{}", std::env::consts::EXE_SUFFIX);
    let built = [
        target.join("debug").join(&file),
        target.join("release").join(&file),
        target.join("lambda").join(binary).join("bootstrap"),
    ];
    let age = |path: &PathBuf| -> Option<SystemTime> { path.metadata().ok()?.modified().ok() };
    built
        .into_iter()
        .filter(|path| path.is_file())
        .max_by_key(age)
}

fn answer(path: &Path) -> Result<String, String> {
    let mut child = Command::new(path)
        .args(["describe", "--json"])
        .env_remove("AWS_LAMBDA_RUNTIME_API")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| format!("does not start: {error}"))?;
    let (Some(output), Some(errors)) = (child.stdout.take(), child.stderr.take()) else {
        return Err("has no output".to_owned());
    };
    let (output, errors) = (read(output), read(errors));
    let answered = output.recv_timeout(PATIENCE);
    // It has answered, or it never will.
    drop(child.kill());
    drop(child.wait());
    match answered {
        Ok(Ok(text)) if text.is_empty() => {
            let said = errors.recv_timeout(PATIENCE).ok().and_then(Result::ok);
            Err(ended_early(&said.unwrap_or_default()))
        }
        Ok(Ok(text)) => Ok(text),
        Ok(Err(error)) => Err(format!("does not read: {error}")),
        Err(_) => Err(format!("has not answered for {} s", PATIENCE.as_secs())),
    }
}

/// Reads to the end, beside whoever waits. Nobody listens any more when that comes too late.
fn read(mut pipe: impl Read + Send + 'static) -> Receiver<std::io::Result<String>> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let read = pipe.read_to_end(&mut bytes);
        drop(sender.send(read.map(|_| String::from_utf8_lossy(&bytes).into_owned())));
    });
    receiver
}

/// A binary that reads its settings before `serve` cannot describe itself where there are none.
fn ended_early(said: &str) -> String {
    let lines = said.lines().map(str::trim);
    let lines: Vec<&str> = lines.filter(|line| !line.is_empty()).collect();
    // A panic says where on one line and why on the next.
    let panicked = lines.iter().position(|line| line.contains("panicked at"));
    let reason = match panicked {
        Some(at) => lines.get(at + 1),
        None => lines.first(),
    };
    let reason: String = reason
        .map_or("nothing", |line| line)
        .chars()
        .take(200)
        .collect();
    format!(
        "ended before it answered and said: {reason}; what reads settings belongs into `Worker::setup`, which `describe` does not run"
    )
}

#[cfg(test)]
mod tests {
    use super::ended_early;

    #[test]
    fn a_panic_is_told_by_its_reason() {
        let said = "\nthread 'main' (7) panicked at src/main.rs:3:10:\nDB_URL: NotPresent\nnote: run with `RUST_BACKTRACE=1`";
        assert!(
            ended_early(said)
                .starts_with("ended before it answered and said: DB_URL: NotPresent; ")
        );
        assert!(ended_early("Error: no settings\n").contains("said: Error: no settings; "));
        assert!(ended_early("").contains("said: nothing; "));
    }
}
