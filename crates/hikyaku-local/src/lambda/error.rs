//! Why an invocation did not reach a function.

use std::path::PathBuf;

/// An invocation that no function saw.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InvokeError {
    /// There is no such function.
    #[error("no function is called `{called}`; the template has {}", known.join(", "))]
    UnknownFunction {
        /// The name that was asked for.
        called: String,
        /// The names there are.
        known: Vec<String>,
    },
    /// Every execution environment that the function may have is busy.
    #[error("function `{function}` is throttled: all its {limit} execution environments are busy")]
    Throttled {
        /// The function.
        function: String,
        /// How many environments it may have.
        limit: usize,
    },
    /// The event is too large.
    #[error("the payload has {bytes} bytes, Lambda takes at most {limit}")]
    PayloadTooLarge {
        /// Its size.
        bytes: usize,
        /// The limit: 6 MB, or 1 MB for an asynchronous event.
        limit: usize,
    },
    /// The event is not JSON.
    #[error("could not parse the payload into JSON: {source}")]
    NotJson {
        /// Where it is wrong.
        source: serde_json::Error,
    },
    /// The function was never built.
    #[error("there is no binary at `{}`; build it with `cargo build --bin {binary}`", path.display())]
    BinaryMissing {
        /// The binary's name.
        binary: String,
        /// Where it was looked for.
        path: PathBuf,
    },
    /// The process could not be started.
    #[error("could not start `{}`", path.display())]
    Start {
        /// The binary.
        path: PathBuf,
        /// What the operating system says.
        source: std::io::Error,
    },
    /// No port for the process to talk to.
    #[error("could not open a loopback port for the Runtime API")]
    Listen {
        /// What the operating system says.
        source: std::io::Error,
    },
    /// The local cloud is stopping.
    #[error("the local cloud is stopping")]
    Stopped,
}
