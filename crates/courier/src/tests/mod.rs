//! Each way in which an application can answer has one verdict.

mod keys;
mod server;
mod settings;
mod tasks;

use std::time::Duration;

use hikyaku::core::{Clock, Courier, Parcel};
use hikyaku::{Config, SystemClock};

use self::server::{Seen, Server, status, with_nobodys_certificate};
use crate::keys::{Keys, answer_text, request_text};
use crate::{HttpCourier, Settings};

pub(super) const KEY: &str = "0123456789abcdef0123456789abcdef";

fn courier(url: &str, key: &str) -> HttpCourier {
    let aws = Config::from_lookup(|_| Ok(None)).unwrap();
    let lookup = |name: &str| match name {
        "HIKYAKU_PHP_URL" => Some(url.to_owned()),
        "HIKYAKU_PHP_KEY" => Some(key.to_owned()),
        _ => None,
    };
    let settings = Settings::from_lookup(lookup, aws).unwrap();
    HttpCourier::new(settings).unwrap().impatient()
}

fn to(server: &Server) -> HttpCourier {
    courier(
        &format!("http://127.0.0.1:{}/hikyaku/jobs", server.port),
        KEY,
    )
}

fn parcel() -> Parcel {
    Parcel {
        id: "job 1&2".to_owned(),
        name: "App\\Jobs\\Letter".to_owned(),
        body: "{\"job\": \"飛脚@run\",\n \"data\":1.0}".to_owned(),
        queue: "https://sqs/jobs".to_owned(),
        generation: 2,
        attempt: 3,
        receives: 4,
        deadline: SystemClock.now() + Duration::from_secs(20),
    }
}

/// What a courier makes of the application at `server`, in the words of the engine's own verdict.
async fn verdict(courier: &HttpCourier) -> String {
    match courier.deliver(parcel()).await {
        Ok(()) => "done".to_owned(),
        Err(error) => format!("{error:?}"),
    }
}

/// What the package in the application would answer.
fn answered(seen: &Seen, key: &str, body: &str) -> String {
    let keys = Keys::parse(key).unwrap();
    let signature = keys.sign(&answer_text(&seen.nonce(), body.as_bytes()));
    status(
        "200 OK",
        &format!("hikyaku-signature: {signature}\r\n"),
        body,
    )
}

async fn verdict_of(answer: &'static str) -> (String, usize) {
    let server = Server::answering(move |_, seen| Some(answered(seen, KEY, answer)));
    let verdict = verdict(&to(&server)).await;
    (verdict, server.requests())
}

async fn verdict_of_status(line: &'static str, headers: &'static str) -> (String, usize) {
    let server = Server::answering(move |_, _| Some(status(line, headers, "<html>")));
    let verdict = verdict(&to(&server)).await;
    (verdict, server.requests())
}

