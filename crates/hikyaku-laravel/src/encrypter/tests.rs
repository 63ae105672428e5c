use base64::Engine as _;
use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::message::BASE64;
use super::*;

const CIPHERS: [Cipher; 4] = [
    Cipher::Aes128Cbc,
    Cipher::Aes256Cbc,
    Cipher::Aes128Gcm,
    Cipher::Aes256Gcm,
];
const COMMAND: &[u8] = b"O:3:\"Job\":0:{}";

fn encrypter(cipher: Cipher) -> Encrypter {
    Encrypter::new(&"k".repeat(cipher.key_length()), "", cipher).unwrap()
}

fn decoded(text: &str) -> Json {
    serde_json::from_slice(&BASE64.decode(text).unwrap()).unwrap()
}

fn encoded(message: &Json) -> String {
    BASE64.encode(message.to_string())
}

/// The text with one bit of one base64 value changed.
fn with_flipped_bit(text: &str, field: &str, bit: usize) -> String {
    let mut message = decoded(text);
    let mut value = BASE64.decode(message[field].as_str().unwrap()).unwrap();
    value[bit / 8] ^= 1 << (bit % 8);
    message[field] = BASE64.encode(value).into();
    encoded(&message)
}

fn bits(text: &str, field: &str) -> usize {
    let value = decoded(text)[field].as_str().unwrap().to_owned();
    BASE64.decode(value).unwrap().len() * 8
}

proptest! {
    #[test]
    fn what_is_encrypted_is_decrypted(
        plain in proptest::collection::vec(any::<u8>(), 0..200),
        random: [u8; 16],
    ) {
        for cipher in CIPHERS {
            let text = encrypter(cipher).encrypt(&plain, random).unwrap();
            prop_assert_eq!(encrypter(cipher).decrypt(&text).unwrap(), plain.clone());
        }
    }

    #[test]
    fn text_that_is_no_message_is_refused_without_a_panic(text in ".{0,200}") {
        for cipher in CIPHERS {
            prop_assert!(encrypter(cipher).decrypt(&text).is_err());
            prop_assert!(encrypter(cipher).decrypt(&BASE64.encode(&text)).is_err());
        }
    }
}

#[test]
fn every_changed_bit_is_found() {
    for cipher in CIPHERS {
        let text = encrypter(cipher).encrypt(COMMAND, [7; 16]).unwrap();
        for field in ["iv", "value", "tag"] {
            for bit in 0..bits(&text, field) {
                let changed = with_flipped_bit(&text, field, bit);
                let refused = encrypter(cipher).decrypt(&changed);
                assert_eq!(
                    refused,
                    Err(DecryptError::Refused),
                    "{cipher} {field} {bit}"
                );
            }
        }
    }
}

#[test]
fn every_changed_digit_of_a_mac_is_found() {
    for cipher in [Cipher::Aes128Cbc, Cipher::Aes256Cbc] {
        let text = encrypter(cipher).encrypt(COMMAND, [7; 16]).unwrap();
        let mac = decoded(&text)["mac"].as_str().unwrap().to_owned();
        assert_eq!(mac.len(), 64);
        for digit in 0..mac.len() {
            let mut changed = mac.clone().into_bytes();
            changed[digit] = if changed[digit] == b'0' { b'1' } else { b'0' };
            let mut message = decoded(&text);
            message["mac"] = String::from_utf8(changed).unwrap().into();
            let refused = encrypter(cipher).decrypt(&encoded(&message));
            assert_eq!(refused, Err(DecryptError::Refused), "{cipher} {digit}");
        }
        for shorter in ["", &mac[..63], &mac.to_uppercase()] {
            let mut message = decoded(&text);
            message["mac"] = shorter.into();
            let refused = encrypter(cipher).decrypt(&encoded(&message));
            assert_eq!(refused, Err(DecryptError::Refused), "{cipher} {shorter}");
        }
    }
}

#[test]
fn a_value_cut_anywhere_is_refused() {
    for cipher in CIPHERS {
        let text = encrypter(cipher).encrypt(COMMAND, [7; 16]).unwrap();
        let value = decoded(&text)["value"].as_str().unwrap().to_owned();
        // Without its padding base64 still says the same.
        for length in 0..value.trim_end_matches('=').len() {
            let mut message = decoded(&text);
            message["value"] = value[..length].into();
            let refused = encrypter(cipher).decrypt(&encoded(&message));
            assert!(refused.is_err(), "{cipher} {length}");
        }
    }
}

