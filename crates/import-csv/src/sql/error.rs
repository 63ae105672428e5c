//! What a database answers, in words that hold no row's contents.

use sqlx::error::{DatabaseError, ErrorKind};
use sqlx::mysql::MySqlDatabaseError;

use super::LoginError;

/// A database's error. Its text is ours, because a server's own may quote values.
#[derive(Debug, thiserror::Error)]
#[error("{text}")]
pub struct SqlError {
    text: String,
    row: Option<&'static str>,
    missing: bool,
    duplicate: bool,
    refused: bool,
}

impl SqlError {
    #[expect(clippy::needless_pass_by_value, reason = "for map_err")]
    pub(crate) fn new(error: sqlx::Error) -> Self {
        let answer = error.as_database_error();
        Self {
            text: answer.map_or_else(|| error.to_string(), describe),
            row: answer.and_then(about_the_row),
            missing: answer.is_some_and(is_missing),
            duplicate: answer.is_some_and(DatabaseError::is_unique_violation),
            refused: answer.is_some_and(is_refusal),
        }
    }

    /// There is no password to connect with.
    pub(crate) fn login(error: &LoginError) -> Self {
        Self {
            text: hikyaku::core::explain(error),
            row: None,
            missing: false,
            duplicate: false,
            refused: false,
        }
    }

    /// Whether the user or the password was refused.
    pub(crate) fn refuses_login(&self) -> bool {
        self.refused
    }

    /// Why the database will never take a row of this statement; none if it is not the rows' fault.
    pub(crate) fn about_the_row(&self) -> Option<&'static str> {
        self.row
    }

    /// Whether a row of this key is there already.
    pub(crate) fn is_duplicate(&self) -> bool {
        self.duplicate
    }

    /// Says of a missing table of ours where it comes from.
    pub(crate) fn of_the_cursor(mut self) -> Self {
        if self.missing {
            "table `hikyaku_cursors` or a column of it is missing: run the migration \
                         database/migrations/create_hikyaku_cursors_table.php or the SQL beside it"
                .clone_into(&mut self.text);
        }
        self
    }
}

fn code(error: &dyn DatabaseError) -> String {
    let number = error
        .try_downcast_ref::<MySqlDatabaseError>()
        .map(MySqlDatabaseError::number);
    number.map_or_else(
        || error.code().unwrap_or_default().into_owned(),
        |number| number.to_string(),
    )
}

/// SQLite names tables and columns in its messages, never values; the servers may quote a value.
fn describe(error: &dyn DatabaseError) -> String {
    if error
        .try_downcast_ref::<sqlx::sqlite::SqliteError>()
        .is_some()
    {
        return format!("SQLite answered {}", error.message());
    }
    let hint = match (code(error).as_str(), error.kind()) {
        ("42P01" | "1146", _) => ": a table is missing",
        ("42703" | "1054", _) => ": a column is missing",
        ("42501" | "1142" | "1143", _) => ": this user has no permission",
        ("28P01" | "28000" | "1045", _) => ": the user or the password is wrong",
        ("3D000" | "1049", _) => ": there is no such database",
        ("55P03" | "1205", _) => ": another transaction holds the row, perhaps an earlier attempt",
        ("40001" | "40P01" | "1213", _) => ": it collided with another transaction",
        ("42804", _) => ": IMPORT_TABLES declares another type than the table has",
        _ => "",
    };
    format!("the database answered with code {}{hint}", code(error))
}

fn is_refusal(error: &dyn DatabaseError) -> bool {
    matches!(code(error).as_str(), "28P01" | "28000" | "1045")
}

fn is_missing(error: &dyn DatabaseError) -> bool {
    let message = error.message();
    matches!(code(error).as_str(), "42P01" | "42703" | "1146" | "1054")
        || message.starts_with("no such table")
        || message.starts_with("no such column")
}

fn about_the_row(error: &dyn DatabaseError) -> Option<&'static str> {
    match error.kind() {
        ErrorKind::UniqueViolation => return Some("the table has a row of this key already"),
        ErrorKind::ForeignKeyViolation => return Some("it refers to a row that does not exist"),
        ErrorKind::NotNullViolation => return Some("a column that may not be empty has no value"),
        ErrorKind::CheckViolation | ErrorKind::ExclusionViolation => {
            return Some("it breaks a rule of the table");
        }
        _ => {}
    }
    let code = code(error);
    // PostgreSQL's class 22, MySQL's "incorrect", "out of range", "truncated" and "too long", SQLite's mismatches.
    let data = (code.len() == 5 && code.starts_with("22"))
        || matches!(
            code.as_str(),
            "1264" | "1265" | "1292" | "1366" | "1406" | "20" | "3091" | "1811"
        );
    data.then_some("a value does not fit its column")
}
