//! What a job's end writes beside its record, and what a batch's row is told.

use hikyaku_core::{ClaimReply, ClaimRequest, End, Fence, Held, Replace, State, Unlock};
use hikyaku_laravel::batch::Counts;

use super::application::Application;
use super::contract::{DAY, LEASE, NOW, claim, refused, request, row};

/// No callbacks; failures cancel the batch.
pub(crate) const PLAIN_OPTIONS: &str = "a:0:{}";

const FAR: hikyaku_core::Timestamp = hikyaku_core::Timestamp::from_millis(1_900_000_000_000);

/// Holds an application to the contract. Each clause uses jobs, batches and locks of its own.
pub(crate) async fn exercise(application: &impl Application) {
    a_job_is_counted_once_and_only_by_its_holder(application).await;
    a_failure_is_counted_once_and_remembered(application).await;
    a_job_that_fails_again_is_not_counted_again(application).await;
    a_batch_that_is_gone_does_not_keep_a_job_from_ending(application).await;
    locks_end_with_the_job_and_another_ones_lock_stays(application).await;
    a_lock_without_a_known_owner_ends_whoever_has_it(application).await;
    a_lock_that_is_named_twice_is_one_lock(application).await;
    a_fenced_end_leaves_batch_and_locks_alone(application).await;
    a_dropped_job_is_cancelled_and_counts_as_if_it_had_run(application).await;
    the_end_says_what_the_last_error_was(application).await;
    a_batch_finishes_once(application).await;
    a_batch_is_cancelled_once_and_that_finishes_it(application).await;
    a_batch_that_is_not_there_is_neither_read_nor_made(application).await;
}

fn end_in(batch: &str) -> End {
    End {
        batch: Some(batch.to_owned()),
        ..End::plain(NOW + DAY)
    }
}

fn end_with(unlock: impl IntoIterator<Item = Unlock>) -> End {
    End {
        unlock: unlock.into_iter().collect(),
        ..End::plain(NOW + DAY)
    }
}

fn unlock(key: &str, value: Option<&str>) -> Unlock {
    Unlock {
        key: key.to_owned(),
        value: value.map(str::to_owned),
    }
}

async fn counts(application: &impl Application, batch: &str) -> Counts {
    let read = application.batches().read(batch).await.unwrap();
    read.unwrap().counts
}

async fn state(application: &impl Application, id: &str) -> State {
    refused(application.ledger().claim(&request(id, 99)).await.unwrap()).state
}

async fn cached(application: &impl Application, key: &str) -> Option<String> {
    application.cache().get(key, NOW).await.unwrap()
}

async fn a_job_is_counted_once_and_only_by_its_holder(application: &impl Application) {
    let ledger = application.ledger();
    application.add_batch("counted", 3, PLAIN_OPTIONS).await;
    let zombie = claim(&*ledger, "counted-1", 1).await;
    let late = NOW + LEASE * 2;
    let rival = ClaimRequest {
        now: late,
        lease: late + LEASE,
        ..request("counted-1", 2)
    };
    let ClaimReply::Granted(grant) = ledger.claim(&rival).await.unwrap() else {
        panic!("refused")
    };
    let rival = Held {
        id: "counted-1".to_owned(),
        token: grant.token,
    };
    let end = end_in("counted");
    let fence = ledger.complete(&zombie, &end).await.unwrap();
    assert!(matches!(fence, Fence::Refused(Some(_))), "{fence:?}");
    assert_eq!(counts(application, "counted").await.pending, 3);
    for expected in [true, false, false] {
        let fence = ledger.complete(&rival, &end).await.unwrap();
        assert_eq!(fence == Fence::Applied, expected, "{fence:?}");
        assert_eq!(counts(application, "counted").await.pending, 2);
    }
    let other = claim(&*ledger, "counted-2", 1).await;
    assert_eq!(ledger.complete(&other, &end).await.unwrap(), Fence::Applied);
    let counted = Counts {
        pending: 1,
        failed: 0,
    };
    assert_eq!(counts(application, "counted").await, counted);
}