#[tokio::test]
async fn the_exact_body_goes_out_with_the_attempt_signed() {
    let server = Server::answering(|_, seen| Some(answered(seen, KEY, r#"{"verdict":"done"}"#)));
    assert_eq!(verdict(&to(&server)).await, "done");
    let seen = server.seen.lock().unwrap()[0].clone();
    assert_eq!(seen.line, "POST /hikyaku/jobs HTTP/1.1");
    assert_eq!(seen.body, parcel().body);
    for (field, value) in [
        ("ask", "run"),
        ("id", "job 1&2"),
        ("generation", "2"),
        ("attempt", "3"),
        ("queue", "https://sqs/jobs"),
        ("tries", "1"),
        ("backoff", "0"),
        ("timeout", "60"),
    ] {
        assert_eq!(seen.asked(field), value, "{field}");
    }
    let left: u64 = seen.asked("left").parse().unwrap();
    assert!((10_000..=20_000).contains(&left));
    let time = seen.header("hikyaku-time").parse().unwrap();
    let text = request_text(
        "/hikyaku/jobs",
        time,
        seen.header("hikyaku-ask"),
        seen.body.as_bytes(),
    );
    let keys = Keys::parse(KEY).unwrap();
    assert!(keys.have_signed(&text, seen.header("hikyaku-signature")));
}

#[test]
fn both_sides_sign_the_same() {
    // The same text is in packages/laravel/tests/cases/requests.php.
    let text = request_text(
        "/hikyaku/jobs",
        1_764_150_000,
        "ask=run&id=1",
        "飛脚".as_bytes(),
    );
    assert_eq!(
        Keys::parse(KEY).unwrap().sign(&text),
        "02b4616ca9677fed60d5599cebf7d260e71560f9ee5e0f54ccabb3af1a4010a1"
    );
}

#[tokio::test]
async fn each_word_of_the_application_is_a_verdict() {
    for (answer, expected) in [
        (r#"{"verdict":"done"}"#, "done"),
        (r#"{"verdict":"released","delay":30}"#, "RetryAfter(30s)"),
        (
            r#"{"verdict":"threw","error":"no paper"}"#,
            "wish: Retry, source: \"no paper\"",
        ),
        (
            r#"{"verdict":"failed","error":"never"}"#,
            "wish: Fail, source: \"never\"",
        ),
        (
            r#"{"verdict":"unknown","error":"no class"}"#,
            "wish: Fail, source: \"no class\"",
        ),
        (r#"{"verdict":"busy","delay":12}"#, "Snooze(12s)"),
    ] {
        let (verdict, requests) = verdict_of(answer).await;
        assert!(verdict.contains(expected), "{answer}: {verdict}");
        assert_eq!(requests, 1);
    }
}

#[tokio::test]
async fn an_answer_that_is_not_signed_is_asked_for_again_and_spends_no_try() {
    let (verdict, requests) = verdict_of_status("200 OK", "").await;
    assert!(verdict.contains("Snooze(40s)"), "{verdict}");
    assert_eq!(requests, 3);
}

#[tokio::test]
async fn nor_is_one_believed_that_another_key_or_another_question_has_signed() {
    let other = "fedcba9876543210fedcba9876543210";
    let server =
        Server::answering(move |_, seen| Some(answered(seen, other, r#"{"verdict":"done"}"#)));
    assert!(verdict(&to(&server)).await.contains("Snooze"));
    let server = Server::answering(|_, _| {
        let keys = Keys::parse(KEY).unwrap();
        let body = r#"{"verdict":"done"}"#;
        let signature = keys.sign(&answer_text("another nonce", body.as_bytes()));
        Some(status(
            "200 OK",
            &format!("hikyaku-signature: {signature}\r\n"),
            body,
        ))
    });
    assert!(verdict(&to(&server)).await.contains("Snooze"));
}

#[tokio::test]
async fn a_server_error_is_asked_again_and_spends_no_try() {
    for line in [
        "500 Internal Server Error",
        "502 Bad Gateway",
        "504 Gateway Timeout",
    ] {
        let (verdict, requests) = verdict_of_status(line, "").await;
        assert!(verdict.contains("Snooze(40s)"), "{line}: {verdict}");
        assert_eq!(requests, 3, "{line}");
    }
}

#[tokio::test]
async fn too_many_requests_and_maintenance_are_waited_out_as_long_as_they_say() {
    for (line, headers, expected) in [
        (
            "429 Too Many Requests",
            "retry-after: 120\r\n",
            "Snooze(120s)",
        ),
        ("429 Too Many Requests", "", "Snooze(40s)"),
        (
            "503 Service Unavailable",
            "retry-after: 7\r\n",
            "Snooze(7s)",
        ),
        (
            "503 Service Unavailable",
            "retry-after: 99999\r\n",
            "Snooze(900s)",
        ),
        (
            "503 Service Unavailable",
            "retry-after: Wed, 21 Oct 2026 07:28:00 GMT\r\n",
            "Snooze(40s)",
        ),
    ] {
        let (verdict, requests) = verdict_of_status(line, headers).await;
        assert!(verdict.contains(expected), "{line} {headers}: {verdict}");
        assert_eq!(requests, 1);
    }
}

#[tokio::test]
async fn a_redirect_is_never_followed() {
    for line in [
        "301 Moved Permanently",
        "302 Found",
        "307 Temporary Redirect",
        "308 Permanent Redirect",
    ] {
        let server =
            Server::answering(move |_, _| Some(status(line, "location: /hikyaku/jobs\r\n", "")));
        let verdict = verdict(&to(&server)).await;
        assert!(
            verdict.contains("Snooze(40s)") && verdict.contains("redirects to"),
            "{verdict}"
        );
        assert_eq!(server.requests(), 1, "{line}");
    }
}

#[tokio::test]
async fn what_turns_the_request_away_spends_no_try() {
    for line in [
        "401 Unauthorized",
        "403 Forbidden",
        "404 Not Found",
        "405 Method Not Allowed",
        "419 Page Expired",
    ] {
        let (verdict, requests) = verdict_of_status(line, "").await;
        assert!(verdict.contains("Snooze(40s)"), "{verdict}");
        assert_eq!(requests, 1);
    }
    let (verdict, _) =
        verdict_of_status("401 Unauthorized", "hikyaku-refused: it is old\r\n").await;
    assert!(verdict.contains("it is old"), "{verdict}");
}

#[tokio::test]
async fn where_nobody_is_no_try_is_spent() {
    let courier = courier("http://127.0.0.1:9/hikyaku/jobs", KEY);
    let verdict = verdict(&courier).await;
    assert!(
        verdict.contains("Snooze(40s)") && verdict.contains("was not reached"),
        "{verdict}"
    );
}

#[tokio::test]
async fn a_certificate_that_nobody_vouches_for_gets_no_job() {
    let port = with_nobodys_certificate();
    let courier = courier(&format!("https://localhost:{port}/hikyaku/jobs"), KEY);
    let verdict = verdict(&courier).await;
    assert!(
        verdict.contains("Snooze(40s)") && verdict.contains("ertificate"),
        "{verdict}"
    );
}

#[tokio::test]
async fn a_connection_that_broke_is_asked_again_under_the_same_attempt() {
    let server = Server::answering(|number, seen| {
        (number > 1).then(|| answered(seen, KEY, r#"{"verdict":"done"}"#))
    });
    assert_eq!(verdict(&to(&server)).await, "done");
    let seen = server.seen.lock().unwrap().clone();
    assert_eq!(seen.len(), 2);
    assert_eq!(seen[0].asked("attempt"), seen[1].asked("attempt"));
    assert_ne!(seen[0].nonce(), seen[1].nonce());
}

#[tokio::test]
async fn a_failure_is_told_with_its_error_and_an_answer_to_that_is_awaited() {
    let told = |answer: &'static str| async move {
        let server = Server::answering(move |_, seen| Some(answered(seen, KEY, answer)));
        let told = to(&server).tell_failed(parcel(), "長".repeat(3000)).await;
        let seen = server.seen.lock().unwrap()[0].clone();
        assert_eq!(seen.asked("ask"), "failed");
        assert_eq!(seen.asked("error"), "長".repeat(500));
        assert!(seen.header("hikyaku-ask").len() < 6000);
        told.is_ok()
    };
    assert!(told(r#"{"verdict":"failed","error":""}"#).await);
    assert!(told(r#"{"verdict":"done"}"#).await);
    assert!(told(r#"{"verdict":"unknown","error":""}"#).await);
    assert!(!told(r#"{"verdict":"busy","delay":5}"#).await);
}

#[tokio::test]
async fn either_of_two_keys_is_believed_while_one_is_changed() {
    let other = "fedcba9876543210fedcba9876543210";
    for (ours, theirs) in [(format!("{other},{KEY}"), KEY), (KEY.to_owned(), KEY)] {
        let server =
            Server::answering(move |_, seen| Some(answered(seen, theirs, r#"{"verdict":"done"}"#)));
        let url = format!("http://127.0.0.1:{}/hikyaku/jobs", server.port);
        assert_eq!(verdict(&courier(&url, &ours)).await, "done");
    }
}
