//! Names of properties: PHP writes visibility into them.

use std::borrow::Cow;

use super::build::{BuildError, checked};
use super::document::Entry;
use super::key::Key;
use super::value::Value;

/// Who may see a property in PHP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Visibility<'d> {
    /// Written as `name`.
    Public,
    /// Written as NUL `*` NUL `name`.
    Protected,
    /// Written as NUL `Class` NUL `name`; the class is the one that declares it.
    Private {
        /// The declaring class, as written.
        class: &'d [u8],
    },
}

/// A property of an object under its plain name.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Property<'d> {
    /// The name without its visibility. An integer where a class's `__serialize()` wrote one.
    pub name: Key<'d>,
    /// The visibility that was in the name.
    pub visibility: Visibility<'d>,
    /// The value.
    pub value: Value<'d>,
}

/// Splits a mangled name. What is not mangled as PHP does it is a public name as a whole.
pub(super) fn unmangle<'d>(key: &'d Key<'_>) -> (Visibility<'d>, Key<'d>) {
    let plain = (Visibility::Public, key.borrowed());
    let Key::Bytes(bytes) = key else {
        return plain;
    };
    let Some(rest) = bytes.strip_prefix(b"\0") else {
        return plain;
    };
    let Some(end) = rest.iter().position(|&byte| byte == 0) else {
        return plain;
    };
    let name = &rest[end + 1..];
    // PHP calls such names corrupt. Taken for a name, the rest would be written as that of another class's property.
    if name.is_empty() || name.contains(&0) {
        return plain;
    }
    let name = Key::Bytes(Cow::Borrowed(name));
    match &rest[..end] {
        b"" => plain,
        b"*" => (Visibility::Protected, name),
        class => (Visibility::Private { class }, name),
    }
}

/// The name of a property as PHP writes it.
pub(super) fn mangle(visibility: Visibility<'_>, name: &str) -> Result<Vec<u8>, BuildError> {
    let invalid = match visibility {
        Visibility::Public => name.starts_with('\0'),
        _ => name.is_empty() || name.contains('\0'),
    };
    if invalid {
        let name = name.to_owned();
        return Err(BuildError::InvalidProperty { name });
    }
    let scope = match visibility {
        Visibility::Public => return Ok(name.as_bytes().to_vec()),
        Visibility::Protected => "*".as_bytes(),
        Visibility::Private { class } => {
            checked(String::from_utf8_lossy(class))?;
            class
        }
    };
    Ok([b"\0", scope, b"\0", name.as_bytes()].concat())
}

/// The properties a job's code would see, one per plain name.
///
/// A parent's private property may have the name of one of the child's. The object's own class wins; among parents the
/// later one, for PHP writes a parent's properties before its child's.
pub(super) fn visible<'d>(
    object: Value<'d>,
    class: &str,
    entries: &'d [Entry<'_>],
) -> Vec<Property<'d>> {
    let mut properties: Vec<Property<'d>> = Vec::with_capacity(entries.len());
    let mut mangled = false;
    for entry in entries {
        let (visibility, name) = unmangle(&entry.key);
        mangled |= visibility != Visibility::Public;
        properties.push(Property {
            name,
            visibility,
            value: object.at(entry.value),
        });
    }
    if mangled {
        hide_parents(&mut properties, class);
    }
    properties
}

fn hide_parents(properties: &mut Vec<Property<'_>>, class: &str) {
    let rank = |visibility: Visibility<'_>| match visibility {
        Visibility::Private { class: by } if by.eq_ignore_ascii_case(class.as_bytes()) => 2,
        Visibility::Public | Visibility::Protected => 1,
        Visibility::Private { .. } => 0,
    };
    let mut order: Vec<usize> = (0..properties.len()).collect();
    order.sort_by(|&a, &b| {
        let (a, b) = (&properties[a], &properties[b]);
        (a.name.cmp(&b.name)).then_with(|| rank(a.visibility).cmp(&rank(b.visibility)))
    });
    let mut hidden = vec![false; properties.len()];
    for pair in order.windows(2) {
        if let &[a, b] = pair {
            hidden[a] = properties[a].name == properties[b].name;
        }
    }
    let mut hidden = hidden.into_iter();
    properties.retain(|_| !hidden.next().unwrap_or(false));
}
