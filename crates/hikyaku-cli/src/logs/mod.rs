//! What functions have logged, as `CloudWatch` Logs and the local cloud keep it.

mod line;
mod read;
mod starts;

pub(crate) use line::{Level, Line};
pub(crate) use read::Reader;
pub(crate) use starts::{NotStarted, as_text};
