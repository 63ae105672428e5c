//! From job to job, in virtual time.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use hikyaku_core::testing::{
    Call, Fate, Network, Remains, Scheduler, Settings, SimQueue, VirtualClock, World, block_on,
    run_job,
};
use hikyaku_core::{Context, Job, JobError, Message, Outcome, Outgoing, Worker};
use hikyaku_laravel::{Envelope, derived_uuid};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// What was started, by name and id.
#[derive(Default)]
struct Book(Mutex<Vec<(&'static str, String)>>);

/// What a job does at its only await points.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct StorePicture {
    act: Act,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Act {
    /// Dispatches, and goes on for ten seconds.
    Once,
    /// Dispatches without waiting for the answer.
    Unawaited,
    /// Dispatches two under one name.
    Twice,
    /// Dispatches two under two names, to another queue, an hour's quarter later.
    Elsewhere,
    /// Dispatches itself.
    Itself,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Thumbnails {
    picture: u32,
}

impl Job for StorePicture {
    const NAME: &'static str = "store-picture";
    const BACKOFF: &'static [Duration] = &[Duration::from_secs(1)];
    type State = Arc<Book>;
    type Output = Vec<String>;

    async fn run(self, context: &Context<Arc<Book>>) -> Result<Vec<String>, JobError> {
        context.state().note(Self::NAME, context.id());
        let thumbnails = |picture| Thumbnails { picture };
        match self.act {
            Act::Once => {
                let sent = context.dispatch("thumbnails", &thumbnails(1)).await?;
                context.sleep(Duration::from_secs(10)).await;
                Ok(vec![sent])
            }
            Act::Unawaited => {
                let thumbnails = thumbnails(1);
                let sending = context.dispatch("thumbnails", &thumbnails).into_future();
                // Polled once, then let go.
                assert!(futures_util::FutureExt::now_or_never(sending).is_none());
                Ok(Vec::new())
            }
            Act::Twice => {
                let first = context.dispatch("thumbnails", &thumbnails(1)).await?;
                let second = context.dispatch("thumbnails", &thumbnails(2)).await;
                Ok(vec![first, second.unwrap_err().to_string()])
            }
            Act::Elsewhere => {
                let mut sent = Vec::new();
                for picture in [1, 2] {
                    let message = Message::from(&thumbnails(picture)).tries(7);
                    let name = format!("thumbnails-{picture}");
                    let sending = context.dispatch(name, message).on("pictures");
                    sent.push(sending.delay(Duration::from_secs(900)).await?);
                }
                Ok(sent)
            }
            Act::Itself => Ok(vec![context.dispatch("again", &self).await?]),
        }
    }
}

impl Job for Thumbnails {
    const NAME: &'static str = "thumbnails";
    type State = Arc<Book>;
    type Output = ();

    async fn run(self, context: &Context<Arc<Book>>) -> Result<(), JobError> {
        context.state().note(Self::NAME, context.id());
        Ok(())
    }
}

impl Book {
    fn note(&self, name: &'static str, id: &str) {
        self.0.lock().unwrap().push((name, id.to_owned()));
    }
}

/// What becomes of the sends, one after the other; then all is well.
#[derive(Default)]
struct Sends(Mutex<Vec<Fate>>);

impl Network for Sends {
    fn fate(&self, call: Call<'_>) -> Fate {
        let mut fates = self.0.lock().unwrap();
        if call.operation != "send" || fates.is_empty() {
            return Fate::Answered;
        }
        fates.remove(0)
    }
}

struct Scene {
    world: World<Arc<Book>>,
    book: Arc<Book>,
}

impl Scene {
    fn new(sends: Vec<Fate>) -> Self {
        let book = Arc::new(Book::default());
        let worker = Worker::new(Arc::clone(&book))
            .register::<StorePicture>()
            .register::<Thumbnails>();
        let world = World::new(
            worker,
            Scheduler::new(),
            VirtualClock::new(),
            Settings::default(),
        );
        Self {
            world: world.with_network(Arc::new(Sends(Mutex::new(sends)))),
            book,
        }
    }

    fn send(&self, act: Act, hops: u32) {
        let body = json!({
            "uuid": "picture-1",
            "job": "store-picture",
            "data": { "act": act },
            "hikyaku": { "hops": hops },
        });
        self.world.queue.send(body.to_string(), None);
    }

    fn run(&mut self) {
        assert!(self.world.run(), "the world does not come to rest");
    }

    /// How often a job of this name was started, by its id.
    fn starts(&self, name: &str) -> Vec<String> {
        let book = self.book.0.lock().unwrap();
        let of_name = book.iter().filter(|(started, _)| *started == name);
        of_name.map(|(_, id)| id.clone()).collect()
    }

    fn outcomes(&self, id: &str) -> Vec<Outcome> {
        let reports = self.world.reports();
        let of_id = reports.into_iter().filter(|report| report.id == id);
        of_id.map(|report| report.outcome).collect()
    }
}

fn thumbnails() -> String {
    derived_uuid("picture-1", "dispatch:thumbnails")
}

#[test]
fn a_job_that_another_dispatches_runs_under_an_identity_that_follows_from_both() {
    let mut scene = Scene::new(Vec::new());
    scene.send(Act::Once, 2);
    let is_sent = |world: &World<_>| world.queue.messages().len() < 2;
    assert!(scene.world.run_while(is_sent));
    let sent = scene.world.queue.messages().remove(1);
    let envelope = Envelope::parse(&sent.body).unwrap();
    assert_eq!(envelope.uuid, Some(thumbnails()));
    assert_eq!(envelope.hops, 3);
    scene.run();
    assert_eq!(scene.starts("thumbnails"), [thumbnails()]);
    assert_eq!(scene.outcomes("picture-1"), [Outcome::Done]);
}

#[test]
fn what_a_job_dispatches_is_in_the_jobs_own_trace() {
    let header = "Root=1-5e3d83c1-e6a0db584850d61342823d4c;Sampled=1";
    let mut scene = Scene::new(Vec::new());
    let body = json!({ "uuid": "picture-1", "job": "store-picture", "data": { "act": Act::Once } });
    let message = Outgoing::new(SimQueue::URL, body.to_string(), "").in_trace(Some(header));
    scene.world.queue.put(message);
    let is_sent = |world: &World<_>| world.queue.messages().len() < 2;
    assert!(scene.world.run_while(is_sent));
    let sent = scene.world.queue.messages().remove(1);
    assert_eq!(sent.trace.as_deref(), Some(header));
}

#[test]
fn a_job_killed_between_send_and_settle_leads_to_one_run_of_the_other() {
    let mut scene = Scene::new(Vec::new());
    scene.send(Act::Once, 0);
    let start = hikyaku_core::Clock::now(&scene.world.clock);
    assert!(scene.world.run_until(start + Duration::from_secs(5)));
    assert_eq!(scene.starts("thumbnails"), [thumbnails()]);
    for process in scene.world.serving() {
        scene.world.cut(process, Remains::Nothing);
    }
    scene.run();
    // The second attempt has sent it again, and the ledger has dropped the copy.
    assert_eq!(scene.starts("store-picture"), ["picture-1"; 2]);
    assert_eq!(scene.starts("thumbnails"), [thumbnails()]);
    assert_eq!(
        scene.outcomes(&thumbnails()),
        [Outcome::Done, Outcome::DoneBefore]
    );
}

#[test]
fn a_send_that_fails_or_whose_answer_is_lost_is_repeated_within_the_attempt() {
    let mut scene = Scene::new(vec![Fate::Throttled, Fate::AnswerLost, Fate::Throttled]);
    scene.send(Act::Once, 0);
    scene.run();
    assert_eq!(scene.starts("store-picture"), ["picture-1"]);
    assert_eq!(scene.starts("thumbnails"), [thumbnails()]);
    assert_eq!(
        scene.outcomes(&thumbnails()),
        [Outcome::Done, Outcome::DoneBefore]
    );
}

#[test]
fn a_queue_that_stays_away_costs_the_attempt_after_twenty_seconds() {
    // More refusals than there is time for, whatever the jitter: some twenty are asked for in so long.
    let mut scene = Scene::new(vec![Fate::Throttled; 30]);
    scene.send(Act::Once, 0);
    scene.run();
    let reports = scene.world.reports();
    let first = reports.iter().find(|report| report.id == "picture-1");
    let error = first.unwrap().error.clone().unwrap();
    assert!(
        error.starts_with(&format!(
            "dispatching job `thumbnails` ({}): sending a message",
            thumbnails()
        )),
        "{error}"
    );
    assert_eq!(
        scene.outcomes("picture-1"),
        [Outcome::Released, Outcome::Done]
    );
    assert_eq!(scene.starts("thumbnails"), [thumbnails()]);
}

#[test]
fn what_was_begun_is_sent_before_the_job_settles_awaited_or_not() {
    let mut scene = Scene::new(vec![Fate::Late(Duration::from_secs(30))]);
    scene.send(Act::Unawaited, 0);
    let start = hikyaku_core::Clock::now(&scene.world.clock);
    assert!(scene.world.run_until(start + Duration::from_secs(29)));
    assert!(scene.outcomes("picture-1").is_empty());
    scene.run();
    assert_eq!(scene.outcomes("picture-1"), [Outcome::Done]);
    assert_eq!(scene.starts("thumbnails"), [thumbnails()]);
}

#[test]
fn a_stopped_attempt_sends_nothing_more_and_the_next_one_does() {
    // The job's time is over first.
    let mut scene = Scene::new(vec![Fate::Late(Duration::from_secs(600))]);
    scene.send(Act::Unawaited, 0);
    scene.run();
    assert_eq!(
        scene.outcomes("picture-1"),
        [Outcome::Released, Outcome::Done]
    );
    assert_eq!(scene.outcomes(&thumbnails()), [Outcome::Done]);
}

#[test]
fn jobs_that_send_one_another_without_end_are_stopped() {
    let mut scene = Scene::new(Vec::new());
    scene.send(Act::Itself, 998);
    scene.run();
    let started = scene.starts("store-picture");
    // Two more hops, and three tries of the one that may not send.
    assert_eq!(started.len(), 2 + 3);
    let reports = scene.world.reports();
    let buried: Vec<_> = reports
        .iter()
        .filter(|report| report.outcome == Outcome::Buried)
        .collect();
    assert_eq!(buried.len(), 1);
    let error = buried[0].error.clone().unwrap();
    assert!(error.contains("1000 jobs in a row"), "{error}");
}

#[test]
fn a_name_stands_for_one_message_in_an_attempt() {
    let ran = block_on(run_job(
        StorePicture { act: Act::Twice },
        Arc::new(Book::default()),
    ));
    assert_eq!(ran.outcome, Outcome::Done);
    let output: Vec<String> = ran.output().unwrap();
    assert!(
        output[1].contains("give each its own name"),
        "{}",
        output[1]
    );
    assert_eq!(ran.dispatched().len(), 1);
}

#[test]
fn a_test_sees_what_its_job_has_dispatched() {
    let ran = block_on(run_job(
        StorePicture {
            act: Act::Elsewhere,
        },
        Arc::new(Book::default()),
    ));
    let uuids: Vec<String> = ran.output().unwrap();
    let dispatched = ran.dispatched();
    assert_eq!(dispatched.len(), 2);
    for (index, one) in dispatched.iter().enumerate() {
        assert_eq!(one.name, "thumbnails");
        assert_eq!(one.uuid, uuids[index]);
        assert_eq!(one.queue, SimQueue::URL.replace("jobs", "pictures"));
        assert_eq!(one.delay, Duration::from_secs(900));
        assert_eq!(one.group, None);
        let picture = u32::try_from(index).unwrap() + 1;
        assert_eq!(one.payload(), Some(Thumbnails { picture }));
        assert_eq!(one.envelope.max_tries, Some(7.into()));
    }
}
