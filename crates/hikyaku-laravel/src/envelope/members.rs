//! A JSON object as an ordered list of members whose text stays where it is.

use std::fmt;
use std::ops::Range;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::error::{EnvelopeError, describe};

/// A key and where its value stands in the text.
#[derive(Clone, Debug)]
pub(crate) struct Member {
    pub(crate) key: String,
    pub(crate) value: Range<usize>,
}

/// The members of the JSON object `text`, in order, with the repeated ones. Values are stepped over, not built, so that
/// their depth does not matter.
pub(crate) fn members(text: &str) -> Result<Vec<Member>, EnvelopeError> {
    let whole: &RawValue = serde_json::from_str(text).map_err(EnvelopeError::NotJson)?;
    if !whole.get().starts_with('{') {
        let found = describe(whole.get());
        return Err(EnvelopeError::NotAnObject { found });
    }
    let pairs: Pairs<'_> = serde_json::from_str(text).map_err(EnvelopeError::NotJson)?;
    let start = text.as_ptr() as usize;
    let place = |(key, value): (String, &RawValue)| {
        let value = value.get();
        let from = value.as_ptr() as usize - start;
        let value = from..from + value.len();
        Member { key, value }
    };
    Ok(pairs.0.into_iter().map(place).collect())
}

/// The object `text` with the last value of `key` replaced, or with the member added at the end.
pub(crate) fn with_member(text: &str, members: &[Member], key: &str, value: &str) -> String {
    let old = members.iter().rev().find(|member| member.key == key);
    if let Some(Member { value: old, .. }) = old {
        let (before, after) = (text.get(..old.start), text.get(old.end..));
        return [before.unwrap_or_default(), value, after.unwrap_or_default()].concat();
    }
    let end = text.rfind('}').unwrap_or(text.len());
    let (before, after) = text.split_at(end);
    let comma = if members.is_empty() { "" } else { "," };
    format!("{before}{comma}\"{key}\":{value}{after}")
}

struct Pairs<'a>(Vec<(String, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Pairs<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(PairsVisitor)
    }
}

struct PairsVisitor;

impl<'de> Visitor<'de> for PairsVisitor {
    type Value = Pairs<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut pairs = Vec::new();
        while let Some(pair) = map.next_entry()? {
            pairs.push(pair);
        }
        Ok(Pairs(pairs))
    }
}
