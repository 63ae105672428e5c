//! What a job type asks for, and what a message asks for instead.

use std::time::Duration;

use hikyaku_laravel::{Envelope, Tries};
use serde::Serialize;

use crate::{Guarantee, Job, Random, Timestamp};

/// A job type's policy as its author wrote it: what `describe --json` prints.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of Laravel's own, known by its name"
)]
pub struct Description {
    /// The name a message asks for.
    pub name: &'static str,
    /// How often it may be started; 0 is without limit.
    pub tries: u32,
    /// How many errors bury it; 0 is without limit.
    pub max_exceptions: u32,
    /// The waits between attempts, in seconds.
    pub backoff: Vec<u64>,
    /// How long one attempt may take, in seconds.
    pub timeout: u64,
    /// Whether running out of time buries it at once.
    pub fail_on_timeout: bool,
    /// What a second delivery does.
    pub guarantee: Guarantee,
    /// Whether the lock of a unique job ends when the job begins.
    pub unique_until_processing: bool,
    /// Whether PHP is asked to call the class's `failed()`.
    pub failed_hook: bool,
    /// Whether a job whose model is gone is dropped, where its message does not say so.
    pub delete_when_missing_models: bool,
    /// Whether it may run as a shadow of PHP's run, with its effects off.
    pub shadow: bool,
}

impl Description {
    /// For a worker that takes every name and runs nothing.
    pub(crate) fn of_anything() -> Self {
        Self {
            name: "*",
            tries: 0,
            max_exceptions: 0,
            backoff: Vec::new(),
            timeout: 30,
            fail_on_timeout: false,
            guarantee: Guarantee::Once,
            unique_until_processing: false,
            failed_hook: false,
            delete_when_missing_models: false,
            shadow: false,
        }
    }

    pub(crate) fn of<J: Job>() -> Self {
        Self {
            name: J::NAME,
            tries: J::TRIES,
            max_exceptions: J::MAX_EXCEPTIONS,
            backoff: J::BACKOFF.iter().map(Duration::as_secs).collect(),
            timeout: J::TIMEOUT.as_secs(),
            fail_on_timeout: J::FAIL_ON_TIMEOUT,
            guarantee: J::GUARANTEE,
            unique_until_processing: J::UNIQUE_UNTIL_PROCESSING,
            failed_hook: J::FAILED_HOOK,
            delete_when_missing_models: J::DELETE_WHEN_MISSING_MODELS,
            shadow: J::SHADOW,
        }
    }
}

/// What holds for one job: the message's own values, and its type's where the message has none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// How often it may be started.
    pub tries: Tries,
    /// How many errors bury it; 0 is without limit.
    pub max_exceptions: u32,
    /// The wait after the first, second, … attempt; the last one repeats.
    pub backoff: Vec<Duration>,
    /// Whether the waits get a jitter. Waits that the message carries are kept to the second, as Laravel does.
    pub jitter: bool,
    /// How long one attempt may take.
    pub timeout: Duration,
    /// Whether running out of time buries it at once.
    pub fail_on_timeout: bool,
    /// Until when it may be tried, however often; replaces `tries`.
    pub retry_until: Option<Timestamp>,
    /// What a second delivery does.
    pub guarantee: Guarantee,
    /// Whether a job whose model is gone is dropped instead of buried.
    pub delete_when_missing_models: bool,
}

/// Laravel's 0 is "no limit"; the longest that a message can be held back is as good as that.
fn timeout(seconds: u64) -> Duration {
    if seconds == 0 {
        NO_LIMIT
    } else {
        Duration::from_secs(seconds).min(NO_LIMIT)
    }
}

const NO_LIMIT: Duration = Duration::from_secs(43_200);

/// Over this timeout a job is kept alive by a heartbeat.
const HEARTBEAT_OVER: Duration = Duration::from_secs(60);

