//! Tables as SQLite has them.

use super::super::found::{Found, FoundColumn, Holds};
use super::super::{SqlError, Statement, Value};
use super::Session;

const TABLE: &str =
    "SELECT type FROM pragma_table_list WHERE lower(name) = lower(?) AND schema = ?";

/// A key of one `INTEGER` column fills itself.
const COLUMNS: &str = "SELECT name, type, \"notnull\" = 1 AND dflt_value IS NULL AND NOT (pk = 1 AND lower(type) = 'integer'), \
                       hidden IN (2, 3) FROM pragma_table_xinfo(?, ?)";

impl Session {
    /// None if there is no such table.
    pub(in crate::sql) async fn find(&mut self, table: &str) -> Result<Option<Found>, SqlError> {
        let (schema, name) = table.split_once('.').unwrap_or(("main", table));
        let about = |sql: &str| Statement {
            sql: sql.to_owned(),
            values: vec![Value::text(name), Value::text(schema)],
        };
        let found = self.rows(&about(TABLE)).await?;
        let Some([Value::Text(Some(kind))]) = found.first().map(Vec::as_slice) else {
            return Ok(None);
        };
        let columns = self.rows(&about(COLUMNS)).await?;
        Ok(Some(Found {
            columns: columns.iter().filter_map(|row| column(row)).collect(),
            problem: None,
            copies: false,
            // What a trigger does in place of inserting into a view is not counted.
            counts: kind != "view",
        }))
    }
}

fn column(row: &[Value]) -> Option<FoundColumn> {
    let [
        Value::Text(Some(name)),
        Value::Text(Some(sql_type)),
        required,
        generated,
    ] = row
    else {
        return None;
    };
    Some(FoundColumn {
        name: name.clone(),
        holds: holds(&sql_type.to_ascii_lowercase()),
        sql_type: if sql_type.is_empty() {
            "of no type".to_owned()
        } else {
            sql_type.clone()
        },
        input_type: String::new(),
        required: *required == Value::Integer(Some(1)),
        generated: *generated == Value::Integer(Some(1)),
    })
}

/// SQLite keeps what it is given, but turns text into a number where a column's type sounds like one:
/// <https://www.sqlite.org/datatype3.html#determination_of_column_affinity>.
fn holds(sql_type: &str) -> Holds {
    let has = |word| sql_type.contains(word);
    match sql_type {
        _ if has("bool") => Holds::Boolean,
        _ if has("int") => Holds::Integer,
        _ if has("char") || has("clob") || has("text") => Holds::Text { most: None },
        "" => Holds::Parsed,
        _ if has("blob") => Holds::Parsed,
        _ if has("real") || has("floa") || has("doub") => Holds::Float,
        _ if has("datetime") || has("timestamp") => Holds::DateTime,
        _ if has("date") => Holds::Date,
        _ if has("time") => Holds::Time,
        "json" | "jsonb" => Holds::Json,
        "uuid" => Holds::Parsed,
        _ => Holds::Decimal { digits: None },
    }
}
