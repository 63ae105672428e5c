//! What one message breaks in the engine itself costs that message, and no neighbour.

use std::sync::Arc;

use hikyaku_core::testing::Settings;
use hikyaku_core::{BoxFuture, Laravel, Outcome, Payloads, StoreError, Timestamp, Verdict};
use hikyaku_laravel::Envelope;
use hikyaku_laravel::overflow::{OwnPointer, Pointer};
use serde_json::json;

use super::echo::Act::{Fail, Ok};
use super::{Scene, body};
use Outcome::{Done, Unsettled};

#[test]
fn a_generation_that_has_no_next_is_kept_as_failed_and_its_neighbours_run() {
    for (job, act) in [
        ("once", Ok),
        ("once", Fail),
        ("at-least-once", Fail),
        ("nobody", Ok),
    ] {
        let mut scene = Scene::new();
        let last = json!({"maxTries": 1, "hikyaku": {"generation": u32::MAX}});
        scene.send_with("a", job, &[act], last);
        scene.send("b", "once", &[Ok]);
        scene.run();
        assert_eq!(scene.outcomes("b"), [Done], "{job}");
        let [row] = &scene.ledger.all_failed()[..] else {
            panic!("{job}: {:?}", scene.ledger.all_failed())
        };
        assert!(row.exception.contains("generation"), "{}", row.exception);
    }
}

/// A place for bodies whose reader has a fault.
struct Faulty;

impl Payloads for Faulty {
    fn fetch<'a>(
        &'a self,
        _: &'a Pointer,
        _: Timestamp,
    ) -> BoxFuture<'a, Result<String, StoreError>> {
        Box::pin(async { panic!("a fault of the engine's own") })
    }
}

#[test]
fn a_panic_beside_the_jobs_costs_its_own_message_only_and_is_no_verdict() {
    let mut scene = Scene::build(Settings::default(), 10, |_| {
        |_| Laravel {
            payloads: Some(Arc::new(Faulty)),
            ..Laravel::default()
        }
    });
    scene.send("b", "once", &[Ok]);
    let envelope = Envelope::parse(&body("a", "once", &[Ok], json!({}))).unwrap();
    let pointer = OwnPointer::new(&envelope, "a", 1).to_body();
    scene.world.queue.send(pointer, None);
    scene.send("c", "once", &[Ok]);
    scene.run_to(10);
    for neighbour in ["b", "c"] {
        assert_eq!(scene.outcomes(neighbour), [Done]);
    }
    let reports = scene.world.reports();
    let broken = reports.iter().find(|report| report.outcome == Unsettled);
    let broken = broken.expect("a report on it");
    assert!(matches!(broken.verdict, Verdict::Redeliver(_)));
    let error = broken.error.as_deref().unwrap_or_default();
    assert!(error.contains("a fault of the engine's own"), "{error}");
    assert_eq!(scene.world.queue.messages().len(), 1, "it is not lost");
}
