//! Laravel's cache, where its locks are.

use super::BoxFuture;
use super::clock::Timestamp;
use super::ledger::Unlock;
use super::store::StoreError;

/// A lock that a job runs under.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lock {
    /// The item's key, prefix included.
    pub key: String,
    /// What the item holds when this attempt has the lock.
    pub value: String,
    /// What the values of all attempts of this job begin with. A claim is exclusive, so that an earlier attempt's lock
    /// is the next attempt's to take over.
    pub job: String,
    /// The time by the locker's clock.
    pub now: Timestamp,
    /// When it is free by itself.
    pub expires: Timestamp,
}

/// Laravel's cache store. Each call is one request.
pub trait Cache: Send + Sync + 'static {
    /// Takes a lock. Condition: nobody has it, it has expired, or an earlier attempt of the same job has it: its value
    /// begins with `job` and is at most `value`. Answers whether it was taken.
    fn lock<'a>(&'a self, lock: &'a Lock) -> BoxFuture<'a, Result<bool, StoreError>>;

    /// Gives a lock up. One that somebody else has by now stays.
    fn unlock<'a>(&'a self, unlock: &'a Unlock) -> BoxFuture<'a, Result<(), StoreError>>;

    /// What is under a key and has not expired, as the store wrote it.
    fn get<'a>(
        &'a self,
        key: &'a str,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<Option<String>, StoreError>>;
}
