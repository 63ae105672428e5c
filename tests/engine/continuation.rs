//! Jobs that save their progress and go on from there.

use std::sync::Arc;
use std::time::Duration;

use hikyaku_core::testing::Fate::{AnswerLost, Throttled};
use hikyaku_core::testing::{Remains, Settings};
use hikyaku_core::{Context, Guarantee, Job, JobError, Outcome, State};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::echo::{Act, Acts, Stage, act};
use super::{Scene, second};
use Outcome::{Buried, Continued, Done, Fenced, Postponed, Released};

/// What a part does once its work is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Manner {
    /// Saves where it is, and asks to be continued.
    Continue,
    /// Saves where it is, and goes on with the next part itself.
    GoOn,
    /// Asks to be continued without having saved anything.
    Forget,
    /// Saves more than is kept.
    TooMuch,
    /// Saves where it is, and can never succeed.
    Fail,
    /// Saves where it is, and has no luck.
    Err,
}

/// A job of several parts, each of which takes `sleep` seconds. They are noted as the stage's steps.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Work {
    parts: i64,
    sleep: u64,
    manner: Manner,
}

impl Work {
    async fn perform(&self, context: &Context<Arc<Stage>>) -> Result<(), JobError> {
        let stage = context.state();
        let acts = vec![Act::Ok];
        act(&Acts { acts }, context).await?;
        let mut part = context.resume::<i64>()?.unwrap_or(0);
        loop {
            context.sleep(second(self.sleep)).await;
            stage.steps.lock().unwrap().push(part);
            part += 1;
            if part == self.parts {
                return Ok(());
            }
            match self.manner {
                Manner::Forget => {}
                Manner::TooMuch => context.checkpoint(&"x".repeat(70_000)).await?,
                _ => context.checkpoint(&part).await?,
            }
            match self.manner {
                Manner::Continue | Manner::Forget => return Err(JobError::continuation()),
                Manner::Fail => return Err(JobError::fail("never")),
                Manner::Err => return Err("no luck".into()),
                Manner::GoOn | Manner::TooMuch => {}
            }
        }
    }
}

macro_rules! parts {
    ($name:ident, $called:literal, $guarantee:ident, $timeout:literal) => {
        #[derive(Debug, Serialize, Deserialize)]
        pub(crate) struct $name(Work);

        impl Job for $name {
            const NAME: &'static str = $called;
            const GUARANTEE: Guarantee = Guarantee::$guarantee;
            const TIMEOUT: Duration = second($timeout);
            type State = Arc<Stage>;
            type Output = ();

            async fn run(self, context: &Context<Arc<Stage>>) -> Result<(), JobError> {
                self.0.perform(context).await
            }
        }
    };
}

parts!(Parts, "parts", Once, 60);
parts!(LongParts, "long-parts", Once, 1800);
parts!(UnrecordedParts, "unrecorded-parts", AtLeastOnce, 60);

impl Scene {
    fn send_parts(&self, job: &str, work: &Work, more: &Value) -> String {
        let mut body = json!({ "uuid": "a", "job": job, "data": work, "backoff": "5" });
        body.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        self.world.queue.send(body.to_string(), None)
    }

    fn parts(&self) -> Vec<i64> {
        self.stage.steps.lock().unwrap().clone()
    }

    /// The same message, and no other.
    #[track_caller]
    fn has_sent_nothing(&self, message: &str) {
        let reports = self.world.reports();
        assert!(reports.iter().all(|report| report.message_id == message));
        assert!(self.world.queue.elsewhere().is_empty());
    }
}

fn work(parts: i64, sleep: u64, manner: Manner) -> Work {
    Work {
        parts,
        sleep,
        manner,
    }
}

fn each_once(parts: i64) -> Vec<i64> {
    (0..parts).collect()
}

