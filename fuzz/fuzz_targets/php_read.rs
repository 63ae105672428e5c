//! Any bytes, read as `serialize()` text: within its memory, written again as it was, shown within its budget.
#![no_main]

use hikyaku_fuzz::laws::written_and_read_again;
use hikyaku_fuzz::{memory, mutate};
use hikyaku_laravel::php::{self, Limits, Names, parse, to_inspection_json};
use libfuzzer_sys::{fuzz_mutator, fuzz_target};

/// Bytes that a document may hold per byte of its text, while it is read.
const PER_BYTE: usize = 40;
/// What each open container may reserve ahead of its entries. One takes 12 bytes of text, and 4096 may be open.
const PER_LEVEL: usize = 2600;
/// What is there without any input.
const AT_LEAST: usize = 16 * 1024;
/// Values that are shown; [`Limits::default`] allows a million.
const SHOWN: usize = 20_000;
/// Bytes that a shown value may take: an object of its own in a tree of them.
const PER_SHOWN: usize = 1024;

fuzz_target!(|bytes: &[u8]| {
    let limits = Limits::default().with_expanded_nodes(SHOWN);
    let (document, peak) = memory::peak(|| parse(bytes, &limits));
    let levels = (bytes.len() / 12).min(limits.depth);
    let bound = AT_LEAST + PER_BYTE * bytes.len() + PER_LEVEL * levels;
    assert!(
        peak <= bound,
        "{peak} bytes for {} of text, at most {bound}",
        bytes.len()
    );
    let Ok(document) = document else { return };
    let root = document.root();
    assert!(document.bytes_read() <= bytes.len());
    for names in [Names::Plain, Names::Mangled] {
        let (_, peak) = memory::peak(|| to_inspection_json(root, names));
        let bound = AT_LEAST + 2 * bytes.len() + PER_SHOWN * SHOWN;
        assert!(
            peak <= bound,
            "{peak} bytes to show {} of text",
            bytes.len()
        );
    }
    if let Some(written) = written_and_read_again(root) {
        // A float of three characters may take 21, and an array inside itself is written twice.
        assert!(
            written.len() <= 16 * bytes.len() + 64,
            "{} bytes from {}",
            written.len(),
            bytes.len()
        );
    }
    let own = document.clone().into_owned();
    assert_eq!(php::write(own.root()), php::write(root));
});

fuzz_mutator!(|data: &mut [u8], size: usize, longest: usize, seed: u32| {
    mutate::in_place(data, size, longest, seed, mutate::php)
});
