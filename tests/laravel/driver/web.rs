//! The application as a web server: PHP's own, with several workers.

use std::fs::OpenOptions;
use std::net::TcpListener;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::Result;
use crate::php::Php;

/// The key that the courier signs with. It opens nothing.
pub(crate) const KEY: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

/// How many requests PHP serves at once, unless a scene says otherwise.
const WORKERS: &str = "6";

/// The web server, when it runs.
pub(crate) struct Web {
    pub(crate) port: u16,
    folder: PathBuf,
    /// What the server says of each request.
    pub(crate) log: PathBuf,
    pub(crate) variables: Vec<(String, String)>,
    child: Mutex<Option<Child>>,
}

/// A port that nobody uses at the moment.
pub(crate) fn free_port() -> Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

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
            child: Mutex::default(),
        }
    }

    /// Starts it with these variables besides, and waits until it answers.
    pub(crate) async fn start(&self, variables: &[(&str, &str)]) -> Result<()> {
        self.stop();
        let log = OpenOptions::new()
            .create(true)
            .append(true)
            .open(&self.log)?;
        let mut command = Command::new("php");
        command
            // As behind PHP-FPM: what a job starts has its environment (a scheduled command, say).
            .args(["-d", "variables_order=EGPCS"])
            .args(["-S", &format!("127.0.0.1:{}", self.port), "-t"])
            .arg(&self.folder)
            .arg(self.folder.join("index.php"))
            .env("PHP_CLI_SERVER_WORKERS", WORKERS)
            .envs(self.variables.iter().cloned())
            .envs(variables.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            // Its workers end with it.
            .process_group(0);
        *self.child() = Some(command.spawn()?);
        for _ in 0..500 {
            if tokio::net::TcpStream::connect(("127.0.0.1", self.port))
                .await
                .is_ok()
            {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Err("PHP's web server does not come up".into())
    }

    /// Kills it with all that it runs.
    pub(crate) fn stop(&self) {
        if let Some(mut child) = self.child().take() {
            let group = rustix::process::Pid::from_child(&child);
            // One that is gone need not be killed.
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
            let _ = child.wait();
        }
    }

    fn child(&self) -> std::sync::MutexGuard<'_, Option<Child>> {
        self.child.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Web {
    fn drop(&mut self) {
        self.stop();
    }
}
