//! Chains: each job that is done sends the next one, once.

use std::sync::Arc;

use hikyaku_core::testing::Fate::{self, AnswerLost, Late, Throttled};
use hikyaku_core::testing::{Settings, SimQueue};
use hikyaku_core::{Laravel, Outcome, State};
use hikyaku_laravel::chain::LinkOptions;
use hikyaku_laravel::encrypter::Cipher;
use hikyaku_laravel::{Encrypter, Envelope, derived_uuid};
use serde_json::{Value, json};

use super::application::PHP;
use super::echo::Act::{Error, Fail, Ok as Done, Sleep};
use super::php::{Command, fixture, letter, skip, step, uuid};
use super::{Scene, second};

/// A chain of three jobs, as the message of its first.
fn three() -> Command {
    step(1).followed_by(&[step(2), step(3)])
}

/// The uuids of the jobs of a chain of three.
fn uuids(first: &str) -> [String; 3] {
    let second = derived_uuid(first, "chain:1");
    let third = derived_uuid(&second, "chain:0");
    [first.to_owned(), second, third]
}

/// All three ran and are done, each once.
#[track_caller]
fn is_complete(scene: &Scene, first: &str) {
    assert_eq!(scene.stage.steps(), [1, 2, 3]);
    for uuid in uuids(first) {
        assert_eq!(scene.state_of(&uuid), Some(State::Done));
    }
    assert!(scene.is_settled());
}

#[test]
fn three_jobs_of_every_laravel_run_in_their_order_each_once() {
    for version in ["v8", "v10", "v13"] {
        let mut scene = Scene::laravel();
        let body = fixture(&format!("{version}/chain3"));
        scene.receive(body.clone());
        scene.run();
        is_complete(&scene, &uuid(&body));
        assert_eq!(scene.world.queue.receives(), 3, "{version}");
        assert_eq!(scene.ledger.writes(), 6, "{version}: two writes a job");
    }
}

/// The message of the job that follows this one, sent to a queue where nobody takes it.
fn link_after(first: &str, change: impl Fn(&mut Laravel) + Send + Sync + 'static) -> String {
    let mut scene = Scene::laravel_with(move |laravel| {
        laravel.queues.default = Some("elsewhere".to_owned());
        change(laravel);
    });
    scene.receive(first);
    scene.run();
    let sent = scene.sent_to("sim://queues/elsewhere");
    assert_eq!(sent.len(), 1, "{:?}", scene.world.reports());
    assert_eq!(sent[0].deduplication, uuid(&sent[0].body));
    sent[0].body.clone()
}

#[test]
fn a_link_has_a_uuid_that_follows_from_the_job_before_it_and_counts_its_hops() {
    let mut body = three().body_with("first", json!({"hikyaku": {"hops": 4, "generation": 2}}));
    for (remaining, hops) in [(1, 5), (0, 6)] {
        let before = uuid(&body);
        body = link_after(&body, |_| {});
        let link = Envelope::parse(&body).unwrap();
        let expected = derived_uuid(&before, &format!("chain:{remaining}"));
        assert_eq!(link.uuid, Some(expected));
        assert_eq!(link.hops, hops);
        assert_eq!(link.generation, 0, "a link is a job of its own");
    }
}

#[test]
fn a_link_inherits_unknown_keys_and_the_log_context_without_the_lock_of_a_unique_job() {
    let context = json!({
        "data": {"trace": "s:3:\"abc\";"},
        "hidden": {
            "tenant": "i:7;",
            "laravel_unique_job_key": "s:25:\"laravel_unique_job:Step:1\";",
            "laravel_unique_job_cache_store": "s:8:\"dynamodb\";",
            "laravel_unique_job_lock_owner": "s:3:\"own\";",
        },
    });
    let more = json!({"tenant_id": 7, "illuminate:log:context": context, "maxTries": 9});
    let link: Value =
        serde_json::from_str(&link_after(&three().body_with("a", more), |_| {})).unwrap();
    assert_eq!(link["tenant_id"], 7);
    assert_eq!(link["maxTries"], Value::Null);
    assert_eq!(
        link["illuminate:log:context"],
        json!({"data": {"trace": "s:3:\"abc\";"}, "hidden": {"tenant": "i:7;"}})
    );
}

