//! Models: Laravel's `SerializesModels` puts their identity into a job, not their data.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeStruct, Serializer};

use super::values::values;
use crate::php::serialize_object_or;

/// The class whose objects stand for models.
const CLASS: &str = "Illuminate\\Contracts\\Database\\ModelIdentifier";

/// What stands for an Eloquent model, or for a collection of models, in a job: `Illuminate\Contracts\Database\ModelIdentifier`.
///
/// The data is in the database, under [`ModelIdentifier::connection`]; the job loads it from there.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ModelIdentifier {
    /// The class of the models, or its alias where the application has a morph map and Laravel uses it. Without a value
    /// for an empty collection.
    pub class: Option<String>,
    /// The key of one model, or those of a collection's.
    #[serde(rename = "id")]
    pub ids: ModelIds,
    /// The names of the relations that were loaded, with dots where they are nested.
    #[serde(default, deserialize_with = "values")]
    pub relations: Vec<String>,
    /// The database connection by its name in the application's configuration.
    #[serde(default)]
    pub connection: Option<String>,
    /// The class of a collection of its own. Laravel has it since 9.
    #[serde(default)]
    pub collection_class: Option<String>,
}

impl ModelIdentifier {
    /// One model.
    pub fn one(class: impl Into<String>, id: impl Into<ModelId>) -> Self {
        Self::of(class.into(), ModelIds::One(id.into()))
    }

    /// A collection of models.
    pub fn many<I: Into<ModelId>>(
        class: impl Into<String>,
        ids: impl IntoIterator<Item = I>,
    ) -> Self {
        let ids = ids.into_iter().map(Into::into);
        Self::of(class.into(), ModelIds::Many(ids.collect()))
    }

    fn of(class: String, ids: ModelIds) -> Self {
        Self {
            class: Some(class),
            ids,
            relations: Vec::new(),
            connection: None,
            collection_class: None,
        }
    }

    /// This identifier with the name of a database connection, which Laravel asks for when it loads the model.
    #[must_use]
    pub fn with_connection(self, connection: impl Into<String>) -> Self {
        let connection = Some(connection.into());
        Self { connection, ..self }
    }

    /// The key, if it is one model.
    pub fn id(&self) -> Option<&ModelId> {
        match &self.ids {
            ModelIds::One(id) => Some(id),
            ModelIds::None | ModelIds::Many(_) => None,
        }
    }

    /// All keys: one, or those of the collection.
    pub fn ids(&self) -> &[ModelId] {
        match &self.ids {
            ModelIds::None => &[],
            ModelIds::One(id) => std::slice::from_ref(id),
            ModelIds::Many(ids) => ids,
        }
    }
}

/// The properties in Laravel's order and under its names.
struct Properties<'a>(&'a ModelIdentifier);

impl Serialize for Properties<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let model = self.0;
        let mut properties = serializer.serialize_struct("ModelIdentifier", 5)?;
        properties.serialize_field("class", &model.class)?;
        properties.serialize_field("id", &model.ids)?;
        properties.serialize_field("relations", &model.relations)?;
        properties.serialize_field("connection", &model.connection)?;
        properties.serialize_field("collectionClass", &model.collection_class)?;
        properties.end()
    }
}

impl Serialize for ModelIdentifier {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serialize_object_or(CLASS, Properties(self), Properties(self), serializer)
    }
}

/// The keys a [`ModelIdentifier`] has.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ModelIds {
    /// No key: the model was not saved.
    None,
    /// One model.
    One(ModelId),
    /// A collection. Where PHP's had keys of its own, they are not kept.
    Many(Vec<ModelId>),
}

impl Serialize for ModelIds {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::None => serializer.serialize_none(),
            Self::One(id) => id.serialize(serializer),
            Self::Many(ids) => ids.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for ModelIds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(IdsVisitor)
    }
}

/// The primary key of a model.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ModelId {
    /// A counted key.
    Int(i64),
    /// A UUID, a ULID or another text.
    Text(String),
}

impl From<i64> for ModelId {
    fn from(id: i64) -> Self {
        Self::Int(id)
    }
}

impl From<String> for ModelId {
    fn from(id: String) -> Self {
        Self::Text(id)
    }
}

impl From<&str> for ModelId {
    fn from(id: &str) -> Self {
        Self::Text(id.to_owned())
    }
}

impl fmt::Display for ModelId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Int(id) => id.fmt(f),
            Self::Text(id) => id.fmt(f),
        }
    }
}

impl Serialize for ModelId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Int(id) => serializer.serialize_i64(*id),
            Self::Text(id) => serializer.serialize_str(id),
        }
    }
}

impl<'de> Deserialize<'de> for ModelId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match deserializer.deserialize_any(IdsVisitor)? {
            ModelIds::One(id) => Ok(id),
            ModelIds::None => Err(D::Error::custom("a model's key is null")),
            ModelIds::Many(_) => Err(D::Error::custom("a model's key is an array")),
        }
    }
}

struct IdsVisitor;

impl<'de> Visitor<'de> for IdsVisitor {
    type Value = ModelIds;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a model's key, an integer or a string, or an array of keys")
    }

    fn visit_i64<E: Error>(self, id: i64) -> Result<ModelIds, E> {
        Ok(ModelIds::One(ModelId::Int(id)))
    }

    fn visit_u64<E: Error>(self, id: u64) -> Result<ModelIds, E> {
        let id = i64::try_from(id);
        self.visit_i64(id.map_err(|_| E::custom("a model's key exceeds 64 bits with a sign"))?)
    }

    fn visit_str<E: Error>(self, id: &str) -> Result<ModelIds, E> {
        Ok(ModelIds::One(ModelId::Text(id.to_owned())))
    }

    fn visit_unit<E: Error>(self) -> Result<ModelIds, E> {
        Ok(ModelIds::None)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<ModelIds, A::Error> {
        let mut ids = Vec::new();
        while let Some(id) = elements.next_element()? {
            ids.push(id);
        }
        Ok(ModelIds::Many(ids))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<ModelIds, A::Error> {
        let mut ids = Vec::new();
        while let Some((IgnoredAny, id)) = entries.next_entry()? {
            ids.push(id);
        }
        Ok(ModelIds::Many(ids))
    }
}