#[test]
fn forty_continuations_are_one_job_on_one_message_and_each_step_is_made_once() {
    let mut scene = Scene::new();
    let forty = work(41, 10, Manner::Continue);
    let message = scene.send_parts("parts", &forty, &json!({"maxTries": 1}));
    scene.run();
    assert_eq!(scene.parts(), each_once(41));
    assert_eq!(scene.outcomes("a")[..40], [Continued; 40]);
    assert_eq!(scene.outcomes("a")[40..], [Done]);
    assert!(scene.starts("a").iter().all(|start| start.attempt == 1));
    assert_eq!(scene.world.queue.receives(), 41);
    scene.has_sent_nothing(&message);
    // At once: forty-one parts take as long as they take.
    assert_eq!(scene.whole_seconds(), 410);
    let record = scene.ledger.record("a").unwrap();
    assert_eq!((record.state, record.generation), (State::Done, 0));
    assert_eq!((record.token, record.checkpoint), (41, None));
}

#[test]
fn a_continuation_gives_back_the_tries_that_errors_spent() {
    let mut scene = Scene::new();
    let parts = work(4, 1, Manner::Err);
    scene.send_parts("parts", &parts, &json!({"maxTries": 4}));
    scene.run();
    assert_eq!(scene.parts(), each_once(4));
    let attempts: Vec<_> = scene.starts("a").iter().map(|one| one.attempt).collect();
    assert_eq!(attempts, [1, 2, 3, 4]);
    assert_eq!(scene.outcomes("a"), [Released, Released, Released, Done]);

    let mut scene = Scene::with(Settings {
        batch_size: 1,
        ..Settings::default()
    });
    let parts = work(4, 10, Manner::Continue);
    scene.send_parts("parts", &parts, &json!({"maxTries": 2}));
    for time in [5, 92 + 15, 194 + 15] {
        scene.crash_at(time);
    }
    scene.run();
    // One death in each part: with two tries in all that would be too many.
    assert_eq!(scene.parts(), each_once(4));
    assert_eq!(scene.outcomes("a").last(), Some(&Done));
}

#[test]
fn killed_between_its_checkpoint_and_its_release_a_job_goes_on_from_the_checkpoint() {
    let mut scene = Scene::new();
    let parts = work(3, 10, Manner::Continue);
    scene.send_parts("parts", &parts, &json!({"maxTries": 2}));
    let ledger = Arc::clone(&scene.ledger);
    scene.crash_when(move |_| {
        let saved = ledger.record("a").and_then(|record| record.checkpoint);
        saved.is_some_and(|saved| saved == "1")
    });
    assert_eq!(scene.ledger.record("a").unwrap().state, State::Running);
    scene.run();
    assert_eq!(scene.parts(), each_once(3));
    assert_eq!(scene.outcomes("a"), [Continued, Done]);
}

#[test]
fn a_lost_answer_to_a_checkpoint_or_a_continuation_repeats_no_step() {
    for operation in ["save", "release"] {
        for fate in [Throttled, AnswerLost] {
            let mut scene = Scene::new();
            scene.network.then(operation, fate);
            let parts = work(3, 10, Manner::Continue);
            scene.send_parts("parts", &parts, &json!({"maxTries": 1}));
            scene.run();
            assert_eq!(scene.parts(), each_once(3), "{operation} {fate:?}");
            assert_eq!(scene.world.queue.receives(), 3, "{operation} {fate:?}");
        }
    }
}

#[test]
fn an_attempt_that_was_overtaken_saves_nothing_more() {
    let mut scene = Scene::new();
    let parts = work(4, 20, Manner::GoOn);
    scene.send_parts("parts", &parts, &json!({"timeout": 90}));
    scene.run_to(30);
    let process = scene.world.serving()[0];
    scene.world.cut(process, Remains::Jobs);
    // The message comes back with the lease of the heartbeat; then the first attempt wakes up in the midst of its work.
    scene.run_to(130);
    assert_eq!(scene.starts("a").len(), 2);
    scene.world.thaw(process);
    scene.run();
    let record = scene.ledger.record("a").unwrap();
    assert_eq!(record.state, State::Done);
    // The overtaken attempt made its second step, and could not save it.
    assert_eq!(scene.parts(), [0, 1, 1, 2, 3]);
    assert!(!scene.outcomes("a").contains(&Fenced));
}

