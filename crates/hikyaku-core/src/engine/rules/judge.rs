//! What an attempt's end means, by the job's policy. Pure: no port but chance.

use std::time::Duration;

use crate::engine::model::claim::Claim;
use crate::engine::model::ended::Ended;
use crate::job::error::Wish;
use crate::job::policy::Policy;
use crate::{Guarantee, Outcome, Random, Release, Timestamp};

/// What to do with a job that did not succeed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Judgement {
    /// It comes back after `delay`.
    Later {
        delay: Duration,
        release: Release,
        outcome: Outcome,
    },
    /// It is buried.
    Never { why: &'static str },
    /// It is dropped: what it is about is gone.
    Drop,
}

/// Judges an attempt that did not succeed.
pub(crate) fn judge(
    policy: &Policy,
    claim: &Claim,
    ended: &Ended,
    now: Timestamp,
    random: &dyn Random,
) -> Judgement {
    let case = Case {
        policy,
        claim,
        now,
        random,
    };
    match ended {
        Ended::Interrupted if policy.guarantee != Guarantee::AtMostOnce => {
            case.refund(Duration::ZERO, Outcome::Postponed)
        }
        Ended::Erred(error) => match error.wish {
            Wish::Fail => Judgement::Never {
                why: "the job said that it can never succeed",
            },
            Wish::MissingModel if policy.delete_when_missing_models => Judgement::Drop,
            Wish::MissingModel => Judgement::Never {
                why: "a model that it names is gone",
            },
            Wish::Continue => Judgement::Later {
                delay: Duration::ZERO,
                release: Release {
                    tries_spent: 0,
                    exceptions: claim.exceptions,
                    error: claim.last_error.clone(),
                    ..Release::default()
                },
                outcome: Outcome::Continued,
            },
            Wish::Snooze(delay) => case.refund(delay, Outcome::Snoozed),
            // Laravel's release(): the attempt counts, but no exception was thrown.
            Wish::RetryAfter(delay) => case.again(Some(delay), claim.exceptions, ended),
            Wish::Retry => case.again(None, claim.exceptions + 1, ended),
        },
        Ended::TimedOut(_) if policy.fail_on_timeout => Judgement::Never {
            why: "it fails when it runs out of time",
        },
        _ => case.again(None, claim.exceptions + 1, ended),
    }
}

struct Case<'a> {
    policy: &'a Policy,
    claim: &'a Claim,
    now: Timestamp,
    random: &'a dyn Random,
}

impl Case<'_> {
    /// Later, and the attempt does not count.
    fn refund(&self, delay: Duration, outcome: Outcome) -> Judgement {
        let release = Release {
            tries_spent: self.claim.spent.saturating_sub(1),
            exceptions: self.claim.exceptions,
            error: self.claim.last_error.clone(),
            ..Release::default()
        };
        Judgement::Later {
            delay,
            release,
            outcome,
        }
    }

    /// Later if the policy allows another attempt, in the order in which Laravel's worker asks.
    fn again(&self, delay: Option<Duration>, exceptions: u32, ended: &Ended) -> Judgement {
        if self.policy.guarantee == Guarantee::AtMostOnce {
            return Judgement::Never {
                why: "it is run at most once; whether its work was done is not known",
            };
        }
        if !self.policy.allows_another(self.claim.spent, self.now) {
            return Judgement::Never {
                why: match delay {
                    Some(_) => "it released itself on its last try",
                    None => "its tries are spent",
                },
            };
        }
        if self.policy.max_exceptions != 0 && exceptions >= self.policy.max_exceptions {
            return Judgement::Never {
                why: "it has thrown as often as it may",
            };
        }
        let delay = delay.unwrap_or_else(|| self.policy.wait_after(self.claim.spent, self.random));
        let release = Release {
            tries_spent: self.claim.spent,
            exceptions,
            error: ended.error().as_deref().map(short),
            ..Release::default()
        };
        Judgement::Later {
            delay,
            release,
            outcome: Outcome::Released,
        }
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
