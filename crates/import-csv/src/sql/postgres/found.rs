//! Tables as PostgreSQL has them.

use super::super::found::{Found, FoundColumn, Holds};
use super::super::{Dialect, SqlError, Statement, Value};
use super::Session;

/// COPY passes over rules (`rewrite`), and knows neither views nor row security. Old partitions (`inherited`) are filled
/// by a trigger that takes the row away from the table: what the server counts is none of them.
const TABLE: &str = "SELECT c.relkind::text, row_security_active(c.oid), \
    EXISTS (SELECT FROM pg_rewrite WHERE ev_class = c.oid AND ev_type = '3'), \
    EXISTS (SELECT FROM pg_inherits WHERE inhparent = c.oid), \
    EXISTS (SELECT FROM pg_trigger WHERE tgrelid = c.oid AND tgtype & 7 = 7 AND tgenabled IN ('O', 'A')) \
    FROM pg_class c WHERE c.oid = to_regclass($1)";

/// A domain is what it is made of, but for its name.
const COLUMNS: &str = "SELECT a.attname::text, format_type(a.atttypid, a.atttypmod), format_type(a.atttypid, -1), \
    b.typname::text, b.typtype::text, \
    CASE WHEN t.typtype = 'd' THEN t.typtypmod ELSE a.atttypmod END::bigint, \
    a.attnotnull AND NOT a.atthasdef AND a.attidentity = '' AND t.typdefault IS NULL, \
    a.attgenerated <> '' OR a.attidentity = 'a' \
    FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid \
    JOIN pg_type b ON b.oid = CASE WHEN t.typtype = 'd' THEN t.typbasetype ELSE t.oid END \
    WHERE a.attrelid = to_regclass($1) AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum";

impl Session {
    /// None if there is no such table.
    pub(in crate::sql) async fn find(&mut self, table: &str) -> Result<Option<Found>, SqlError> {
        let about = |sql: &str| Statement {
            sql: sql.to_owned(),
            values: vec![Value::text(Dialect::Postgres.quoted(table))],
        };
        let found = self.rows(&about(TABLE)).await?;
        let Some([Value::Text(Some(kind)), facts @ ..]) = found.first().map(Vec::as_slice) else {
            return Ok(None);
        };
        let truth = |index: usize| facts.get(index) == Some(&Value::Boolean(Some(true)));
        let [secured, ruled, inherited, triggered] = [0, 1, 2, 3].map(truth);
        let columns = self.rows(&about(COLUMNS)).await?;
        let columns = columns.iter().filter_map(|row| column(row));
        Ok(Some(Found {
            columns: columns
                .map(|column| FoundColumn {
                    // A trigger may fill it before the server looks.
                    required: column.required && !triggered && kind != "v",
                    ..column
                })
                .collect(),
            problem: (kind == "m" || kind == "S")
                .then(|| "it is no table that rows can be inserted into".to_owned()),
            copies: matches!(kind.as_str(), "r" | "p" | "f") && !secured && !ruled,
            counts: !(ruled || inherited && kind == "r"),
        }))
    }
}

fn column(row: &[Value]) -> Option<FoundColumn> {
    let text = |index: usize| match row.get(index) {
        Some(Value::Text(Some(text))) => Some(text.clone()),
        _ => None,
    };
    let truth = |index: usize| row.get(index) == Some(&Value::Boolean(Some(true)));
    let modifier = match row.get(5) {
        Some(Value::Integer(Some(modifier))) => *modifier,
        _ => -1,
    };
    Some(FoundColumn {
        name: text(0)?,
        holds: if text(4)? == "e" {
            Holds::Parsed
        } else {
            holds(&text(3)?, modifier)
        },
        sql_type: text(1)?,
        input_type: text(2)?,
        required: truth(6),
        generated: truth(7),
    })
}

/// A type's modifier is its length and 4, or its digits before and after the point in two halves, and 4.
fn holds(name: &str, modifier: i64) -> Holds {
    let modifier = u64::try_from(modifier - 4).ok();
    match name {
        "varchar" | "bpchar" => Holds::Text { most: modifier },
        "text" | "citext" => Holds::Text { most: None },
        "int2" | "int4" | "int8" => Holds::Integer,
        "numeric" => Holds::Decimal {
            digits: modifier.and_then(|modifier| {
                let precision = usize::try_from(modifier >> 16).ok()?;
                // 11 bits with a sign; a negative scale rounds before the point.
                let scale = usize::try_from(modifier & 0x7ff).ok()?;
                Some((precision, if scale > 1_000 { 0 } else { scale }))
            }),
        },
        "float4" | "float8" => Holds::Float,
        "bool" => Holds::Boolean,
        "date" => Holds::Date,
        "timestamp" | "timestamptz" => Holds::DateTime,
        "time" | "timetz" => Holds::Time,
        "json" | "jsonb" => Holds::Json,
        // Backslashes mean something; names and "char" are cut; money is rounded.
        "bytea" | "name" | "char" | "money" => Holds::Unfit,
        _ => Holds::Parsed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_read_from_the_modifier() {
        // numeric(8, 2), numeric(3, -2) and numeric without digits.
        let digits = |modifier| match holds("numeric", modifier) {
            Holds::Decimal { digits } => digits,
            _ => None,
        };
        assert_eq!(digits((8 << 16 | 2) + 4), Some((8, 2)));
        assert_eq!(digits((3 << 16 | 0x7fe) + 4), Some((3, 0)));
        assert_eq!(digits(-1), None);
        assert_eq!(holds("varchar", 9), Holds::Text { most: Some(5) });
    }
}
