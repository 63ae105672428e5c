//! What a ledger must do, row by row.

use std::time::Duration;

use hikyaku_core::{
    Buried, ClaimReply, ClaimRequest, End, FailedJob, Fence, Grant, Held, Ledger, Place, Record,
    Release, Replace, Side, State, Timestamp,
};

/// A moment that every ledger under test may take for the present.
pub(crate) const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);
pub(crate) const LEASE: Duration = Duration::from_secs(90);
pub(crate) const DAY: Duration = Duration::from_secs(86_400);

/// Holds `ledger` to the contract. Each clause uses a job of its own.
pub(crate) async fn exercise(ledger: &dyn Ledger) {
    an_unknown_job_is_granted_with_its_first_token(ledger).await;
    a_running_job_is_refused_until_its_lease_is_over(ledger).await;
    a_checkpoint_outlives_a_crash_and_a_failure_but_not_the_end(ledger).await;
    a_lost_answer_shows_its_own_nonce(ledger).await;
    a_released_job_is_claimed_again_with_what_it_left(ledger).await;
    a_job_that_waits_is_refused_until_its_time(ledger).await;
    a_done_job_is_refused(ledger).await;
    another_generation_is_refused(ledger).await;
    a_failed_job_leaves_its_row_and_is_opened_again(ledger).await;
    an_expired_record_is_written_over(ledger).await;
    a_job_is_claimed_under_its_own_name_only(ledger).await;
    a_record_says_when_its_generation_was_opened(ledger).await;
    a_job_that_has_begun_is_claimed_on_its_side_only(ledger).await;
    a_failed_job_is_opened_again_on_any_side(ledger).await;
    a_record_that_changed_is_not_written_over(ledger).await;
    a_foreign_token_changes_nothing(ledger).await;
    a_settled_job_cannot_be_settled_again(ledger).await;
    nothing_is_settled_that_was_never_claimed(ledger).await;
    a_buried_row_is_written_once_however_often(ledger).await;
    no_row_takes_the_place_of_another_jobs(ledger).await;
    a_failure_whose_row_is_another_jobs_is_declined_and_writes_nothing(ledger).await;
    a_row_of_any_length_has_its_place(ledger).await;
}

const JOB: &str = "App\\Jobs\\Contract";

pub(crate) fn request(id: &str, owner: u64) -> ClaimRequest {
    ClaimRequest {
        id: id.to_owned(),
        job: JOB.to_owned(),
        message: format!("message-{owner}"),
        generation: 0,
        owner,
        now: NOW,
        due: NOW,
        lease: NOW + LEASE,
        expires: NOW + DAY,
        alone: false,
        side: Some(Side::Rust),
    }
}

pub(crate) fn row(id: &str) -> FailedJob {
    FailedJob {
        id: id.to_owned(),
        job: JOB.to_owned(),
        group: None,
        sent: None,
        queue: "http://127.0.0.1/000000000000/jobs".to_owned(),
        payload: format!("{{\"uuid\":\"{id}\",\"hikyaku\":{{\"generation\":1}}}}"),
        body: None,
        exception: "it broke".to_owned(),
        trace: None,
        failed_at: NOW,
    }
}

#[track_caller]
fn granted(reply: ClaimReply) -> Grant {
    match reply {
        ClaimReply::Granted(grant) => grant,
        ClaimReply::Refused(record) => panic!("refused: {record:?}"),
    }
}

#[track_caller]
pub(crate) fn refused(reply: ClaimReply) -> Record {
    match reply {
        ClaimReply::Refused(Some(record)) => record,
        other => panic!("not refused with a record: {other:?}"),
    }
}

#[track_caller]
fn refused_fence(fence: Fence) -> Record {
    match fence {
        Fence::Refused(Some(record)) => record,
        other => panic!("not refused with a record: {other:?}"),
    }
}

fn held(id: &str, grant: &Grant) -> Held {
    Held {
        id: id.to_owned(),
        token: grant.token,
    }
}

pub(crate) async fn claim(ledger: &dyn Ledger, id: &str, owner: u64) -> Held {
    held(
        id,
        &granted(ledger.claim(&request(id, owner)).await.unwrap()),
    )
}

async fn an_unknown_job_is_granted_with_its_first_token(ledger: &dyn Ledger) {
    let grant = granted(ledger.claim(&request("new", 1)).await.unwrap());
    let expected = Grant {
        token: 1,
        tries_spent: 1,
        exceptions: 0,
        last_error: None,
        checkpoint: None,
        reopened: None,
        lease: NOW + LEASE,
    };
    assert_eq!(grant, expected);
}

