//! PHP's dates, Carbon's among them.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use serde::ser::{Serialize, SerializeStruct, Serializer};

use super::wall_time::{WallTime, WallTimeError};
use super::zone::{PhpZone, parse_offset};
use crate::php::{Classed, deserialize_object, serialize_object_or};

/// The class of dates, unless another is named.
const CLASS: &str = "Illuminate\\Support\\Carbon";

/// A `DateTime`, `DateTimeImmutable`, `Carbon` or another of their kind: wall time and zone.
///
/// It fills from the object, from what PHP's `json_encode` makes of a `DateTime`, and from ISO 8601 text with a `Z` or an
/// offset, which is what Carbon makes of itself in JSON. To PHP it is written as the object, to JSON as PHP writes a
/// `DateTime`.
///
/// With the feature `jiff`, `timestamp` and `zoned` tell the instant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhpDateTime {
    class: Option<String>,
    wall: WallTime,
    zone: PhpZone,
}

impl PhpDateTime {
    /// A date of Laravel's own class, `Illuminate\Support\Carbon`.
    pub fn new(wall: WallTime, zone: PhpZone) -> Self {
        Self {
            class: None,
            wall,
            zone,
        }
    }

    /// This date with another class, such as `DateTimeImmutable`.
    #[must_use]
    pub fn with_class(self, class: impl Into<String>) -> Self {
        let class = Some(class.into());
        Self { class, ..self }
    }

    /// The class PHP named; none where there was no object, and for a date made in Rust.
    pub fn class(&self) -> Option<&str> {
        self.class.as_deref()
    }

    /// What calendar and clock show in the date's own zone.
    pub fn wall(&self) -> WallTime {
        self.wall
    }

    /// The date's zone.
    pub fn zone(&self) -> &PhpZone {
        &self.zone
    }
}

/// All three properties are public; PHP's own code reads them, and their order is PHP's.
struct Properties<'a>(&'a PhpDateTime);

impl Serialize for Properties<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let date = self.0;
        let mut properties = serializer.serialize_struct("DateTime", 3)?;
        properties.serialize_field("date", &date.wall.to_string())?;
        properties.serialize_field("timezone_type", &date.zone.kind())?;
        properties.serialize_field("timezone", &date.zone.to_string())?;
        properties.end()
    }
}

impl Serialize for PhpDateTime {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let class = self.class.as_deref().unwrap_or(CLASS);
        serialize_object_or(class, Properties(self), Properties(self), serializer)
    }
}

impl<'de> Deserialize<'de> for PhpDateTime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (class, read) = match deserialize_object::<Read, Read, D>(deserializer)? {
            Classed::Object(class, read) => (Some(class), read),
            Classed::Value(read) => (None, read),
        };
        let Read { wall, zone } = read;
        Ok(Self { class, wall, zone })
    }
}

struct Read {
    wall: WallTime,
    zone: PhpZone,
}

impl<'de> Deserialize<'de> for Read {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(DateVisitor)
    }
}

struct DateVisitor;

#[derive(serde::Deserialize)]
struct Fields {
    date: String,
    timezone_type: i64,
    timezone: String,
}

impl<'de> Visitor<'de> for DateVisitor {
    type Value = Read;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a date of php or in ISO 8601 with its offset from UTC")
    }

    fn visit_map<A: MapAccess<'de>>(self, fields: A) -> Result<Read, A::Error> {
        let fields = Fields::deserialize(serde::de::value::MapAccessDeserializer::new(fields))?;
        let zone = PhpZone::new(fields.timezone_type, &fields.timezone);
        Ok(Read {
            wall: fields.date.parse().map_err(A::Error::custom)?,
            zone: zone.map_err(A::Error::custom)?,
        })
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Read, E> {
        if let Some(wall) = text.strip_suffix('Z') {
            let wall = wall.parse().map_err(E::custom)?;
            let zone = PhpZone::Named("UTC".to_owned());
            return Ok(Read { wall, zone });
        }
        // The offset begins at a sign behind the time of day.
        let time = text.find('T').ok_or_else(|| E::custom(WallTimeError))?;
        let sign = text[time..].find(['+', '-']);
        let sign = sign.ok_or_else(|| E::custom("a date in ISO 8601 needs a `Z` or an offset"))?;
        let (wall, offset) = text.split_at(time + sign);
        let offset = parse_offset(offset).map_err(E::custom)?;
        Ok(Read {
            wall: wall.parse().map_err(E::custom)?,
            zone: PhpZone::Offset(offset),
        })
    }
}
