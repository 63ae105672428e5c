//! What the settings may say.

use hikyaku::Config;
use hikyaku::core::Defaults;

use super::KEY;
use crate::{ConfigError, KeyFrom, Settings};

fn read(variables: &[(&str, &str)]) -> Result<Settings, ConfigError> {
    let all = [
        ("HIKYAKU_PHP_URL", "https://app.example.com/hikyaku/jobs"),
        ("HIKYAKU_PHP_KEY", KEY),
    ];
    let lookup = |name: &str| {
        let mut said = variables.iter().chain(&all);
        let found = said.find(|(key, _)| *key == name);
        found.map(|(_, value)| (*value).to_owned())
    };
    Settings::from_lookup(lookup, Config::from_lookup(|_| Ok(None)).unwrap())
}

#[test]
fn the_defaults_are_those_of_queue_work() {
    let expected = Defaults {
        tries: 1,
        backoff: vec![0],
        timeout: 60,
    };
    assert_eq!(read(&[]).unwrap().defaults, expected);
}

#[test]
fn they_can_be_others() {
    let settings = read(&[
        ("HIKYAKU_PHP_TRIES", "3"),
        ("HIKYAKU_PHP_BACKOFF", "1, 5"),
        ("HIKYAKU_PHP_TIMEOUT", "900"),
    ]);
    let expected = Defaults {
        tries: 3,
        backoff: vec![1, 5],
        timeout: 900,
    };
    assert_eq!(settings.unwrap().defaults, expected);
}

#[test]
fn jobs_go_over_https_or_stay_on_this_machine() {
    for url in [
        "http://127.0.0.1:8000/hikyaku/jobs",
        "http://localhost/x",
        "http://[::1]/x",
    ] {
        assert!(read(&[("HIKYAKU_PHP_URL", url)]).is_ok(), "{url}");
    }
    for url in [
        "http://app.example.com/hikyaku/jobs",
        "http://10.0.0.1/x",
        "ftp://localhost/x",
        "https://user:word@app.example.com/x",
        "https://app.example.com/x?y=1",
        "app.example.com",
    ] {
        assert!(read(&[("HIKYAKU_PHP_URL", url)]).is_err(), "{url}");
    }
}

#[test]
fn a_short_key_is_refused_and_no_key_is_shown() {
    let error = read(&[("HIKYAKU_PHP_KEY", "short-and-secret")]).unwrap_err();
    assert!(!hikyaku::explain(&error).contains("short-and-secret"));
    let settings = read(&[]).unwrap();
    assert!(!format!("{settings:?}").contains(KEY));
}

#[test]
fn a_key_is_in_one_place() {
    let from = ("HIKYAKU_PHP_KEY_FROM", "/app/hikyaku-key");
    let error = read(&[from]).unwrap_err();
    let said = hikyaku::explain(&error);
    assert!(said.contains("HIKYAKU_PHP_KEY_FROM"), "{said}");
    assert!(!said.contains(KEY));
    for empty in ["", "  "] {
        let settings = read(&[("HIKYAKU_PHP_KEY", empty), from]).unwrap();
        assert!(matches!(settings.key, KeyFrom::Kept(_)));
        let settings = read(&[("HIKYAKU_PHP_KEY_FROM", empty)]).unwrap();
        assert!(matches!(settings.key, KeyFrom::Given(_)));
    }
    assert!(read(&[("HIKYAKU_PHP_KEY", ""), ("HIKYAKU_PHP_KEY_FROM", "")]).is_err());
}

#[test]
fn what_names_no_secret_is_refused_and_not_shown() {
    // A key that was put in the wrong place.
    let error = read(&[
        ("HIKYAKU_PHP_KEY", ""),
        ("HIKYAKU_PHP_KEY_FROM", "hunter2:"),
    ])
    .unwrap_err();
    assert!(!hikyaku::explain(&error).contains("hunter2"));
}