async fn a_running_job_is_refused_until_its_lease_is_over(ledger: &dyn Ledger) {
    claim(ledger, "busy", 1).await;
    let record = refused(ledger.claim(&request("busy", 2)).await.unwrap());
    assert_eq!(
        (record.state, record.owner, record.lease),
        (State::Running, 1, NOW + LEASE)
    );
    let at_the_end = ClaimRequest {
        now: NOW + LEASE,
        ..request("busy", 2)
    };
    refused(ledger.claim(&at_the_end).await.unwrap());
    refused(
        ledger
            .replace(&at_the_end, &record, Replace::Crashed)
            .await
            .unwrap(),
    );
    let after = NOW + LEASE + Duration::from_millis(1);
    let late = ClaimRequest {
        now: after,
        lease: after + LEASE,
        alone: true,
        ..request("busy", 2)
    };
    let seen = refused(ledger.claim(&late).await.unwrap());
    let crashed = ledger.replace(&late, &seen, Replace::Crashed).await;
    let grant = granted(crashed.unwrap());
    assert_eq!(
        (grant.token, grant.tries_spent),
        (2, 1),
        "what ran beside others may have died of a neighbour"
    );
    let later = after + LEASE + Duration::from_millis(1);
    let again = ClaimRequest {
        now: later,
        lease: later + LEASE,
        ..request("busy", 3)
    };
    let seen = refused(ledger.claim(&again).await.unwrap());
    assert!(seen.alone);
    let crashed = ledger.replace(&again, &seen, Replace::Crashed).await;
    let grant = granted(crashed.unwrap());
    assert_eq!(
        (grant.token, grant.tries_spent),
        (3, 2),
        "what ran alone spends its try"
    );
}

async fn a_checkpoint_outlives_a_crash_and_a_failure_but_not_the_end(ledger: &dyn Ledger) {
    let first = claim(ledger, "saving", 1).await;
    assert_eq!(
        ledger.save(&first, "{\"row\":5}").await.unwrap(),
        Fence::Applied
    );
    let after = NOW + LEASE + Duration::from_millis(1);
    let late = ClaimRequest {
        now: after,
        lease: after + LEASE,
        ..request("saving", 2)
    };
    let seen = refused(ledger.claim(&late).await.unwrap());
    let grant = granted(
        ledger
            .replace(&late, &seen, Replace::Crashed)
            .await
            .unwrap(),
    );
    assert_eq!(grant.checkpoint.as_deref(), Some("{\"row\":5}"));
    refused_fence(ledger.save(&first, "{\"row\":6}").await.unwrap());
    let second = held("saving", &grant);
    let (row, end) = (row("saving"), End::plain(after + DAY));
    let failed = ledger.fail(&second, &row, &end).await;
    assert_eq!(failed.unwrap(), Fence::Applied);
    let again = ClaimRequest {
        generation: 1,
        ..request("saving", 3)
    };
    let seen = refused(ledger.claim(&again).await.unwrap());
    let reopened = ledger.replace(&again, &seen, Replace::Reopened).await;
    let grant = granted(reopened.unwrap());
    assert_eq!(grant.checkpoint.as_deref(), Some("{\"row\":5}"));
    let third = held("saving", &grant);
    ledger
        .complete(&third, &End::plain(after + DAY))
        .await
        .unwrap();
    let record = refused(ledger.claim(&request("saving", 4)).await.unwrap());
    assert_eq!(record.checkpoint, None);
}

async fn a_lost_answer_shows_its_own_nonce(ledger: &dyn Ledger) {
    claim(ledger, "lost", 7).await;
    let record = refused(ledger.claim(&request("lost", 7)).await.unwrap());
    assert_eq!((record.owner, record.token, record.tries_spent), (7, 1, 1));
}

