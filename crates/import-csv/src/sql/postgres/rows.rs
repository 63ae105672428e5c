//! Rows into PostgreSQL: by COPY, and one by one on the server where it refuses one.

use std::fmt::Write as _;
use std::pin::pin;

use bytes::Bytes;
use futures_util::SinkExt as _;

use super::super::error::refusal;
use super::super::sentences::{Kind, not_of_rows};
use super::super::target::{Refused, SWALLOWED, Target};
use super::super::{Dialect, SqlError, Statement, Value};
use super::{Session, answer};
use crate::chunk::Row;

/// How many rows are sent at once.
const COPIED: usize = 256;

impl Session {
    /// Inserts all `rows` but those that the database will never take, and returns these. `each`: one by one from the
    /// start, because the commit of all at once was refused.
    pub(in crate::sql) async fn insert(
        &mut self,
        target: &Target,
        rows: &[Row],
        each: bool,
    ) -> Result<Vec<Refused>, SqlError> {
        if each {
            return self.insert_one_by_one(target, rows).await;
        }
        self.run("SAVEPOINT hikyaku_rows").await?;
        match self.insert_at_once(target, rows).await {
            Ok(count) if count == rows.len() as u64 || !target.counts => return Ok(Vec::new()),
            // A policy of row security that refuses a row answers as if the user had no right to the table.
            Err(error) if error.refusal().is_none() && error.kind() != Kind::Denied => {
                return Err(error);
            }
            Ok(_) | Err(_) => {}
        }
        self.run("ROLLBACK TO SAVEPOINT hikyaku_rows").await?;
        self.insert_one_by_one(target, rows).await
    }

    /// How many the server counts.
    async fn insert_at_once(&mut self, target: &Target, rows: &[Row]) -> Result<u64, SqlError> {
        let names = target.names(Dialect::Postgres);
        if !target.copies {
            let sql = format!(
                "INSERT INTO {} ({names}) SELECT {} FROM json_array_elements($1::json) WITH ORDINALITY AS r (h_value, h_place) \
                 ORDER BY h_place",
                target.table,
                inputs(target)
            );
            let values = vec![Value::text(json(rows))];
            return self.execute(&Statement { sql, values }).await;
        }
        let sql = format!("COPY {} ({names}) FROM STDIN", target.table);
        let sink = self.wire.drive(self.client.copy_in(&sql)).await?;
        let mut sink = pin!(sink);
        // The server reads some rows while the next are written down.
        for part in rows.chunks(COPIED) {
            let text = Bytes::from(copied(part));
            self.wire.drive(sink.send(text)).await?;
        }
        self.wire.drive(sink.finish()).await
    }

    /// The server tries each row by itself, in one request, and tells which it refused and why. An error that is not about
    /// a row ends it. What refers to a later row of the chunk is tried again after it.
    async fn insert_one_by_one(
        &mut self,
        target: &Target,
        rows: &[Row],
    ) -> Result<Vec<Refused>, SqlError> {
        let given = Statement {
            sql: "SELECT set_config('hikyaku.rows', $1, true)".to_owned(),
            values: vec![Value::text(json(rows))],
        };
        self.rows(&given).await?;
        self.run(&one_by_one(target)).await?;
        let answer = Statement {
            sql: "SELECT current_setting('hikyaku.refused')".to_owned(),
            values: Vec::new(),
        };
        let answer = self.rows(&answer).await?;
        match answer.first().map(Vec::as_slice) {
            Some([Value::Text(Some(refused))]) => refusals(refused),
            _ => Err(unread()),
        }
    }
}

/// Place, code, words and detail of each refused row.
fn refusals(told: &str) -> Result<Vec<Refused>, SqlError> {
    let refused: Vec<(usize, String, String, String)> =
        serde_json::from_str(told).map_err(|_| unread())?;
    let refused = refused.into_iter().map(|(place, code, words, detail)| {
        let detail = Some(detail.as_str()).filter(|detail| !detail.is_empty());
        let reason = match code.as_str() {
            "" => SWALLOWED.to_owned(),
            code => refusal(&answer(code, &words, detail)).reason,
        };
        let index = place - 1;
        Refused { index, reason }
    });
    Ok(refused.collect())
}

fn unread() -> SqlError {
    SqlError::new("the server did not tell which rows it refused", Kind::Other)
}