async fn a_failure_is_counted_once_and_remembered(application: &impl Application) {
    let ledger = application.ledger();
    application.add_batch("failing", 2, PLAIN_OPTIONS).await;
    for id in ["failing-1", "failing-2"] {
        let held = claim(&*ledger, id, 1).await;
        let end = end_in("failing");
        let fence = ledger.fail(&held, &row(id), &end).await.unwrap();
        assert_eq!(fence, Fence::Applied);
        let again = ledger.fail(&held, &row(id), &end).await.unwrap();
        assert!(matches!(again, Fence::Refused(Some(_))), "{again:?}");
    }
    let batch = application.batches().read("failing").await.unwrap();
    let batch = batch.unwrap();
    let counted = Counts {
        pending: 2,
        failed: 2,
    };
    assert_eq!(batch.counts, counted, "what failed is still pending");
    assert_eq!(batch.first_failed.as_deref(), Some("failing-1"));
}

async fn a_job_that_fails_again_is_not_counted_again(application: &impl Application) {
    let ledger = application.ledger();
    application.add_batch("anew", 1, PLAIN_OPTIONS).await;
    let (id, end) = ("anew-1", end_in("anew"));
    let first = claim(&*ledger, id, 1).await;
    ledger.fail(&first, &row(id), &end).await.unwrap();
    for (generation, done) in [(1, false), (2, true)] {
        let again = ClaimRequest {
            generation,
            ..request(id, 2)
        };
        let seen = refused(ledger.claim(&again).await.unwrap());
        let reply = ledger.replace(&again, &seen, Replace::Reopened).await;
        let ClaimReply::Granted(grant) = reply.unwrap() else {
            panic!("refused")
        };
        let held = Held {
            id: id.to_owned(),
            token: grant.token,
        };
        let fence = if done {
            ledger.complete(&held, &end).await.unwrap()
        } else {
            ledger.fail(&held, &row(id), &end).await.unwrap()
        };
        assert_eq!(fence, Fence::Applied);
        let expected = Counts {
            pending: i64::from(!done),
            failed: 1,
        };
        assert_eq!(counts(application, "anew").await, expected);
    }
}

async fn a_batch_that_is_gone_does_not_keep_a_job_from_ending(application: &impl Application) {
    let ledger = application.ledger();
    let held = claim(&*ledger, "pruned-1", 1).await;
    let end = end_in("pruned");
    assert_eq!(ledger.complete(&held, &end).await.unwrap(), Fence::Applied);
    assert_eq!(state(application, "pruned-1").await, State::Done);
    let held = claim(&*ledger, "pruned-2", 1).await;
    let fence = ledger.fail(&held, &row("pruned-2"), &end).await.unwrap();
    assert_eq!(fence, Fence::Applied);
    assert_eq!(state(application, "pruned-2").await, State::Failed);
}

async fn locks_end_with_the_job_and_another_ones_lock_stays(application: &impl Application) {
    let ledger = application.ledger();
    application.add_batch("locked", 1, PLAIN_OPTIONS).await;
    application.put("l-ours", "s:4:\"ours\";", FAR).await;
    application.put("l-theirs", "s:6:\"theirs\";", FAR).await;
    let held = claim(&*ledger, "locked-1", 1).await;
    let end = End {
        batch: Some("locked".to_owned()),
        ..end_with([
            unlock("l-theirs", Some("s:4:\"ours\";")),
            unlock("l-ours", Some("s:4:\"ours\";")),
            unlock("l-missing", Some("s:4:\"ours\";")),
        ])
    };
    assert_eq!(ledger.complete(&held, &end).await.unwrap(), Fence::Applied);
    assert_eq!(state(application, "locked-1").await, State::Done);
    assert_eq!(counts(application, "locked").await.pending, 0);
    assert_eq!(cached(application, "l-ours").await, None);
    let theirs = cached(application, "l-theirs").await;
    assert_eq!(theirs.as_deref(), Some("s:6:\"theirs\";"));
}

async fn a_lock_without_a_known_owner_ends_whoever_has_it(application: &impl Application) {
    let ledger = application.ledger();
    application.put("l-old", "s:6:\"theirs\";", FAR).await;
    let held = claim(&*ledger, "old-locks", 1).await;
    let end = end_with([unlock("l-old", None), unlock("l-older", None)]);
    let fence = ledger.fail(&held, &row("old-locks"), &end).await.unwrap();
    assert_eq!(fence, Fence::Applied);
    assert_eq!(cached(application, "l-old").await, None);
}

