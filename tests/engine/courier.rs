//! The courier: what no job here is for goes to another program, and what that brings about is that program's own.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use hikyaku_core::testing::Settings;
use hikyaku_core::{BoxFuture, Courier, Defaults, JobError, Laravel, Outcome, Parcel, Verdict};
use serde_json::json;

use super::echo::Act;
use super::php::{Command, fixture, letter, step};
use super::{Scene, second};

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// What the other program is made to say of an attempt.
pub(super) enum Said {
    Done,
    Threw,
    Failed,
    Released,
    Unheard,
    Nothing,
}

/// A program that says what it is told to, and remembers what it was asked.
#[derive(Default)]
pub(super) struct Program {
    script: Mutex<VecDeque<Said>>,
    ran: Mutex<Vec<Parcel>>,
    told: Mutex<Vec<(String, u32, String)>>,
    /// So often it cannot be told of a failure.
    deaf: Mutex<u32>,
}

impl Courier for Program {
    fn defaults(&self) -> Defaults {
        Defaults::default()
    }

    fn deliver(&self, parcel: Parcel) -> BoxFuture<'static, Result<(), JobError>> {
        let said = self.script.lock().unwrap().pop_front();
        self.ran.lock().unwrap().push(parcel);
        Box::pin(async move {
            match said.unwrap_or(Said::Done) {
                Said::Done => Ok(()),
                Said::Threw => Err("RuntimeException: no paper".into()),
                Said::Failed => Err(JobError::fail("RuntimeException: never")),
                Said::Released => Err(JobError::retry_after(second(7), "released")),
                Said::Unheard => Err(JobError::snooze_because(second(5), "nobody is there")),
                Said::Nothing => std::future::pending().await,
            }
        })
    }

    fn tell_failed(
        &self,
        parcel: Parcel,
        error: String,
    ) -> BoxFuture<'static, Result<(), BoxError>> {
        let mut deaf = self.deaf.lock().unwrap();
        let hears = *deaf == 0;
        *deaf = deaf.saturating_sub(1);
        if hears {
            let told = (parcel.id, parcel.generation, error);
            self.told.lock().unwrap().push(told);
        }
        Box::pin(async move {
            if hears {
                Ok(())
            } else {
                Err("it does not hear".into())
            }
        })
    }
}

impl Program {
    pub(super) fn saying(script: impl IntoIterator<Item = Said>) -> Arc<Self> {
        let program = Self::default();
        program.script.lock().unwrap().extend(script);
        Arc::new(program)
    }

    pub(super) fn attempts(&self) -> Vec<u32> {
        let ran = self.ran.lock().unwrap();
        ran.iter().map(|parcel| parcel.attempt).collect()
    }

    /// What it was asked to run, in order.
    pub(super) fn ran(&self) -> Vec<Parcel> {
        self.ran.lock().unwrap().clone()
    }

    pub(super) fn ids(&self) -> Vec<String> {
        self.ran().into_iter().map(|parcel| parcel.id).collect()
    }

    fn told(&self) -> Vec<(String, u32, String)> {
        self.told.lock().unwrap().clone()
    }
}

fn scene(program: &Arc<Program>) -> Scene {
    let courier: Arc<dyn Courier> = Arc::clone(program) as _;
    Scene::shaped(
        Settings::default(),
        10,
        |worker| worker.courier(courier),
        |_| |_| Laravel::default(),
    )
}

#[test]
fn every_message_that_is_a_job_is_taken_with_its_exact_body() {
    for body in [
        letter().body("a"),
        fixture("v13/closure_signed"),
        fixture("v13/encrypted_aes_256_cbc"),
        fixture("v13/middleware_through"),
        letter()
            .followed_by(&[step(1)])
            .catching()
            .in_batch("b")
            .body("a"),
    ] {
        let program = Program::saying([]);
        let mut scene = scene(&program);
        scene.receive(body.clone());
        scene.run();
        let ran = program.ran.lock().unwrap();
        assert_eq!(ran.len(), 1, "{:?}", scene.world.reports());
        assert_eq!(ran[0].body, body);
        assert_eq!(scene.world.reports()[0].outcome, Outcome::Done);
        assert!(scene.is_settled());
        assert!(program.told().is_empty());
    }
}

#[test]
fn a_job_that_is_registered_here_runs_here() {
    let program = Program::saying([]);
    let mut scene = scene(&program);
    scene.send("a", "once", &[Act::Ok]);
    scene.run();
    assert_eq!(scene.starts("a").len(), 1);
    assert!(program.attempts().is_empty());
}

#[test]
fn what_is_no_job_is_buried_here() {
    let program = Program::saying([]);
    let mut scene = scene(&program);
    let id = scene.receive("not a job");
    scene.run();
    assert!(program.attempts().is_empty());
    assert!(scene.ledger.failed(&id).is_some());
}

