//! A function's process: where its binary is, how it starts, ends and is killed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};

use tokio::process::{Child, Command};

use super::InvokeError;
use crate::template::Function;

/// Finds the file that runs a function.
pub trait Binaries: Send + Sync + 'static {
    /// The path of the binary of this function, whether or not it is there.
    fn path(&self, function: &Function) -> PathBuf;

    /// The arguments it is started with. On AWS there are none; a debugger or a wrapper needs some.
    fn arguments(&self, _function: &Function) -> Vec<String> {
        Vec::new()
    }
}

/// Binaries where cargo puts them: `<target folder>/debug/<binary>`.
#[derive(Debug, Clone)]
pub struct CargoBinaries {
    folder: PathBuf,
}

impl CargoBinaries {
    /// Looks in this folder, such as `target/debug`.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
        }
    }
}

impl Binaries for CargoBinaries {
    fn path(&self, function: &Function) -> PathBuf {
        self.folder.join(format!(
            "{}{}",
            function.binary.name,
            std::env::consts::EXE_SUFFIX
        ))
    }
}

/// Starts `binary` with these variables and no others, in a process group of its own: so that a Ctrl-C in the terminal does
/// not reach it, and what it starts itself dies with it.
pub(crate) fn start(
    function: &Function,
    binary: &Path,
    arguments: &[String],
    variables: &BTreeMap<String, String>,
) -> Result<Child, InvokeError> {
    if !binary.is_file() {
        return Err(InvokeError::BinaryMissing {
            binary: function.binary.name.clone(),
            path: binary.to_owned(),
        });
    }
    let mut command = Command::new(binary);
    command
        .args(arguments)
        .env_clear()
        .envs(variables)
        .kill_on_drop(true);
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    #[cfg(unix)]
    command.process_group(0);
    command.spawn().map_err(|source| InvokeError::Start {
        path: binary.to_owned(),
        source,
    })
}

/// Kills what runs in this process group: the process and all that it started.
#[cfg(unix)]
pub(crate) fn kill_group(pid: u32) {
    if let Some(group) = i32::try_from(pid)
        .ok()
        .and_then(rustix::process::Pid::from_raw)
    {
        // The only error is that nobody is left in the group.
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    }
}

/// There are no process groups here; the process itself is killed when its handle is dropped.
#[cfg(not(unix))]
pub(crate) fn kill_group(_: u32) {}

/// How a process ended, in Lambda's words.
pub(crate) fn exit_reason(status: ExitStatus) -> String {
    match (signal(status), status.code()) {
        (Some(signal), _) => format!("Runtime exited with error: signal: {signal}"),
        (None, Some(0)) => "Runtime exited without providing a reason".to_owned(),
        (None, Some(code)) => format!("Runtime exited with error: exit status {code}"),
        (None, None) => "Runtime exited with error".to_owned(),
    }
}

#[cfg(unix)]
fn signal(status: ExitStatus) -> Option<String> {
    use std::os::unix::process::ExitStatusExt as _;
    Some(match status.signal()? {
        4 => "illegal instruction".to_owned(),
        6 => "aborted".to_owned(),
        7 => "bus error".to_owned(),
        8 => "floating point exception".to_owned(),
        9 => "killed".to_owned(),
        11 => "segmentation fault".to_owned(),
        15 => "terminated".to_owned(),
        number => format!("signal {number}"),
    })
}

#[cfg(not(unix))]
fn signal(_: ExitStatus) -> Option<String> {
    None
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::process::ExitStatusExt as _;

    use super::*;

    #[test]
    fn ends_are_described_as_lambda_does() {
        let reason = |raw| exit_reason(ExitStatus::from_raw(raw));
        assert_eq!(reason(0), "Runtime exited without providing a reason");
        assert_eq!(reason(3 << 8), "Runtime exited with error: exit status 3");
        assert_eq!(reason(9), "Runtime exited with error: signal: killed");
    }
}
