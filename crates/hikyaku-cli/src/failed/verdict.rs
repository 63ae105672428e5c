//! Whether a failed job may be sent again: what the engine would make of its message decides.

use hikyaku::Timestamp;
use hikyaku::core::State;
use hikyaku::ledger::Found;
use hikyaku_laravel::Envelope;

use super::Row;
use crate::output;

/// What happens to a row that was chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    /// This is sent.
    Send(String),
    /// It is left as it is, and why.
    Refuse(String),
}

/// Judges a row by what the ledger says of its job. `in_bulk`: it was not named by its uuid.
pub(super) fn judge(row: &Row, found: Option<&Found>, in_bulk: bool, now: Timestamp) -> Verdict {
    if in_bulk && row.is_outcome_unknown() {
        return refuse(
            "its outcome is unknown, and it is run at most once: look whether it did its work, then name it by its uuid, \
             or forget it",
        );
    }
    let envelope = match Envelope::parse_stored(&row.payload) {
        Ok(envelope) => envelope,
        Err(error) => {
            return refuse(&format!(
                "its payload cannot be read ({error}): send a corrected one with `hikyaku dispatch`"
            ));
        }
    };
    if let Some(reason) = found.and_then(|found| reason(found, envelope.generation, now)) {
        return refuse(&reason);
    }
    let seconds = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
    Verdict::Send(envelope.resent(seconds))
}

/// Why a message of this generation would be dropped, or must wait.
fn reason(found: &Found, generation: u32, now: Timestamp) -> Option<String> {
    let record = &found.record;
    if record.expires < now {
        return None;
    }
    match record.state {
        State::Running if record.lease > now => Some(format!(
            "it runs at this moment (its lease ends at {} UTC): wait until it is done",
            output::moment(record.lease)
        )),
        State::Running => Some(
            "an attempt at it has died, and its message comes back by itself: it was sent again already"
                .to_owned(),
        ),
        State::Pending => {
            Some("it waits for its next attempt: it was sent again already".to_owned())
        }
        State::Done => Some(
            "it is done: a message for it would be dropped (`hikyaku forget` removes its row)"
                .to_owned(),
        ),
        State::Cancelled => Some(
            "it was cancelled: a message for it would be dropped (`hikyaku forget` removes its row)"
                .to_owned(),
        ),
        State::Failed if generation <= record.generation => Some(format!(
            "its row is of an earlier failure (generation {generation}, the ledger has {}): a message would be dropped",
            record.generation
        )),
        State::Failed => None,
    }
}

fn refuse(reason: &str) -> Verdict {
    Verdict::Refuse(reason.to_owned())
}

#[cfg(test)]
mod tests {
    use hikyaku::core::Record;

    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_000_000);

    fn row() -> Row {
        Row {
            uuid: "u-1".to_owned(),
            connection: "sqs".to_owned(),
            queue: "http://127.0.0.1/0/jobs".to_owned(),
            payload:
                r#"{"uuid":"u-1","job":"a","data":{},"attempts":4,"hikyaku":{"generation":2}}"#
                    .to_owned(),
            exception: "boom".to_owned(),
            trace: None,
            group: None,
            sent: None,
            failed_at: NOW,
        }
    }

    fn found(state: State, generation: u32) -> Found {
        Found {
            record: Record {
                state,
                token: 1,
                tries_spent: 1,
                generation,
                lease: Timestamp::from_millis(999_999),
                owner: 0,
                alone: true,
                checkpoint: None,
                exceptions: 0,
                last_error: None,
                reopened: None,
                not_before: None,
                expires: Timestamp::from_millis(2_000_000),
                job: None,
                side: None,
                side_before: None,
            },
            job: None,
            message: None,
        }
    }

    #[track_caller]
    fn refused(found: &Found) -> String {
        match judge(&row(), Some(found), false, NOW) {
            Verdict::Refuse(reason) => reason,
            Verdict::Send(_) => panic!("it would be sent"),
        }
    }

    #[test]
    fn a_failed_job_is_sent_with_its_attempts_at_zero_and_its_generation_kept() {
        let sent = Verdict::Send(row().payload.replace(":4", ":0"));
        assert_eq!(
            judge(&row(), Some(&found(State::Failed, 1)), false, NOW),
            sent
        );
        assert_eq!(judge(&row(), None, true, NOW), sent);
    }

    #[test]
    fn what_the_engine_would_drop_is_refused() {
        assert!(refused(&found(State::Done, 2)).starts_with("it is done"));
        assert!(refused(&found(State::Cancelled, 1)).starts_with("it was cancelled"));
        assert!(refused(&found(State::Failed, 2)).starts_with("its row is of an earlier"));
        assert!(refused(&found(State::Pending, 2)).starts_with("it waits"));
    }

    #[test]
    fn a_job_that_runs_is_refused_until_when_it_runs() {
        let mut running = found(State::Running, 2);
        assert!(refused(&running).starts_with("an attempt at it has died"));
        running.record.lease = Timestamp::from_millis(1_060_000);
        assert_eq!(
            refused(&running),
            "it runs at this moment (its lease ends at 1970-01-01 00:17:40 UTC): wait until it is done"
        );
    }

    #[test]
    fn a_record_that_has_expired_stands_in_nobodys_way() {
        let mut done = found(State::Done, 2);
        done.record.expires = Timestamp::from_millis(999_999);
        assert!(matches!(
            judge(&row(), Some(&done), false, NOW),
            Verdict::Send(_)
        ));
    }

    #[test]
    fn an_unknown_outcome_is_sent_again_only_by_name() {
        let mut row = row();
        row.exception = "RuntimeException: outcome unknown: an attempt began".to_owned();
        assert!(matches!(judge(&row, None, true, NOW), Verdict::Refuse(_)));
        assert!(matches!(judge(&row, None, false, NOW), Verdict::Send(_)));
    }
}
