//! Typed values of known keys. Null is absent; a wrong type is an error that names the key.

use serde_json::value::RawValue;

use super::error::{EnvelopeError, describe};
use super::members::{Member, members};
use super::part;
use crate::overflow::POINTER;

type Result<T> = std::result::Result<T, EnvelopeError>;

const COUNT: &str = "a whole number from 0 to 4294967295";
const BACKOFF: &str = "seconds as a whole number, a list of them, or a string like \"1,5,10\"";

/// The members of one JSON object, read by key.
#[derive(Clone, Copy)]
pub(super) struct Fields<'a> {
    text: &'a str,
    members: &'a [Member],
    parent: &'static str,
}

/// An object inside another.
pub(super) struct Object<'a> {
    text: &'a str,
    members: Vec<Member>,
}

impl<'a> Object<'a> {
    pub(super) fn fields(&'a self, parent: &'static str) -> Fields<'a> {
        Fields::new(self.text, &self.members, parent)
    }
}

impl<'a> Fields<'a> {
    pub(super) fn new(text: &'a str, members: &'a [Member], parent: &'static str) -> Self {
        Self {
            text,
            members,
            parent,
        }
    }

    /// The JSON text of the last member of this name, unless it is null.
    pub(super) fn json(&self, key: &str) -> Option<&'a str> {
        let member = self.members.iter().rev().find(|member| member.key == key)?;
        Some(part(self.text, &member.value)).filter(|&json| json != "null")
    }

    /// The same on its own, null when the key is missing.
    pub(super) fn raw(&self, key: &str) -> Result<Box<RawValue>> {
        let json = self.json(key).unwrap_or("null").to_owned();
        RawValue::from_string(json).map_err(EnvelopeError::NotJson)
    }

    pub(super) fn text(&self, key: &'static str) -> Result<Option<String>> {
        let Some(json) = self.json(key) else {
            return Ok(None);
        };
        if !json.starts_with('"') {
            return Err(self.wrong(key, "a string", json));
        }
        let text = serde_json::from_str(json).map_err(EnvelopeError::NotJson)?;
        Ok(Some(text))
    }

    /// `job`, which must name something.
    pub(super) fn job(&self) -> Result<String> {
        // Our own pointers have a job too, for artisan's list: without its payload it must not be run.
        let pointer = self.json(POINTER).map(serde_json::from_str);
        if let Some(Ok(pointer)) = pointer {
            return Err(super::Unsupported::Overflow { pointer }.into());
        }
        let job = self.text("job")?;
        let job = job.ok_or(EnvelopeError::Missing { key: "job" })?;
        if super::kind::split(&job).0.is_empty() {
            return Err(EnvelopeError::WrongType {
                key: "job".to_owned(),
                expected: "the name of a job",
                found: format!("the string `{job}`"),
            });
        }
        Ok(job)
    }

    pub(super) fn boolean(&self, key: &'static str) -> Result<Option<bool>> {
        match self.json(key) {
            None => Ok(None),
            Some("true") => Ok(Some(true)),
            Some("false") => Ok(Some(false)),
            Some(json) => Err(self.wrong(key, "a boolean", json)),
        }
    }

    pub(super) fn count(&self, key: &'static str) -> Result<Option<u32>> {
        let count = |json: &str| whole(json).and_then(|number| u32::try_from(number).ok());
        self.read(key, COUNT, count)
    }

    pub(super) fn seconds(&self, key: &'static str) -> Result<Option<i64>> {
        self.read(key, "a unix time in whole seconds", whole)
    }

    pub(super) fn backoff(&self, key: &'static str) -> Result<Option<Vec<u32>>> {
        self.read(key, BACKOFF, read_backoff)
    }

    /// The object under `key`. PHP cannot tell an empty object from an empty array once it has decoded it.
    pub(super) fn object(&self, key: &'static str) -> Result<Option<Object<'a>>> {
        let Some(json) = self.json(key).filter(|json| !is_empty_array(json)) else {
            return Ok(None);
        };
        if !json.starts_with('{') {
            return Err(self.wrong(key, "an object", json));
        }
        let members = members(json)?;
        Ok(Some(Object {
            text: json,
            members,
        }))
    }

    fn read<T>(
        &self,
        key: &'static str,
        expected: &'static str,
        read: impl Fn(&str) -> Option<T>,
    ) -> Result<Option<T>> {
        let Some(json) = self.json(key) else {
            return Ok(None);
        };
        let value = read(json);
        value
            .map(Some)
            .ok_or_else(|| self.wrong(key, expected, json))
    }

    pub(super) fn wrong(&self, key: &str, expected: &'static str, json: &str) -> EnvelopeError {
        let dot = if self.parent.is_empty() { "" } else { "." };
        EnvelopeError::WrongType {
            key: format!("{}{dot}{key}", self.parent),
            expected,
            found: describe(json),
        }
    }
}

/// Whether this is `[]`, with whatever space inside.
pub(super) fn is_empty_array(json: &str) -> bool {
    let inner = json
        .strip_prefix('[')
        .and_then(|json| json.strip_suffix(']'));
    inner.is_some_and(|inner| inner.trim().is_empty())
}

/// A whole number, as itself or as a string of digits. What rounds, such as 1.5, is none.
fn whole(json: &str) -> Option<i64> {
    match serde_json::from_str(json).ok()? {
        serde_json::Value::Number(number) => number.as_i64(),
        serde_json::Value::String(text) => text.parse().ok(),
        _ => None,
    }
}

/// What `explode(',', …)` and a cast to int make of it in `Illuminate\Queue\Worker::calculateBackoff`.
fn read_backoff(json: &str) -> Option<Vec<u32>> {
    let seconds = |text: &str| text.trim().parse().ok();
    match serde_json::from_str(json).ok()? {
        serde_json::Value::String(text) if text.trim().is_empty() => Some(vec![0]),
        serde_json::Value::String(text) => text.split(',').map(seconds).collect(),
        serde_json::Value::Array(list) if list.is_empty() => Some(vec![0]),
        serde_json::Value::Array(list) => {
            let list = list.iter().map(|item| whole(&item.to_string()));
            list.map(|item| item.and_then(|item| u32::try_from(item).ok()))
                .collect()
        }
        _ => Some(vec![u32::try_from(whole(json)?).ok()?]),
    }
}