#[test]
fn a_link_of_a_class_that_runs_in_php_has_what_was_said_of_its_class() {
    let first = step(1).followed_by(&[letter().with("timeout", 30_i64)]);
    let body = link_after(&first.body("a"), |laravel| {
        let options = LinkOptions {
            tries: Some(5),
            backoff: Some(vec![1, 9]),
            timeout: Some(60),
            ..LinkOptions::default()
        };
        laravel
            .links
            .insert("App\\Jobs\\Letter".to_owned(), options);
    });
    let link: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(link["maxTries"], 5);
    assert_eq!(link["backoff"], "1,9");
    assert_eq!(link["timeout"], 30, "the object's own value wins");
}

/// Where the link after `first` is sent when the connection's default queue is `default`.
fn queue_of(first: &Command, default: Option<&str>) -> Option<String> {
    let default = default.map(str::to_owned);
    let mut scene = Scene::laravel_with(move |laravel| {
        laravel.queues.default.clone_from(&default);
    });
    scene.receive(first.body("a"));
    scene.run_to(0);
    let elsewhere = scene.world.queue.elsewhere();
    elsewhere.first().map(|message| message.queue.clone())
}

#[test]
fn a_link_goes_to_its_own_queue_else_the_chains_else_the_connections_default() {
    let own = step(2).with("queue", "own".to_owned());
    let plain = [step(2)];
    let of_chain = |links: &[Command]| step(1).with("chainQueue", "chained").followed_by(links);
    let url = |name: &str| Some(format!("sim://queues/{name}"));
    assert_eq!(queue_of(&of_chain(&[own]), Some("default")), url("own"));
    assert_eq!(queue_of(&of_chain(&plain), Some("default")), url("chained"));
    let bare = step(1).followed_by(&plain);
    assert_eq!(queue_of(&bare, Some("default")), url("default"));
}

#[test]
fn a_link_that_runs_here_comes_back_to_the_queue_it_is_from_when_nobody_names_one() {
    let mut scene = Scene::laravel_with(|laravel| laravel.queues.default = None);
    scene.receive(three().body("a"));
    scene.run();
    is_complete(&scene, "a");
}

#[test]
fn the_queues_of_a_real_chain_are_kept_and_its_delay_too() {
    let mut scene = Scene::laravel();
    let body = fixture("v13/chain_conn_queue_catch");
    scene.receive(body.clone());
    scene.run();
    let sent = scene.sent_to("sim://queues/own");
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0].delay, second(5));
    scene.receive(sent[0].body.clone());
    scene.run();
    let sent = scene.sent_to("sim://queues/chainq");
    assert_eq!(uuid(&sent[0].body), uuids(&uuid(&body))[2]);
}

#[test]
fn a_link_on_another_connection_is_left_to_php() {
    let first = step(1).followed_by(&[step(2).with("connection", "redis")]);
    let mut scene = Scene::laravel();
    let body = first.body("a");
    scene.receive(body.clone());
    scene.run();
    assert_eq!(scene.stage.steps(), [1]);
    let asked = scene.questions();
    assert_eq!(asked.len(), 1);
    assert_eq!(asked[0]["event"], "done");
    assert_eq!(asked[0]["tasks"], json!(["chain"]));
    assert_eq!(asked[0]["body"], body.as_str());
}

#[test]
fn without_a_queue_for_the_link_nothing_runs_and_the_error_says_what_to_set() {
    let mut scene = Scene::laravel_with(|laravel| {
        laravel.queues.default = None;
        laravel.relay = None;
    });
    scene.receive(step(1).followed_by(&[letter()]).body("a"));
    scene.run();
    assert_eq!(scene.stage.steps(), [0; 0]);
    let why = scene.row("a").exception;
    assert!(
        why.contains("SQS_QUEUE") && why.contains("HIKYAKU_RELAY_QUEUE_URL"),
        "{why}"
    );
    assert!(why.contains("App\\Jobs\\Letter"), "{why}");
}

#[test]
fn callbacks_for_its_failure_keep_a_chain_from_running_where_nobody_would_call_them() {
    let mut scene = Scene::laravel_with(|laravel| laravel.relay = None);
    scene.receive(three().catching().body("a"));
    scene.run();
    assert_eq!(scene.stage.steps(), [0; 0]);
    assert!(scene.row("a").exception.contains("HIKYAKU_RELAY_QUEUE_URL"));
}

#[test]
fn a_fault_in_any_call_leaves_each_job_of_a_chain_done_once() {
    for operation in ["claim", "complete", "send"] {
        for fate in [
            Throttled,
            AnswerLost,
            Late(second(40)),
            Fate::AnsweredLate(second(40)),
        ] {
            let mut scene = Scene::laravel();
            scene.network.then(operation, fate);
            scene.receive(three().body("a"));
            scene.run();
            is_complete(&scene, "a");
        }
    }
}

