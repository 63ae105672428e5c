//! However the store cuts the object into pieces, and wherever an attempt resumes, the rows are the same.

use bytes::Bytes;
use futures_util::{FutureExt, StreamExt, stream};
use proptest::prelude::*;

use crate::rows::{Position, Rows};

type Fields = Vec<Vec<u8>>;

fn rows_of(bytes: &[u8], cuts: &[usize], position: Position) -> Rows {
    let (mut pieces, mut from) = (Vec::new(), 0);
    let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut % (bytes.len() + 1)).collect();
    cuts.sort_unstable();
    for cut in cuts.into_iter().chain([bytes.len()]) {
        pieces.push(Ok(Bytes::copy_from_slice(&bytes[from..cut])));
        from = cut;
    }
    Rows::new(stream::iter(pieces).boxed(), position, b',')
}

const START: Position = Position {
    offset: 0,
    line: 1,
    rows: 0,
};

/// Every record with the line it starts in, and the position behind it.
fn read(mut rows: Rows) -> Vec<(u64, Fields, Position)> {
    let mut found = Vec::new();
    loop {
        let record = rows.next().now_or_never().unwrap().unwrap();
        let Some((line, fields)) =
            record.map(|record| (record.line, record.fields().map(<[u8]>::to_vec).collect()))
        else {
            return found;
        };
        found.push((line, fields, rows.position()));
    }
}

proptest! {
    #[test]
    fn any_split_gives_the_same_rows(
        text in "[ab,\"\r\n\u{feff}表]{0,60}",
        cuts in proptest::collection::vec(any::<usize>(), 0..12),
    ) {
        let whole = read(rows_of(text.as_bytes(), &[], START));
        prop_assert_eq!(read(rows_of(text.as_bytes(), &cuts, START)), whole);
    }

    #[test]
    fn resuming_behind_any_row_gives_the_rows_after_it(
        text in "[ab,\"\r\n\u{feff}表]{0,60}",
        cuts in proptest::collection::vec(any::<usize>(), 0..4),
    ) {
        let whole = read(rows_of(text.as_bytes(), &[], START));
        for (index, (_, _, position)) in whole.iter().enumerate() {
            let offset = usize::try_from(position.offset).unwrap();
            prop_assert_eq!(&read(rows_of(&text.as_bytes()[offset..], &cuts, *position)), &whole[index + 1..]);
        }
    }

    #[test]
    fn what_was_written_is_read(records in proptest::collection::vec(
        proptest::collection::vec("[ab,\"\r\n表]{0,8}", 2..4), 0..6,
    ), cuts in proptest::collection::vec(any::<usize>(), 0..6)) {
        let mut text = String::new();
        for record in &records {
            let fields: Vec<String> = record.iter().map(|field| format!("\"{}\"", field.replace('"', "\"\""))).collect();
            text.push_str(&fields.join(","));
            text.push_str("\r\n");
        }
        let found: Vec<Fields> =
            read(rows_of(text.as_bytes(), &cuts, START)).into_iter().map(|(_, fields, _)| fields).collect();
        let expected: Vec<Fields> =
            records.iter().map(|record| record.iter().map(|field| field.as_bytes().to_vec()).collect()).collect();
        prop_assert_eq!(found, expected);
    }
}