#[test]
fn a_checkpoint_that_is_too_long_is_an_error_and_leaves_the_one_before() {
    let mut scene = Scene::new();
    let parts = work(2, 1, Manner::TooMuch);
    scene.send_parts("parts", &parts, &json!({"maxTries": 1}));
    scene.run();
    assert_eq!(scene.outcomes("a"), [Buried]);
    let row = scene.ledger.failed("a").unwrap();
    let why = "it has 70002 bytes, and at most 65536 are kept";
    assert!(row.exception.contains(why), "{}", row.exception);
    assert_eq!(scene.ledger.record("a").unwrap().checkpoint, None);
    assert_eq!(scene.network.count("save"), 0);
}

#[test]
fn a_job_that_keeps_no_ledger_cannot_save_anything() {
    let mut scene = Scene::new();
    let parts = work(2, 1, Manner::Continue);
    scene.send_parts("unrecorded-parts", &parts, &json!({"maxTries": 1}));
    scene.run();
    let row = scene.ledger.failed("a").unwrap();
    let why = "a job that is run AtLeastOnce keeps no ledger to save it in";
    assert!(row.exception.contains(why), "{}", row.exception);
}

#[test]
fn a_continuation_of_what_was_not_saved_is_an_error_that_spends_its_try() {
    let mut scene = Scene::new();
    let parts = work(2, 1, Manner::Forget);
    scene.send_parts("parts", &parts, &json!({"maxTries": 2}));
    scene.run();
    assert_eq!(scene.outcomes("a"), [Released, Buried]);
    let row = scene.ledger.failed("a").unwrap();
    let why = "asked to be continued, but saved no checkpoint";
    assert!(row.exception.contains(why), "{}", row.exception);
}

#[test]
fn a_job_that_failed_goes_on_from_its_checkpoint_when_it_is_sent_again() {
    let mut scene = Scene::new();
    scene.send_parts("parts", &work(2, 1, Manner::Fail), &json!({"maxTries": 1}));
    scene.run();
    assert_eq!(scene.outcomes("a"), [Buried]);
    let row = scene.ledger.failed("a").unwrap();
    scene.world.queue.send(row.payload, None);
    scene.run();
    assert_eq!(scene.parts(), [0, 1]);
    let record = scene.ledger.record("a").unwrap();
    assert_eq!((record.state, record.generation), (State::Done, 1));
    assert_eq!(record.checkpoint, None);
}

/// A function that has 100 s, of which a job gets 90.
fn short_function() -> Scene {
    Scene::with(Settings {
        timeout: second(100),
        batch_size: 1,
        ..Settings::default()
    })
}

#[test]
fn a_job_with_more_time_than_its_function_goes_on_from_its_checkpoint_and_spends_no_try() {
    // Also one whose message says that it has no limit at all.
    for timeout in [json!({"maxTries": 1}), json!({"maxTries": 1, "timeout": 0})] {
        let mut scene = short_function();
        let message = scene.send_parts("long-parts", &work(10, 40, Manner::GoOn), &timeout);
        scene.run();
        assert_eq!(scene.parts(), each_once(10));
        let outcomes = scene.outcomes("a");
        assert_eq!(outcomes.last(), Some(&Done));
        let before = &outcomes[..outcomes.len() - 1];
        assert_eq!(before, [Postponed; 4]);
        assert!(scene.starts("a").iter().all(|start| start.attempt == 1));
        scene.has_sent_nothing(&message);
    }
}

#[test]
fn a_job_with_more_time_than_its_function_that_saved_nothing_is_timed_out() {
    let mut scene = short_function();
    let parts = work(3, 300, Manner::GoOn);
    scene.send_parts("long-parts", &parts, &json!({"maxTries": 2}));
    scene.run();
    assert_eq!(scene.outcomes("a"), [Released, Buried]);
    assert!(scene.parts().is_empty());
}

#[test]
fn a_job_whose_own_time_is_over_is_timed_out_whatever_it_saved() {
    let mut scene = short_function();
    let parts = work(10, 25, Manner::GoOn);
    scene.send_parts("parts", &parts, &json!({"maxTries": 2}));
    scene.run();
    assert_eq!(scene.outcomes("a"), [Released, Buried]);
    // It had saved two parts each time.
    assert_eq!(scene.parts(), each_once(4));
}
