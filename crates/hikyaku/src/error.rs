//! What can keep a function from serving.

use std::fmt;

use hikyaku_core::{SetupError, explain};

use crate::config::ConfigError;
use crate::secrets::SecretError;

/// A function could not be served, or a command could not be carried out.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A setting cannot be read.
    #[error("reading the configuration")]
    Config(#[from] ConfigError),
    /// A secret that the configuration names cannot be read.
    #[error("reading the configuration")]
    Secret(#[from] SecretError),
    /// The threads that jobs run on could not be started.
    #[error("starting the threads that jobs run on")]
    Threads(#[source] std::io::Error),
    /// The Lambda Runtime API broke off.
    #[error("serving the Lambda Runtime API")]
    Runtime(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// What the jobs share could not be made.
    #[error(transparent)]
    Setup(#[from] SetupError),
    /// The command line does not say what to do.
    #[error("{0}")]
    Usage(String),
    /// A file named on the command line cannot be read.
    #[error("reading `{path}`")]
    Read {
        /// The file.
        path: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Standard output is gone.
    #[error("writing to standard output")]
    Write(#[source] std::io::Error),
    /// The job that was run by command did not succeed.
    #[error("{0}")]
    Failed(String),
}

/// What Rust prints when `main` returns an error: the sentence and its causes, as a person reads them.
impl fmt::Debug for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&explain(self))
    }
}
