//! What the codes of the three databases mean, and what to do.
//!
//! PostgreSQL: <https://www.postgresql.org/docs/current/errcodes-appendix.html>, MySQL:
//! <https://dev.mysql.com/doc/mysql-errors/8.4/en/server-error-reference.html>, `MariaDB`:
//! <https://mariadb.com/docs/server/reference/error-codes>, SQLite: <https://www.sqlite.org/rescode.html>.

/// What follows from an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The database will never take a row of the statement.
    Row,
    /// Another transaction was in the way, and may not be when the same is tried again at once.
    Collision,
    /// The connection is of no use any more.
    Lost,
    /// No connection was to be had yet.
    Busy,
    /// The user or the password is refused.
    Login,
    /// The user may not do this.
    Denied,
    /// Nothing can ever be imported so: the table or the file has to change.
    Unfit,
    /// A table or a column is not there.
    Missing,
    /// Nothing of these.
    Other,
}

/// In plain words, with what to do; none where the server's words beside it could quote a value.
pub(super) fn sentence(code: &str) -> Option<&'static str> {
    Some(match code {
        "42P01" | "1146" => "a table is missing",
        "42703" | "1054" => "a column is missing",
        "3F000" => "a schema is missing",
        "42501" | "1142" | "1143" | "1044" | "1227" | "1370" => {
            "this user has no permission: grant it what docs/database.md lists"
        }
        "28P01" | "1045" => "the user or the password is wrong",
        "28000" | "1130" => "the server does not let this user in from this address",
        "3D000" | "1049" => "there is no such database",
        "1698" | "1862" | "1820" => {
            "this user cannot log in by password, or has to change it first"
        }
        "3159" | "4163" => "the server takes TLS only: add ?ssl-mode=REQUIRED to DATABASE_URL",
        "55P03" | "1205" => {
            "somebody else held the row or the table for 30 seconds: an earlier attempt, or a change of the table"
        }
        "40001" | "40P01" | "1213" | "1020" => "it collided with another transaction",
        "25006" | "1290" | "1836" | "1792" => {
            "the server only reads, as a replica or after a failover: DATABASE_URL has to name the writer"
        }
        "57P01" | "57P02" | "1053" => "the server was shut down, or somebody ended the connection",
        "57P03" => "the server is starting or shutting down",
        "08006" | "08003" | "08P01" | "1927" | "4031" | "25P03" | "57P05" => {
            "the server closed the connection"
        }
        "57014" | "1317" | "1969" | "3024" => {
            "the server cancelled the statement: its statement_timeout (PostgreSQL) or max_statement_time (MariaDB) is \
             too short for this user, or somebody cancelled it"
        }
        "53100" | "1021" | "1114" => "the server's disk or the table is full: give it more storage",
        "53200" | "1037" | "1041" => "the server is out of memory",
        "53300" | "1040" => {
            "the server has no connection left: raise max_connections, or lower DATABASE_CONNECTIONS and MaximumConcurrency"
        }
        "1203" | "1226" => {
            "this user has no connection left: raise its limit, or lower DATABASE_CONNECTIONS and MaximumConcurrency"
        }
        "1153" => "a statement is larger than the server takes: raise max_allowed_packet",
        "42804" => "a column is of another type than IMPORT_TABLES says",
        "42809" | "55000" | "1471" | "1288" | "1348" => "nothing can be inserted there",
        "428C9" | "1906" | "3105" => {
            "the database fills a column by itself: take it out of the file"
        }
        "1364" => "a column that the file does not have may not be empty and has no default",
        "42P10" | "0A000" => "the database cannot do this",
        _ => return None,
    })
}

/// Why the database takes no row of this kind, and whether it is because it has one of the same key.
pub(super) fn reason(code: &str) -> (&'static str, bool) {
    match code {
        "23505" | "1062" | "1586" | "1555" | "2067" => {
            ("the table has a row of this key already", true)
        }
        "23503" | "1452" | "1216" | "787" => ("it refers to a row that does not exist", false),
        "23502" | "1048" | "1263" | "1299" => {
            ("a column that may not be empty has no value", false)
        }
        // PostgreSQL's class 22, MySQL's "incorrect", "out of range", "truncated" and "too long", SQLite's mismatches.
        "1264" | "1265" | "1292" | "1366" | "1406" | "1411" | "20" | "3091" | "18" => {
            ("a value does not fit its column", false)
        }
        code if code.len() == 5 && code.starts_with("22") => {
            ("a value does not fit its column", false)
        }
        "23514" | "23P01" | "44000" | "4025" | "3819" | "1369" | "1526" | "275" => {
            ("it breaks a rule of the table", false)
        }
        _ => ("the database refused it", false),
    }
}

