//! The largest buffers, on an object that is never whole in memory.

use bytes::Bytes;
use futures_util::{StreamExt, stream};

use super::bench::{Bench, customers};
use crate::chunk::{Chunk, Limits};
use crate::encoding::Charset;
use crate::record::MAX_RECORD;
use crate::rows::{Position, Rows};
use crate::table::Tables;
use crate::validate::Layout;

#[tokio::test]
async fn a_large_object_is_never_whole_in_memory() {
    let tables: Tables =
        serde_json::from_str(r#"{"t": {"columns": {"a": {"type": "text"}}}}"#).unwrap();
    let (name, table) = tables.get("t").unwrap();
    let layout = Layout::of(name, table, &["a".to_owned()]).unwrap();
    // 100,000 rows of 1 KB, and one of 200 KB among them, made as they are asked for: 100 MB in all.
    let usual = Bytes::from(format!("{}\n", "x".repeat(1_000)));
    let long = Bytes::from(format!("{}\n", "y".repeat(200_000)));
    let pieces = (0..100_000).map(move |index| {
        Ok(if index == 50_000 {
            long.clone()
        } else {
            usual.clone()
        })
    });
    let mut rows = Rows::new(
        stream::iter(pieces).boxed(),
        Position {
            offset: 0,
            line: 1,
            rows: 0,
        },
        b',',
    );

    let (limits, mut count, mut largest) = (Limits::default(), 0, 0);
    loop {
        let chunk = Chunk::read(&mut rows, &layout, Charset::Utf8, limits)
            .await
            .unwrap();
        count += chunk.rows.len() + chunk.rejected.len();
        largest = largest.max(chunk.bytes);
        assert!(chunk.rows.len() <= limits.rows);
        if chunk.last {
            break;
        }
    }
    assert_eq!(count, 100_000);
    assert!(largest <= limits.bytes + MAX_RECORD, "{largest}");
    assert!(rows.buffer() <= 2 * MAX_RECORD, "{}", rows.buffer());
}

#[tokio::test]
async fn a_hundred_thousand_rows_are_imported_in_chunks_of_the_usual_size() {
    let mut bench = Bench::new().await;
    bench.importer.limits = Limits::default();
    let imported = bench
        .import(&bench.file("a.csv", customers(100_000)))
        .await
        .unwrap();
    assert_eq!(
        (imported.rows, imported.rejected, imported.chunks),
        (100_000, 0, 21)
    );
    assert_eq!(bench.count().await, 100_000);
}