#[test]
fn killed_before_the_link_is_sent_it_sends_it_when_its_message_comes_again() {
    let mut scene = Scene::laravel();
    scene.receive(three().body("a"));
    let ledger = Arc::clone(&scene.ledger);
    scene.crash_when(move |_| {
        let record = ledger.record("a");
        record.is_some_and(|record| record.state == State::Done)
    });
    assert_eq!(scene.world.queue.messages().len(), 1, "it was sent already");
    scene.run();
    is_complete(&scene, "a");
    assert_eq!(scene.outcomes("a"), [Outcome::DoneBefore]);
}

#[test]
fn killed_between_the_link_and_its_own_delete_it_sends_it_again_and_the_link_runs_once() {
    let mut scene = Scene::laravel();
    scene.network.then("delete", Throttled);
    scene.receive(three().body("a"));
    scene.run();
    is_complete(&scene, "a");
    let [_, link, _] = uuids("a");
    assert_eq!(scene.outcomes("a"), [Outcome::Done, Outcome::DoneBefore]);
    assert_eq!(scene.outcomes(&link), [Outcome::Done, Outcome::DoneBefore]);
}

#[test]
fn the_link_is_sent_only_when_the_job_is_recorded_as_done() {
    let mut scene = Scene::laravel();
    scene.receive(three().body("a"));
    scene.network.times(1000, "complete", Throttled);
    scene.run_to(60);
    assert_eq!(scene.stage.steps(), [1]);
    assert_eq!(scene.network.count("send"), 0);
    assert_eq!(scene.world.queue.messages().len(), 1);
}

#[test]
fn a_message_is_kept_until_its_link_is_sent() {
    let mut scene = Scene::laravel();
    scene.network.times(2000, "send", Throttled);
    scene.receive(three().body("a"));
    scene.run();
    is_complete(&scene, "a");
    let first = scene.reports("a")[0];
    // It counts as done, once; the queue keeps its message.
    assert_eq!(first.outcome, Outcome::Done);
    assert!(!first.verdict.acknowledges() && first.went_wrong());
    assert!(!scene.outcomes("a")[1..].contains(&Outcome::Done));
    assert_eq!(scene.outcomes("a").last(), Some(&Outcome::DoneBefore));
    let error = scene.reports("a")[0].error.clone().unwrap();
    assert!(error.contains("recorded as done"), "{error}");
}

#[test]
fn a_queue_that_is_down_for_half_a_day_sends_nothing_to_the_dead_letters() {
    let mut scene = Scene::laravel_in(
        Settings {
            timeout: second(75),
            ..Settings::default()
        },
        |_| {},
    );
    scene.network.times(100_000, "send", Throttled);
    scene.receive(three().body("a"));
    scene.run_to(12 * 3600);
    assert!(scene.world.queue.dead().is_empty());
    assert_eq!(scene.world.queue.messages().len(), 1);
}

#[test]
fn a_job_that_fails_ends_its_chain() {
    let mut scene = Scene::laravel();
    scene.stage.script(2, &[Fail]);
    scene.receive(three().body("a"));
    scene.run();
    assert_eq!(scene.stage.steps(), [1, 2]);
    let [_, second, third] = uuids("a");
    assert_eq!(scene.state_of(&second), Some(State::Failed));
    assert_eq!(scene.state_of(&third), None);
    assert!(scene.is_settled());
    assert_eq!(scene.questions().len(), 0);
}

#[test]
fn a_job_that_fails_has_php_call_the_callbacks_of_its_chain() {
    let mut scene = Scene::laravel();
    scene.stage.script(2, &[Fail]);
    scene.receive(three().catching().body("a"));
    scene.run();
    let asked = scene.questions();
    assert_eq!(asked.len(), 1);
    assert_eq!(asked[0]["event"], "failed");
    assert_eq!(asked[0]["tasks"], json!(["chain"]));
    assert_eq!(asked[0]["exception"], "never");
    let body = asked[0]["body"].as_str().unwrap();
    assert_eq!(uuid(body), uuids("a")[1]);
}

