//! Random changes to what PHP made.

use fastrand::Rng;
use hikyaku_laravel::php::{BuildError, Document, ValueMut, View};

use crate::build;

/// Whether PHP takes the text with whatever changes: most classes of its own refuse them.
pub(crate) fn fits(text: &[u8]) -> bool {
    let text = text.escape_ascii().to_string();
    let classes = text.split("O:").skip(1);
    let mut classes = classes.filter_map(|rest| rest.split("\\\"").nth(1));
    text.starts_with(['a', 'O']) && classes.all(free)
}

/// Classes that take any property. Their names are escaped as `fits` has them.
fn free(class: &str) -> bool {
    [
        "stdClass",
        "App\\\\Models\\\\Plain",
        "App\\\\Models\\\\OwnForm",
    ]
    .contains(&class)
}

/// Goes to some array or object and changes an entry of it.
pub(crate) fn change(document: &mut Document<'_>, rng: &mut Rng) -> Result<(), BuildError> {
    let mut place = document.root_mut();
    while let Some(name) = somewhere_inside(&place, rng) {
        match place.get(&name) {
            Some(inner) => place = inner,
            None => return Ok(()),
        }
    }
    let value = build::document(rng)?;
    let name = some_name(&place, rng);
    let is_array = matches!(place.value().view(), View::Array);
    match (rng.u8(0..4), name) {
        (0, Some(name)) if is_array => {
            place.remove(&name);
        }
        (1, Some(name)) => {
            place.set(&name, value)?;
        }
        (2, _) if is_array => {
            place.set_element(build::key(rng), value)?;
        }
        // PHP's own array has gone on counting from a greater key, or has none left.
        (3, _) if is_array => match place.push(value) {
            Ok(_) | Err(BuildError::NoNextKey) => {}
            Err(error) => return Err(error),
        },
        _ => {
            place.set("added", value)?;
        }
    }
    Ok(())
}

fn somewhere_inside(place: &ValueMut<'_, '_>, rng: &mut Rng) -> Option<String> {
    let name = some_name(place, rng)?;
    let inner = place.value().get(&name)?;
    let container = matches!(inner.view(), View::Array | View::Object { .. });
    (container && rng.u8(0..4) > 0).then_some(name)
}

/// The name of one of the entries, if it is text.
fn some_name(place: &ValueMut<'_, '_>, rng: &mut Rng) -> Option<String> {
    let value = place.value();
    let mut names: Vec<String> = if matches!(value.view(), View::Array) {
        value.entries().map(|(key, _)| key.to_string()).collect()
    } else {
        let properties = value.properties().into_iter();
        properties
            .map(|property| property.name.to_string())
            .collect()
    };
    names.retain(|name| value.get(name).is_some());
    if names.is_empty() {
        return None;
    }
    Some(names.swap_remove(rng.usize(0..names.len())))
}
