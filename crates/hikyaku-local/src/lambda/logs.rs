//! The lines a function writes.

use std::collections::VecDeque;
use std::sync::Arc;

use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};

use tokio::process::Child;
use tokio::task::JoinSet;

use crate::lock::Lock;

/// Gets each line that a function writes: the function's name, then the line without its end.
pub type LogSink = Arc<dyn Fn(&str, &str) + Send + Sync>;

/// A sink that hands the lines to `tracing`, with the target `hikyaku_local::function`.
pub(crate) fn tracing_sink() -> LogSink {
    Arc::new(|function, line| tracing::info!(target: "hikyaku_local::function", function, "{line}"))
}

/// How much of the log an invoker can ask for (AWS, "Invoke", header `X-Amz-Log-Result`: the last 4 KB).
const TAIL_BYTES: usize = 4096;

/// The end of what was logged during one invocation.
#[derive(Debug, Default)]
pub(crate) struct LogTail(Lock<VecDeque<u8>>);

impl LogTail {
    /// A new invocation starts.
    pub(crate) fn clear(&self) {
        self.0.lock().clear();
    }

    /// What was logged since.
    pub(crate) fn take(&self) -> Vec<u8> {
        std::mem::take(&mut *self.0.lock()).into()
    }

    fn push(&self, line: &[u8]) {
        let mut tail = self.0.lock();
        tail.extend(line);
        tail.push_back(b'\n');
        let surplus = tail.len().saturating_sub(TAIL_BYTES);
        tail.drain(..surplus);
    }
}

/// Forwards what the process writes, for as long as the set is kept.
pub(crate) fn read(
    child: &mut Child,
    function: &str,
    tail: &Arc<LogTail>,
    sink: &LogSink,
) -> JoinSet<()> {
    let mut readers = JoinSet::new();
    let own = || (function.to_owned(), Arc::clone(tail), Arc::clone(sink));
    if let Some(stdout) = child.stdout.take() {
        let (function, tail, logs) = own();
        readers.spawn(forward(function, stdout, tail, logs));
    }
    if let Some(stderr) = child.stderr.take() {
        let (function, tail, logs) = own();
        readers.spawn(forward(function, stderr, tail, logs));
    }
    readers
}

/// Forwards each line of `stream` until its end.
async fn forward(
    function: String,
    stream: impl AsyncRead + Unpin,
    tail: Arc<LogTail>,
    sink: LogSink,
) {
    let mut lines = BufReader::new(stream).split(b'\n');
    // A stream that cannot be read is a stream that ended.
    while let Ok(Some(line)) = lines.next_segment().await {
        tail.push(&line);
        sink(
            &function,
            String::from_utf8_lossy(&line).trim_end_matches('\r'),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn lines_reach_the_sink_and_the_tail_is_bounded() {
        let seen = Arc::new(Lock::new(Vec::new()));
        let sink: LogSink = {
            let seen = Arc::clone(&seen);
            Arc::new(move |function, line| seen.lock().push(format!("{function} {line}")))
        };
        let tail = Arc::new(LogTail::default());
        let written = format!("one\r\n{}\nlast", "x".repeat(TAIL_BYTES));
        forward("f".to_owned(), written.as_bytes(), Arc::clone(&tail), sink).await;
        let seen = seen.lock().clone();
        assert_eq!((seen[0].as_str(), seen[2].as_str()), ("f one", "f last"));
        let tail = tail.take();
        assert_eq!(tail.len(), TAIL_BYTES);
        assert!(tail.ends_with(b"x\nlast\n"));
    }
}
