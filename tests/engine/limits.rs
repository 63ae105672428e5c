//! The limits of AWS, as the engine meets them. Twelve hours of hiding are in `policy`, fifteen minutes of delay in
//! `dispatch`, 400 KB of an item in `function::oversized`.

use hikyaku_core::Outcome;
use hikyaku_core::testing::Settings;
use hikyaku_laravel::envelope::MAX_BODY_BYTES;
use serde_json::json;

use super::echo::Act::{Error, Ok as Done};
use super::{Scene, body};

#[test]
fn a_batch_of_ten_thousand_is_worked_off_in_one_invocation_and_only_what_failed_comes_again() {
    let mut scene = Scene::with(Settings {
        batch_size: 10_000,
        ..Settings::default()
    });
    for index in 0..10_000 {
        let acts = if index == 4_321 {
            &[Error, Done][..]
        } else {
            &[Done]
        };
        scene.send_with(&index.to_string(), "once", acts, json!({"backoff": "5"}));
    }
    scene.run();
    assert!(scene.world.queue.is_empty() && scene.world.queue.dead().is_empty());
    assert_eq!(scene.world.queue.receives(), 10_001);
    assert_eq!(scene.outcomes("4321"), [Outcome::Released, Outcome::Done]);
    // Two invocations: all of them, and the one again.
    let sizes = scene.world.ended.iter().map(|ended| {
        let reports = ended.reports.as_ref();
        reports.map_or(0, Vec::len)
    });
    assert_eq!(sizes.collect::<Vec<_>>(), [10_000, 1]);
    assert_eq!(scene.ledger.writes(), 2 * 10_001);
}

/// A job whose message has so many bytes.
fn as_long_as(bytes: usize) -> String {
    let padded = |count: usize| body("a", "once", &[Done], json!({"pad": " ".repeat(count)}));
    let empty = padded(0).len();
    padded(bytes - empty)
}

#[test]
fn a_message_of_one_mebibyte_runs_and_what_is_longer_is_buried_as_no_job() {
    let mut scene = Scene::new();
    scene.world.queue.send(as_long_as(MAX_BODY_BYTES), None);
    scene.run();
    assert_eq!(scene.outcomes("a"), [Outcome::Done]);
    // No queue hands such a one out, but whoever invokes a function directly may.
    let message = scene.world.queue.send(as_long_as(MAX_BODY_BYTES + 1), None);
    scene.run();
    assert_eq!(scene.starts("a").len(), 1);
    let row = scene.ledger.failed(&message).unwrap();
    let reason = "decoding a message body of 1048577 bytes: at most 1048576 are accepted";
    assert!(row.exception.contains(reason), "{}", row.exception);
}
