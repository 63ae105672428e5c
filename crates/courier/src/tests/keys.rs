//! A key that is kept elsewhere: what a function with `HIKYAKU_PHP_KEY_FROM` does.

use std::sync::{Arc, Mutex};

use hikyaku::Config;
use serde_json::json;

use super::server::{Server, status};
use super::{KEY, answered, verdict};
use crate::keys::{Keys, request_text};
use crate::{HttpCourier, Settings};

const NEW_KEY: &str = "fedcba9876543210fedcba9876543210";

const SECRET: &str = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:app-AbCdEf:key::";

/// An application that has one key, which a test changes, and refuses in the words of the package and of its first version.
fn application(key: &Arc<Mutex<&'static str>>) -> Server {
    let key = Arc::clone(key);
    Server::answering(move |number, seen| {
        let key = *key.lock().unwrap();
        let time = seen.header("hikyaku-time").parse().unwrap();
        let said = seen.header("hikyaku-ask");
        let text = request_text("/hikyaku/jobs", time, said, seen.body.as_bytes());
        let signature = seen.header("hikyaku-signature");
        if Keys::parse(key).unwrap().have_signed(&text, signature) {
            return Some(answered(seen, key, r#"{"verdict":"done"}"#));
        }
        let words = [
            "not signed with a key of this application",
            "no key of this application has signed it, or what was signed is not what came to /hikyaku/jobs",
        ];
        let why = format!("hikyaku-refused: {}\r\n", words[number % 2]);
        Some(status("401 Unauthorized", &why, ""))
    })
}

/// AWS, which gives out what a test says.
fn service(answer: impl Fn() -> (u16, String) + Send + 'static) -> Server {
    Server::answering(move |_, _| {
        let (code, body) = answer();
        Some(status(&format!("{code} Said"), "", &body))
    })
}

fn courier(application: &Server, service: &Server, from: &str) -> HttpCourier {
    let endpoint = format!("http://127.0.0.1:{}", service.port);
    let aws = |name: &str| match name {
        "AWS_ENDPOINT_URL" => Some(endpoint.clone()),
        "AWS_ACCESS_KEY_ID" | "AWS_SECRET_ACCESS_KEY" => Some("of-a-test".to_owned()),
        _ => None,
    };
    let aws = Config::from_lookup(|name| Ok(aws(name))).unwrap();
    let url = format!("http://127.0.0.1:{}/hikyaku/jobs", application.port);
    let lookup = |name: &str| match name {
        "HIKYAKU_PHP_URL" => Some(url.clone()),
        // What the template says where there is no such parameter.
        "HIKYAKU_PHP_KEY" => Some(String::new()),
        "HIKYAKU_PHP_KEY_FROM" => Some(from.to_owned()),
        _ => None,
    };
    let settings = Settings::from_lookup(lookup, aws).unwrap();
    HttpCourier::new(settings).unwrap().impatient()
}

#[tokio::test]
async fn a_key_that_is_kept_elsewhere_is_read_once_and_again_when_it_is_refused() {
    let key = Arc::new(Mutex::new(KEY));
    let application = application(&key);
    let kept = Arc::clone(&key);
    let service = service(move || {
        let value = json!({ "key": *kept.lock().unwrap() }).to_string();
        (200, json!({ "SecretString": value }).to_string())
    });
    let courier = courier(&application, &service, SECRET);
    for _ in 0..3 {
        assert_eq!(verdict(&courier).await, "done");
    }
    assert_eq!(service.requests(), 1);

    for next in [NEW_KEY, KEY] {
        *key.lock().unwrap() = next;
        let before = service.requests();
        // No try is spent.
        let refused = verdict(&courier).await;
        assert!(refused.contains("Snooze"), "{refused}");
        assert_eq!(verdict(&courier).await, "done");
        assert_eq!(service.requests(), before + 1);
    }
}

#[tokio::test]
async fn a_parameter_will_do_and_several_keys_too() {
    let key = Arc::new(Mutex::new(NEW_KEY));
    let application = application(&key);
    let service = service(|| {
        let keys = format!("{KEY},{NEW_KEY}\n");
        (200, json!({ "Parameter": { "Value": keys } }).to_string())
    });
    let courier = courier(&application, &service, "/app/hikyaku-key");
    assert_eq!(verdict(&courier).await, "done");
}

#[tokio::test]
async fn a_key_that_cannot_be_read_spends_no_try_and_is_never_shown() {
    let denied = r#"{"__type":"AccessDeniedException","message":"not authorized"}"#;
    for (code, body, says) in [
        (400, denied.to_owned(), "AccessDenied"),
        (
            200,
            r#"{"SecretString":"{\"other\":\"x\"}"}"#.to_owned(),
            "no text under the key `key`",
        ),
        (
            200,
            r#"{"SecretString":"{\"key\":\"short-and-secret\"}"}"#.to_owned(),
            "at least 32 characters",
        ),
    ] {
        let key = Arc::new(Mutex::new(KEY));
        let application = application(&key);
        let service = service(move || (code, body.clone()));
        let unread = verdict(&courier(&application, &service, SECRET)).await;
        assert!(unread.contains("Snooze"), "{unread}");
        assert!(unread.contains(says), "{unread}");
        assert!(!unread.contains("short-and-secret"), "{unread}");
        assert_eq!(application.requests(), 0);
    }
}
