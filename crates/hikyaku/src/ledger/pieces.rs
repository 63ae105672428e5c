//! Payloads that a row of the failed store has no room for: kept in pieces in the ledger's table.
//!
//! An item holds 400 KB (Amazon DynamoDB developer guide, "Service, account, and table quotas"), a message 1 MiB. The row
//! then has a pointer for a payload: artisan lists it and sends it again, and the pieces are found by it.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use hikyaku_core::FailedJob;
use hikyaku_laravel::Envelope;
use hikyaku_laravel::overflow::OwnPointer;

use super::item::{number, text};

type Item = HashMap<String, AttributeValue>;

/// What a row holds beside its exception, with some room for names.
pub(crate) const LONGEST_PAYLOAD: usize = 300 * 1024;

/// The longest piece. Its key and names have room beside it.
const LONGEST_PIECE: usize = 380 * 1024;

/// A payload in pieces, and what stands for it in the row.
pub(super) struct Pieces {
    pub(super) pointer: String,
    pub(super) items: Vec<Item>,
}

/// Takes apart what is too long for a row. None: it is not, or it is no envelope.
pub(super) fn take_apart(row: &FailedJob, expires: u64) -> Option<Pieces> {
    if row.payload.len() <= LONGEST_PAYLOAD {
        return None;
    }
    let envelope = Envelope::parse_stored(&row.payload).ok()?;
    let pointer = OwnPointer::new(&envelope, &row.id, envelope.generation);
    let key = pointer.key();
    let pieces = split(&row.payload);
    let count = pieces.len();
    let items = pieces.into_iter().enumerate().map(|(index, piece)| {
        HashMap::from(
            [
                ("pk", text(&piece_key(&key))),
                ("sk", text(&index.to_string())),
                ("b", text(piece)),
                ("c", number(count)),
                ("x", number(expires)),
            ]
            .map(|(name, value)| (name.to_owned(), value)),
        )
    });
    Some(Pieces {
        items: items.collect(),
        pointer: pointer.to_body(),
    })
}

/// The partition key of the pieces of what a pointer leads to.
pub(crate) fn piece_key(pointer: &str) -> String {
    format!("P#{pointer}")
}

fn split(mut text: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    while text.len() > LONGEST_PIECE {
        let (piece, rest) = text.split_at(text.floor_char_boundary(LONGEST_PIECE));
        pieces.push(piece);
        text = rest;
    }
    pieces.push(text);
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_short_enough_and_are_the_whole() {
        let long = "日本語".repeat(100_000);
        let pieces = split(&long);
        assert!(pieces.iter().all(|piece| piece.len() <= LONGEST_PIECE));
        assert_eq!(pieces.concat(), long);
        assert_eq!(split("short"), ["short"]);
    }
}
