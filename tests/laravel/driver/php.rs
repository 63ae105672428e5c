//! PHP as child processes: the application's artisan.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::time::Duration;

use tokio::process::Command;

use crate::Result;

/// Far more than a command takes; only something broken needs so long.
const PATIENCE: Duration = Duration::from_secs(60);

/// The application, and what its processes are told.
pub(crate) struct Php {
    pub(crate) application: PathBuf,
    pub(crate) variables: Vec<(String, String)>,
}

/// What one command is told besides.
pub(crate) type Variables<'a> = &'a [(&'a str, &'a str)];

/// What a command printed, and how it ended.
#[derive(Debug)]
pub(crate) struct Output {
    pub(crate) text: String,
    pub(crate) succeeded: bool,
}

impl Php {
    /// Runs an artisan command that should succeed; answers with what it printed.
    pub(crate) async fn artisan<A: AsRef<OsStr>>(
        &self,
        arguments: &[A],
        variables: Variables<'_>,
    ) -> Result<String> {
        let output = self.run(arguments, variables).await?;
        if output.succeeded {
            return Ok(output.text);
        }
        let command: Vec<_> = arguments
            .iter()
            .map(|argument| argument.as_ref().to_string_lossy())
            .collect();
        Err(format!(
            "`php artisan {}` failed: {}",
            command.join(" "),
            output.text
        )
        .into())
    }

    /// Runs an artisan command, whether it succeeds or not.
    pub(crate) async fn run<A: AsRef<OsStr>>(
        &self,
        arguments: &[A],
        variables: Variables<'_>,
    ) -> Result<Output> {
        let mut command = Command::new("php");
        command
            .arg(self.application.join("artisan"))
            .args(arguments)
            .args(["--no-ansi", "--no-interaction"])
            .envs(self.variables.iter().cloned())
            .envs(variables.iter().copied())
            .kill_on_drop(true);
        let ended = tokio::time::timeout(PATIENCE, command.output())
            .await
            .map_err(|_| "php artisan does not come to an end")??;
        let mut text = String::from_utf8_lossy(&ended.stdout).into_owned();
        text.push_str(&String::from_utf8_lossy(&ended.stderr));
        Ok(Output {
            text,
            succeeded: ended.status.success(),
        })
    }

    pub(crate) async fn version(&self) -> Result<String> {
        let mut php = Command::new("php");
        let said = php.args(["-r", "echo PHP_VERSION;"]).output().await?;
        Ok(String::from_utf8(said.stdout)?)
    }

    /// Laravel's version, as it says itself.
    pub(crate) async fn laravel(&self) -> Result<String> {
        let said = self.artisan(&["--version"], &[]).await?;
        Ok(said.trim().replace("Laravel Framework ", ""))
    }
}
