//! Plan: how the duties of a message are met, given what is within reach. Pure.
//!
//! What cannot be met is known before anything runs, so that nothing is ever skipped in silence.

use hikyaku_laravel::cache::{self, Era};
use hikyaku_laravel::chain::Link;
use hikyaku_laravel::duties::{Debounced, Duties, Overlap, UniqueLock};
use hikyaku_laravel::relay::Task;
use hikyaku_laravel::{Envelope, Kind};

use crate::engine::model::plan::{BatchCheck, Debounce, Next, OverlapLock, Plan, Unmet};
use crate::job::policy::Description;
use crate::job::prepared::Declared;
use crate::ports::application::CacheStore;
use crate::{Laravel, Unlock};

/// What a plan is made of.
pub(crate) struct Circumstances<'a> {
    pub(crate) envelope: &'a Envelope,
    pub(crate) description: &'a Description,
    pub(crate) declared: &'a Declared,
    /// The URL of the queue that the message came from; empty if it came from none.
    pub(crate) queue: &'a str,
    pub(crate) laravel: &'a Laravel,
    /// Whether a job of this name runs here.
    pub(crate) is_ours: &'a dyn Fn(&str) -> bool,
}

impl Circumstances<'_> {
    /// Makes the plan, or says what of it cannot be met.
    pub(crate) fn plan(&self, duties: Duties) -> Result<Plan, Unmet> {
        let mut plan = Plan::default();
        plan.admission.skip = duties.skip;
        self.plan_unique(&mut plan, duties.unique)?;
        self.plan_overlaps(&mut plan, &duties.overlaps)?;
        self.plan_debounce(&mut plan, duties.debounce)?;
        self.plan_batch(&mut plan, duties.batch, duties.skip_if_batch_cancelled)?;
        self.plan_chain(&mut plan, duties.next, duties.chain_callbacks)?;
        // A string job is no object of PHP's that could have such a method.
        let is_object = matches!(self.envelope.kind(), Kind::Object { .. });
        if self.description.failed_hook && is_object {
            self.require_relay(|job| Unmet::FailedHook { job })?;
            plan.ask_failed.push(Task::Failed);
        }
        Ok(plan)
    }

    fn job(&self) -> String {
        self.envelope.name().to_owned()
    }

    fn require_relay(&self, unmet: impl FnOnce(String) -> Unmet) -> Result<(), Unmet> {
        match self.laravel.relay {
            Some(_) => Ok(()),
            None => Err(unmet(self.job())),
        }
    }

    /// A class with a lock is not run without a way to release it.
    fn plan_unique(&self, plan: &mut Plan, lock: Option<UniqueLock>) -> Result<(), Unmet> {
        let names = match (&lock, &self.declared.unique_id) {
            (
                Some(UniqueLock {
                    name: Some(name), ..
                }),
                _,
            ) => vec![name.clone()],
            (_, Some(id)) => self.unique_names(id),
            (Some(_), None) => return Err(Unmet::UniqueId { job: self.job() }),
            (None, None) => return Ok(()),
        };
        let lock = lock.unwrap_or(UniqueLock {
            name: None,
            store: None,
            owner: None,
        });
        let until_processing = self.description.unique_until_processing;
        let Some(store) = self.store(lock.store.as_deref()) else {
            let store = lock.store.map_or_else(
                || "the application's cache".to_owned(),
                |store| format!("cache store `{store}`"),
            );
            self.require_relay(|job| Unmet::UniqueLock { job, store })?;
            if until_processing {
                plan.ask_started.push(Task::Unique);
            } else {
                plan.ask_done.push(Task::Unique);
                plan.ask_failed.push(Task::Unique);
            }
            return Ok(());
        };
        let era = Era::of(self.envelope);
        let value = lock.owner.as_deref().map(cache::serialized);
        let unlock = names
            .iter()
            .flat_map(|name| cache::lock_keys(&store.prefix, name, era))
            .map(|key| Unlock {
                key,
                value: value.clone(),
            });
        if until_processing {
            plan.admission.unlock.extend(unlock);
        } else {
            plan.unlock.extend(unlock);
        }
        Ok(())
    }

    fn unique_names(&self, id: &str) -> Vec<String> {
        let era = Era::of(self.envelope);
        cache::unique_names(self.envelope.name(), self.display_name(), id, era)
    }

    fn display_name(&self) -> Option<&str> {
        self.envelope.display_name.as_deref()
    }

    /// The cache store, if it is the one of this name; a message that names none means the application's default.
    fn store(&self, name: Option<&str>) -> Option<&CacheStore> {
        let store = self.laravel.cache.as_ref()?;
        name.is_none_or(|name| name == store.name).then_some(store)
    }

    fn plan_overlaps(&self, plan: &mut Plan, overlaps: &[Overlap]) -> Result<(), Unmet> {
        let era = Era::of(self.envelope);
        for overlap in overlaps {
            let Some(store) = self.store(None) else {
                return Err(Unmet::Overlap { job: self.job() });
            };
            let Overlap {
                key,
                prefix,
                shared,
                release_after,
                expires_after,
            } = overlap;
            let class = self.envelope.name();
            let name = cache::overlap_name(prefix, class, self.display_name(), key, *shared, era);
            // Nothing tells Laravel 8 to 12.10 apart, and each locks another of these keys: to exclude the jobs of all, all
            // are taken.
            let keys = cache::lock_keys(&store.prefix, &name, era);
            plan.admission
                .overlaps
                .extend(keys.into_iter().map(|key| OverlapLock {
                    key,
                    release_after: *release_after,
                    seconds: match expires_after {
                        0 => cache::LOCK_SECONDS_BY_DEFAULT,
                        seconds => *seconds,
                    },
                }));
        }
        Ok(())
    }

    fn plan_debounce(&self, plan: &mut Plan, debounced: Option<Debounced>) -> Result<(), Unmet> {
        let Some(Debounced { owner, id }) = debounced else {
            return Ok(());
        };
        let Some(store) = self.store(None) else {
            return Err(Unmet::Debounced { job: self.job() });
        };
        let id = self.declared.debounce_id.clone().or(id).unwrap_or_default();
        let name = cache::debounce_name(self.envelope.name(), self.display_name(), &id);
        plan.admission.debounce = Some(Debounce {
            key: cache::entry_key(&store.prefix, &name),
            owner,
        });
        Ok(())
    }

    fn plan_batch(
        &self,
        plan: &mut Plan,
        batch: Option<String>,
        skip_if_cancelled: bool,
    ) -> Result<(), Unmet> {
        let Some(id) = batch else {
            return Ok(());
        };
        if self.laravel.batches.is_none() {
            if skip_if_cancelled {
                return Err(Unmet::BatchCancelled { job: self.job() });
            }
            self.require_relay(|job| Unmet::Batch { job, batch: id })?;
            plan.ask_done.push(Task::Batch);
            plan.ask_failed.push(Task::Batch);
            return Ok(());
        }
        let refuse_callbacks = self.laravel.relay.is_none();
        if refuse_callbacks || skip_if_cancelled {
            plan.admission.batch = Some(BatchCheck {
                id: id.clone(),
                skip_if_cancelled,
                refuse_callbacks,
            });
        }
        plan.batch = Some(id);
        Ok(())
    }

    fn plan_chain(
        &self,
        plan: &mut Plan,
        next: Option<Link>,
        callbacks: bool,
    ) -> Result<(), Unmet> {
        if callbacks {
            self.require_relay(|job| Unmet::ChainCallbacks { job })?;
            plan.ask_failed.push(Task::Chain);
        }
        let Some(link) = next else {
            return Ok(());
        };
        let class = self.laravel.links.get(&link.class);
        if class.is_some_and(|class| class.encrypted) && self.laravel.encrypter.is_none() {
            return Err(Unmet::NextKey {
                job: self.job(),
                next: link.class,
            });
        }
        if let Some(queue) = self.queue_of(&link) {
            plan.next = Some(Next { link, queue });
            return Ok(());
        }
        self.require_relay(|job| Unmet::Next {
            job,
            next: link.class.clone(),
        })?;
        plan.ask_done.push(Task::Chain);
        Ok(())
    }

    /// Where the next job of a chain belongs: its own queue, else the connection's default, else, if it runs here, the
    /// queue that this function serves.
    fn queue_of(&self, link: &Link) -> Option<String> {
        let queues = &self.laravel.queues;
        if link
            .connection
            .as_ref()
            .is_some_and(|connection| *connection != queues.connection)
        {
            return None;
        }
        match link.queue.as_ref().or(queues.default.as_ref()) {
            Some(name) => queues.url(name, self.queue),
            None => ((self.is_ours)(&link.class) && !self.queue.is_empty())
                .then(|| self.queue.to_owned()),
        }
    }
}