fn one_by_one(target: &Target) -> String {
    let (table, names) = (&target.table, target.names(Dialect::Postgres));
    let (inputs, counts) = (inputs(target), target.counts);
    let relation = table.replace('\'', "''");
    let classes = not_of_rows();
    format!(
        "DO $hikyaku$
DECLARE
    h_secured boolean := row_security_active('{relation}'::regclass) AND has_any_column_privilege('{relation}'::regclass, 'INSERT');
    h_place bigint; h_value json; h_taken bigint; h_progress boolean;
    h_state text; h_words text; h_detail text; h_line text;
    h_todo bigint[]; h_later bigint[]; h_waiting text[]; h_refused text[] := '{{}}';
BEGIN
    SET CONSTRAINTS ALL IMMEDIATE;
    LOOP
        h_progress := false; h_later := '{{}}'; h_waiting := '{{}}';
        FOR h_place, h_value IN
            SELECT r.place, r.value
            FROM json_array_elements(current_setting('hikyaku.rows')::json) WITH ORDINALITY AS r (value, place)
            WHERE h_todo IS NULL OR r.place = ANY (h_todo) ORDER BY r.place
        LOOP
            BEGIN
                INSERT INTO {table} ({names}) VALUES ({inputs});
                GET DIAGNOSTICS h_taken = ROW_COUNT;
                h_progress := true;
                IF h_taken = 0 AND {counts} THEN
                    h_refused := h_refused || json_build_array(h_place, '', '', '')::text;
                END IF;
            EXCEPTION WHEN OTHERS THEN
                GET STACKED DIAGNOSTICS h_state = RETURNED_SQLSTATE, h_words = MESSAGE_TEXT, h_detail = PG_EXCEPTION_DETAIL;
                IF h_state <> '54000' AND left(h_state, 2) IN ({classes}) AND NOT (h_secured AND h_state = '42501') THEN
                    RAISE;
                END IF;
                h_line := json_build_array(h_place, h_state, h_words, h_detail)::text;
                IF h_state = '23503' THEN
                    h_later := h_later || h_place; h_waiting := h_waiting || h_line;
                ELSE
                    h_refused := h_refused || h_line;
                END IF;
            END;
        END LOOP;
        EXIT WHEN h_later = '{{}}' OR NOT h_progress;
        h_todo := h_later;
    END LOOP;
    PERFORM set_config('hikyaku.refused', '[' || array_to_string(h_refused || h_waiting, ',') || ']', true);
END
$hikyaku$"
    )
}

/// The columns' values out of `h_value`, an array of texts, as the types' own input functions read them.
fn inputs(target: &Target) -> String {
    let inputs = target.columns.iter().enumerate();
    let inputs =
        inputs.map(|(index, column)| format!("CAST(h_value->>{index} AS {})", column.input_type));
    inputs.collect::<Vec<_>>().join(", ")
}

/// All rows, each an array of texts. No byte is beyond ASCII: a database in another encoding then refuses the one row
/// that it has no character for.
fn json(rows: &[Row]) -> String {
    let mut text = String::from("[");
    for (index, row) in rows.iter().enumerate() {
        text.push_str(if index == 0 { "[" } else { ",[" });
        for (index, value) in row.values.iter().enumerate() {
            if index > 0 {
                text.push(',');
            }
            match value.to_text() {
                None => text.push_str("null"),
                Some(value) => quote(&mut text, &value),
            }
        }
        text.push(']');
    }
    text.push(']');
    text
}

fn quote(text: &mut String, value: &str) {
    text.push('"');
    for character in value.chars() {
        match character {
            '"' | '\\' => text.extend(['\\', character]),
            ' '..='~' => text.push(character),
            _ => {
                for unit in character.encode_utf16(&mut [0; 2]) {
                    let _ = write!(text, "\\u{unit:04x}");
                }
            }
        }
    }
    text.push('"');
}

/// In COPY's text format: <https://www.postgresql.org/docs/current/sql-copy.html#id-1.9.3.55.9.2>.
fn copied(rows: &[Row]) -> String {
    let mut text = String::with_capacity(rows.iter().map(Row::size).sum());
    for row in rows {
        for (index, value) in row.values.iter().enumerate() {
            if index > 0 {
                text.push('\t');
            }
            // Numbers need no text of their own.
            let _ = match value {
                Value::Text(Some(value)) => {
                    escape(&mut text, value);
                    Ok(())
                }
                Value::Integer(Some(number)) => write!(text, "{number}"),
                Value::Float(Some(number)) => write!(text, "{number}"),
                value => text.write_str(value.to_text().as_deref().unwrap_or("\\N")),
            };
        }
        text.push('\n');
    }
    text
}

fn escape(text: &mut String, value: &str) {
    let is_special = |byte| matches!(byte, b'\\' | b'\n' | b'\r' | b'\t');
    // Every byte is looked at, which the processor does with many at once.
    if !value
        .bytes()
        .fold(false, |found, byte| found | is_special(byte))
    {
        text.push_str(value);
        return;
    }
    for character in value.chars() {
        match character {
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            character => text.push(character),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chunk::Original;

    fn row(values: Vec<Value>) -> Row {
        let original = Original::of_nothing();
        Row { values, original }
    }

    #[test]
    fn copied_text_means_itself() {
        let rows = [
            row(vec![Value::text("a\\N\tb\r\n"), Value::Text(None)]),
            row(vec![Value::Boolean(Some(true)), Value::Float(Some(1.5))]),
        ];
        assert_eq!(copied(&rows), "a\\\\N\\tb\\r\\n\t\\N\n1\t1.5\n");
    }

    #[test]
    fn json_is_ascii_and_reads_as_it_was() {
        let values = ["𠮷\u{1}\"\\", "表", ""];
        let rows = [
            row(values.map(Value::text).to_vec()),
            row(vec![Value::Integer(None)]),
        ];
        let text = json(&rows);
        assert!(text.is_ascii(), "{text}");
        let read: Vec<Vec<Option<String>>> = serde_json::from_str(&text).unwrap();
        assert_eq!(read[0], values.map(|value| Some(value.to_owned())));
        assert_eq!(read[1], [None]);
    }
}