async fn a_lock_that_is_named_twice_is_one_lock(application: &impl Application) {
    let ledger = application.ledger();
    application.put("l-twice", "s:4:\"ours\";", FAR).await;
    let held = claim(&*ledger, "twice", 1).await;
    let twice = unlock("l-twice", Some("s:4:\"ours\";"));
    let end = end_with([twice.clone(), twice]);
    assert_eq!(ledger.complete(&held, &end).await.unwrap(), Fence::Applied);
    assert_eq!(cached(application, "l-twice").await, None);
}

async fn a_fenced_end_leaves_batch_and_locks_alone(application: &impl Application) {
    let ledger = application.ledger();
    application.add_batch("fenced", 1, PLAIN_OPTIONS).await;
    application.put("l-fenced", "s:4:\"ours\";", FAR).await;
    let held = claim(&*ledger, "fenced-end", 1).await;
    let zombie = Held {
        token: held.token + 1,
        ..held
    };
    let end = End {
        batch: Some("fenced".to_owned()),
        ..end_with([unlock("l-fenced", Some("s:4:\"ours\";"))])
    };
    // A part that could not be written does not hide that the job is somebody else's.
    let gone = End {
        batch: Some("no such batch".to_owned()),
        ..end.clone()
    };
    for fence in [
        ledger.complete(&zombie, &end).await.unwrap(),
        ledger.complete(&zombie, &gone).await.unwrap(),
        ledger
            .fail(&zombie, &row("fenced-end"), &end)
            .await
            .unwrap(),
    ] {
        assert!(matches!(fence, Fence::Refused(Some(_))), "{fence:?}");
    }
    let untouched = Counts {
        pending: 1,
        failed: 0,
    };
    assert_eq!(counts(application, "fenced").await, untouched);
    assert!(cached(application, "l-fenced").await.is_some());
}

async fn a_dropped_job_is_cancelled_and_counts_as_if_it_had_run(application: &impl Application) {
    let ledger = application.ledger();
    application.add_batch("dropped", 1, PLAIN_OPTIONS).await;
    let held = claim(&*ledger, "dropped-1", 1).await;
    let end = End {
        dropped: true,
        ..end_in("dropped")
    };
    assert_eq!(ledger.complete(&held, &end).await.unwrap(), Fence::Applied);
    assert_eq!(state(application, "dropped-1").await, State::Cancelled);
    assert_eq!(counts(application, "dropped").await.pending, 0);
}

async fn the_end_says_what_the_last_error_was(application: &impl Application) {
    let ledger = application.ledger();
    let held = claim(&*ledger, "last-error", 1).await;
    let end = End {
        error: Some("no route".to_owned()),
        ..End::plain(NOW + DAY)
    };
    ledger.fail(&held, &row("last-error"), &end).await.unwrap();
    let record = refused(ledger.claim(&request("last-error", 2)).await.unwrap());
    assert_eq!(record.last_error.as_deref(), Some("no route"));
}

async fn a_batch_finishes_once(application: &impl Application) {
    let batches = application.batches();
    application.add_batch("finishing", 0, PLAIN_OPTIONS).await;
    assert_eq!(application.finished_at("finishing").await, None);
    batches.finish("finishing", NOW).await.unwrap();
    batches.finish("finishing", NOW + DAY).await.unwrap();
    let finished = application.finished_at("finishing").await;
    assert_eq!(finished, Some(NOW.as_secs()));
    let batch = batches.read("finishing").await.unwrap().unwrap();
    assert!(!batch.cancelled);
}

async fn a_batch_is_cancelled_once_and_that_finishes_it(application: &impl Application) {
    let batches = application.batches();
    application.add_batch("cancelling", 2, PLAIN_OPTIONS).await;
    batches.cancel("cancelling", NOW).await.unwrap();
    batches.cancel("cancelling", NOW + DAY).await.unwrap();
    batches.finish("cancelling", NOW + DAY).await.unwrap();
    let batch = batches.read("cancelling").await.unwrap().unwrap();
    assert!(batch.cancelled);
    let finished = application.finished_at("cancelling").await;
    assert_eq!(finished, Some(NOW.as_secs()));
}

async fn a_batch_that_is_not_there_is_neither_read_nor_made(application: &impl Application) {
    let batches = application.batches();
    batches.finish("nowhere", NOW).await.unwrap();
    batches.cancel("nowhere", NOW).await.unwrap();
    assert_eq!(batches.read("nowhere").await.unwrap(), None);
}