async fn a_released_job_is_claimed_again_with_what_it_left(ledger: &dyn Ledger) {
    let first = claim(ledger, "released", 1).await;
    let release = Release {
        tries_spent: 1,
        exceptions: 1,
        error: Some("no route".to_owned()),
        ..Release::default()
    };
    assert_eq!(
        ledger.release(&first, &release).await.unwrap(),
        Fence::Applied
    );
    let grant = granted(ledger.claim(&request("released", 2)).await.unwrap());
    assert_eq!(
        (grant.token, grant.tries_spent, grant.exceptions),
        (2, 2, 1)
    );
    assert_eq!(grant.last_error.as_deref(), Some("no route"));
    // A snooze gives its try back and says nothing new of errors.
    let snooze = Release {
        tries_spent: 1,
        exceptions: 1,
        error: None,
        ..Release::default()
    };
    assert_eq!(
        ledger
            .release(&held("released", &grant), &snooze)
            .await
            .unwrap(),
        Fence::Applied
    );
    let grant = granted(ledger.claim(&request("released", 3)).await.unwrap());
    assert_eq!((grant.token, grant.tries_spent), (3, 2));
    assert_eq!(grant.last_error.as_deref(), Some("no route"));
}

async fn a_job_that_waits_is_refused_until_its_time(ledger: &dyn Ledger) {
    let first = claim(ledger, "waits", 1).await;
    let release = Release {
        tries_spent: 1,
        not_before: Some(NOW + DAY),
        expires: Some(NOW + DAY * 16),
        ..Release::default()
    };
    ledger.release(&first, &release).await.unwrap();
    let record = refused(ledger.claim(&request("waits", 2)).await.unwrap());
    assert_eq!(
        (record.state, record.not_before, record.token),
        (State::Pending, Some(NOW + DAY), 1)
    );
    assert_eq!(record.expires, NOW + DAY * 16, "it outlives the wait");
    let in_time = ClaimRequest {
        due: NOW + DAY,
        ..request("waits", 3)
    };
    let grant = granted(ledger.claim(&in_time).await.unwrap());
    assert_eq!((grant.token, grant.tries_spent), (2, 2));
    // It held until that claim, and for no longer.
    let at_once = Release::default();
    let second = held("waits", &grant);
    ledger.release(&second, &at_once).await.unwrap();
    let grant = granted(ledger.claim(&request("waits", 4)).await.unwrap());
    assert_eq!((grant.token, grant.tries_spent), (3, 1));
}

async fn a_done_job_is_refused(ledger: &dyn Ledger) {
    let first = claim(ledger, "done", 1).await;
    assert_eq!(
        ledger
            .complete(&first, &End::plain(NOW + DAY * 15))
            .await
            .unwrap(),
        Fence::Applied
    );
    let record = refused(ledger.claim(&request("done", 2)).await.unwrap());
    assert_eq!(
        (record.state, record.token, record.expires),
        (State::Done, 1, NOW + DAY * 15)
    );
}

async fn another_generation_is_refused(ledger: &dyn Ledger) {
    let first = claim(ledger, "generation", 1).await;
    let release = Release {
        tries_spent: 1,
        exceptions: 0,
        error: None,
        ..Release::default()
    };
    ledger.release(&first, &release).await.unwrap();
    let newer = ClaimRequest {
        generation: 1,
        ..request("generation", 2)
    };
    let record = refused(ledger.claim(&newer).await.unwrap());
    assert_eq!((record.state, record.generation), (State::Pending, 0));
}

async fn a_failed_job_leaves_its_row_and_is_opened_again(ledger: &dyn Ledger) {
    let first = claim(ledger, "failed", 1).await;
    assert_eq!(
        ledger
            .fail(&first, &row("failed"), &End::plain(NOW + DAY))
            .await
            .unwrap(),
        Fence::Applied
    );
    let again = ClaimRequest {
        generation: 1,
        ..request("failed", 2)
    };
    let seen = refused(ledger.claim(&again).await.unwrap());
    assert_eq!((seen.state, seen.generation), (State::Failed, 0));
    let grant = granted(
        ledger
            .replace(&again, &seen, Replace::Reopened)
            .await
            .unwrap(),
    );
    assert_eq!(
        (grant.token, grant.tries_spent, grant.exceptions),
        (2, 1, 0),
        "the token goes on, the tries begin anew"
    );
    assert_eq!(grant.reopened, Some(NOW));
    assert_eq!(grant.last_error, None);
    let release = Release {
        tries_spent: 1,
        exceptions: 0,
        error: None,
        ..Release::default()
    };
    ledger
        .release(&held("failed", &grant), &release)
        .await
        .unwrap();
    let grant = granted(
        ledger
            .claim(&ClaimRequest { owner: 3, ..again })
            .await
            .unwrap(),
    );
    assert_eq!((grant.tries_spent, grant.reopened), (2, Some(NOW)));
}

