//! Fields against the declared columns.

use std::collections::BTreeSet;
use std::net::IpAddr;

use serde::de::IgnoredAny;

use crate::encoding::Charset;
use crate::error::ImportError;
use crate::record::Record;
use crate::sql::{Found, Value};
use crate::table::{Column, Kind, Table};

/// The columns of the object, in its header's order.
#[derive(Debug)]
pub(crate) struct Layout<'a> {
    pub(crate) table: &'a str,
    pub(crate) columns: Vec<(&'a str, Column)>,
    /// The columns that get the time of the import.
    pub(crate) stamped: Vec<&'static str>,
}

impl<'a> Layout<'a> {
    /// Finds the table's column for every name in `header`. A name that is none is told by its place: a file without
    /// a header has data there.
    pub(crate) fn of(
        name: &'a str,
        table: &'a Table,
        header: &[String],
    ) -> Result<Self, ImportError> {
        let refuse = |reason: String| ImportError::Header {
            table: name.to_owned(),
            reason,
        };
        if header.is_empty() {
            return Err(refuse("the object is empty".to_owned()));
        }
        let (mut columns, mut seen) = (Vec::with_capacity(header.len()), BTreeSet::new());
        for (index, title) in header.iter().enumerate() {
            let found = table
                .columns
                .iter()
                .find(|(name, column)| column.header.as_ref().unwrap_or(name) == title);
            let Some((column, declared)) = found else {
                let known: Vec<&str> = table.columns.keys().map(String::as_str).collect();
                let known = known.join(", ");
                return Err(refuse(if header.len() == 1 {
                    format!(
                        "all of it is one field, and none of the columns {known} \
                         (between fields stands a comma, a semicolon or a tab)"
                    )
                } else {
                    format!("its field {} is none of the columns {known}", index + 1)
                }));
            };
            if !seen.insert(column) {
                return Err(refuse(format!("it names column `{column}` twice")));
            }
            columns.push((column.as_str(), declared.clone()));
        }
        match table
            .columns
            .iter()
            .find(|(column, declared)| declared.required && !seen.contains(column))
        {
            Some((column, _)) => Err(refuse(format!("it lacks the required column `{column}`"))),
            None => Ok(Self {
                table: name,
                stamped: stamped(table, &columns),
                columns,
            }),
        }
    }

    /// The same as narrow as the table itself, or why nothing of the file can be in it.
    pub(crate) fn fitted(mut self, found: &Found) -> Result<Self, ImportError> {
        let mut all = self.columns;
        let count = all.len();
        all.extend(
            self.stamped
                .iter()
                .map(|name| (*name, Column::of(Kind::DateTime))),
        );
        found.fit(&mut all).map_err(|reason| ImportError::Unfit {
            table: self.table.to_owned(),
            reason,
        })?;
        all.truncate(count);
        self.columns = all;
        Ok(self)
    }

    /// The record's values, or why it is rejected.
    pub(crate) fn check(
        &self,
        record: &Record<'_>,
        charset: Charset,
    ) -> Result<Vec<Value>, String> {
        if let Some(fault) = record.fault {
            return Err(fault.to_string());
        }
        let (fields, columns) = (record.fields(), &self.columns);
        if fields.len() != columns.len() {
            return Err(format!(
                "has {} fields, the header has {}",
                fields.len(),
                columns.len()
            ));
        }
        let mut values = Vec::with_capacity(columns.len() + self.stamped.len());
        for (field, (name, column)) in fields.zip(columns) {
            values.push(value(field, charset, name, column)?);
        }
        Ok(values)
    }
}

/// `created_at` and `updated_at`, if asked for and not in the file.
fn stamped(table: &Table, columns: &[(&str, Column)]) -> Vec<&'static str> {
    let named = |stamp: &&str| columns.iter().any(|(name, _)| name == stamp);
    let stamps = ["created_at", "updated_at"].into_iter();
    stamps
        .filter(|stamp| table.timestamps && !named(stamp))
        .collect()
}

fn value(field: &[u8], charset: Charset, name: &str, column: &Column) -> Result<Value, String> {
    let text = charset
        .decode(field)
        .map_err(|reason| format!("column `{name}`: {reason}"))?;
    column
        .value(&text)
        .map_err(|reason| format!("column `{name}`: {reason}"))
}

impl Column {
    fn value(&self, field: &str) -> Result<Value, String> {
        let text = if matches!(self.kind, Kind::String | Kind::Text | Kind::Enum) {
            field
        } else {
            field.trim()
        };
        if text.is_empty() {
            return if self.required {
                Err("is required".to_owned())
            } else {
                Ok(Value::Text(None))
            };
        }
        match self.kind {
            Kind::Json if serde_json::from_str::<IgnoredAny>(text).is_err() => {
                Err("not JSON".to_owned())
            }
            Kind::String | Kind::Text | Kind::Enum | Kind::Json => self.text(text),
            Kind::IpAddress => address(text)
                .map(Value::text)
                .ok_or_else(|| "not an address such as 192.0.2.1".to_owned()),
            Kind::Integer => self.integer(text, i32::MIN.into(), i32::MAX.into()),
            Kind::BigInteger => self.integer(text, i64::MIN, i64::MAX),
            Kind::Float => match text.parse::<f64>() {
                Ok(number) if number.is_finite() => Ok(Value::Float(Some(number))),
                _ => Err("not a number".to_owned()),
            },
            Kind::Decimal => self.decimal(text),
            Kind::Boolean => boolean(text).map(|value| Value::Boolean(Some(value))),
            Kind::Date => date(text)
                .map(Value::text)
                .ok_or_else(|| "not a date such as 2026-01-31".to_owned()),
            Kind::DateTime => date_time(text)
                .map(Value::text)
                .ok_or_else(|| "not a time such as 2026-01-31 13:45:00".to_owned()),
            Kind::Time => time(text)
                .map(Value::text)
                .ok_or_else(|| "not a time such as 13:45:00".to_owned()),
            Kind::Uuid => uuid(text)
                .map(Value::text)
                .ok_or_else(|| "not a UUID".to_owned()),
        }
    }

