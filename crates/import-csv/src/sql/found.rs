//! A table as the database has it, and whether what `IMPORT_TABLES` declares fits it.
//!
//! Databases change values in silence to make them fit: a fraction is rounded, a time is cut off a date, `2` is taken
//! for the second value of an enum. So a column is imported only as what it is, and lengths and digits are the table's
//! where they are narrower than the declared ones.

use crate::table::{Column, Kind};

/// A table that was looked up.
#[derive(Debug, Clone, Default)]
pub(crate) struct Found {
    pub(crate) columns: Vec<FoundColumn>,
    /// Why nothing can be imported into it, whatever the file has.
    pub(crate) problem: Option<String>,
    /// PostgreSQL: COPY does here what INSERT does. It passes over rules and knows neither views nor row security.
    pub(crate) copies: bool,
    /// The number of rows that the database says it inserted is to be believed.
    pub(crate) counts: bool,
}

/// One of its columns.
#[derive(Debug, Clone)]
pub(crate) struct FoundColumn {
    pub(crate) name: String,
    pub(crate) holds: Holds,
    /// The type in the database's words.
    pub(crate) sql_type: String,
    /// PostgreSQL: what text is cast to, to be read as this type and not to be cut.
    pub(crate) input_type: String,
    /// It may not be empty, and nobody but the file fills it.
    pub(crate) required: bool,
    /// The database fills it by itself and refuses what others say.
    pub(crate) generated: bool,
}

/// What a column holds, as far as it matters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Holds {
    /// Characters, at most so many.
    Text {
        most: Option<u64>,
    },
    /// One of these. MySQL takes a number that is none of them for the place of one.
    Members(Vec<String>),
    Integer,
    /// Digits in all and after the point.
    Decimal {
        digits: Option<(usize, usize)>,
    },
    Float,
    Boolean,
    Date,
    DateTime,
    Time,
    Json,
    /// Whatever the database reads from text and refuses if it cannot: inet, uuid, arrays, domains.
    Parsed,
    /// What text would be changed in.
    Unfit,
}

impl Holds {
    /// Whether a column declared as `kind` arrives unchanged.
    fn takes(&self, kind: Kind) -> bool {
        match kind {
            Kind::String | Kind::Text | Kind::Enum => matches!(
                self,
                Self::Text { .. } | Self::Members(_) | Self::Json | Self::Parsed
            ),
            Kind::Json => matches!(self, Self::Json | Self::Text { .. } | Self::Parsed),
            Kind::IpAddress | Kind::Uuid => matches!(self, Self::Text { .. } | Self::Parsed),
            Kind::Integer => matches!(
                self,
                Self::Integer | Self::Decimal { .. } | Self::Float | Self::Text { .. }
            ),
            Kind::BigInteger => matches!(
                self,
                Self::Integer | Self::Decimal { .. } | Self::Text { .. }
            ),
            Kind::Float => matches!(self, Self::Float | Self::Text { .. }),
            Kind::Decimal => matches!(self, Self::Decimal { .. } | Self::Text { .. }),
            Kind::Boolean => matches!(self, Self::Boolean | Self::Integer | Self::Text { .. }),
            Kind::Date => matches!(self, Self::Date | Self::DateTime | Self::Text { .. }),
            Kind::DateTime => matches!(self, Self::DateTime | Self::Text { .. }),
            Kind::Time => matches!(self, Self::Time | Self::Text { .. }),
        }
    }

    /// What it has to be declared as.
    fn advice(&self) -> Option<&'static str> {
        Some(match self {
            Self::Text { .. } | Self::Members(_) | Self::Parsed => "string",
            Self::Integer => "integer or bigInteger",
            Self::Decimal { .. } => "decimal",
            Self::Float => "float",
            Self::Boolean => "boolean",
            Self::Date => "date",
            Self::DateTime => "dateTime",
            Self::Time => "time",
            Self::Json => "json",
            Self::Unfit => return None,
        })
    }
}

impl Found {
    pub(crate) fn column(&self, name: &str) -> Option<&FoundColumn> {
        // MySQL's and SQLite's names of columns are the same in any case; PostgreSQL's were written as they are.
        let exact = self.columns.iter().find(|column| column.name == name);
        exact.or_else(|| {
            let mut alike = self.columns.iter();
            alike.find(|column| !self.copies && column.name.eq_ignore_ascii_case(name))
        })
    }

    /// Fits the file's columns to the table's, or says why nothing can be imported.
    pub(crate) fn fit(&self, columns: &mut [(&str, Column)]) -> Result<(), String> {
        if let Some(problem) = &self.problem {
            return Err(problem.clone());
        }
        for (name, column) in columns.iter_mut() {
            let found = self.column(name);
            found
                .ok_or_else(|| format!("the table has no column `{name}`"))?
                .fit(column)?;
        }
        let missing = self.columns.iter().find(|found| {
            let mut names = columns.iter().map(|(name, _)| *name);
            found.required && !names.any(|name| name.eq_ignore_ascii_case(&found.name))
        });
        missing.map_or(Ok(()), |found| {
            Err(format!(
                "column `{}` may not be empty and has no default: the file has to have it",
                found.name
            ))
        })
    }
}

impl FoundColumn {
    fn fit(&self, column: &mut Column) -> Result<(), String> {
        let Self { name, sql_type, .. } = self;
        if self.generated {
            return Err(format!(
                "the database fills column `{name}` by itself: take it out of the file"
            ));
        }
        if !self.holds.takes(column.kind) {
            return Err(match self.holds.advice() {
                Some(advice) => format!(
                    "column `{name}` is {sql_type} in the table: declare it as {advice} in IMPORT_TABLES, or values \
                     would be changed in silence"
                ),
                None => format!(
                    "column `{name}` is {sql_type} in the table, which no text can be imported into"
                ),
            });
        }
        match &self.holds {
            Holds::Text { most: Some(most) } => column.shorten(*most),
            Holds::Decimal {
                digits: Some((precision, scale)),
            } => column.round_never(*precision, *scale),
            Holds::Members(members) => column.members.clone_from(members),
            _ => {}
        }
        Ok(())
    }
}
