//! Laravel's cache, as far as a worker needs it: locks, and an entry that is read.

use std::time::Duration;

use hikyaku_core::{Lock, Unlock};
use hikyaku_laravel::cache;

use super::application::Application;
use super::contract::{DAY, NOW};

/// Holds an application's cache to the contract. Each clause uses keys of its own.
pub(crate) async fn exercise(application: &impl Application) {
    a_free_lock_is_taken_and_a_held_one_is_not(application).await;
    the_next_attempt_of_a_job_takes_its_lock_over(application).await;
    a_lock_that_has_expired_is_free(application).await;
    the_application_and_a_worker_respect_each_others_locks(application).await;
    only_the_owner_gives_a_lock_up(application).await;
    an_entry_is_read_until_it_expires(application).await;
}

/// A lock for an hour, of this attempt of this job.
fn lock(key: &str, job: &str, token: u64) -> Lock {
    Lock {
        key: key.to_owned(),
        value: cache::serialized(&cache::owner(job, token)),
        job: cache::serialized_owner_prefix(job),
        now: NOW,
        expires: NOW + Duration::from_hours(1),
    }
}

fn unlock(lock: &Lock) -> Unlock {
    Unlock {
        key: lock.key.clone(),
        value: Some(lock.value.clone()),
    }
}

async fn a_free_lock_is_taken_and_a_held_one_is_not(application: &impl Application) {
    let cache = application.cache();
    let ours = lock("free", "job-1", 1);
    assert!(cache.lock(&ours).await.unwrap());
    assert!(!cache.lock(&lock("free", "job-2", 1)).await.unwrap());
    // A job whose name only begins alike is another job.
    assert!(!cache.lock(&lock("free", "job-11", 1)).await.unwrap());
    assert!(!cache.lock(&lock("free", "job-", 1)).await.unwrap());
    assert!(cache.lock(&ours).await.unwrap(), "its answer may be lost");
    cache.unlock(&unlock(&ours)).await.unwrap();
    assert!(cache.lock(&lock("free", "job-2", 1)).await.unwrap());
}

async fn the_next_attempt_of_a_job_takes_its_lock_over(application: &impl Application) {
    let cache = application.cache();
    let (died, next) = (lock("taken-over", "job", 1), lock("taken-over", "job", 2));
    assert!(cache.lock(&died).await.unwrap());
    assert!(cache.lock(&next).await.unwrap());
    // The attempt that was taken for dead gives up what is not its own any more.
    cache.unlock(&unlock(&died)).await.unwrap();
    assert!(!cache.lock(&lock("taken-over", "other", 1)).await.unwrap());
    cache.unlock(&unlock(&next)).await.unwrap();
    assert!(cache.lock(&lock("taken-over", "other", 1)).await.unwrap());
}

async fn a_lock_that_has_expired_is_free(application: &impl Application) {
    let cache = application.cache();
    let first = lock("expiring", "job-1", 1);
    assert!(cache.lock(&first).await.unwrap());
    let at_its_end = Lock {
        now: first.expires,
        ..lock("expiring", "job-2", 1)
    };
    assert!(!cache.lock(&at_its_end).await.unwrap());
    let after = Lock {
        now: first.expires + Duration::from_secs(1),
        ..at_its_end
    };
    assert!(cache.lock(&after).await.unwrap());
}

async fn the_application_and_a_worker_respect_each_others_locks(application: &impl Application) {
    let cache = application.cache();
    let theirs = cache::serialized("Sixteen letters.");
    application.put("shared", &theirs, NOW + DAY).await;
    assert!(!cache.lock(&lock("shared", "job", 1)).await.unwrap());
    let given_up = Unlock {
        key: "shared".to_owned(),
        value: Some(theirs),
    };
    cache.unlock(&given_up).await.unwrap();
    assert!(cache.lock(&lock("shared", "job", 1)).await.unwrap());
}

async fn only_the_owner_gives_a_lock_up(application: &impl Application) {
    let cache = application.cache();
    let ours = lock("owned", "job", 1);
    assert!(cache.lock(&ours).await.unwrap());
    let others = lock("owned", "other", 1);
    cache.unlock(&unlock(&others)).await.unwrap();
    assert!(!cache.lock(&others).await.unwrap());
    let whoever = Unlock {
        value: None,
        ..unlock(&others)
    };
    cache.unlock(&whoever).await.unwrap();
    cache.unlock(&whoever).await.unwrap();
    assert!(cache.lock(&others).await.unwrap());
}

async fn an_entry_is_read_until_it_expires(application: &impl Application) {
    let cache = application.cache();
    let entry = cache::serialized("last dispatch");
    application.put("entry", &entry, NOW + DAY).await;
    let read = async |now| cache.get("entry", now).await.unwrap();
    assert_eq!(read(NOW).await, Some(entry));
    assert_eq!(read(NOW + DAY).await, None);
    assert_eq!(cache.get("no such entry", NOW).await.unwrap(), None);
}
