//! Where the three databases' SQL differs.

use crate::table::{Column, Kind};

use super::{Statement, Value};

/// Which SQL to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    MySql,
    Postgres,
    Sqlite,
}

impl Kind {
    pub(crate) fn null(self) -> Value {
        match self {
            Self::Integer | Self::BigInteger => Value::Integer(None),
            Self::Float => Value::Float(None),
            Self::Boolean => Value::Boolean(None),
            Self::String
            | Self::Text
            | Self::Decimal
            | Self::Date
            | Self::DateTime
            | Self::Uuid => Value::Text(None),
        }
    }

    /// PostgreSQL alone does not turn text into these by itself.
    fn cast(self) -> Option<&'static str> {
        match self {
            Self::Decimal => Some("numeric"),
            Self::Date => Some("date"),
            Self::DateTime => Some("timestamp"),
            Self::Uuid => Some("uuid"),
            _ => None,
        }
    }
}

impl Dialect {
    /// A name as this database quotes it; `schema.table` is two names.
    pub(crate) fn quoted(self, name: &str) -> String {
        let quote = if self == Self::MySql { '`' } else { '"' };
        let doubled = format!("{quote}{quote}");
        let parts = name
            .split('.')
            .map(|part| format!("{quote}{}{quote}", part.replace(quote, &doubled)));
        parts.collect::<Vec<_>>().join(".")
    }

    /// The place of the value `number`, counted from 1.
    pub(crate) fn place(self, number: usize) -> String {
        if self == Self::Postgres {
            format!("${number}")
        } else {
            "?".to_owned()
        }
    }

    /// How many rows of `columns` values one statement may have.
    pub(crate) fn rows_at_once(self, columns: usize) -> usize {
        let values = if self == Self::Sqlite { 32_766 } else { 65_535 };
        (values / columns.max(1)).max(1)
    }

    /// One statement for all `rows`.
    pub(crate) fn insert<'a>(
        self,
        table: &str,
        columns: &[(&str, &Column)],
        rows: impl IntoIterator<Item = &'a [Value]>,
    ) -> Statement {
        // A column's name is one name, whatever dots it has.
        let names: Vec<String> = columns
            .iter()
            .map(|(name, _)| self.quoted_column(name))
            .collect();
        let (mut values, mut lines) = (Vec::new(), Vec::new());
        for row in rows {
            let places = columns.iter().enumerate().map(|(index, (_, column))| {
                let place = self.place(values.len() + index + 1);
                match column.kind.cast().filter(|_| self == Self::Postgres) {
                    Some(kind) => format!("CAST({place} AS {kind})"),
                    None => place,
                }
            });
            lines.push(format!("({})", places.collect::<Vec<_>>().join(", ")));
            values.extend_from_slice(row);
        }
        let (table, names, lines) = (self.quoted(table), names.join(", "), lines.join(", "));
        Statement {
            sql: format!("INSERT INTO {table} ({names}) VALUES {lines}"),
            values,
        }
    }

    fn quoted_column(self, name: &str) -> String {
        let quote = if self == Self::MySql { '`' } else { '"' };
        format!(
            "{quote}{}{quote}",
            name.replace(quote, &format!("{quote}{quote}"))
        )
    }

    /// A statement of ours, written with `?` for each value.
    pub(crate) fn statement(self, sql: &str, values: Vec<Value>) -> Statement {
        let mut text = String::with_capacity(sql.len() + values.len());
        for (index, part) in sql.split('?').enumerate() {
            if index > 0 {
                text.push_str(&self.place(index));
            }
            text.push_str(part);
        }
        Statement { sql: text, values }
    }
}