async fn an_expired_record_is_written_over(ledger: &dyn Ledger) {
    let first = claim(ledger, "expired", 1).await;
    ledger
        .complete(&first, &End::plain(NOW + DAY))
        .await
        .unwrap();
    let later = NOW + DAY * 2;
    let anew = ClaimRequest {
        now: later,
        lease: later + LEASE,
        expires: later + DAY,
        ..request("expired", 2)
    };
    let seen = refused(ledger.claim(&anew).await.unwrap());
    let grant = granted(
        ledger
            .replace(&anew, &seen, Replace::Expired)
            .await
            .unwrap(),
    );
    assert_eq!(
        (grant.token, grant.tries_spent, grant.reopened),
        (2, 1, None)
    );
}

async fn a_job_is_claimed_under_its_own_name_only(ledger: &dyn Ledger) {
    let first = claim(ledger, "named", 1).await;
    ledger.release(&first, &Release::default()).await.unwrap();
    let other = ClaimRequest {
        job: "App\\Jobs\\Other".to_owned(),
        ..request("named", 2)
    };
    let record = refused(ledger.claim(&other).await.unwrap());
    assert_eq!(
        (record.state, record.job.as_deref()),
        (State::Pending, Some(JOB))
    );
    let grant = granted(ledger.claim(&request("named", 3)).await.unwrap());
    assert_eq!(grant.token, 2);

    // Versions before took names as messages had them.
    let slashed = ClaimRequest {
        job: format!("\\{JOB}"),
        ..request("slashed", 1)
    };
    let first = held("slashed", &granted(ledger.claim(&slashed).await.unwrap()));
    ledger.release(&first, &Release::default()).await.unwrap();
    let grant = granted(ledger.claim(&request("slashed", 2)).await.unwrap());
    assert_eq!(grant.token, 2);
}

async fn a_record_says_when_its_generation_was_opened(ledger: &dyn Ledger) {
    let grant = granted(ledger.claim(&request("first", 1)).await.unwrap());
    assert_eq!(grant.reopened, None);
    let again = ClaimRequest {
        generation: 1,
        ..request("again", 1)
    };
    let grant = granted(ledger.claim(&again).await.unwrap());
    assert_eq!(grant.reopened, Some(NOW), "its record was gone");
    let first = held("again", &grant);
    ledger.release(&first, &Release::default()).await.unwrap();
    let later = ClaimRequest {
        now: NOW + LEASE,
        owner: 2,
        ..again
    };
    let grant = granted(ledger.claim(&later).await.unwrap());
    assert_eq!(grant.reopened, Some(NOW));
}

async fn a_job_that_has_begun_is_claimed_on_its_side_only(ledger: &dyn Ledger) {
    let on = |side, owner| ClaimRequest {
        side,
        ..request("sided", owner)
    };
    let grant = granted(ledger.claim(&on(Some(Side::Php), 1)).await.unwrap());
    let release = Release {
        tries_spent: 1,
        exceptions: 0,
        error: None,
        ..Release::default()
    };
    let released = ledger.release(&held("sided", &grant), &release).await;
    assert_eq!(released.unwrap(), Fence::Applied);
    let record = refused(ledger.claim(&on(Some(Side::Rust), 2)).await.unwrap());
    assert_eq!(
        (record.state, record.side, record.token),
        (State::Pending, Some(Side::Php), 1)
    );
    granted(ledger.claim(&on(Some(Side::Php), 3)).await.unwrap());
    let record = refused(ledger.claim(&on(None, 4)).await.unwrap());
    assert_eq!((record.owner, record.side), (3, Some(Side::Php)));
    // Its process has died: who takes it over to bury it leaves its side as it is.
    let late = ClaimRequest {
        now: NOW + LEASE + Duration::from_secs(1),
        ..on(None, 5)
    };
    let taken = ledger.replace(&late, &record, Replace::Crashed).await;
    let grant = granted(taken.unwrap());
    let released = ledger.release(&held("sided", &grant), &release).await;
    assert_eq!(released.unwrap(), Fence::Applied);
    granted(ledger.claim(&on(None, 6)).await.unwrap());
    let record = refused(ledger.claim(&on(None, 7)).await.unwrap());
    assert_eq!((record.owner, record.side), (6, Some(Side::Php)));
}

