//! PHP's own web server, as processes that end with this one.

use std::net::Ipv4Addr;
use std::process::Stdio;
use std::time::Duration;

use futures_util::future::{join_all, select_all};
use hikyaku_local::front::{Front, free_ports};
use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader, Lines};
use tokio::net::TcpStream;
use tokio::process::{Child, ChildStderr, ChildStdout, Command};

use super::php::PhpError;

/// A web server that does not listen after this never will.
const PATIENCE: Duration = Duration::from_secs(10);

/// For so long the end of a killed process is waited for.
const GRACE: Duration = Duration::from_secs(2);

/// The web server: a process for each request that is served at once, since its own workers take requests that they cannot
/// serve yet. It ends when this is dropped.
pub(super) struct Server {
    front: Front,
    processes: Vec<Process>,
}

impl Server {
    /// Starts so many processes, each with the command for its port, and opens the door to them.
    pub(super) async fn start(
        hosts: &[String],
        port: u16,
        processes: u16,
        command: impl Fn(u16) -> Command,
    ) -> Result<Self, PhpError> {
        let taken = |source| PhpError::Port { port, source };
        let ports = free_ports(processes.into()).map_err(taken)?;
        let start = |port: &u16| Process::start(command(*port), *port);
        let processes: Result<Vec<_>, _> = ports.iter().map(start).collect();
        let front = Front::open_to(hosts, port, &ports).await.map_err(taken)?;
        let mut server = Self {
            front,
            processes: processes?,
        };
        server.listens().await?;
        Ok(server)
    }

    /// Shows what it says until one of its processes ends.
    pub(super) async fn ended(&mut self) -> PhpError {
        let processes = self.processes.iter_mut();
        let ended = select_all(processes.map(|process| Box::pin(process.ended())));
        let (error, _, _) = ended.await;
        error
    }

    /// Ends it, and returns when its last process is gone and the port free.
    pub(super) async fn stop(self) {
        self.front.close().await;
        join_all(self.processes.into_iter().map(Process::stop)).await;
    }

    async fn listens(&mut self) -> Result<(), PhpError> {
        for process in &mut self.processes {
            process.listens().await?;
        }
        Ok(())
    }
}

/// One process of the web server. It ends when this is dropped.
struct Process {
    child: Child,
    /// Its process group: it and what it runs.
    #[cfg(unix)]
    group: Option<rustix::process::Pid>,
    out: Pipe<ChildStdout>,
    error: Pipe<ChildStderr>,
    port: u16,
}

impl Process {
    fn start(mut command: Command, port: u16) -> Result<Self, PhpError> {
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        // A Ctrl-C in the terminal does not reach it, and what it runs ends with it.
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

    async fn ended(&mut self) -> PhpError {
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

    async fn listens(&mut self) -> Result<(), PhpError> {
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

    async fn stop(mut self) {
        self.kill();
        let gone = async {
            // No line of one that is killed is of use. Whatever it runs holds the pipe open.
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

impl Drop for Process {
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
        say!("php | {}", line);
    }
}
