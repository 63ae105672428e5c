//! An object as plain JSON, without the classes.

use serde_json::Value as Json;

use crate::php::{self, DeserializeError, Names, Value, View};

/// The properties under their plain names, enums by the names of their cases.
///
/// The projection for inspection bounds what references can unfold and finds the cycles; here the marks of classes and
/// enums are taken out of it, value by value, for an array of the application may look like one.
pub(super) fn json(object: Value<'_>) -> Result<Json, DeserializeError> {
    let marked = php::to_inspection_json(object, Names::Plain)?;
    Ok(without_marks(object, marked))
}

fn without_marks(value: Value<'_>, marked: Json) -> Json {
    match (value.view(), marked) {
        (View::Enum { case, .. }, _) => case.into(),
        (View::Array, Json::Array(marked)) => {
            let elements = value.entries().zip(marked);
            let elements = elements.map(|((_, element), marked)| without_marks(element, marked));
            elements.collect()
        }
        (View::Array, Json::Object(mut marked)) => {
            for (key, element) in value.entries() {
                strip(&mut marked, &key.to_string(), element);
            }
            Json::Object(marked)
        }
        (View::Object { .. }, Json::Object(mut marked)) => {
            marked.remove("@class");
            for property in value.properties() {
                strip(&mut marked, &property.name.to_string(), property.value);
            }
            Json::Object(marked)
        }
        (_, marked) => marked,
    }
}

/// Takes the marks out of one member. A cycle has no members; two names that read the same share one.
fn strip(members: &mut serde_json::Map<String, Json>, name: &str, value: Value<'_>) {
    let name = if name.is_empty() { "@empty" } else { name };
    if let Some(member) = members.get_mut(name) {
        *member = without_marks(value, member.take());
    }
}