#[test]
fn text_cut_anywhere_is_refused() {
    for cipher in CIPHERS {
        let text = encrypter(cipher).encrypt(COMMAND, [7; 16]).unwrap();
        let text = text.trim_end_matches('=');
        // Base64 in four letters carries three bytes: less than a letter short still has the whole message.
        for length in 0..text.len() - 1 {
            let refused = encrypter(cipher).decrypt(&text[..length]);
            assert!(
                matches!(refused, Err(DecryptError::Malformed { .. })),
                "{cipher} {length} {refused:?}"
            );
        }
    }
}

#[test]
fn wrong_padding_reads_as_a_changed_message() {
    let encrypter = encrypter(Cipher::Aes256Cbc);
    let (key, iv) = (encrypter.keys.current(), [7; 16]);
    // A whole block of what is no padding, under a right MAC.
    let value = &encrypt_cbc(key, &iv, &[0; 16])[..16];
    let text = Message::with_mac(&iv, value, key).to_text();
    let refused = encrypter.decrypt(&text).unwrap_err();
    assert_eq!(refused, DecryptError::Refused);
    assert_eq!(
        refused.to_string(),
        "decrypting: the message cannot be decrypted with the keys given: it was encrypted with another key (give old \
         ones as previous keys), or it was changed"
    );
}

#[test]
fn what_is_not_a_message_says_why() {
    let iv = |length| BASE64.encode(vec![7; length]);
    let message =
        |iv: String, tag: &str| encoded(&json!({"iv": iv, "value": "", "mac": "", "tag": tag}));
    for (text, what) in [
        ("%".to_owned(), "it is not base64"),
        (
            String::new(),
            "it is not json with the strings iv, value, mac and tag",
        ),
        (
            BASE64.encode("{}"),
            "it is not json with the strings iv, value, mac and tag",
        ),
        (
            encoded(&json!({"iv": 1, "value": "", "mac": "", "tag": ""})),
            "it is not json with the strings iv, value, mac and tag",
        ),
        (message("%".to_owned(), ""), "its iv is not base64"),
        (message(iv(16), "%"), "its tag is not base64"),
        (
            message(iv(15), ""),
            "its iv and tag have not the lengths of a supported cipher",
        ),
        (
            message(iv(16), &iv(16)),
            "its iv and tag have not the lengths of a supported cipher",
        ),
        (
            message(iv(12), &iv(15)),
            "its iv and tag have not the lengths of a supported cipher",
        ),
        (
            message(iv(12), ""),
            "its iv and tag have not the lengths of a supported cipher",
        ),
    ] {
        for cipher in CIPHERS {
            let refused = encrypter(cipher).decrypt(&text);
            assert_eq!(refused, Err(DecryptError::Malformed { what }), "{text}");
        }
    }
}

#[test]
fn a_message_may_leave_its_tag_out_when_it_needs_none() {
    let encrypter = encrypter(Cipher::Aes256Cbc);
    let text = encrypter.encrypt(COMMAND, [7; 16]).unwrap();
    for tag in [None, Some(Json::Null)] {
        let mut message = decoded(&text);
        message.as_object_mut().unwrap().remove("tag");
        message
            .as_object_mut()
            .unwrap()
            .extend(tag.map(|tag| ("tag".to_owned(), tag)));
        assert_eq!(encrypter.decrypt(&encoded(&message)).unwrap(), COMMAND);
    }
}

#[test]
fn a_command_is_serialized_twice_or_once() {
    for cipher in CIPHERS {
        let encrypter = encrypter(cipher);
        let twice = encrypter.encrypt_command(COMMAND, [7; 16]).unwrap();
        assert_eq!(
            encrypter.decrypt(&twice).unwrap(),
            b"s:14:\"O:3:\"Job\":0:{}\";"
        );
        assert_eq!(encrypter.decrypt_command(&twice).unwrap(), COMMAND);
        let once = encrypter.encrypt(COMMAND, [7; 16]).unwrap();
        assert_eq!(encrypter.decrypt_command(&once).unwrap(), COMMAND);
    }
}

