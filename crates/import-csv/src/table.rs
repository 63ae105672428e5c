//! The tables that may be imported into, as the operator declares them.

use std::collections::BTreeMap;

use serde::Deserialize;

/// The tables that may be imported into, by name.
#[derive(Debug, Clone, Deserialize)]
#[serde(transparent)]
pub struct Tables(BTreeMap<String, Table>);

/// One table.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    /// The columns that a header may name. A column that the header leaves out gets the database's default.
    pub columns: BTreeMap<String, Column>,
}

/// What a column takes.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Column {
    /// The type, in Laravel's words.
    #[serde(rename = "type")]
    pub kind: Kind,
    /// An empty field is refused instead of written as NULL, and the header has to name the column.
    #[serde(default)]
    pub required: bool,
    /// For text the most characters (255 for `string`, 16,383 for `text` if left out), for numbers the greatest value.
    #[serde(default)]
    pub max: Option<i64>,
    /// For whole numbers, the smallest value.
    #[serde(default)]
    pub min: Option<i64>,
    /// For `decimal`, the digits before and after the point together; 8 if left out.
    #[serde(default = "eight")]
    pub precision: usize,
    /// For `decimal`, the digits after the point; 2 if left out.
    #[serde(default = "two")]
    pub scale: usize,
    /// What the header calls it, if not by its name: `"氏名"`.
    #[serde(default)]
    pub header: Option<String>,
}

fn eight() -> usize {
    8
}

fn two() -> usize {
    2
}

/// The types of columns, in Laravel's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Kind {
    /// Text of up to 255 characters.
    String,
    /// Longer text.
    Text,
    /// 32 bits, signed.
    Integer,
    /// 64 bits, signed.
    BigInteger,
    /// Floating point.
    Float,
    /// A number with a fixed point, kept exactly.
    Decimal,
    /// `1`, `0`, `true`, `false`, `yes` or `no`.
    Boolean,
    /// `2026-01-31` or `2026/01/31`.
    Date,
    /// A date and `13:45` or `13:45:59`, without a zone.
    DateTime,
    /// 32 hexadecimal digits in five groups.
    Uuid,
}

impl Tables {
    pub(crate) fn get(&self, name: &str) -> Option<(&str, &Table)> {
        self.0
            .get_key_value(name)
            .map(|(name, table)| (name.as_str(), table))
    }

    pub(crate) fn names(&self) -> String {
        self.0
            .keys()
            .map(String::as_str)
            .collect::<Vec<_>>()
            .join(", ")
    }

    /// What is wrong with the declaration, if anything.
    pub(crate) fn problem(&self) -> Option<String> {
        if self.0.is_empty() {
            return Some("it names no table".to_owned());
        }
        self.0.iter().find_map(|(name, table)| table.problem(name))
    }
}

impl Table {
    fn problem(&self, name: &str) -> Option<String> {
        if !name.split('.').all(is_name) {
            return Some(format!("`{name}` cannot be a table's name"));
        }
        if self.columns.is_empty() {
            return Some(format!("table `{name}` has no columns"));
        }
        let mut headers = std::collections::BTreeSet::new();
        self.columns.iter().find_map(|(column, declared)| {
            if !is_name(column) {
                return Some(format!(
                    "`{column}` in table `{name}` cannot be a column's name"
                ));
            }
            let repeated = !headers.insert(declared.header.as_deref().unwrap_or(column));
            repeated.then(|| format!("two columns of table `{name}` have the same header"))
        })
    }
}

/// 64 bytes is MySQL's limit; PostgreSQL cuts at 63. Every other character is quoted.
fn is_name(name: &str) -> bool {
    (1..=64).contains(&name.len()) && !name.chars().any(char::is_control)
}
