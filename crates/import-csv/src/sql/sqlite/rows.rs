//! Rows into SQLite: one by one, which costs microseconds.

use std::collections::HashSet;
use std::sync::Arc;

use rusqlite::{Connection, Error, params_from_iter};

use super::super::target::{Refused, SWALLOWED, Target};
use super::super::{Dialect, SqlError};
use super::{Session, described};
use crate::chunk::Row;
use crate::sql::sentences::Kind;

impl Session {
    /// Inserts all `rows` but those that the database will never take, and returns these. `each`: the commit was refused,
    /// because a key that is looked at then refers to nothing.
    pub(in crate::sql) async fn insert(
        &mut self,
        target: &Target,
        rows: &Arc<Vec<Row>>,
        each: bool,
    ) -> Result<Vec<Refused>, SqlError> {
        let (target, rows) = (target.clone(), Arc::clone(rows));
        let ended = "a trigger of the table ends the transaction with RAISE(ROLLBACK): RAISE(ABORT) refuses the row alone";
        self.with(move |connection| {
            let refused = if each {
                insert_whatever_refers(connection, &target, &rows)?
            } else {
                insert(connection, &target, &rows, &HashSet::new())?.refused
            };
            Ok((refused, connection.is_autocommit()))
        })
        .await
        .and_then(|(refused, is_over)| {
            let refused = (!is_over).then_some(refused);
            refused.ok_or_else(|| SqlError::new(ended, Kind::Unfit))
        })
    }
}

/// What came of some rows.
struct Inserted {
    refused: Vec<Refused>,
    /// The id of each row that is in.
    ids: Vec<(i64, usize)>,
}

fn insert(
    connection: &Connection,
    target: &Target,
    rows: &[Row],
    without: &HashSet<usize>,
) -> Result<Inserted, Error> {
    let places = vec!["?"; target.columns.len()].join(", ");
    let (table, names) = (&target.table, target.names(Dialect::Sqlite));
    let sql = format!("INSERT INTO {table} ({names}) VALUES ({places})");
    let mut statement = connection.prepare_cached(&sql)?;
    let (mut refused, mut ids) = (Vec::new(), Vec::with_capacity(rows.len()));
    for (index, row) in rows.iter().enumerate() {
        if without.contains(&index) {
            continue;
        }
        match statement.execute(params_from_iter(&row.values)) {
            Ok(0) if target.counts => refused.push(Refused {
                index,
                reason: SWALLOWED.to_owned(),
            }),
            Ok(_) => ids.push((connection.last_insert_rowid(), index)),
            Err(error) => {
                let Some(refusal) = described(&error).refusal().cloned() else {
                    return Err(error);
                };
                let reason = refusal.reason;
                refused.push(Refused { index, reason });
                if connection.is_autocommit() {
                    break;
                }
            }
        }
    }
    Ok(Inserted { refused, ids })
}

/// Without those rows whose keys refer to nothing, and those that refer to them.
fn insert_whatever_refers(
    connection: &Connection,
    target: &Target,
    rows: &[Row],
) -> Result<Vec<Refused>, Error> {
    let mut without = HashSet::new();
    loop {
        connection.execute_batch("SAVEPOINT hikyaku_rows")?;
        let Inserted { mut refused, ids } = insert(connection, target, rows, &without)?;
        let dangling = dangling(connection, target)?;
        let found = ids.iter().filter(|(id, _)| dangling.contains(id));
        let before = without.len();
        without.extend(found.map(|(_, index)| *index));
        if without.len() == before {
            refused.extend(without.into_iter().map(|index| {
                Refused {
                    index,
                    reason: "it refers to a row that does not exist: FOREIGN KEY constraint failed"
                        .to_owned(),
                }
            }));
            return Ok(refused);
        }
        connection.execute_batch("ROLLBACK TO SAVEPOINT hikyaku_rows")?;
    }
}

/// The ids of the table's rows that refer to nothing.
fn dangling(connection: &Connection, target: &Target) -> Result<HashSet<i64>, Error> {
    let mut check = connection.prepare(&format!("PRAGMA foreign_key_check({})", target.table))?;
    let ids = check.query_map([], |row| row.get::<_, Option<i64>>(1))?;
    ids.filter_map(Result::transpose).collect()
}
