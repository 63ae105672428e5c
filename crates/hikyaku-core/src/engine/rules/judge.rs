//! What an attempt's end means, by the job's policy. Pure: no port but chance.

use std::time::Duration;

use crate::engine::model::claim::Claim;
use crate::engine::model::ended::Ended;
use crate::engine::model::failure::Failure;
use crate::engine::model::stop::{Later, Stop};
use crate::job::error::Wish;
use crate::job::policy::Policy;
use crate::{Guarantee, Outcome, Random, Release, Timestamp};

/// Judges an attempt's end.
pub(crate) fn judge(
    policy: &Policy,
    claim: &Claim,
    ended: &Ended,
    now: Timestamp,
    random: &dyn Random,
) -> Stop {
    let case = Case {
        policy,
        claim,
        ended,
        now,
        random,
    };
    match ended {
        Ended::Succeeded(success) => Stop::Done {
            outcome: Outcome::Done,
            commit: success.commit.clone(),
        },
        Ended::Fenced => Stop::Fenced(ended.error()),
        Ended::Interrupted if policy.guarantee != Guarantee::AtMostOnce => {
            case.later(Duration::ZERO, Outcome::Postponed, None)
        }
        Ended::Erred(error) => match error.wish {
            Wish::Fail => case.never("the job said that it can never succeed"),
            Wish::MissingModel if policy.delete_when_missing_models => Stop::Dropped,
            Wish::MissingModel => case.never("a model that it names is gone"),
            Wish::Continue => {
                let release = Release {
                    tries_spent: 0,
                    exceptions: claim.exceptions,
                    error: claim.last_error.clone(),
                    ..Release::default()
                };
                case.later(Duration::ZERO, Outcome::Continued, Some(release))
            }
            Wish::Snooze(delay) => case.later(delay, Outcome::Snoozed, None),
            // Laravel's release(): the attempt counts, but no exception was thrown.
            Wish::RetryAfter(delay) => case.again(Some(delay), claim.exceptions),
            Wish::Retry => case.again(None, claim.exceptions + 1),
        },
        Ended::TimedOut(_) if policy.fail_on_timeout => {
            case.never("it fails when it runs out of time")
        }
        _ => case.again(None, claim.exceptions + 1),
    }
}

struct Case<'a> {
    policy: &'a Policy,
    claim: &'a Claim,
    ended: &'a Ended,
    now: Timestamp,
    random: &'a dyn Random,
}

impl Case<'_> {
    fn never(&self, why: &str) -> Stop {
        Stop::Failed {
            failure: Failure::of(self.ended),
            why: why.to_owned(),
        }
    }

    /// Without a release the attempt does not count.
    fn later(&self, delay: Duration, outcome: Outcome, release: Option<Release>) -> Stop {
        Stop::Later(Later {
            outcome,
            delay,
            release,
            error: self.ended.error(),
        })
    }

    /// Later if the policy allows another attempt, in the order in which Laravel's worker asks.
    fn again(&self, delay: Option<Duration>, exceptions: u32) -> Stop {
        if self.policy.guarantee == Guarantee::AtMostOnce {
            return self.never("it is run at most once; whether its work was done is not known");
        }
        if !self.policy.allows_another(self.claim.spent, self.now) {
            return self.never(match delay {
                Some(_) => "it released itself on its last try",
                None => "its tries are spent",
            });
        }
        if self.policy.max_exceptions != 0 && exceptions >= self.policy.max_exceptions {
            return self.never("it has thrown as often as it may");
        }
        let delay = delay.unwrap_or_else(|| self.policy.wait_after(self.claim.spent, self.random));
        let release = Release {
            tries_spent: self.claim.spent,
            exceptions,
            error: self.ended.error().as_deref().map(short),
            ..Release::default()
        };
        self.later(delay, Outcome::Released, Some(release))
    }
}

/// Keeps the ledger's items under the 1 KB that one write unit pays for.
pub(crate) fn short(text: &str) -> String {
    const LIMIT: usize = 200;
    match text.char_indices().nth(LIMIT) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
