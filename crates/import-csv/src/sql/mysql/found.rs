//! Tables as MySQL and `MariaDB` have them.

use super::super::found::{Found, FoundColumn, Holds};
use super::super::{SqlError, Statement, Value};
use super::Session;

const TABLE: &str = "SELECT COALESCE(engine, '') FROM information_schema.tables \
    WHERE table_schema = COALESCE(?, DATABASE()) AND table_name = ?";

/// What is required is not looked up, but tried: see `Database::rehearse`.
const COLUMNS: &str = "SELECT column_name, LOWER(data_type), column_type, CAST(character_maximum_length AS SIGNED), \
    CAST(numeric_precision AS SIGNED), CAST(numeric_scale AS SIGNED), extra FROM information_schema.columns \
    WHERE table_schema = COALESCE(?, DATABASE()) AND table_name = ? ORDER BY ordinal_position";

/// Those that can roll back.
const TRANSACTIONAL: [&str; 6] = ["", "innodb", "ndbcluster", "rocksdb", "tokudb", "xtradb"];

/// A statement about a table, whose name is the last of `schema.table`.
pub(super) fn about(sql: &str, table: &str) -> Statement {
    let (schema, table) = match table.split_once('.') {
        Some((schema, table)) => (Some(schema.to_owned()), table),
        None => (None, table),
    };
    Statement {
        sql: sql.to_owned(),
        values: vec![Value::Text(schema), Value::text(table)],
    }
}

impl Session {
    /// None if there is no such table.
    pub(in crate::sql) async fn find(&mut self, table: &str) -> Result<Option<Found>, SqlError> {
        let found = self.rows(&about(TABLE, table)).await?;
        let Some([Value::Text(Some(engine))]) = found.first().map(Vec::as_slice) else {
            return Ok(None);
        };
        let columns = self.rows(&about(COLUMNS, table)).await?;
        let keeps = TRANSACTIONAL.contains(&engine.to_ascii_lowercase().as_str());
        Ok(Some(Found {
            columns: columns.iter().filter_map(|row| column(row)).collect(),
            problem: (!keeps).then(|| {
                format!("its engine {engine} knows no transactions: ALTER TABLE … ENGINE=InnoDB")
            }),
            copies: false,
            counts: true,
        }))
    }
}

fn column(row: &[Value]) -> Option<FoundColumn> {
    let text = |index: usize| match row.get(index) {
        Some(Value::Text(Some(text))) => Some(text.clone()),
        _ => None,
    };
    let number = |index: usize| match row.get(index) {
        Some(Value::Integer(Some(number))) => u64::try_from(*number).ok(),
        _ => None,
    };
    let sql_type = text(2)?;
    let digits = number(4).zip(number(5));
    let holds = match text(1)?.as_str() {
        "char" | "varchar" => Holds::Text { most: number(3) },
        "tinytext" | "text" | "mediumtext" | "longtext" | "tinyblob" | "blob" | "mediumblob"
        | "longblob" | "varbinary" => Holds::Text { most: None },
        "enum" | "set" => Holds::Members(members(&sql_type)),
        "tinyint" | "smallint" | "mediumint" | "int" | "bigint" | "year" => Holds::Integer,
        "bit" => Holds::Boolean,
        "decimal" => Holds::Decimal {
            digits: digits
                .and_then(|(all, after)| Some((all.try_into().ok()?, after.try_into().ok()?))),
        },
        "float" | "double" => Holds::Float,
        "date" => Holds::Date,
        "datetime" | "timestamp" => Holds::DateTime,
        "time" => Holds::Time,
        "json" => Holds::Json,
        "uuid" | "inet4" | "inet6" => Holds::Parsed,
        // Padded with zeros, or no text at all.
        _ => Holds::Unfit,
    };
    Some(FoundColumn {
        name: text(0)?,
        holds,
        sql_type,
        input_type: String::new(),
        required: false,
        generated: text(6)?.to_ascii_uppercase().contains(" GENERATED"),
    })
}

/// The members of `enum('a','it''s')`.
fn members(sql_type: &str) -> Vec<String> {
    let inside = sql_type
        .split_once('(')
        .map_or("", |(_, rest)| rest.trim_end_matches(')'));
    let (mut members, mut member, mut quoted) = (Vec::new(), String::new(), false);
    let mut characters = inside.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\'' if quoted && characters.peek() == Some(&'\'') => {
                member.push('\'');
                characters.next();
            }
            '\'' if quoted => {
                members.push(std::mem::take(&mut member));
                quoted = false;
            }
            '\'' => quoted = true,
            _ if quoted => member.push(character),
            _ => {}
        }
    }
    members
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_members_of_an_enum_are_read() {
        assert_eq!(
            members("enum('a','it''s','x,y','(')"),
            ["a", "it's", "x,y", "("]
        );
        assert_eq!(members("enum('')"), [""]);
        assert!(members("enum").is_empty());
    }
}
