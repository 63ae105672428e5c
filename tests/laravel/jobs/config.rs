//! Where the jobs write and wait: the one place here where the environment is read.

use std::env::VarError;
use std::path::PathBuf;

use courier::{ConfigError, Settings};

/// A file and a folder, and where the job runs.
pub(crate) struct Places {
    /// `RECORD_FILE`: what happened, a line of JSON each.
    pub(crate) record: PathBuf,
    /// `MARKERS`: the folder of the files that jobs wait for.
    pub(crate) markers: PathBuf,
    /// `AWS_LAMBDA_FUNCTION_NAME`: which function runs the job.
    pub(crate) function: String,
}

#[expect(
    clippy::disallowed_methods,
    reason = "this is the one place where the environment is read"
)]
pub(crate) fn from_env() -> Result<Places, VarError> {
    Ok(Places {
        record: std::env::var("RECORD_FILE")?.into(),
        markers: std::env::var("MARKERS")?.into(),
        function: std::env::var("AWS_LAMBDA_FUNCTION_NAME")?,
    })
}

/// The courier of a function that has both sides. None: it has Rust only.
pub(crate) fn courier_from_env() -> Result<Option<Settings>, ConfigError> {
    match Settings::from_env() {
        Ok(settings) => Ok(Some(settings)),
        Err(ConfigError::Missing("HIKYAKU_PHP_URL")) => Ok(None),
        Err(error) => Err(error),
    }
}
