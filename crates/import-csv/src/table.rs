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
    /// Rows get the time of their import as `created_at` and `updated_at`, as Laravel's models do, in `APP_TIMEZONE`. A
    /// column that the header names is the file's.
    #[serde(default)]
    pub timestamps: bool,
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
    /// What a number may be if it is in an enum of the table's.
    #[serde(skip)]
    pub(crate) members: Vec<String>,
}

impl Column {
    /// One that nothing more is said of.
    pub(crate) fn of(kind: Kind) -> Self {
        Self {
            kind,
            required: false,
            max: None,
            min: None,
            precision: eight(),
            scale: two(),
            header: None,
            members: Vec::new(),
        }
    }

    /// How many characters a text may have.
    pub(crate) fn longest(&self) -> i64 {
        let usual = match self.kind {
            Kind::Text => 16_383,     // 65,535 bytes, MySQL's TEXT, at 4 bytes each
            Kind::Json => 256 * 1024, // no record is longer
            _ => 255,
        };
        self.max.unwrap_or(usual)
    }

    /// No text is longer than the table's column.
    pub(crate) fn shorten(&mut self, most: u64) {
        let text = matches!(
            self.kind,
            Kind::String | Kind::Text | Kind::Enum | Kind::Json
        );
        if let (true, Ok(most)) = (text, i64::try_from(most)) {
            self.max = Some(self.longest().min(most));
        }
    }

    /// No decimal has more digits than the table's column.
    pub(crate) fn round_never(&mut self, precision: usize, scale: usize) {
        if self.kind == Kind::Decimal {
            let whole = self.precision.saturating_sub(self.scale);
            self.scale = self.scale.min(scale);
            self.precision = whole.min(precision.saturating_sub(scale)) + self.scale;
        }
    }
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
    /// `13:45` or `13:45:59`.
    Time,
    /// 32 hexadecimal digits in five groups.
    Uuid,
    /// JSON, kept as it is written unless the database has a type for it.
    #[serde(alias = "jsonb")]
    Json,
    /// One of the values that the table's column has.
    Enum,
    /// An address of IPv4 or IPv6, or a network.
    IpAddress,
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