/// The classes of `SQLSTATE` that PostgreSQL has itself and that are about no row.
const NOT_OF_ROWS: [&str; 34] = [
    "00", "01", "02", "03", "08", "09", "0A", "0B", "0F", "0L", "0Z", "24", "25", "26", "27", "28",
    "2B", "2D", "2F", "34", "3B", "3D", "3F", "40", "42", "53", "54", "55", "57", "58", "72", "F0",
    "HV", "XX",
];

/// The same as a list of SQL's.
pub(super) fn not_of_rows() -> String {
    NOT_OF_ROWS.map(|class| format!("'{class}'")).join(", ")
}

/// PostgreSQL's. What a trigger raises is about the row, whichever code it invents.
pub(super) fn of_postgres(code: &str) -> Kind {
    match code {
        "54000" => Kind::Row, // an index row is too long
        "40001" | "40P01" => Kind::Collision,
        "25006" | "57P01" | "57P02" | "57P05" | "25P03" => Kind::Lost,
        "53300" | "57P03" => Kind::Busy,
        "28P01" | "28000" => Kind::Login,
        "42P01" | "42703" => Kind::Missing,
        "42501" => Kind::Denied,
        "428C9" | "42804" | "42809" | "55000" => Kind::Unfit,
        _ => match code.get(..2) {
            Some("08") => Kind::Lost,
            Some(class) if !NOT_OF_ROWS.contains(&class) => Kind::Row,
            _ => Kind::Other,
        },
    }
}

/// MySQL's and `MariaDB`'s: a trigger's `SIGNAL` is 1644, or whatever its author numbered it, of class 45.
pub(super) fn of_mysql(code: u16, state: &str) -> Kind {
    match code {
        // 1118: too large for a page. 1242: a trigger's question that this row has two answers to.
        1048 | 1062 | 1118 | 1216 | 1242 | 1263 | 1264 | 1265 | 1292 | 1300 | 1366 | 1369
        | 1406 | 1411 | 1452 | 1526 | 1586 | 1644 | 1690 | 3140 | 3141 | 3819 | 3988 | 4025
        | 4078 => Kind::Row,
        1020 | 1213 => Kind::Collision,
        1053 | 1290 | 1792 | 1836 | 1927 | 4031 => Kind::Lost,
        1040 | 1203 | 1226 => Kind::Busy,
        1045 => Kind::Login,
        1054 | 1146 => Kind::Missing,
        1142 | 1143 => Kind::Denied,
        1288 | 1348 | 1364 | 1471 | 1906 | 3105 => Kind::Unfit,
        1052 => Kind::Other, // of class 23, although it is about the statement
        _ => match state.get(..2) {
            Some("22" | "23" | "44" | "45") => Kind::Row,
            Some("08") => Kind::Lost,
            _ => Kind::Other,
        },
    }
}

/// SQLite's, by its extended code.
pub(super) fn of_sqlite(code: i32) -> Kind {
    match code & 0xff {
        18..=20 => Kind::Row, // too big, a constraint, a mismatch
        _ if code == 517 => Kind::Collision,
        _ => Kind::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_trigger_raises_is_about_the_row_whatever_its_code() {
        for code in [
            "P0001", "45000", "HK001", "U0001", "23505", "22001", "21000", "44000",
        ] {
            assert_eq!(of_postgres(code), Kind::Row, "{code}");
        }
        for (code, state) in [
            (1644, "45000"),
            (31_001, "45000"),
            (1644, "HK001"),
            (1062, "23000"),
            (1118, "42000"),
            (1242, "21000"),
        ] {
            assert_eq!(of_mysql(code, state), Kind::Row, "{code}");
        }
    }

    #[test]
    fn a_code_that_people_meet_is_a_sentence_with_what_to_do() {
        for (code, to_do) in [
            ("25006", "the writer"),
            ("1290", "the writer"),
            ("57P01", "was shut down"),
            ("57014", "statement_timeout"),
            ("53100", "more storage"),
            ("1114", "more storage"),
            ("53300", "raise max_connections"),
            ("1040", "raise max_connections"),
            ("1226", "raise its limit"),
            ("1153", "raise max_allowed_packet"),
            ("1044", "grant it"),
            ("42501", "grant it"),
        ] {
            let said = sentence(code).unwrap_or_default();
            assert!(said.contains(to_do), "{code}: {said}");
        }
    }

    #[test]
    fn what_is_about_the_server_rejects_no_row() {
        for code in [
            "42501", "53100", "57014", "25006", "40P01", "08006", "XX000", "55P03", "0A000",
            "54001",
        ] {
            assert_ne!(of_postgres(code), Kind::Row, "{code}");
        }
        for (code, state) in [
            (1142, "42000"),
            (1205, "HY000"),
            (1213, "40001"),
            (1153, "08S01"),
            (1364, "HY000"),
        ] {
            assert_ne!(of_mysql(code, state), Kind::Row, "{code}");
        }
    }
}