#[test]
fn a_job_of_a_chain_that_failed_goes_on_with_its_chain_when_it_is_sent_again() {
    let mut scene = Scene::laravel();
    scene.stage.script(2, &[Fail, Done]);
    scene.receive(three().body("a"));
    scene.run();
    let [_, second, third] = uuids("a");
    scene.send_again(&second);
    scene.run();
    assert_eq!(scene.stage.steps(), [1, 2, 2, 3]);
    assert_eq!(scene.state_of(&third), Some(State::Done));
}

#[test]
fn a_job_that_is_tried_again_does_not_go_on_with_its_chain_before_it_is_done() {
    let mut scene = Scene::laravel();
    scene.stage.script(1, &[Error, Sleep(20), Done]);
    scene.receive(three().body_with("a", json!({"maxTries": 3, "backoff": "5"})));
    scene.run_to(20);
    assert_eq!(scene.stage.steps(), [1, 1]);
    scene.run();
    assert_eq!(scene.stage.steps(), [1, 1, 2, 3]);
}

#[test]
fn a_skipped_job_goes_on_with_its_chain() {
    let mut scene = Scene::laravel();
    let first = step(1).through(vec![skip(true)]).followed_by(&[step(2)]);
    scene.receive(first.body("a"));
    scene.run();
    assert_eq!(scene.stage.steps(), [2]);
    assert_eq!(scene.outcomes("a"), [Outcome::Skipped]);
    assert_eq!(scene.state_of("a"), Some(State::Done));
}

#[test]
fn a_job_that_says_not_to_be_skipped_runs() {
    let mut scene = Scene::laravel();
    scene.receive(step(1).through(vec![skip(false)]).body("a"));
    scene.run();
    assert_eq!(scene.stage.steps(), [1]);
}

#[test]
fn a_link_that_can_never_be_sent_is_buried_and_runs_when_it_is_sent_again() {
    let mut scene = Scene::laravel();
    let gone = "sim://queues/gone";
    scene.world.queue.take_away(gone, true);
    let first =
        step(1).followed_by(&[step(2).with("queue", "gone"), step(3).with("queue", "jobs")]);
    scene.receive(first.body("a"));
    scene.run();
    let [_, second, third] = uuids("a");
    assert_eq!(scene.outcomes("a"), [Outcome::Done]);
    let row = scene.row(&second);
    assert_eq!(row.queue, gone);
    assert!(row.exception.contains("no such queue"), "{}", row.exception);
    scene.receive(row.payload);
    scene.run();
    assert_eq!(scene.stage.steps(), [1, 2, 3]);
    assert_eq!(scene.state_of(&third), Some(State::Done));
}

#[test]
fn an_encrypted_chain_stays_encrypted() {
    let key = "base64:MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
    let encrypter = Arc::new(Encrypter::new(key, "", Cipher::Aes256Cbc).unwrap());
    let mut first: Value = serde_json::from_str(&three().body("a")).unwrap();
    let command = encrypter.encrypt_command(three().serialized().as_bytes(), [7; 16]);
    first["data"]["command"] = json!(command.unwrap());
    let seen = link_after(&first.to_string(), {
        let encrypter = Arc::clone(&encrypter);
        move |laravel| laravel.encrypter = Some(Arc::clone(&encrypter))
    });
    assert!(!seen.contains("O:13"), "{seen}");
    let mut scene =
        Scene::laravel_with(move |laravel| laravel.encrypter = Some(Arc::clone(&encrypter)));
    scene.receive(first.to_string());
    scene.run();
    is_complete(&scene, "a");
}

#[test]
fn a_chain_of_a_thousand_jobs_is_taken_for_a_loop() {
    let mut scene = Scene::laravel();
    scene.receive(three().body_with("a", json!({"hikyaku": {"hops": 1000}})));
    scene.run();
    assert_eq!(scene.stage.steps(), [1]);
    let row = scene.row(&uuids("a")[1]);
    assert!(row.exception.contains("loop"), "{}", row.exception);
    assert_eq!(row.queue, SimQueue::URL);
    assert!(scene.sent_to(PHP).is_empty());
}

#[test]
fn a_job_that_keeps_no_ledger_keeps_one_in_a_chain() {
    let mut scene = Scene::laravel();
    let cheap = Command::of("App\\Jobs\\Cheap").with("n", 1_i64);
    scene.receive(cheap.body("alone"));
    scene.receive(cheap.followed_by(&[step(2)]).body("first"));
    scene.run();
    assert_eq!(scene.state_of("alone"), None);
    assert_eq!(scene.state_of("first"), Some(State::Done));
}
