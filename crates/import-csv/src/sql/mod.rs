//! The three databases that a Laravel application uses, each by its own driver.
//!
//! | file | what it does |
//! |---|---|
//! | `address.rs`, `tls.rs`, `authorities.rs`, `login.rs` | where the database is, and how it is reached and logged in to |
//! | `connections.rs`, `transaction.rs` | connections that are kept, and what is written together |
//! | `found.rs`, `target.rs` | what a table is like, and whether a file fits it |
//! | `postgres/`, `mysql/`, `sqlite/` | each database's way of taking rows, and of telling which it refuses |
//! | `error.rs`, `sentences.rs` | what went wrong, and what to do |

mod address;
mod authorities;
mod connections;
mod dialect;
mod error;
mod found;
mod login;
mod mysql;
mod postgres;
mod sentences;
mod sqlite;
mod target;
mod tls;
mod transaction;
mod value;

pub use authorities::{Authorities, AuthoritiesError};
pub use connections::Database;
pub(crate) use dialect::Dialect;
pub(crate) use error::SqlError;
pub(crate) use found::Found;
pub use login::{LoginError, PasswordFrom};
pub(crate) use sentences::Kind as ErrorKind;
pub(crate) use target::{Refused, Target};
pub(crate) use transaction::Transaction;
pub(crate) use value::{Statement, Value};
