//! How a command of the operator's ends: the exit codes, and errors that say what to do next.

use std::error::Error;
use std::process::ExitCode;

use hikyaku::config::ConfigError;

use crate::place::LocalError;

/// The exit codes, for `--help`.
pub(crate) const EXIT_CODES: &str = "Exit codes:
  0  it was done
  1  it could not be done: the message says why and what to do
  2  the command line is wrong
  3  some of what was named is not there, or was refused with a reason";

/// How a command ended that did not fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// All was done.
    Done,
    /// Something was not there or was refused; the output says what.
    Partly,
}

impl From<Outcome> for ExitCode {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Done => Self::SUCCESS,
            Outcome::Partly => Self::from(3),
        }
    }
}

impl Outcome {
    /// All was done if nothing is missing.
    pub(crate) fn of(all: bool) -> Self {
        if all { Self::Done } else { Self::Partly }
    }
}

/// Why a command of the operator's could not do what it was asked for.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OperatorError {
    /// The environment says something wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The local cloud is not there.
    #[error(transparent)]
    Local(#[from] LocalError),
    /// There is nothing to sign with.
    #[error(
        "there are no AWS credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name a profile of the AWS CLI \
         with --profile; for the cloud of `hikyaku dev` say --local{why}"
    )]
    NoCredentials {
        /// What the AWS CLI said, if it was asked.
        why: String,
    },
    /// AWS, or the local cloud, did not do what it was asked for.
    #[error("{doing} ({next})")]
    Asking {
        /// What was being done, with which id.
        doing: String,
        /// What to do.
        next: String,
        /// Why.
        source: Box<dyn Error + Send + Sync>,
    },
    /// What was given cannot be used.
    #[error("{0}")]
    Given(String),
    /// A file cannot be read.
    #[error("reading {file} (give a file that exists, or - for standard input)")]
    File {
        /// The file.
        file: String,
        /// Why.
        source: std::io::Error,
    },
    /// No runtime.
    #[error("could not prepare to run")]
    Runtime(#[source] std::io::Error),
}

impl OperatorError {
    /// An answer that is an error.
    pub(crate) fn asking(
        doing: impl Into<String>,
        next: impl Into<String>,
        source: impl Into<Box<dyn Error + Send + Sync>>,
    ) -> Self {
        Self::Asking {
            doing: doing.into(),
            next: next.into(),
            source: source.into(),
        }
    }
}
