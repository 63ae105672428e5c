//! What holds for every document, however it came about.

use hikyaku_laravel::php::{self, Document, Limits, Value, View, WriteError, parse};

/// No bounds but those of the input itself: what was written from one input may be a little longer than it.
pub fn unlimited() -> Limits {
    Limits::default()
        .with_input_bytes(usize::MAX)
        .with_depth(usize::MAX)
        .with_nodes(usize::MAX)
}

/// How deep two values are compared. A cycle goes on for ever.
const COMPARED_DEPTH: usize = 10;
/// How many of their parts.
const COMPARED_PARTS: usize = 4000;

/// Fails unless two values are equal to whoever follows references, whichever place is the reference and whichever the
/// value itself.
pub fn assert_same(a: Value<'_>, b: Value<'_>) {
    let mut left = COMPARED_PARTS;
    if let Err(path) = same(a, b, COMPARED_DEPTH, &mut left) {
        panic!("the values differ at {path:?}:\n{a:?}\n{b:?}");
    }
}

/// The keys on the way to where two values differ, innermost first.
fn same(a: Value<'_>, b: Value<'_>, depth: usize, left: &mut usize) -> Result<(), Vec<String>> {
    let equal = match (a.view(), b.view()) {
        (View::Null, View::Null) | (View::Array, View::Array) => true,
        (View::Bool(a), View::Bool(b)) => a == b,
        (View::Int(a), View::Int(b)) => a == b,
        (View::Float(a), View::Float(b)) => a.to_bits() == b.to_bits() || a.is_nan() && b.is_nan(),
        (View::Bytes(a), View::Bytes(b)) => a == b,
        (View::Object { class: a }, View::Object { class: b }) => a == b,
        (View::Enum { class: a, case: c }, View::Enum { class: b, case: d }) => (a, c) == (b, d),
        (View::Custom { class: a, data: c }, View::Custom { class: b, data: d }) => {
            (a, c) == (b, d)
        }
        _ => false,
    };
    if !equal || a.entries().len() != b.entries().len() {
        return Err(Vec::new());
    }
    if depth == 0 {
        return Ok(());
    }
    for ((key, a), (other, b)) in a.entries().zip(b.entries()) {
        if *left == 0 {
            return Ok(());
        }
        *left -= 1;
        let compared = if key == other {
            same(a, b, depth - 1, left)
        } else {
            Err(Vec::new())
        };
        compared.map_err(|mut path| {
            path.push(key.to_string());
            path
        })?;
    }
    Ok(())
}

/// Writes a value, reads what was written, and writes it again: the bytes are the same, and so is what they show. Gives
/// the bytes; none for a value that only its class can write.
pub fn written_and_read_again(value: Value<'_>) -> Option<Vec<u8>> {
    let written = match php::write(value) {
        Ok(written) => written,
        Err(WriteError::Custom { .. }) => return None,
        Err(error) => panic!("writing a document: {error}"),
    };
    let again = reads(&written);
    assert_eq!(again.bytes_read(), written.len(), "all of it is read");
    let second = php::write(again.root()).expect("what was read can be written");
    assert_eq!(
        second.escape_ascii().to_string(),
        written.escape_ascii().to_string(),
        "the second writing differs from the first"
    );
    assert_same(value, again.root());
    Some(written)
}

/// Reads text that we wrote.
fn reads(text: &[u8]) -> Document<'_> {
    match parse(text, &unlimited()) {
        Ok(document) => document,
        Err(error) => panic!(
            "what was written does not read: {error}\n{}",
            text.escape_ascii()
        ),
    }
}
