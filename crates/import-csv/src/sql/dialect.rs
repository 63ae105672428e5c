//! Where the three databases' SQL differs.

use super::{Statement, Value};

/// Which SQL to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    MySql,
    Postgres,
    Sqlite,
}

impl Dialect {
    /// A table's name as this database quotes it; `schema.table` is two names.
    pub(crate) fn quoted(self, name: &str) -> String {
        let parts = name.split('.').map(|part| self.quoted_column(part));
        parts.collect::<Vec<_>>().join(".")
    }

    /// A column's name is one name, whatever dots it has.
    pub(crate) fn quoted_column(self, name: &str) -> String {
        let quote = if self == Self::MySql { '`' } else { '"' };
        let doubled = format!("{quote}{quote}");
        format!("{quote}{}{quote}", name.replace(quote, &doubled))
    }

    /// A statement of ours, written with `?` for each value.
    pub(crate) fn statement(self, sql: &str, values: Vec<Value>) -> Statement {
        let mut text = String::with_capacity(sql.len() + values.len());
        for (index, part) in sql.split('?').enumerate() {
            match (index, self) {
                (0, _) => {}
                (place, Self::Postgres) => text.extend(["$", &place.to_string()]),
                _ => text.push('?'),
            }
            text.push_str(part);
        }
        Statement { sql: text, values }
    }
}
