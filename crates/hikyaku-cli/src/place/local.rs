//! The file in which `hikyaku dev` says where its cloud is, so that `--local` needs no more words.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::time::Duration;

use hikyaku_local::cloud::Cloud;
use hikyaku_local::lambda::Binaries;
use hikyaku_local::template::{BinaryRule, Function};
use serde::{Deserialize, Serialize};

use crate::doctor::jobs_of_binary;

/// Where the file is, below the folder that `hikyaku dev` was started in, unless it was told another one.
const STATE_FILE: &str = ".hikyaku/local.json";

/// What an operator needs to know of what functions are told. Not a queue: that would be one function's own.
const OF_FUNCTIONS: [&str; 4] = [
    "HIKYAKU_LEDGER_TABLE",
    "HIKYAKU_FAILED_TABLE",
    "HIKYAKU_APPLICATION",
    "HIKYAKU_CONNECTION",
];

/// A port of this machine answers at once, or nobody listens.
const PATIENCE: Duration = Duration::from_secs(1);

/// A local cloud that runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LocalCloud {
    /// Endpoints, region, keys that open nothing, and what functions are told of tables.
    pub(crate) variables: BTreeMap<String, String>,
    /// Where Lambda answers.
    pub(crate) lambda: String,
    /// The queues, in the template's order.
    pub(crate) queues: Vec<LocalQueue>,
    /// The functions of this library's.
    #[serde(default)]
    pub(crate) functions: Vec<LocalFunction>,
}

/// A function of a local cloud.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LocalFunction {
    /// Its name.
    pub(crate) name: String,
    /// The jobs that it registers; none if its binary does not say.
    pub(crate) jobs: Option<Vec<String>>,
    /// Whether it has PHP as its other side, and so reads routes.
    pub(crate) has_php: bool,
}

impl LocalFunction {
    /// Asks the binaries. One that does not answer counts if its function has a variable of this library's.
    fn all(functions: &[Function], binaries: &dyn Binaries) -> Vec<Self> {
        let ask = |function: &Function| {
            let mut names = function.environment.keys();
            let is_ours = names.any(|name| name.starts_with("HIKYAKU_"));
            if !is_ours && function.binary.rule != BinaryRule::Metadata {
                return None;
            }
            let described = jobs_of_binary(&binaries.path(function)).ok();
            let asked = Self {
                name: function.name.clone(),
                jobs: described.map(|jobs| jobs.into_iter().map(|job| job.name).collect()),
                has_php: has_php(|name| function.environment.get(name).map(String::as_str)),
            };
            Some(asked).filter(|asked| is_ours || asked.jobs.is_some())
        };
        // Each takes as long as its process takes to start.
        std::thread::scope(|scope| {
            let asked = functions.iter();
            let asked: Vec<_> = asked
                .map(|function| scope.spawn(|| ask(function)))
                .collect();
            let answers = asked.into_iter().filter_map(|asked| asked.join().ok());
            answers.flatten().collect()
        })
    }
}

/// Whether a function with such variables has PHP as its other side.
pub(crate) fn has_php<'v>(variable: impl Fn(&str) -> Option<&'v str>) -> bool {
    variable("HIKYAKU_PHP_URL").is_some_and(|url| !url.is_empty())
}

/// A queue of a local cloud.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LocalQueue {
    /// Its resource in the template.
    pub(crate) logical_id: String,
    /// Its name.
    pub(crate) name: String,
    /// Its URL.
    pub(crate) url: String,
}

