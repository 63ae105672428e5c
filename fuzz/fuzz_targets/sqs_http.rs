//! Any requests to the local SQS, in JSON or as forms: each is answered in its protocol, and none by an error of ours.
#![no_main]

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::http::{Method, Request, Uri};
use hikyaku_local::clock::TokioClock;
use hikyaku_local::sqs::{Identity, Sqs, router_at};
use libfuzzer_sys::fuzz_target;
use tower_service::Service;

/// The requests of an input, one a line: an action and its JSON, or a path and a form.
fn requests(text: &str) -> impl Iterator<Item = Request<Body>> {
    text.split('\n').take(8).filter_map(|line| {
        let (place, body) = line.split_once(' ')?;
        let body = Body::from(body.to_owned());
        let request = if place.starts_with('/') {
            Request::builder()
                .method(Method::POST)
                .uri(place.parse::<Uri>().ok()?)
                .header("content-type", "application/x-www-form-urlencoded")
        } else {
            Request::builder()
                .method(Method::POST)
                .uri("/")
                .header("x-amz-target", format!("AmazonSQS.{place}"))
        };
        request.body(body).ok()
    })
}

async fn answered(text: &str) {
    let sqs = Sqs::new(
        Arc::new(TokioClock::starting_at(1_795_408_211_000)),
        Identity::default(),
    );
    let mut router = router_at(sqs, "http://127.0.0.1:9324");
    let queues = [
        r#"CreateQueue {"QueueName":"dead"}"#,
        r#"CreateQueue {"QueueName":"jobs","Attributes":{"RedrivePolicy":"{\"deadLetterTargetArn\":\"arn:aws:sqs:us-east-1:000000000000:dead\",\"maxReceiveCount\":2}"}}"#,
        r#"CreateQueue {"QueueName":"f.fifo","Attributes":{"FifoQueue":"true"}}"#,
    ];
    for request in requests(&queues.join("\n")) {
        let answer = Service::call(&mut router, request)
            .await
            .expect("a router does not fail");
        assert!(answer.status().is_success());
    }
    for request in requests(text) {
        let is_form = request.headers().contains_key("content-type");
        let answer = Service::call(&mut router, request)
            .await
            .expect("a router does not fail");
        let status = answer.status();
        let body = to_bytes(answer.into_body(), usize::MAX)
            .await
            .expect("a body in memory");
        let body = String::from_utf8_lossy(&body);
        assert!(!status.is_server_error(), "{status}: {body}");
        if is_form {
            assert!(
                status.as_u16() == 405 || body.starts_with("<?xml"),
                "{status}: {body}"
            );
        } else if !body.is_empty() {
            let read = serde_json::from_str::<serde_json::Value>(&body);
            assert!(read.is_ok(), "{status}: {body}");
        }
    }
}

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = str::from_utf8(bytes) else {
        return;
    };
    // A long poll waits for paused time, which passes at once.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime");
    runtime.block_on(answered(text));
});
