//! Where a file's rows go.

use super::Dialect;
use super::found::Found;
use crate::validate::Layout;

/// A table and the columns of it that the rows' values are for, in their order.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    /// As it is declared.
    pub(crate) name: String,
    /// As SQL names it.
    pub(crate) table: String,
    pub(crate) columns: Vec<TargetColumn>,
    /// See [`Found::copies`].
    pub(crate) copies: bool,
    /// See [`Found::counts`].
    pub(crate) counts: bool,
}

/// One of them.
#[derive(Debug, Clone)]
pub(crate) struct TargetColumn {
    pub(crate) name: String,
    /// See [`FoundColumn::input_type`](super::found::FoundColumn::input_type).
    pub(crate) input_type: String,
}

/// What is said of a row that the database took without an error and did not insert.
pub(crate) const SWALLOWED: &str = "the database took it without an error and inserted nothing: a trigger or rule of the table passes over it";

/// A row that the database will never take.
#[derive(Debug)]
pub(crate) struct Refused {
    /// Which of the rows.
    pub(crate) index: usize,
    /// In plain words and the database's own.
    pub(crate) reason: String,
}

impl Target {
    pub(crate) fn new(dialect: Dialect, layout: &Layout<'_>, found: &Found) -> Self {
        let names = layout.columns.iter().map(|(name, _)| *name);
        let columns = names.chain(layout.stamped.iter().copied()).map(|name| {
            let found = found.column(name);
            TargetColumn {
                name: name.to_owned(),
                input_type: found.map_or_else(String::new, |found| found.input_type.clone()),
            }
        });
        Self {
            name: layout.table.to_owned(),
            table: dialect.quoted(layout.table),
            columns: columns.collect(),
            copies: found.copies,
            counts: found.counts,
        }
    }

    /// The columns as SQL lists them.
    pub(crate) fn names(&self, dialect: Dialect) -> String {
        let names = self.columns.iter();
        let names = names.map(|column| dialect.quoted_column(&column.name));
        names.collect::<Vec<_>>().join(", ")
    }
}
