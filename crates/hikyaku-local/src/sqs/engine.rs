//! The handle that everything shares, and the state behind its lock.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex, PoisonError};

use super::digest;
use super::error::SqsError;
use super::limits::MESSAGES_IN_FLIGHT;
use super::message::Message;
use super::move_task::MoveTasks;
use super::names::{Identity, QueueName};
use super::queue::Queue;
use crate::clock::SharedClock;

/// Sequence numbers have 20 digits at AWS; ours count from here.
const FIRST_SEQUENCE_NUMBER: u64 = 10_000_000_000_000_000_000;

/// All queues of one account in one region. Cheap to clone; every clone is the same SQS.
#[derive(Clone)]
pub struct Sqs {
    inner: Arc<Inner>,
}

struct Inner {
    clock: SharedClock,
    identity: Identity,
    state: Mutex<State>,
}

/// What the lock protects.
pub(crate) struct State {
    pub(crate) identity: Identity,
    /// Differs from process to process.
    pub(crate) seed: u64,
    pub(crate) queues: BTreeMap<QueueName, Queue>,
    pub(crate) tasks: MoveTasks,
    /// When queues were deleted whose names are not free yet.
    pub(crate) deleted_ms: HashMap<QueueName, u64>,
    /// How many messages of one queue may be in flight.
    pub(crate) in_flight_limit: usize,
    last_number: u64,
}

impl fmt::Debug for Sqs {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Sqs")
            .field("identity", &self.inner.identity)
            .finish_non_exhaustive()
    }
}

impl Sqs {
    /// An SQS without queues.
    pub fn new(clock: SharedClock, identity: Identity) -> Self {
        // The standard library seeds each hasher at random: all the randomness that ids need.
        let seed = RandomState::new().hash_one(clock.now_ms());
        let state = State {
            identity: identity.clone(),
            seed,
            queues: BTreeMap::new(),
            tasks: MoveTasks::default(),
            deleted_ms: HashMap::new(),
            in_flight_limit: MESSAGES_IN_FLIGHT,
            last_number: 0,
        };
        Self {
            inner: Arc::new(Inner {
                clock,
                identity,
                state: Mutex::new(state),
            }),
        }
    }

    /// The clock that everything here follows.
    pub(crate) fn clock(&self) -> &SharedClock {
        &self.inner.clock
    }

    /// The region and account.
    pub fn identity(&self) -> &Identity {
        &self.inner.identity
    }

    /// Runs `action` on the state as it is now, after everything that is due. No lock outlives it.
    pub(crate) fn with<T>(&self, action: impl FnOnce(&mut State, u64) -> T) -> T {
        let now_ms = self.inner.clock.now_ms();
        // A panic in one request must not take every other queue down with it.
        let mut state = self
            .inner
            .state
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        state.run_move_tasks(now_ms);
        action(&mut state, now_ms)
    }
}

impl State {
    /// A queue, with everything done that is due in it.
    pub(crate) fn queue(&mut self, name: &QueueName, now_ms: u64) -> Result<&mut Queue, SqsError> {
        let queue = self
            .queues
            .get_mut(name)
            .ok_or(SqsError::QueueDoesNotExist)?;
        queue.advance(now_ms);
        Ok(queue)
    }

    /// A number that was never given before: a queue's id, a message's key.
    pub(crate) fn next_number(&mut self) -> u64 {
        self.last_number += 1;
        self.last_number
    }

    /// An id in the shape of a UUID that was never given before.
    pub(crate) fn next_id(&mut self) -> Arc<str> {
        let number = self.next_number();
        digest::uuid(self.seed, number).into()
    }

    /// Puts a message into a queue that exists, as the newest there.
    pub(crate) fn put(
        &mut self,
        name: &QueueName,
        mut message: Message,
        delay_ms: u64,
    ) -> Option<Arc<str>> {
        let key = self.next_number();
        message.sequence_number = name
            .is_fifo()
            .then(|| (FIRST_SEQUENCE_NUMBER + key).to_string().into());
        let sequence_number = message.sequence_number.clone();
        if let Some(queue) = self.queues.get_mut(name) {
            queue.add(key, message, delay_ms);
        }
        sequence_number
    }
}
