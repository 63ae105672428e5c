//! What the documentation shows of dispatching is compiled.

use std::fs;
use std::path::Path;

#[test]
fn every_block_about_dispatching_is_a_part_of_the_example() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let page = fs::read_to_string(root.join("docs/jobs.md")).unwrap();
    let example = root.join("crates/hikyaku/examples/dispatch.rs");
    let example = without_indentation(&fs::read_to_string(example).unwrap());
    let section = page.split("\n## Dispatching\n").nth(1).unwrap();
    let section = section.split("\n## ").next().unwrap();
    let blocks: Vec<_> = section.split("```rust\n").skip(1).collect();
    assert_eq!(blocks.len(), 6);
    for block in blocks {
        let block = without_indentation(block.split("```").next().unwrap());
        assert!(
            example.contains(&block),
            "crates/hikyaku/examples/dispatch.rs does not have this of docs/jobs.md:\n{block}"
        );
    }
}

fn without_indentation(text: &str) -> String {
    text.lines()
        .map(str::trim)
        .fold(String::new(), |text, line| text + line + "\n")
}
