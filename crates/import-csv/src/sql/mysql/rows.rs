//! Rows into MySQL: some hundred with each statement, and fewer where it refuses one.

use super::super::sentences::Kind;
use super::super::target::{Refused, Target};
use super::super::{Dialect, SqlError, Statement, Value};
use super::repeated::Key;
use super::{OVERHEAD, Session, answered, bound};
use crate::chunk::Row;

/// The most values of one statement. The protocol takes 65,535, but a server spends some 300 bytes on each for as long as
/// the statement is prepared, and is no faster.
const VALUES: usize = 8_192;

/// Rows of a chunk, by their places.
type Part = Vec<usize>;

impl Session {
    /// Inserts all `rows` but those that the database will never take, and returns these.
    ///
    /// A statement that fails leaves nothing behind, and the transaction goes on. So what is refused is halved until the
    /// row at fault is alone; but of keys that are there already, all that conflict are found at once.
    pub(in crate::sql) async fn insert(
        &mut self,
        target: &Target,
        rows: &[Row],
    ) -> Result<Vec<Refused>, SqlError> {
        let packet = self.packet.saturating_sub(OVERHEAD);
        let (first, large): (Part, Part) =
            (0..rows.len()).partition(|index| rows[*index].size() < packet);
        let mut refused: Vec<_> = large
            .into_iter()
            .map(|index| too_large(index, packet))
            .collect();
        let (mut parts, mut keys) = (vec![first], None);
        while let Some(part) = parts.pop() {
            let Err(error) = self.attempt("INSERT", target, rows, &part).await else {
                continue;
            };
            let Some(refusal) = error.refusal() else {
                return Err(error);
            };
            if let [index] = part[..] {
                let reason = refusal.reason.clone();
                refused.push(Refused { index, reason });
                continue;
            }
            let (new, repeated) = if refusal.is_duplicate {
                let keys = match &mut keys {
                    Some(keys) => keys,
                    none => none.insert(Key::of(self, target).await?),
                };
                self.repeated(target, keys, rows, &part).await?
            } else {
                (part, Part::new())
            };
            if new.is_empty()
                && let Some(reasons) = self.all_repeated(target, rows, &repeated).await?
            {
                let reasons = repeated.into_iter().zip(reasons);
                refused.extend(reasons.map(|(index, reason)| Refused { index, reason }));
            } else if new.is_empty() || repeated.is_empty() {
                let part = if new.is_empty() { repeated } else { new };
                let (first, second) = part.split_at(part.len() / 2);
                parts.extend([second.to_vec(), first.to_vec()]);
            } else {
                parts.extend([repeated, new]);
            }
        }
        Ok(refused)
    }

    /// Inserts the whole part or nothing of it.
    async fn attempt(
        &mut self,
        verb: &str,
        target: &Target,
        rows: &[Row],
        part: &[usize],
    ) -> Result<u64, SqlError> {
        if part.is_empty() {
            return Ok(0);
        }
        self.run("SAVEPOINT hikyaku_rows").await?;
        let attempted = self.statements(verb, target, rows, part).await;
        if attempted
            .as_ref()
            .is_err_and(|error| error.refusal().is_some())
        {
            self.run("ROLLBACK TO SAVEPOINT hikyaku_rows").await?;
        }
        attempted
    }

    /// Inserts the part with as few statements as there may be; how many rows it inserted.
    async fn statements(
        &mut self,
        verb: &str,
        target: &Target,
        rows: &[Row],
        part: &[usize],
    ) -> Result<u64, SqlError> {
        let (mut rest, mut count) = (part, 0);
        while !rest.is_empty() {
            let (now, later) = rest.split_at(self.at_once(target, rows, rest));
            let places = format!("({})", vec!["?"; target.columns.len()].join(", "));
            let sql = format!(
                "{verb} INTO {} ({}) VALUES {}",
                target.table,
                target.names(Dialect::MySql),
                vec![places.as_str(); now.len()].join(", ")
            );
            let values = now.iter().flat_map(|index| &rows[*index].values);
            count += self.executed(&sql, values.map(bound).collect()).await?;
            if verb == "INSERT" {
                self.no_value_was_changed().await?;
            }
            rest = later;
        }
        Ok(count)
    }

    /// A power of two, so that few different statements are prepared.
    fn at_once(&self, target: &Target, rows: &[Row], part: &[usize]) -> usize {
        let most = (VALUES / target.columns.len().max(1)).clamp(1, part.len());
        let mut count = 1 << most.ilog2();
        while count > 1 {
            let size: usize = part[..count].iter().map(|index| rows[*index].size()).sum();
            if size + OVERHEAD < self.packet {
                break;
            }
            count /= 2;
        }
        count
    }

    /// Even a strict server only notes that it rounded a decimal or cut blanks off a text. Such a row is refused.
    async fn no_value_was_changed(&mut self) -> Result<(), SqlError> {
        if self.connection()?.get_warnings() == 0 {
            return Ok(());
        }
        for (code, words) in self.warnings().await? {
            let error = answered(code, "", &words);
            if error.kind() == Kind::Row {
                return Err(error);
            }
        }
        Ok(())
    }

    async fn warnings(&mut self) -> Result<Vec<(u16, String)>, SqlError> {
        let statement = Statement {
            sql: "SHOW WARNINGS".to_owned(),
            values: Vec::new(),
        };
        let rows = self.rows(&statement).await?;
        let warnings = rows.into_iter().filter_map(|row| match row.as_slice() {
            [_, Value::Integer(Some(code)), Value::Text(Some(words))] => {
                Some((u16::try_from(*code).ok()?, words.clone()))
            }
            _ => None,
        });
        Ok(warnings.collect())
    }

    /// Why each row of the part is refused, if the table has one of the same key as every one of them. `IGNORE` passes over
    /// such rows with a warning each; whatever else it does is undone.
    async fn all_repeated(
        &mut self,
        target: &Target,
        rows: &[Row],
        part: &[usize],
    ) -> Result<Option<Vec<String>>, SqlError> {
        self.run("SAVEPOINT hikyaku_rows").await?;
        let (mut rest, mut reasons) = (part, Vec::new());
        while !rest.is_empty() {
            let (now, later) = rest.split_at(self.at_once(target, rows, rest));
            let inserted = self.statements("INSERT IGNORE", target, rows, now).await?;
            let warnings = self.warnings().await?;
            let refusals = warnings
                .iter()
                .map(|(code, words)| answered(*code, "", words));
            reasons.extend(
                refusals
                    .filter(SqlError::is_duplicate)
                    .filter_map(|error| error.refusal().map(|refusal| refusal.reason.clone())),
            );
            rest = later;
            if inserted > 0 || reasons.len() + rest.len() != part.len() {
                self.run("ROLLBACK TO SAVEPOINT hikyaku_rows").await?;
                return Ok(None);
            }
        }
        Ok(Some(reasons))
    }
}

fn too_large(index: usize, packet: usize) -> Refused {
    let reason = format!(
        "larger than the server takes: the row has to stay under {packet} bytes, or max_allowed_packet be raised"
    );
    Refused { index, reason }
}