/// Why there is no local cloud to work on.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LocalError {
    /// No file.
    #[error(
        "no local cloud runs here: there is no {STATE_FILE} in this folder or above it (start `hikyaku dev` in another \
         terminal, or name its file with --local=FILE)"
    )]
    None,
    /// The file cannot be read.
    #[error("reading {} (name the file that `hikyaku dev` wrote, or start `hikyaku dev` again)", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Nobody answers.
    #[error(
        "the local cloud of {} does not answer at {address} any more (start `hikyaku dev` again; it writes a new file)",
        path.display()
    )]
    Gone {
        /// The file.
        path: PathBuf,
        /// Where it was.
        address: String,
    },
    /// Another cloud's file.
    #[error(
        "the local cloud at {address} runs here already, and `--local` finds that one: name a file for this one with \
         --local-file, and say --local=FILE to find it"
    )]
    Taken {
        /// Where the other one answers.
        address: String,
    },
    /// The file cannot be written.
    #[error("writing {}, by which `--local` finds this cloud", path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl LocalCloud {
    /// What there is to say of a cloud.
    pub(crate) fn of(cloud: &Cloud, binaries: &dyn Binaries) -> Self {
        let stack = cloud.stack();
        let of_functions = stack.functions.iter().flat_map(|function| {
            let told = function.environment.iter();
            told.filter(|(name, _)| OF_FUNCTIONS.contains(&name.as_str()))
        });
        let mut variables: BTreeMap<_, _> = of_functions
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        variables.extend(cloud.environment_lines().iter().filter_map(|line| {
            let (name, value) = line.split_once('=')?;
            let is_ours = name.starts_with("AWS_");
            is_ours.then(|| (name.to_owned(), value.to_owned()))
        }));
        Self {
            variables,
            lambda: cloud.endpoints().lambda.clone(),
            queues: stack
                .queues
                .iter()
                .map(|queue| LocalQueue {
                    logical_id: queue.logical_id.clone(),
                    name: queue.name.clone(),
                    url: queue.url.clone(),
                })
                .collect(),
            functions: LocalFunction::all(&stack.functions, binaries),
        }
    }

    /// The cloud that a file tells of; without a name, the file in this folder or the nearest one above.
    pub(super) fn find(file: &str) -> Result<Self, LocalError> {
        let path = if file.is_empty() {
            nearest().ok_or(LocalError::None)?
        } else {
            PathBuf::from(file)
        };
        let unreadable = |source| LocalError::Unreadable {
            path: path.clone(),
            source,
        };
        let text = fs::read_to_string(&path).map_err(unreadable)?;
        let found: Self = serde_json::from_str(&text).map_err(|error| unreadable(error.into()))?;
        if found.answers() {
            return Ok(found);
        }
        Err(LocalError::Gone {
            address: found.lambda,
            path,
        })
    }

    fn answers(&self) -> bool {
        let address = self.lambda.strip_prefix("http://");
        let address: Option<SocketAddr> = address.and_then(|text| text.parse().ok());
        address.is_some_and(|address| TcpStream::connect_timeout(&address, PATIENCE).is_ok())
    }

    /// Writes the file, or the one that is named; it is removed when the answer is dropped. The file of another cloud that
    /// runs is left alone.
    pub(crate) fn announce(&self, file: Option<&Path>) -> Result<Announced, LocalError> {
        let path = file.unwrap_or(Path::new(STATE_FILE)).to_owned();
        if let Ok(text) = fs::read_to_string(&path)
            && let Ok(other) = serde_json::from_str::<Self>(&text)
            && other.lambda != self.lambda
            && other.answers()
        {
            let address = other.lambda;
            return Err(LocalError::Taken { address });
        }
        let text = serde_json::to_string_pretty(self).unwrap_or_default();
        let write = || {
            fs::create_dir_all(path.parent().unwrap_or(Path::new(".")))?;
            // Whoever reads it meanwhile sees the old one or the new one.
            let draft = path.with_extension("json.new");
            fs::write(&draft, &text)?;
            fs::rename(&draft, &path)
        };
        match write() {
            Ok(()) => Ok(Announced { path, text }),
            Err(source) => Err(LocalError::Unwritable { path, source }),
        }
    }
}

/// The file, as long as its cloud runs.
pub(crate) struct Announced {
    path: PathBuf,
    text: String,
}

impl Drop for Announced {
    fn drop(&mut self) {
        // What is there now may be another cloud's.
        if fs::read_to_string(&self.path).is_ok_and(|text| text == self.text) {
            drop(fs::remove_file(&self.path));
        }
    }
}

fn nearest() -> Option<PathBuf> {
    let here = std::env::current_dir().ok()?;
    let mut paths = here.ancestors().map(|folder| folder.join(STATE_FILE));
    paths.find(|path| path.is_file())
}
