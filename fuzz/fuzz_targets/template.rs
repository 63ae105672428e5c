//! Any text as a template: read, and evaluated where it can be.
#![no_main]

use hikyaku_fuzz::memory;
use hikyaku_local::template::{Environment, Template};
use libfuzzer_sys::fuzz_target;

/// The most a template may hold while it is read and evaluated, whatever is in it.
const MOST_BYTES: usize = 128 * 1024 * 1024;

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = str::from_utf8(bytes) else {
        return;
    };
    let (_, peak) = memory::peak(|| {
        let template = Template::parse(text, "a template")?;
        let environment = Environment::new("http://127.0.0.1");
        // What the doctor reads: all that there is, known or not.
        drop(template.inspect(&environment));
        template.resolve(&environment)
    });
    assert!(
        peak <= MOST_BYTES,
        "{peak} bytes for {} of text",
        text.len()
    );
});
