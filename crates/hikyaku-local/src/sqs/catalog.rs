//! The queues of an account: created, found, configured, purged, deleted.

use std::collections::BTreeMap;
use std::time::Duration;

use super::attributes::QueueAttributes;
use super::engine::{Sqs, State};
use super::error::SqsError;
use super::limits::SETTLING_MS;
use super::names::QueueName;
use super::queue::{Counts, Queue};

impl Sqs {
    /// Creates a queue with attributes under their API names. It is the same queue again if it exists with these values.
    pub fn create_queue(
        &self,
        name: &str,
        attributes: &BTreeMap<String, String>,
    ) -> Result<QueueName, SqsError> {
        self.create_tagged_queue(name, attributes, BTreeMap::new())
    }

    /// Creates a queue with tags, which an existing queue does not take.
    pub fn create_tagged_queue(
        &self,
        name: &str,
        attributes: &BTreeMap<String, String>,
        tags: BTreeMap<String, String>,
    ) -> Result<QueueName, SqsError> {
        let name = QueueName::new(name)?;
        let wanted = QueueAttributes::new(name.is_fifo(), attributes, self.identity())?;
        self.with(|state, now_ms| {
            if let Some(existing) = state.queues.get(&name) {
                let difference = existing.attributes.difference(&wanted, attributes);
                return difference.map_or(Ok(name.clone()), |attribute| {
                    Err(SqsError::QueueNameExists { attribute })
                });
            }
            state.check_name_is_free(&name, now_ms)?;
            state.check_redrive(&name, &wanted)?;
            let mut queue = Queue::new(name.clone(), state.next_number(), wanted, now_ms);
            queue.tags = tags;
            state.queues.insert(name.clone(), queue);
            Ok(name)
        })
    }

    /// Deletes a queue with everything in it. The name is free again after 60 seconds.
    pub fn delete_queue(&self, name: &QueueName) -> Result<(), SqsError> {
        self.with(|state, now_ms| {
            let queue = state
                .queues
                .remove(name)
                .ok_or(SqsError::QueueDoesNotExist)?;
            state.deleted_ms.insert(name.clone(), now_ms);
            queue.arrivals.notify_waiters();
            Ok(())
        })
    }

    /// The queue with this name.
    pub fn queue_by_name(&self, name: &str) -> Result<QueueName, SqsError> {
        self.existing(QueueName::new(name).ok())
    }

    /// The queue with this ARN.
    pub fn queue_by_arn(&self, arn: &str) -> Result<QueueName, SqsError> {
        self.existing(self.identity().name_in_arn(arn))
    }

    /// The queue that a URL names by account and name, whatever its host.
    pub fn queue_by_url(&self, url: &str) -> Result<QueueName, SqsError> {
        self.existing(self.identity().name_in_url(url))
    }

    fn existing(&self, name: Option<QueueName>) -> Result<QueueName, SqsError> {
        let name = name.ok_or(SqsError::QueueDoesNotExist)?;
        self.with(|state, _| state.queues.contains_key(&name))
            .then_some(name)
            .ok_or(SqsError::QueueDoesNotExist)
    }

    /// All queues whose name starts with `prefix`, by name.
    pub fn queues(&self, prefix: &str) -> Vec<QueueName> {
        self.with(|state, _| {
            state
                .queues
                .keys()
                .filter(|name| name.as_str().starts_with(prefix))
                .cloned()
                .collect()
        })
    }

    /// A queue's attributes under their API names, counts and times included.
    pub fn attributes(&self, name: &QueueName) -> Result<BTreeMap<String, String>, SqsError> {
        self.with(|state, now_ms| {
            let arn = state.identity.arn(name);
            let queue = state.queue(name, now_ms)?;
            let counts = queue.counts();
            let mut attributes = queue.attributes.shown().clone();
            let computed = [
                ("ApproximateNumberOfMessages", counts.visible.to_string()),
                (
                    "ApproximateNumberOfMessagesDelayed",
                    counts.delayed.to_string(),
                ),
                (
                    "ApproximateNumberOfMessagesNotVisible",
                    counts.not_visible.to_string(),
                ),
                ("CreatedTimestamp", (queue.created_ms / 1000).to_string()),
                (
                    "LastModifiedTimestamp",
                    (queue.modified_ms / 1000).to_string(),
                ),
                ("QueueArn", arn),
            ];
            attributes.extend(computed.map(|(name, value)| (name.to_owned(), value)));
            Ok(attributes)
        })
    }