async fn a_failed_job_is_opened_again_on_any_side(ledger: &dyn Ledger) {
    let sides = async |ledger: &dyn Ledger| {
        let record = refused(ledger.claim(&request("moved", 0)).await.unwrap());
        (record.side, record.side_before)
    };
    let fail = async |grant: &Grant| {
        let (held, row) = (held("moved", grant), row("moved"));
        let failed = ledger.fail(&held, &row, &End::plain(NOW + DAY)).await;
        assert_eq!(failed.unwrap(), Fence::Applied);
        refused(ledger.claim(&request("moved", 0)).await.unwrap())
    };
    let on = |side, generation| ClaimRequest {
        side,
        generation,
        ..request("moved", u64::from(generation) + 1)
    };
    let grant = granted(ledger.claim(&on(Some(Side::Rust), 0)).await.unwrap());
    let seen = fail(&grant).await;
    let request = on(Some(Side::Php), 1);
    let again = ledger.replace(&request, &seen, Replace::Reopened).await;
    assert_eq!(sides(ledger).await, (Some(Side::Php), Some(Side::Rust)));
    let seen = fail(&granted(again.unwrap())).await;
    let request = on(None, 2);
    let again = ledger.replace(&request, &seen, Replace::Reopened).await;
    assert_eq!(sides(ledger).await, (None, Some(Side::Php)));
    let seen = fail(&granted(again.unwrap())).await;
    let request = on(Some(Side::Rust), 3);
    let again = ledger.replace(&request, &seen, Replace::Reopened).await;
    assert_eq!(sides(ledger).await, (Some(Side::Rust), None));
    let seen = fail(&granted(again.unwrap())).await;
    let request = on(Some(Side::Php), 0);
    let anew = ledger.replace(&request, &seen, Replace::Expired).await;
    granted(anew.unwrap());
    assert_eq!(sides(ledger).await, (Some(Side::Php), None));
}

async fn a_record_that_changed_is_not_written_over(ledger: &dyn Ledger) {
    let first = claim(ledger, "changed", 1).await;
    ledger
        .fail(&first, &row("changed"), &End::plain(NOW + DAY))
        .await
        .unwrap();
    let again = ClaimRequest {
        generation: 1,
        ..request("changed", 2)
    };
    let seen = refused(ledger.claim(&again).await.unwrap());
    granted(
        ledger
            .replace(&again, &seen, Replace::Reopened)
            .await
            .unwrap(),
    );
    let rival = ClaimRequest { owner: 3, ..again };
    let found = refused(
        ledger
            .replace(&rival, &seen, Replace::Reopened)
            .await
            .unwrap(),
    );
    assert_eq!(
        (found.state, found.owner, found.token),
        (State::Running, 2, 2)
    );
}

async fn a_foreign_token_changes_nothing(ledger: &dyn Ledger) {
    let zombie = claim(ledger, "fenced", 1).await;
    let late = NOW + LEASE * 2;
    let rival = ClaimRequest {
        now: late,
        lease: late + LEASE,
        ..request("fenced", 2)
    };
    let seen = refused(ledger.claim(&rival).await.unwrap());
    let crashed = ledger.replace(&rival, &seen, Replace::Crashed).await;
    let rival = held("fenced", &granted(crashed.unwrap()));
    let release = Release {
        tries_spent: 0,
        exceptions: 0,
        error: None,
        ..Release::default()
    };
    for fence in [
        ledger.extend(&zombie, late + LEASE * 9).await.unwrap(),
        ledger.complete(&zombie, &End::plain(late)).await.unwrap(),
        ledger.release(&zombie, &release).await.unwrap(),
        ledger
            .fail(&zombie, &row("fenced"), &End::plain(late))
            .await
            .unwrap(),
    ] {
        let record = refused_fence(fence);
        assert_eq!(
            (record.state, record.token, record.lease),
            (State::Running, 2, late + LEASE)
        );
    }
    assert_eq!(
        ledger.extend(&rival, late + LEASE * 2).await.unwrap(),
        Fence::Applied
    );
    assert_eq!(
        ledger.complete(&rival, &End::plain(late)).await.unwrap(),
        Fence::Applied
    );
}

async fn a_settled_job_cannot_be_settled_again(ledger: &dyn Ledger) {
    let first = claim(ledger, "settled", 1).await;
    ledger
        .complete(&first, &End::plain(NOW + DAY))
        .await
        .unwrap();
    let release = Release {
        tries_spent: 0,
        exceptions: 0,
        error: None,
        ..Release::default()
    };
    for fence in [
        ledger.extend(&first, NOW).await.unwrap(),
        ledger.complete(&first, &End::plain(NOW)).await.unwrap(),
        ledger.release(&first, &release).await.unwrap(),
        ledger
            .fail(&first, &row("settled"), &End::plain(NOW))
            .await
            .unwrap(),
    ] {
        let record = refused_fence(fence);
        assert_eq!((record.state, record.token), (State::Done, first.token));
    }
}

