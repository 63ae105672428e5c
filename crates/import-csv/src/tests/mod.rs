//! The import as a whole, on files and SQLite in a temporary directory. With the feature `test-servers`, the same on
//! PostgreSQL and `MariaDB`, which `tests/databases/servers.py` starts.

mod bench;
mod charsets;
mod configuring;
mod crashing;
mod importing;
mod memory;
mod queueing;
mod quoting;
mod refusing;
mod rejecting;
#[cfg(feature = "test-servers")]
mod servers;
mod splitting;
mod sqlite;
mod starting;
mod statements;
mod validating;
