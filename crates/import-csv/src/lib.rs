//! A job: imports a CSV object into a SQL table, each row once, even if the process is killed at any moment.
//!
//! | stage | file | what it does |
//! |---|---|---|
//! | open | `source.rs`, `start.rs`, `evidence.rs`, `encoding.rs` | the object from the cursor on, its character encoding, its delimiter and its header |
//! | read | `rows.rs`, `record.rs`, `chunk.rs` | records from bytes, and some hundred of them at a time |
//! | check | `validate.rs`, `table.rs` | fields against the declared columns |
//! | write | `sql/`, `cursor.rs`, `rejects.rs` | rows, cursor and what was rejected in one transaction; at the end the rejects as an object |
//!
//! `import.rs` is that line as one function; `job.rs` ties it to the queue.
//!
//! Memory is bounded whatever the object's size: one piece of the object, one record of at most 256 KiB and one chunk
//! of at most 5,000 rows and about 1 MiB.

mod chunk;
mod config;
mod cursor;
mod encoding;
mod error;
mod evidence;
mod import;
mod job;
mod record;
mod rejects;
mod rows;
mod source;
mod sql;
mod start;
mod table;
mod validate;

pub use config::{ConfigError, DatabaseSettings, Settings};
pub use encoding::Encoding;
pub use error::ImportError;
pub use import::{Attempt, Imported, Importer, Progress, import};
pub use job::ImportCsv;
pub use rejects::Rejects;
pub use sql::{Authorities, AuthoritiesError, Database, LoginError, PasswordFrom};
pub use table::{Column, Kind, Table, Tables};

#[cfg(test)]
mod tests;
