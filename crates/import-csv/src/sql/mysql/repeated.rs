//! Which rows of a chunk have a key that is there already.
//!
//! It is a guess, so that most of them are found with one query and not by halving: the database itself says of every row
//! whether it refuses it.

use std::collections::HashSet;

use super::super::sentences::Kind;
use super::super::target::Target;
use super::super::{Dialect, SqlError, Statement, Value};
use super::Session;
use super::found::about;
use crate::chunk::Row;

const KEYS: &str = "SELECT index_name, column_name FROM information_schema.statistics \
    WHERE table_schema = COALESCE(?, DATABASE()) AND table_name = ? AND non_unique = 0 \
    ORDER BY index_name, seq_in_index";

/// The most keys of one query.
const AT_ONCE: usize = 1_024;

/// A unique key all of whose columns the file has.
#[derive(Debug)]
pub(super) struct Key {
    /// Which of the target's columns.
    columns: Vec<usize>,
}

impl Key {
    /// The table's.
    pub(super) async fn of(session: &mut Session, target: &Target) -> Result<Vec<Self>, SqlError> {
        let rows = session.rows(&about(KEYS, &target.name)).await?;
        let mut keys: Vec<(String, Option<Vec<usize>>)> = Vec::new();
        for row in rows {
            let [Value::Text(Some(index)), column] = row.as_slice() else {
                continue;
            };
            let place = target.columns.iter().position(|own| {
                // MySQL's names of columns are the same in any case; a key's part may be an expression.
                matches!(column, Value::Text(Some(name)) if own.name.eq_ignore_ascii_case(name))
            });
            if keys.last().is_none_or(|(last, _)| last != index) {
                keys.push((index.clone(), Some(Vec::new())));
            }
            if let Some((_, columns)) = keys.last_mut() {
                *columns = columns.take().zip(place).map(|(mut columns, place)| {
                    columns.push(place);
                    columns
                });
            }
        }
        let keys = keys.into_iter().filter_map(|(_, columns)| columns);
        Ok(keys.map(|columns| Self { columns }).collect())
    }

    /// A row's key, as most collations compare it; none with an empty part, which conflicts with nothing.
    fn folded(&self, values: &[Value]) -> Option<String> {
        let texts = self.columns.iter().map(|column| values[*column].to_text());
        let texts: Option<Vec<_>> = texts.collect();
        Some(fold(&texts?.join("\0")))
    }
}

fn fold(key: &str) -> String {
    key.trim_end().to_lowercase()
}

impl Session {
    /// Divides the part into rows whose keys are new, and those whose keys are in the table or earlier in the part.
    pub(super) async fn repeated(
        &mut self,
        target: &Target,
        keys: &[Key],
        rows: &[Row],
        part: &[usize],
    ) -> Result<(Vec<usize>, Vec<usize>), SqlError> {
        let mut seen = Vec::with_capacity(keys.len());
        for key in keys {
            seen.push(self.in_the_table(target, key, rows, part).await?);
        }
        Ok(part.iter().partition(|index| {
            let mut is_new = true;
            for (key, seen) in keys.iter().zip(&mut seen) {
                let folded = key.folded(&rows[**index].values);
                is_new &= folded.is_none_or(|folded| seen.insert(folded));
            }
            is_new
        }))
    }

    /// The keys of the part that the table has. Nothing is known to a user who may not read it.
    async fn in_the_table(
        &mut self,
        target: &Target,
        key: &Key,
        rows: &[Row],
        part: &[usize],
    ) -> Result<HashSet<String>, SqlError> {
        let mut found = HashSet::new();
        let names = key.columns.iter();
        let names = names.map(|column| Dialect::MySql.quoted_column(&target.columns[*column].name));
        let names: Vec<String> = names.collect();
        let texts = names.iter().map(|name| format!("CAST({name} AS CHAR)"));
        let texts = texts.collect::<Vec<_>>().join(", ");
        let places = format!("({})", vec!["?"; names.len()].join(", "));
        for part in part.chunks(AT_ONCE) {
            let sql = format!(
                "SELECT {texts} FROM {} WHERE ({}) IN ({})",
                target.table,
                names.join(", "),
                vec![places.as_str(); part.len()].join(", ")
            );
            let values = part.iter().flat_map(|index| {
                let columns = key.columns.iter();
                columns.map(|column| rows[*index].values[*column].clone())
            });
            let values = values.collect();
            match self.rows(&Statement { sql, values }).await {
                Ok(keys) => found.extend(keys.iter().map(|key| {
                    let texts: Vec<_> = key.iter().filter_map(Value::to_text).collect();
                    fold(&texts.join("\0"))
                })),
                Err(error) if error.kind() == Kind::Denied => return Ok(found),
                Err(error) => return Err(error),
            }
        }
        Ok(found)
    }
}
