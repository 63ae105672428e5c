//! What was compared, by kind.

use std::collections::BTreeMap;
use std::fmt;

use hikyaku_laravel::php::{ReferenceKind, Value, View};

#[derive(Default)]
pub(crate) struct Census {
    kinds: BTreeMap<String, usize>,
}

impl Census {
    /// Counts a value and all inside it, each once.
    pub(crate) fn count(&mut self, root: Value<'_>) {
        let mut left = vec![root];
        while let Some(value) = left.pop() {
            if let Some(reference) = value.reference() {
                self.add(match reference {
                    ReferenceKind::Object => "reference r:",
                    ReferenceKind::Variable => "reference R:",
                });
                continue;
            }
            match value.view() {
                View::Null => self.add("null"),
                View::Bool(_) => self.add("bool"),
                View::Int(_) => self.add("int"),
                View::Float(_) => self.add("float"),
                View::Bytes(bytes) if str::from_utf8(bytes).is_ok() => self.add("string"),
                View::Bytes(_) => self.add("string of bytes"),
                View::Array if value.is_list() => self.add("list"),
                View::Array => self.add("array"),
                View::Object { class } => self.add(&format!("object {class}")),
                View::Enum { .. } => self.add("case of an enum"),
                _ => self.add("other"),
            }
            left.extend(value.entries().map(|(_, value)| value));
        }
    }

    pub(crate) fn add(&mut self, kind: &str) {
        if let Some(count) = self.kinds.get_mut(kind) {
            *count += 1;
        } else {
            self.kinds.insert(kind.to_owned(), 1);
        }
    }
}

impl fmt::Display for Census {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let total: usize = self.kinds.values().sum();
        writeln!(f, "{total:>8}  values in what PHP made, among them")?;
        for (kind, count) in &self.kinds {
            writeln!(f, "{count:>8}    {kind}")?;
        }
        Ok(())
    }
}