#[test]
fn a_command_may_hold_bytes_that_are_not_text() {
    let encrypter = encrypter(Cipher::Aes256Gcm);
    let command = b"O:3:\"Job\":1:{s:1:\"b\";s:2:\"\xff\x00\";}";
    let text = encrypter.encrypt_command(command, [7; 16]).unwrap();
    assert_eq!(encrypter.decrypt_command(&text).unwrap(), command);
}

#[test]
fn what_is_inside_must_be_a_job() {
    let encrypter = encrypter(Cipher::Aes256Cbc);
    for plain in [
        "",
        "i:1;",
        "s:4:\"i:1;\";",
        "s:99:\"O:3:\"Job\":0:{}\";",
        "hush",
    ] {
        let text = encrypter.encrypt(plain.as_bytes(), [7; 16]).unwrap();
        let refused = encrypter.decrypt_command(&text);
        assert_eq!(refused, Err(DecryptError::NotACommand), "{plain}");
    }
}

#[test]
fn a_message_is_written_as_laravel_writes_it() {
    let text = encrypter(Cipher::Aes256Cbc)
        .encrypt(b"", [0xff; 16])
        .unwrap();
    let json = String::from_utf8(BASE64.decode(text).unwrap()).unwrap();
    assert!(
        json.starts_with("{\"iv\":\"/////////////////////w==\",\"value\":\""),
        "{json}"
    );
    assert!(json.ends_with("\",\"tag\":\"\"}"), "{json}");
    let text = encrypter(Cipher::Aes128Gcm)
        .encrypt(b"", [0xff; 16])
        .unwrap();
    let json = String::from_utf8(BASE64.decode(text).unwrap()).unwrap();
    assert!(
        json.starts_with("{\"iv\":\"////////////////\",\"value\":\"\",\"mac\":\"\",\"tag\":\""),
        "{json}"
    );
}

#[test]
fn a_wrong_key_is_refused_without_being_shown() {
    let new = |current: &str, previous: &str| {
        let error = Encrypter::new(current, previous, Cipher::default()).unwrap_err();
        error.to_string()
    };
    let key = "k".repeat(32);
    for (error, expected) in [
        (
            new("", ""),
            "the application's key (APP_KEY) is empty: give the one in the application's .env",
        ),
        (
            new("hush", ""),
            "the application's key (APP_KEY) has 4 bytes, but AES-256-CBC takes 32: copy it again, with base64: before \
             it if the application has it",
        ),
        (
            new("base64:aHVzaGh1c2hodXNoaHVzaA==", ""),
            "the application's key (APP_KEY) has 16 bytes, but AES-256-CBC takes 32: copy it again, or set the cipher \
             to AES-128-CBC if the application does",
        ),
        (
            new("base64:hush!", ""),
            "the application's key (APP_KEY) starts with base64: but what follows is not base64: copy it again",
        ),
        (
            new(&key, &format!("{key},hush")),
            "previous key number 2 (APP_PREVIOUS_KEYS) has 4 bytes, but AES-256-CBC takes 32: copy it again, with \
             base64: before it if the application has it",
        ),
    ] {
        assert_eq!(error, expected);
    }
}

#[test]
fn an_encrypter_never_shows_its_keys() {
    let encrypter = Encrypter::new(&"k".repeat(32), &"o".repeat(32), Cipher::default()).unwrap();
    assert_eq!(
        format!("{encrypter:?}"),
        "Encrypter { cipher: Aes256Cbc, keys: 2, .. }"
    );
}

#[test]
fn a_cipher_is_named_as_in_laravel_in_any_case() {
    for cipher in CIPHERS {
        assert_eq!(cipher.to_string().parse(), Ok(cipher));
        assert_eq!(cipher.to_string().to_lowercase().parse(), Ok(cipher));
    }
    assert_eq!(
        "rot13".parse::<Cipher>().unwrap_err().to_string(),
        "`rot13` is not a cipher of laravel: choose AES-128-CBC, AES-256-CBC, AES-128-GCM or AES-256-GCM"
    );
}

#[test]
fn what_is_too_long_is_refused() {
    let encrypter = encrypter(Cipher::Aes128Gcm);
    let length = MAX_BYTES + 1;
    assert_eq!(
        encrypter.decrypt(&"A".repeat(length)),
        Err(DecryptError::TooLong { length })
    );
    assert_eq!(
        encrypter.encrypt(&vec![0; length], [7; 16]),
        Err(EncryptError::TooLong { length })
    );
}
