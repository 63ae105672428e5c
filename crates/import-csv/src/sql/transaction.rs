//! What is written together.

use std::sync::Arc;

use super::connections::{Connection, Lease, each};
use super::{Refused, SqlError, Statement, Target};
use crate::chunk::Row;

/// Begun, and undone unless committed.
pub(crate) struct Transaction {
    lease: Lease,
}

impl Transaction {
    pub(super) fn of(lease: Lease) -> Self {
        Self { lease }
    }

    /// Runs a statement; how many rows it found.
    pub(crate) async fn execute(&mut self, statement: Statement) -> Result<u64, SqlError> {
        each!(&mut self.lease.connection, session => session.execute(&statement))
    }

    /// Inserts all `rows` but those that the database will never take, and returns these. `each`: where a database refused
    /// to commit them and could not tell whose fault it was, it looks at each by itself.
    pub(crate) async fn insert(
        &mut self,
        target: &Target,
        rows: &Arc<Vec<Row>>,
        each: bool,
    ) -> Result<Vec<Refused>, SqlError> {
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        match &mut self.lease.connection {
            // Its keys are looked at row by row, never at the commit.
            Connection::MySql(session) => Box::pin(session.insert(target, rows)).await,
            Connection::Postgres(session) => Box::pin(session.insert(target, rows, each)).await,
            Connection::Sqlite(session) => session.insert(target, rows, each).await,
        }
    }

    pub(crate) async fn commit(mut self) -> Result<(), SqlError> {
        let committed = each!(&mut self.lease.connection, session => session.run("COMMIT"));
        match committed {
            Ok(()) => {
                self.lease.give_back();
                Ok(())
            }
            Err(error) => {
                self.abandon().await;
                Err(error)
            }
        }
    }

    /// Undoes everything. If that fails, the connection is closed, and the server undoes it.
    pub(crate) async fn abandon(mut self) {
        let undone = each!(&mut self.lease.connection, session => session.run("ROLLBACK"));
        if undone.is_ok() {
            self.lease.give_back();
        }
    }
}