#[test]
fn nothing_that_a_message_asks_for_is_done_on_this_side() {
    let program = Program::saying([Said::Failed]);
    let mut scene = scene(&program);
    let command = letter().followed_by(&[step(1)]).catching().in_batch("b");
    scene.receive(command.body("a"));
    scene.run();
    assert!(scene.stage.steps().is_empty());
    assert_eq!(program.told().len(), 1);
    assert!(scene.is_settled());
}

#[test]
fn tries_and_backoff_of_the_message_hold() {
    let program = Program::saying([Said::Threw, Said::Threw, Said::Done]);
    let mut scene = scene(&program);
    scene.receive(letter().body_with("a", json!({ "maxTries": 3, "backoff": "5,20" })));
    scene.run();
    assert_eq!(program.attempts(), [1, 2, 3]);
    assert_eq!(scene.whole_seconds(), 25);
    assert!(program.told().is_empty());
}

#[test]
fn a_failure_is_told_with_its_error_whoever_decided_it() {
    for (said, tries) in [
        (Said::Threw, 1),
        (Said::Failed, 5),
        (Said::Released, 1),
        (Said::Nothing, 1),
    ] {
        let program = Program::saying([said]);
        let mut scene = scene(&program);
        scene.receive(letter().body_with("a", json!({ "maxTries": tries })));
        scene.run();
        assert_eq!(program.attempts(), [1]);
        let told = program.told();
        assert_eq!(told.len(), 1);
        assert_eq!((told[0].0.as_str(), told[0].1), ("a", 0));
        assert!(scene.ledger.failed("a").is_some());
        assert!(scene.is_settled());
    }
}

#[test]
fn the_message_stays_until_the_failure_was_told() {
    let program = Program::saying([Said::Failed]);
    *program.deaf.lock().unwrap() = 3;
    let mut scene = scene(&program);
    scene.receive(letter().body("a"));
    scene.run();
    assert_eq!(program.attempts(), [1]);
    assert_eq!(program.told().len(), 1);
    assert!(scene.is_settled());
}

#[test]
fn what_was_not_heard_spends_no_try() {
    let program = Program::saying([Said::Unheard, Said::Unheard, Said::Done]);
    let mut scene = scene(&program);
    scene.receive(letter().body("a"));
    scene.run();
    // The same attempt, three times: its number is what the other program knows it by.
    assert_eq!(program.attempts(), [1, 1, 1]);
    assert_eq!(scene.world.reports().last().unwrap().outcome, Outcome::Done);
}

#[test]
fn released_by_its_own_code_it_comes_back_then_and_the_attempt_counts() {
    let program = Program::saying([Said::Released, Said::Done]);
    let mut scene = scene(&program);
    scene.receive(letter().body_with("a", json!({ "maxTries": 2 })));
    scene.run();
    assert_eq!(program.attempts(), [1, 2]);
    assert_eq!(scene.whole_seconds(), 7);
}

#[test]
fn sent_again_it_runs_in_a_generation_of_its_own() {
    let program = Program::saying([Said::Failed, Said::Done]);
    let mut scene = scene(&program);
    scene.receive(letter().body("a"));
    scene.run();
    scene.send_again("a");
    scene.run();
    let ran = program.ran.lock().unwrap();
    let generations: Vec<_> = ran.iter().map(|parcel| parcel.generation).collect();
    assert_eq!(generations, [0, 1]);
}

#[test]
fn a_second_delivery_of_what_is_done_is_not_handed_over() {
    let program = Program::saying([]);
    let mut scene = scene(&program);
    scene.receive(letter().body("a"));
    let first = scene.world.queue.messages()[0].clone();
    scene.run();
    scene.world.queue.duplicate(&first);
    scene.run();
    assert_eq!(program.attempts(), [1]);
    assert_eq!(
        scene.world.reports().last().unwrap().verdict,
        Verdict::Delete
    );
}

#[test]
fn killed_while_the_other_program_works_it_asks_again_under_the_next_number() {
    let program = Program::saying([Said::Nothing, Said::Done]);
    let mut scene = scene(&program);
    scene.receive(letter().body_with("a", json!({ "maxTries": 2 })));
    scene.crash_at(3);
    scene.run();
    assert_eq!(program.attempts(), [1, 2]);
    assert!(scene.is_settled());
}

#[test]
fn killed_on_its_last_try_it_is_told_as_failed_and_listed() {
    let program = Program::saying([Said::Nothing]);
    let mut scene = scene(&program);
    scene.receive(Command::of("App\\Jobs\\Letter").body("a"));
    scene.crash_at(3);
    scene.run();
    assert_eq!(program.attempts(), [1]);
    assert_eq!(program.told().len(), 1);
    assert!(scene.ledger.failed("a").is_some());
}