async fn nothing_is_settled_that_was_never_claimed(ledger: &dyn Ledger) {
    let nobody = Held {
        id: "never".to_owned(),
        token: 1,
    };
    assert_eq!(
        ledger.complete(&nobody, &End::plain(NOW)).await.unwrap(),
        Fence::Refused(None)
    );
    assert_eq!(
        ledger.extend(&nobody, NOW).await.unwrap(),
        Fence::Refused(None)
    );
    assert_eq!(
        ledger
            .fail(&nobody, &row("never"), &End::plain(NOW))
            .await
            .unwrap(),
        Fence::Refused(None)
    );
}

async fn a_buried_row_is_written_once_however_often(ledger: &dyn Ledger) {
    for _ in 0..2 {
        let written = ledger.bury(&row("buried"), Place::OfItsJob).await;
        assert_eq!(written.unwrap(), Buried::Written);
    }
}

async fn no_row_takes_the_place_of_another_jobs(ledger: &dyn Ledger) {
    let own = row("place");
    let other = FailedJob {
        job: "App\\Jobs\\Other".to_owned(),
        ..row("place")
    };
    let bury = async |row, place| ledger.bury(row, place).await.unwrap();
    assert_eq!(bury(&own, Place::Empty).await, Buried::Written);
    assert_eq!(bury(&own, Place::Empty).await, Buried::There);
    assert_eq!(bury(&own, Place::OfItsJob).await, Buried::Written);
    for place in [Place::Empty, Place::OfItsJob] {
        assert_eq!(bury(&other, place).await, Buried::Taken);
    }
    assert_eq!(bury(&own, Place::Empty).await, Buried::There);
}

async fn a_failure_whose_row_is_another_jobs_is_declined_and_writes_nothing(ledger: &dyn Ledger) {
    let other = FailedJob {
        job: "App\\Jobs\\Other".to_owned(),
        ..row("theirs")
    };
    ledger.bury(&other, Place::Empty).await.unwrap();
    let first = claim(ledger, "theirs", 1).await;
    let end = End::plain(NOW + DAY);
    let fence = ledger.fail(&first, &row("theirs"), &end).await.unwrap();
    assert!(matches!(fence, Fence::Declined(_)), "{fence:?}");
    let record = refused(ledger.claim(&request("theirs", 2)).await.unwrap());
    assert_eq!(record.state, State::Running);
    // Under another id it is written.
    let fence = ledger.fail(&first, &row("elsewhere"), &end).await.unwrap();
    assert_eq!(fence, Fence::Applied);
    assert_eq!(
        ledger.bury(&row("elsewhere"), Place::Empty).await.unwrap(),
        Buried::There
    );
}

/// More than an item of DynamoDB's holds.
const TOO_LONG: usize = 401 * 1024;

pub(crate) async fn what_is_larger_than_an_item_is_refused_for_good_and_changes_nothing(
    ledger: &dyn Ledger,
) {
    let first = claim(ledger, "large", 1).await;
    let error = ledger.save(&first, &"a".repeat(TOO_LONG)).await;
    assert!(!error.unwrap_err().retryable);
    let release = Release {
        error: Some("a".repeat(TOO_LONG)),
        ..Release::default()
    };
    assert!(
        !ledger
            .release(&first, &release)
            .await
            .unwrap_err()
            .retryable
    );
    let record = refused(ledger.claim(&request("large", 2)).await.unwrap());
    assert_eq!((record.state, record.checkpoint), (State::Running, None));
    let long = "i".repeat(3_000);
    assert!(
        !ledger
            .claim(&request(&long, 1))
            .await
            .unwrap_err()
            .retryable
    );
}

async fn a_row_of_any_length_has_its_place(ledger: &dyn Ledger) {
    let first = claim(ledger, "long", 1).await;
    let data = "a".repeat(TOO_LONG);
    let long = FailedJob {
        payload: format!(
            r#"{{"uuid":"long","job":"Illuminate\\Queue\\CallQueuedHandler@call","displayName":"J","data":{{"commandName":"J","command":"{data}"}}}}"#
        ),
        exception: "b".repeat(TOO_LONG),
        ..row("long")
    };
    let end = End::plain(NOW + DAY);
    let fence = ledger.fail(&first, &long, &end).await.unwrap();
    assert_eq!(fence, Fence::Applied);
}
