//! PHP's own web server, as a process that ends with this one.

use std::net::Ipv4Addr;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader, Lines};
use tokio::net::TcpStream;
use tokio::process::{Child, ChildStderr, ChildStdout, Command};

use super::php::PhpError;

/// A web server that does not listen after this never will.
const PATIENCE: Duration = Duration::from_secs(10);

/// For so long the end of a killed process is waited for.
const GRACE: Duration = Duration::from_secs(2);

/// The web server. It ends when this is dropped.
pub(super) struct Server {
    child: Child,
    /// Its process group: it and its workers.
    #[cfg(unix)]
    group: Option<rustix::process::Pid>,
    out: Pipe<ChildStdout>,
    error: Pipe<ChildStderr>,
    port: u16,
}

impl Server {
    pub(super) fn start(mut command: Command, port: u16) -> Result<Self, PhpError> {
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        // A Ctrl-C in the terminal does not reach it, and its workers end with it.
        #[cfg(unix)]
        command.process_group(0);
        let mut child = command.spawn().map_err(PhpError::Start)?;
        Ok(Self {
            #[cfg(unix)]
            group: child
                .id()
                .and_then(|id| i32::try_from(id).ok())
                .and_then(rustix::process::Pid::from_raw),
            out: Pipe::of(child.stdout.take()),
            error: Pipe::of(child.stderr.take()),
            child,
            port,
        })
    }

    /// Shows what it says until it ends.
    pub(super) async fn ended(&mut self) -> PhpError {
        loop {
            tokio::select! {
                biased;
                line = self.error.line() => show(&line),
                line = self.out.line() => show(&line),
                status = self.child.wait() => return match status {
                    Ok(status) => PhpError::Ended { status },
                    Err(error) => PhpError::Start(error),
                },
            }
        }
    }

    /// Waits until it answers.
    pub(super) async fn listens(&mut self) -> Result<(), PhpError> {
        let port = self.port;
        let connected = async {
            while TcpStream::connect((Ipv4Addr::LOCALHOST, port))
                .await
                .is_err()
            {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::select! {
            waited = tokio::time::timeout(PATIENCE, connected) => waited.map_err(|_| PhpError::Silent { port }),
            error = self.ended() => Err(error),
        }
    }
}

impl Server {
    /// Ends it, and returns when its last worker is gone and the port free: each holds the pipe open.
    pub(super) async fn stop(mut self) {
        self.kill();
        let gone = async {
            // No line of one that is killed is of use.
            while self.error.next().await.is_some() {}
            // Whoever waited for it before has its status.
            let _ = self.child.wait().await;
        };
        // A process that cannot be killed must not hold up the rest.
        let _ = tokio::time::timeout(GRACE, gone).await;
    }

    fn kill(&self) {
        #[cfg(unix)]
        if let Some(group) = self.group {
            // The only error is that nobody is left in the group.
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

/// What a process writes, line by line.
struct Pipe<R>(Option<Lines<BufReader<R>>>);

impl<R: AsyncRead + Unpin> Pipe<R> {
    fn of(pipe: Option<R>) -> Self {
        Self(pipe.map(|pipe| BufReader::new(pipe).lines()))
    }

    /// The next line. After the last one it never comes.
    async fn line(&mut self) -> String {
        match self.next().await {
            Some(line) => line,
            None => std::future::pending().await,
        }
    }

    /// The next line, if there will be one.
    async fn next(&mut self) -> Option<String> {
        while let Some(lines) = &mut self.0 {
            match lines.next_line().await {
                Ok(Some(line)) => return Some(line),
                Ok(None) => self.0 = None,
                // Not text; the next line may be.
                Err(_) => {}
            }
        }
        None
    }
}

/// What the server says of itself and of each connection, and nobody asks for.
const NOISE: [&str; 4] = [
    " Accepted",
    " Closing",
    ") started",
    "Closed without sending a request; it was probably just an unused speculative preconnection",
];

/// A line of PHP's.
pub(super) fn show(line: &str) {
    if !NOISE.iter().any(|noise| line.ends_with(noise)) {
        say!("php | {line}");
    }
}
