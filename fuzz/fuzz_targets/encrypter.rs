//! Any text to the encrypter: it opens what was encrypted, to the letter, and nothing else.
#![no_main]

use std::collections::HashSet;
use std::sync::LazyLock;

use hikyaku_fuzz::dice::Dice;
use hikyaku_fuzz::fixtures::{ENCRYPTERS, FIXTURES};
use libfuzzer_sys::fuzz_target;

/// What Laravel encrypted with the same keys.
static PLAIN: LazyLock<HashSet<&[u8]>> = LazyLock::new(|| {
    let plain = FIXTURES
        .iter()
        .filter_map(|fixture| fixture.plain.as_deref());
    plain.map(str::as_bytes).collect()
});

/// Without the key nobody makes a message that opens: what opens is one of Laravel's.
fn opens_nothing_new(text: &str) {
    for encrypter in ENCRYPTERS.iter() {
        if let Ok(plain) = encrypter.decrypt(text) {
            assert!(
                PLAIN.contains(&*plain),
                "{text} opens to {}",
                plain.escape_ascii()
            );
        }
        let _ = encrypter.decrypt_command(text);
    }
}

/// What is encrypted opens, and a change of it opens to the same or not at all: base64 and JSON have several forms of
/// one content.
fn cannot_be_changed(dice: &mut Dice<'_>, plain: &[u8]) {
    let count = ENCRYPTERS.len();
    let encrypter = &ENCRYPTERS[dice.below(count)];
    let random = [(); 16].map(|()| dice.byte());
    let message = encrypter
        .encrypt(plain, random)
        .expect("it is not too long");
    assert_eq!(encrypter.decrypt(&message).as_deref(), Ok(plain));
    let mut changed = message.into_bytes();
    while dice.any() {
        let at = usize::from(dice.byte()) << 8 | usize::from(dice.byte());
        let at = at % changed.len();
        changed[at] =
            dice.pick(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/= \n");
        let changed = str::from_utf8(&changed).expect("ASCII");
        if let Ok(opened) = encrypter.decrypt(changed) {
            assert_eq!(opened, plain, "{changed}");
        }
    }
    let command = encrypter
        .encrypt_command(plain, random)
        .expect("it is not too long");
    match encrypter.decrypt_command(&command) {
        Ok(opened) => assert_eq!(opened, plain),
        Err(_) => assert!(!plain.starts_with(b"O:"), "an object does not open"),
    }
}

fuzz_target!(|bytes: &[u8]| {
    if let Ok(text) = str::from_utf8(bytes) {
        opens_nothing_new(text);
    }
    let (mut dice, plain) = Dice::split(bytes);
    cannot_be_changed(&mut dice, plain);
});
