//! A value as JSON that shows what PHP had: for people and for tests.

use serde_json::{Map, Value as Json, json};

use super::budget::Budget;
use super::deserialize_error::{DeserializeError, DeserializeProblem, PathSegment};
use super::document::NodeId;
use super::key::Key;
use super::value::{Value, View};

/// Which names of properties a projection shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Names {
    /// Plain names, one property per name.
    Plain,
    /// Names as PHP mangles them, with the two characters `\0` for NUL.
    Mangled,
}

/// Projects a value to JSON for inspection.
///
/// An object has its class under `@class`; an enum case is `{"@enum", "case"}`; a float that JSON lacks is `{"@float"}`;
/// bytes that are not UTF-8 are `{"@bytes"}` in hexadecimal; a class's own form is `{"@class", "@data"}`; the key `""` is
/// `@empty`; a reference to a value that it is inside of is `{"@cycle": true}`. The limits of a conversion hold.
pub fn to_inspection_json(value: Value<'_>, names: Names) -> Result<Json, DeserializeError> {
    let mut inspector = Inspector {
        names,
        open: Vec::new(),
        budget: Budget::new(&value.document().limits),
    };
    inspector.json(value)
}

struct Inspector {
    names: Names,
    open: Vec<NodeId>,
    budget: Budget,
}

impl Inspector {
    fn json(&mut self, value: Value<'_>) -> Result<Json, DeserializeError> {
        self.budget.visit(value)?;
        Ok(match value.view() {
            View::Null => Json::Null,
            View::Bool(bool) => bool.into(),
            View::Int(int) => int.into(),
            View::Float(float) => inspect_float(float),
            View::Bytes(bytes) => inspect_bytes(bytes),
            View::Enum { class, case } => json!({ "@enum": class, "case": case }),
            View::Custom { class, data } => {
                json!({ "@class": class, "@data": inspect_bytes(data) })
            }
            View::Array | View::Object { .. } => self.container(value)?,
        })
    }

    fn container(&mut self, value: Value<'_>) -> Result<Json, DeserializeError> {
        let id = value.resolved_id();
        if self.open.contains(&id) {
            return Ok(json!({ "@cycle": true }));
        }
        let limit = value.document().limits.conversion_depth;
        if self.open.len() >= limit {
            return Err(DeserializeProblem::TooDeep { limit }.here());
        }
        self.open.push(id);
        let json = if value.is_list() {
            let elements = value.entries();
            let elements = elements.map(|(key, element)| self.member(key, element));
            Json::Array(elements.collect::<Result<_, _>>()?)
        } else {
            Json::Object(self.members(value)?)
        };
        self.open.pop();
        Ok(json)
    }

    fn members(&mut self, value: Value<'_>) -> Result<Map<String, Json>, DeserializeError> {
        let mut members = Map::new();
        let View::Object { class } = value.view() else {
            for (key, element) in value.entries() {
                members.insert(self.name(key), self.member(key, element)?);
            }
            return Ok(members);
        };
        members.insert("@class".to_owned(), class.into());
        if self.names == Names::Mangled {
            for (key, property) in value.entries() {
                members.insert(self.name(key), self.member(key, property)?);
            }
        } else {
            for property in value.properties() {
                let member = self.member(&property.name, property.value)?;
                members.insert(self.name(&property.name), member);
            }
        }
        Ok(members)
    }

    fn member(&mut self, key: &Key<'_>, value: Value<'_>) -> Result<Json, DeserializeError> {
        self.budget.visit_key(key)?;
        let member = self.json(value);
        member.map_err(|error| error.under(PathSegment::from(key)))
    }

    fn name(&self, key: &Key<'_>) -> String {
        let name = key.to_string();
        match self.names {
            _ if name.is_empty() => "@empty".to_owned(),
            Names::Mangled => name.replace('\0', "\\0"),
            Names::Plain => name,
        }
    }
}

fn inspect_float(float: f64) -> Json {
    if float.is_finite() {
        return float.into();
    }
    let name = if float.is_nan() {
        "NAN"
    } else if float > 0.0 {
        "INF"
    } else {
        "-INF"
    };
    json!({ "@float": name })
}

fn inspect_bytes(bytes: &[u8]) -> Json {
    if let Ok(text) = str::from_utf8(bytes) {
        return text.into();
    }
    let digits = bytes.iter().map(|byte| format!("{byte:02x}"));
    json!({ "@bytes": digits.collect::<String>() })
}