    /// How many messages a queue holds.
    pub fn counts(&self, name: &QueueName) -> Result<Counts, SqsError> {
        self.with(|state, now_ms| Ok(state.queue(name, now_ms)?.counts()))
    }

    /// How long ago the oldest message was sent that was not received more than three times; later ones are passed over
    /// (Amazon SQS developer guide, "Available CloudWatch metrics for Amazon SQS"). `None`: there is none.
    pub(crate) fn age_of_oldest(&self, name: &QueueName) -> Result<Option<Duration>, SqsError> {
        self.with(|state, now_ms| {
            let sent_ms = state.queue(name, now_ms)?.sent_ms_of_oldest();
            Ok(sent_ms.map(|sent_ms| Duration::from_millis(now_ms.saturating_sub(sent_ms))))
        })
    }

    /// Changes attributes of a queue; an empty policy removes it.
    pub fn set_attributes(
        &self,
        name: &QueueName,
        attributes: &BTreeMap<String, String>,
    ) -> Result<(), SqsError> {
        self.with(|state, now_ms| {
            let mut changed = state.queue(name, now_ms)?.attributes.clone();
            changed.set(attributes, &state.identity)?;
            state.check_redrive(name, &changed)?;
            let queue = state.queue(name, now_ms)?;
            queue.attributes = changed;
            queue.modified_ms = now_ms;
            if name.is_fifo() {
                queue.delay_anew();
            }
            Ok(())
        })
    }

    /// Removes all messages of a queue, at most once in 60 seconds.
    pub fn purge(&self, name: &QueueName) -> Result<(), SqsError> {
        self.with(|state, now_ms| {
            let queue = state.queue(name, now_ms)?;
            if queue
                .purged_ms
                .is_some_and(|purged_ms| now_ms < purged_ms + SETTLING_MS)
            {
                return Err(SqsError::PurgeQueueInProgress(name.clone()));
            }
            queue.purged_ms = Some(now_ms);
            queue.clear();
            Ok(())
        })
    }

    /// The queue's tags, which `change` may edit.
    pub(crate) fn tags<T>(
        &self,
        name: &QueueName,
        change: impl FnOnce(&mut BTreeMap<String, String>) -> T,
    ) -> Result<T, SqsError> {
        self.with(|state, now_ms| Ok(change(&mut state.queue(name, now_ms)?.tags)))
    }

    /// The queues whose dead-letter queue this is, by name.
    pub fn dead_letter_sources(&self, name: &QueueName) -> Result<Vec<QueueName>, SqsError> {
        self.with(|state, now_ms| {
            state.queue(name, now_ms)?;
            Ok(state.dead_letter_sources(name))
        })
    }
}

impl State {
    pub(crate) fn dead_letter_sources(&self, name: &QueueName) -> Vec<QueueName> {
        let targets_it = |queue: &&Queue| {
            queue
                .attributes
                .redrive()
                .is_some_and(|policy| policy.target == *name)
        };
        self.queues
            .values()
            .filter(targets_it)
            .map(|queue| queue.name.clone())
            .collect()
    }

    fn check_name_is_free(&mut self, name: &QueueName, now_ms: u64) -> Result<(), SqsError> {
        self.deleted_ms
            .retain(|_, deleted_ms| now_ms < *deleted_ms + SETTLING_MS);
        if self.deleted_ms.contains_key(name) {
            Err(SqsError::QueueDeletedRecently)
        } else {
            Ok(())
        }
    }

    /// A dead-letter queue must exist, be of the same type and allow the queue.
    fn check_redrive(
        &self,
        name: &QueueName,
        attributes: &QueueAttributes,
    ) -> Result<(), SqsError> {
        let Some(policy) = attributes.redrive() else {
            return Ok(());
        };
        let refuse = |reason: &str| {
            let text = attributes
                .shown()
                .get("RedrivePolicy")
                .cloned()
                .unwrap_or_default();
            Err(SqsError::invalid("RedrivePolicy", &text, reason))
        };
        let Some(target) = self.queues.get(&policy.target) else {
            return refuse("Dead letter target does not exist");
        };
        if name.is_fifo() != policy.target.is_fifo() {
            return refuse("Dead-letter queue must be same type of queue as the source");
        }
        if !target.attributes.allows_source(&self.identity.arn(name)) {
            return refuse(
                "The dead-letter queue's redrive allow policy does not permit this queue",
            );
        }
        Ok(())
    }
}
