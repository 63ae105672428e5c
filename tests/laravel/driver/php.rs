//! PHP as child processes: the application's artisan.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use hikyaku_local::cloud::Cloud;
use tokio::process::Command;

use crate::Result;
use crate::web;

/// The application's key. It opens nothing.
pub(crate) const APP_KEY: &str = "base64:MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";

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

/// Where the jobs of a run write what they did, in PHP and in Rust.
pub(crate) fn record_file(folder: &Path) -> PathBuf {
    folder.join("record.jsonl")
}

impl Php {
    /// The application, with the `.env` of this cloud, and with a folder for what it writes, which is made.
    pub(crate) fn on(cloud: &Cloud, folder: &Path) -> Result<Self> {
        for part in ["markers", "framework/cache", "views"] {
            std::fs::create_dir_all(folder.join(part))?;
        }
        let endpoints = cloud.endpoints();
        let at = |part: &str| folder.join(part).display().to_string();
        let variables = [
            ("APP_KEY", APP_KEY.to_owned()),
            ("APP_STORAGE", folder.display().to_string()),
            ("APP_SERVICES_CACHE", at("services.php")),
            ("APP_PACKAGES_CACHE", at("packages.php")),
            ("AWS_REGION", "us-east-1".to_owned()),
            ("AWS_ACCESS_KEY_ID", "local".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "local".to_owned()),
            ("AWS_ENDPOINT_URL_SQS", endpoints.sqs.clone()),
            ("AWS_ENDPOINT_URL_DYNAMODB", endpoints.dynamodb.clone()),
            ("SQS_PREFIX", format!("{}/000000000000", endpoints.sqs)),
            ("RECORD_FILE", record_file(folder).display().to_string()),
            ("MARKERS", at("markers")),
            ("HIKYAKU_KEY", web::KEY.to_owned()),
        ];
        Ok(Self {
            application: Path::new(env!("CARGO_MANIFEST_DIR")).join("laravel/app"),
            variables: variables
                .map(|(name, value)| (name.to_owned(), value))
                .into(),
        })
    }

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