/// As many tries count as spent when a job's failure is final but cannot be recorded yet: more than any limit allows,
/// and less than a count can hold.
pub(crate) const NEVER_AGAIN: u32 = u32::MAX / 2;

impl Policy {
    /// The message's policy, with the defaults of its job type.
    pub(crate) fn of(envelope: &Envelope, defaults: &Description) -> Self {
        // Since Laravel 12.11 a message says how long it was delayed at dispatch, and Laravel's worker takes that for
        // the backoff of a job that has none.
        let own_backoff = envelope
            .backoff
            .clone()
            .or(envelope.delay.map(|seconds| vec![seconds]));
        let at_most_once = defaults.guarantee == Guarantee::AtMostOnce;
        Self {
            tries: if at_most_once {
                Tries::from(1)
            } else {
                envelope
                    .max_tries
                    .unwrap_or_else(|| Tries::from(defaults.tries))
            },
            max_exceptions: envelope.max_exceptions.unwrap_or(defaults.max_exceptions),
            jitter: own_backoff.is_none(),
            backoff: match own_backoff {
                Some(seconds) => seconds
                    .into_iter()
                    .map(|wait| Duration::from_secs(wait.into()))
                    .collect(),
                None => defaults
                    .backoff
                    .iter()
                    .map(|&wait| Duration::from_secs(wait))
                    .collect(),
            },
            timeout: timeout(envelope.timeout.map_or(defaults.timeout, u64::from)),
            // Every message of Laravel's says false where its class says nothing.
            fail_on_timeout: envelope.fail_on_timeout || defaults.fail_on_timeout,
            retry_until: envelope
                .retry_until
                .map(Timestamp::from_secs)
                .filter(|_| !at_most_once),
            guarantee: defaults.guarantee,
            delete_when_missing_models: envelope
                .delete_when_missing_models
                .unwrap_or(defaults.delete_when_missing_models),
        }
    }

    /// What follows a job is sent once, and only a ledger knows whether it was.
    pub(crate) fn keep_ledger(&mut self) {
        if !self.guarantee.keeps_ledger() {
            self.guarantee = Guarantee::Once;
        }
    }

    /// Whether a job that has been started `spent` times, the present one included, was started too often.
    pub(crate) fn exceeded(&self, spent: u32, now: Timestamp) -> bool {
        if spent > NEVER_AGAIN {
            return true;
        }
        match self.retry_until {
            Some(moment) => now > moment,
            None => self.limit().is_some_and(|tries| spent > tries),
        }
    }

    /// Whether a job may be started again after `spent` starts.
    pub(crate) fn allows_another(&self, spent: u32, now: Timestamp) -> bool {
        match self.retry_until {
            Some(moment) => now < moment,
            None => self.limit().is_none_or(|tries| spent < tries),
        }
    }

    /// How often the job may be started, if that is limited.
    pub(crate) fn limit(&self) -> Option<u32> {
        match self.tries {
            Tries::Limited(tries) => Some(tries.get()),
            Tries::Unlimited => None,
        }
    }

    /// The wait after the attempt numbered `spent`, from 1.
    pub(crate) fn wait_after(&self, spent: u32, random: &dyn Random) -> Duration {
        let index = usize::try_from(spent.saturating_sub(1)).unwrap_or(usize::MAX);
        let wait = self
            .backoff
            .get(index)
            .or(self.backoff.last())
            .copied()
            .unwrap_or_default();
        if !self.jitter {
            return wait;
        }
        let tenth = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX) / 10;
        wait + Duration::from_millis(random.next_u64() % (tenth + 1))
    }

    /// Whether the job's time is limited by its own policy.
    pub(crate) fn has_limit(&self) -> bool {
        self.timeout < NO_LIMIT
    }

    /// Whether the job is kept alive by a heartbeat.
    pub(crate) fn has_heartbeat(&self) -> bool {
        self.timeout > HEARTBEAT_OVER
    }
}