    fn text(&self, text: &str) -> Result<Value, String> {
        if let Some(character) = text.chars().find(|character| is_never_text(*character)) {
            return Err(format!(
                "has the character U+{:04X}, which is no text",
                u32::from(character)
            ));
        }
        let max = usize::try_from(self.longest()).unwrap_or(0);
        // A character has a byte at least: most texts need no counting.
        if text.len() > max && text.chars().nth(max).is_some() {
            return Err(format!("longer than {max} characters"));
        }
        let number = !self.members.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        if number && !self.members.iter().any(|member| member == text) {
            return Err(format!("none of {}", self.members.join(", ")));
        }
        Ok(Value::text(text.to_owned()))
    }

    fn integer(&self, text: &str, least: i64, greatest: i64) -> Result<Value, String> {
        let number: i64 = text.parse().map_err(|_| "not a whole number".to_owned())?;
        let (least, greatest) = (
            self.min.unwrap_or(least).max(least),
            self.max.unwrap_or(greatest).min(greatest),
        );
        if !(least..=greatest).contains(&number) {
            return Err(format!("not between {least} and {greatest}"));
        }
        Ok(Value::Integer(Some(number)))
    }

    fn decimal(&self, text: &str) -> Result<Value, String> {
        let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
        if ![whole, fraction]
            .iter()
            .all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
        {
            return Err("not a decimal number".to_owned());
        }
        let (before, after) = (
            whole.trim_start_matches('0').len(),
            fraction.trim_end_matches('0').len(),
        );
        if after > self.scale || before > self.precision.saturating_sub(self.scale) {
            return Err(format!(
                "more digits than decimal({}, {}) has",
                self.precision, self.scale
            ));
        }
        Ok(Value::text(text.to_owned()))
    }
}

/// Control characters but tabs and line ends, which steer terminals and break JSON and XML of others; and UTF-8's mark,
/// where two files were joined.
fn is_never_text(character: char) -> bool {
    (character.is_control() && !matches!(character, '\t' | '\n' | '\r')) || character == '\u{feff}'
}

fn boolean(text: &str) -> Result<bool, String> {
    match text.to_ascii_lowercase().as_str() {
        "1" | "true" | "yes" => Ok(true),
        "0" | "false" | "no" => Ok(false),
        _ => Err("not a boolean: 1, 0, true, false, yes or no".to_owned()),
    }
}

/// As SQL writes it, if there is such a day.
fn date(text: &str) -> Option<String> {
    let mut parts = text.split(['-', '/']);
    let (year, month, day) = (
        number(parts.next()?, 4)?,
        number(parts.next()?, 2)?,
        number(parts.next()?, 2)?,
    );
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 => 28 + u32::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    let exists = parts.next().is_none() && year > 0 && (1..=days).contains(&day);
    // Most are written so already: no part is longer.
    exists.then(|| match text.len() {
        10 if !text.contains('/') => text.to_owned(),
        _ => format!("{year:04}-{month:02}-{day:02}"),
    })
}

fn date_time(text: &str) -> Option<String> {
    let (day, hours) = text.split_once([' ', 'T'])?;
    Some([date(day)?, time(hours)?].join(" "))
}

fn time(text: &str) -> Option<String> {
    let mut parts = text.split(':');
    let (hour, minute) = (number(parts.next()?, 2)?, number(parts.next()?, 2)?);
    let second = parts.next().map_or(Some(0), |text| number(text, 2))?;
    let exists = parts.next().is_none() && hour < 24 && minute < 60 && second < 60;
    exists.then(|| match text.len() {
        8 => text.to_owned(),
        _ => format!("{hour:02}:{minute:02}:{second:02}"),
    })
}

/// As it is written, if it is one; behind a `/` the bits of a network.
fn address(text: &str) -> Option<String> {
    let (address, bits) = text.split_once('/').unwrap_or((text, "0"));
    let most = match address.parse().ok()? {
        IpAddr::V4(_) => 32,
        IpAddr::V6(_) => 128,
    };
    (bits.parse::<u8>().ok()? <= most).then(|| text.to_owned())
}

/// A number of up to `digits` digits; a year has all four.
fn number(text: &str, digits: usize) -> Option<u32> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit()) && text.len() <= digits;
    let complete = digits < 4 || text.len() == digits;
    (plain && complete).then(|| text.parse().ok())?
}

fn uuid(text: &str) -> Option<String> {
    let groups: Vec<&str> = text.split('-').collect();
    let sizes = groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12]);
    let digits = groups
        .iter()
        .all(|group| group.bytes().all(|byte| byte.is_ascii_hexdigit()));
    (sizes && digits).then(|| text.to_ascii_lowercase())
}
