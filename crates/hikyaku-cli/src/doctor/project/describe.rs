//! What a built function says of its own jobs: `BINARY describe --json`.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
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
}

#[derive(Deserialize)]
struct Described {
    jobs: Vec<JobPolicy>,
}

/// How long a binary may take to answer; they take milliseconds.
const PATIENCE: Duration = Duration::from_secs(10);

/// What a courier reads before anybody can ask its function. Nothing is sent there.
const OF_NO_APPLICATION: [(&str, &str); 2] = [
    ("HIKYAKU_PHP_URL", "http://127.0.0.1/"),
    ("HIKYAKU_PHP_KEY", "00000000000000000000000000000000"),
];

/// Asks the newest build of a binary. The error says why there is no answer, and what to do.
pub(super) fn jobs(target: &Path, binary: &str) -> Result<Vec<JobPolicy>, String> {
    let path = newest(target, binary)
        .ok_or_else(|| format!("it is not built; `cargo build --bin {binary}` and ask again"))?;
    let text = answer(&path).map_err(|error| format!("`{} describe` {error}", path.display()))?;
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
        .envs(OF_NO_APPLICATION)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| format!("does not start: {error}"))?;
    let Some(mut output) = child.stdout.take() else {
        return Err("has no output".to_owned());
    };
    let (sender, receiver) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let mut text = String::new();
        let read = output.read_to_string(&mut text).map(|_| text);
        // Nobody listens any more when the answer came too late.
        drop(sender.send(read));
    });
    let read = receiver.recv_timeout(PATIENCE);
    // It has answered, or it never will.
    drop(child.kill());
    drop(child.wait());
    match read {
        Ok(Ok(text)) => Ok(text),
        Ok(Err(error)) => Err(format!("does not read: {error}")),
        Err(_) => Err(format!("has not answered for {} s", PATIENCE.as_secs())),
    }
}
