//! Commands that Laravel 8, 10 and 13 encrypted, with the key and the plaintext beside them.

use std::path::Path;

use serde_json::Value as Json;

use super::*;

struct Fixture {
    name: String,
    cipher: Cipher,
    app_key: String,
    raw_key: String,
    text: String,
    outer: String,
    command: String,
}

fn fixtures() -> Vec<Fixture> {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fixtures/laravel");
    let mut fixtures = Vec::new();
    for version in ["v8", "v10", "v13"] {
        for cipher in ["aes_128_cbc", "aes_256_cbc", "aes_128_gcm", "aes_256_gcm"] {
            let name = format!("{version}/encrypted_{cipher}");
            let path = Path::new(root).join(format!("{name}.json"));
            let case: Json = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
            let text = |value: &Json| value.as_str().unwrap().to_owned();
            let message = &case["messages"][0];
            let body: Json = serde_json::from_str(&text(&message["MessageBody"])).unwrap();
            fixtures.push(Fixture {
                name,
                cipher: text(&case["extra"]["cipher"]).parse().unwrap(),
                app_key: text(&case["extra"]["app_key"]),
                raw_key: text(&case["extra"]["key_raw"]),
                text: text(&body["data"]["command"]),
                outer: text(&message["decrypted_outer"]),
                command: text(&message["decrypted"]),
            });
        }
    }
    fixtures
}

#[test]
fn every_command_that_laravel_encrypted_is_decrypted() {
    for fixture in fixtures() {
        let encrypter = Encrypter::new(&fixture.app_key, "", fixture.cipher).unwrap();
        let outer = encrypter.decrypt(&fixture.text).unwrap();
        assert_eq!(outer, fixture.outer.as_bytes(), "{}", fixture.name);
        let command = encrypter.decrypt_command(&fixture.text).unwrap();
        assert_eq!(command, fixture.command.as_bytes(), "{}", fixture.name);
    }
}

#[test]
fn a_key_may_be_given_as_its_own_bytes() {
    for fixture in fixtures() {
        let encrypter = Encrypter::new(&fixture.raw_key, "", fixture.cipher).unwrap();
        assert!(encrypter.decrypt(&fixture.text).is_ok(), "{}", fixture.name);
    }
}

#[test]
fn a_key_that_was_replaced_still_opens_what_was_encrypted_with_it() {
    for fixture in fixtures() {
        let length = fixture.cipher.key_length();
        let (current, older) = ("c".repeat(length), "o".repeat(length));
        let previous = format!("{older}, {} ,", fixture.app_key);
        let encrypter = Encrypter::new(&current, &previous, fixture.cipher).unwrap();
        let outer = encrypter.decrypt(&fixture.text).unwrap();
        assert_eq!(outer, fixture.outer.as_bytes(), "{}", fixture.name);
    }
}

#[test]
fn a_key_that_is_not_among_those_given_opens_nothing() {
    for fixture in fixtures() {
        let length = fixture.cipher.key_length();
        let encrypter = Encrypter::new(&"c".repeat(length), &"o".repeat(length), fixture.cipher);
        let refused = encrypter.unwrap().decrypt(&fixture.text);
        assert_eq!(refused, Err(DecryptError::Refused), "{}", fixture.name);
    }
}

#[test]
fn a_message_of_another_mode_is_refused_with_the_cipher_to_set() {
    for fixture in fixtures() {
        let other = match fixture.cipher.mode() {
            Mode::Cbc => fixture.cipher.with_mode(Mode::Gcm),
            Mode::Gcm => fixture.cipher.with_mode(Mode::Cbc),
        };
        let encrypter = Encrypter::new(&fixture.app_key, "", other).unwrap();
        let refused = encrypter.decrypt(&fixture.text);
        let expected = DecryptError::OtherCipher {
            found: fixture.cipher,
            configured: other,
        };
        assert_eq!(refused, Err(expected), "{}", fixture.name);
    }
}
