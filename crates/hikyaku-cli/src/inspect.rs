//! `hikyaku inspect`: what is in a message.

use std::fmt;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use crate::output;
use clap::{ArgGroup, Args};
use hikyaku::explain;
use hikyaku_laravel::encrypter::{Cipher, Encrypter, KeyError};
use hikyaku_laravel::inspect::{InspectError, Inspection, Source, SourceError};
use serde::Serialize;

/// The file name that stands for standard input.
const STANDARD_INPUT: &str = "-";

/// What `hikyaku inspect` takes.
#[derive(Debug, Args)]
#[command(group(ArgGroup::new("key").args(["app_key", "app_key_file"])))]
pub(crate) struct Inspect {
    /// A message's body, a message or an event of SQS, or the payload of a failed job; - is standard input
    file: PathBuf,
    /// The application's `APP_KEY`, for encrypted jobs; others on this machine can see it in the list of processes
    #[arg(long, value_name = "KEY")]
    app_key: Option<Secret>,
    /// A file with the application's `APP_KEY`, and its previous keys on further lines
    #[arg(long, value_name = "FILE")]
    app_key_file: Option<PathBuf>,
    /// The application's `APP_PREVIOUS_KEYS`, with commas
    #[arg(long, value_name = "KEYS", requires = "key")]
    previous_keys: Option<Secret>,
    /// The cipher in config/app.php of the application
    #[arg(long, value_name = "CIPHER", default_value_t)]
    cipher: Cipher,
}

/// A key, which is never shown.
#[derive(Clone)]
struct Secret(String);

impl FromStr for Secret {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

/// Why there is nothing to see.
#[derive(Debug, thiserror::Error)]
pub(crate) enum InspectCommandError {
    /// A file cannot be read.
    #[error("reading {}", path.display())]
    Read {
        /// The file as it was given.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The keys cannot be used.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The text looks like messages and is not.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The message is not a job that can be shown.
    #[error(
        "this is not a job that can be shown (give a message's body, a message or an event of SQS, or the payload of a \
         failed job)"
    )]
    Message(#[source] InspectError),
    /// The key does not open the message, or what is inside is damaged.
    #[error(transparent)]
    Job(InspectError),
    /// Some of several messages could not be shown.
    #[error("{failed} of {all} messages could not be shown; they are null above")]
    Some {
        /// How many could not.
        failed: usize,
        /// How many there are.
        all: usize,
    },
    /// The output cannot be written.
    #[error("writing what was found")]
    Write(#[source] io::Error),
}

impl Inspect {
    /// Prints what is in the message or messages.
    pub(crate) fn run(self) -> Result<(), InspectCommandError> {
        let encrypter = self.encrypter()?;
        let text = read(&self.file)?;
        match Source::of(&text)? {
            Source::One(body) => {
                let inspection = Inspection::of(&body, encrypter.as_ref()).map_err(refusal)?;
                tell_if_closed(std::slice::from_ref(&inspection));
                print(&inspection)
            }
            Source::Many(bodies) => many(&bodies, encrypter.as_ref()),
        }
    }

    fn encrypter(&self) -> Result<Option<Encrypter>, InspectCommandError> {
        let (app_key, mut previous) = match (&self.app_key, &self.app_key_file) {
            (Some(key), _) => (key.0.clone(), Vec::new()),
            (None, Some(file)) => {
                let keys = read(file)?;
                let mut keys = keys.lines().map(|line| line.trim().to_owned());
                (keys.next().unwrap_or_default(), keys.collect())
            }
            (None, None) => return Ok(None),
        };
        previous.extend(self.previous_keys.iter().map(|keys| keys.0.clone()));
        let encrypter = Encrypter::new(&app_key, &previous.join(","), self.cipher)?;
        Ok(Some(encrypter))
    }
}

/// Prints all that can be shown, in place, and says of the others why not.
fn many(bodies: &[String], encrypter: Option<&Encrypter>) -> Result<(), InspectCommandError> {
    let inspections = bodies.iter().map(|body| Inspection::of(body, encrypter));
    let mut shown = Vec::with_capacity(bodies.len());
    for (inspection, number) in inspections.zip(1..) {
        if let Err(error) = &inspection {
            tell!("hikyaku: message {}: {}", number, explain(error));
        }
        shown.push(inspection.ok());
    }
    tell_if_closed(shown.iter().flatten());
    print(&shown)?;
    let (failed, all) = (
        shown.iter().filter(|one| one.is_none()).count(),
        shown.len(),
    );
    if failed > 0 {
        return Err(InspectCommandError::Some { failed, all });
    }
    Ok(())
}

fn refusal(error: InspectError) -> InspectCommandError {
    match error {
        InspectError::Envelope(_) => InspectCommandError::Message(error),
        _ => InspectCommandError::Job(error),
    }
}

fn tell_if_closed<'a>(inspections: impl IntoIterator<Item = &'a Inspection>) {
    if inspections.into_iter().any(Inspection::is_closed) {
        tell!(
            "hikyaku: the payload is encrypted: give the application's APP_KEY with --app-key-file FILE or --app-key \
             KEY to see it"
        );
    }
}

fn read(path: &Path) -> Result<String, InspectCommandError> {
    let text = if path == Path::new(STANDARD_INPUT) {
        let mut text = String::new();
        io::stdin().read_to_string(&mut text).map(|_| text)
    } else {
        std::fs::read_to_string(path)
    };
    let path = path.to_owned();
    text.map_err(|source| InspectCommandError::Read { path, source })
}

fn print(shown: &impl Serialize) -> Result<(), InspectCommandError> {
    match output::try_json(shown) {
        // Whoever reads has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written.map_err(InspectCommandError::Write),
    }
}
