//! The application as a web server: PHP's own.

use std::fs::OpenOptions;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hikyaku_local::front::{Front, free_ports};
use tokio::net::TcpStream;

use crate::Result;
use crate::php::{Php, Variables};

/// The key that the courier signs with. It opens nothing.
pub(crate) const KEY: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

/// How many requests PHP serves at once, unless a scene says otherwise.
pub(crate) const PROCESSES: usize = 6;

/// The web server, when it runs.
pub(crate) struct Web {
    pub(crate) port: u16,
    folder: PathBuf,
    /// What the server says of each request.
    pub(crate) log: PathBuf,
    pub(crate) variables: Vec<(String, String)>,
    running: Mutex<Option<Running>>,
}

/// One process for each request, behind a front that gives it one at a time.
struct Running {
    front: Front,
    processes: Vec<Process>,
}

/// PHP's own web server. It is killed, with all that it runs, when this is dropped.
struct Process(Child);

/// Where the application takes jobs.
pub(crate) fn url(port: u16) -> String {
    format!("http://127.0.0.1:{port}/hikyaku/jobs")
}

impl Web {
    pub(crate) fn new(php: &Php, port: u16, folder: &Path) -> Self {
        Self {
            port,
            folder: php.application.join("public"),
            log: folder.join("web.log"),
            variables: php.variables.clone(),
            running: Mutex::default(),
        }
    }

    /// Starts it with these variables besides, and waits until it answers.
    pub(crate) async fn start(&self, variables: Variables<'_>) -> Result<()> {
        self.start_with(PROCESSES, variables).await
    }

    /// Starts it with so many processes.
    pub(crate) async fn start_with(&self, count: usize, variables: Variables<'_>) -> Result<()> {
        self.stop().await;
        let ports = free_ports(count)?;
        let processes = ports.iter().map(|port| self.process(*port, variables));
        let processes = processes.collect::<Result<_>>()?;
        for port in &ports {
            listens(*port).await?;
        }
        let front = Front::open(self.port, &ports).await?;
        *self.running() = Some(Running { front, processes });
        Ok(())
    }

    fn process(&self, port: u16, variables: Variables<'_>) -> Result<Process> {
        let log = OpenOptions::new()
            .create(true)
            .append(true)
            .open(&self.log)?;
        let mut command = Command::new("php");
        command
            // As behind PHP-FPM: what a job starts has its environment (a scheduled command, say).
            .args(["-d", "variables_order=EGPCS"])
            .args(["-S", &format!("127.0.0.1:{port}"), "-t"])
            .arg(&self.folder)
            .arg(self.folder.join("index.php"))
            .envs(self.variables.iter().cloned())
            .envs(variables.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            // What it runs ends with it.
            .process_group(0);
        Ok(Process(command.spawn()?))
    }

    /// Kills it with all that it runs.
    pub(crate) async fn stop(&self) {
        let running = self.running().take();
        if let Some(Running { front, processes }) = running {
            drop(processes);
            front.close().await;
        }
    }

    fn running(&self) -> MutexGuard<'_, Option<Running>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn listens(port: u16) -> Result<()> {
    for _ in 0..500 {
        if TcpStream::connect(("127.0.0.1", port)).await.is_ok() {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Err("PHP's web server does not come up".into())
}

impl Drop for Process {
    fn drop(&mut self) {
        let group = rustix::process::Pid::from_child(&self.0);
        // One that is gone need not be killed.
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        let _ = self.0.wait();
    }
}
