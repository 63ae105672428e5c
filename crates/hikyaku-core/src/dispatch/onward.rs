//! Onward: what a job dispatches from inside its attempt.
//!
//! The job only asks; the engine sends, for as long as the attempt lasts. So a job that is stopped or has lost its claim
//! sends nothing more, and no connection of the engine's hangs on a job's thread.

use std::collections::HashSet;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_channel::{mpsc, oneshot};
use futures_util::StreamExt;
use hikyaku_laravel::derived_uuid;

use super::{Destination, DispatchError, Message, Sender};
use crate::context::Attempt;
use crate::engine::Engine;
use crate::follow::MOST_HOPS;
use crate::{BoxFuture, Laravel, Outgoing, QueueError, Random, Timestamp};

/// How many messages of one job are under way at once.
const AT_ONCE: usize = 16;

/// How long a message is tried again that a queue did not take. After that the job is better off in its own queue.
const PATIENCE: Duration = Duration::from_secs(20);

/// What an attempt knows of the way onward.
pub(crate) struct Route {
    /// The URL of the queue that the job came from; empty if it came from none.
    pub(crate) queue: String,
    /// The message group it came in.
    pub(crate) group: Option<String>,
    /// The trace it belongs to, as a header.
    pub(crate) trace: Option<String>,
    /// How many messages in a row jobs have sent on, the job's own included.
    pub(crate) hops: u32,
    pub(crate) laravel: Arc<Laravel>,
    pub(crate) random: Arc<dyn Random>,
    pub(crate) posts: mpsc::UnboundedSender<Post>,
    pub(crate) names: Names,
}

/// Under which names an attempt has dispatched: eight bytes of each, for an attempt may dispatch a million.
#[derive(Default)]
pub(crate) struct Names {
    /// Hashes of 64 bits, seeded anew for each attempt: among a million names two are alike once in 37 million attempts.
    hashes: Mutex<HashSet<u64>>,
    seed: RandomState,
}

/// A message that a job wants to be sent, and where the answer is awaited.
pub(crate) struct Post {
    outgoing: Outgoing,
    uuid: String,
    answer: oneshot::Sender<Result<(), QueueError>>,
}

impl Post {
    pub(crate) fn answered(self, sent: Result<(), QueueError>) {
        // Nobody listens any more when the attempt was given up.
        drop(self.answer.send(sent));
    }
}

/// Out of a job's attempt: where [`Context::dispatch`](crate::Context::dispatch) sends to.
pub struct Onward {
    attempt: Arc<Attempt>,
    name: String,
    queue: Option<String>,
}

impl Onward {
    pub(crate) fn new(attempt: Arc<Attempt>, name: String) -> Self {
        Self {
            attempt,
            name,
            queue: None,
        }
    }

    /// The URL of the queue that was asked for, or that the job came from.
    fn queue(&self, job: &str) -> Result<String, DispatchError> {
        let route = &self.attempt.route;
        let url = match &self.queue {
            Some(name) => route.laravel.queues.url(name, &route.queue),
            None => Some(route.queue.clone()).filter(|url| !url.is_empty()),
        };
        url.ok_or_else(|| DispatchError::NoQueue {
            job: job.to_owned(),
        })
    }

    async fn send_message(self, message: Message) -> Result<String, DispatchError> {
        let (route, job) = (&self.attempt.route, message.job().to_owned());
        if route.hops >= MOST_HOPS {
            return Err(DispatchError::Loop { job });
        }
        let queue = self.queue(&job)?;
        let sender = Sender {
            now: self.attempt.clock.now(),
            random: &*route.random,
            hops: route.hops + 1,
            group: route.group.as_deref(),
            trace: route.trace.as_deref(),
        };
        let message = match message.uuid {
            Some(_) => message,
            None => message.uuid(derived_uuid(
                &self.attempt.id,
                &format!("dispatch:{}", self.name),
            )),
        };
        let (outgoing, uuid) = message.outgoing(&queue, sender)?;
        let name = route.names.take(&self.name);
        let name = name.ok_or_else(|| DispatchError::NameTaken {
            job: job.clone(),
            name: self.name.clone(),
        })?;
        let (answer, answered) = oneshot::channel();
        let post = Post {
            outgoing,
            uuid: uuid.clone(),
            answer,
        };
        // Without an engine there is nobody to answer either.
        drop(route.posts.unbounded_send(post));
        match answered.await {
            Ok(Ok(())) => {
                name.keep();
                Ok(uuid)
            }
            Ok(Err(error)) => Err(DispatchError::Unsent {
                job,
                uuid,
                source: Arc::new(error),
            }),
            Err(_) => Err(DispatchError::Over { job }),
        }
    }
}

impl Message<Onward> {
    /// To the queue of this name, or with this URL, instead of the one that the job came from.
    pub fn on(mut self, queue: impl Into<String>) -> Self {
        self.to.queue = Some(queue.into());
        self
    }
}

impl Destination for Onward {
    type Sending = BoxFuture<'static, Result<String, DispatchError>>;

    /// Sends as a task of the attempt: once begun, it ends before the job settles, awaited to its end or not.
    fn send(self, message: Message) -> Self::Sending {
        Box::pin(async move {
            let (attempt, job) = (Arc::clone(&self.attempt), message.job().to_owned());
            let sending = self.send_message(message);
            let task = attempt.tasks.spawn(&*attempt.executor, sending);
            task.await
                .unwrap_or_else(|_| Err(DispatchError::Over { job }))
        })
    }
}

impl Names {
    /// Takes a name for one message; none if it is another's.
    fn take(&self, name: &str) -> Option<Name<'_>> {
        let hash = self.seed.hash_one(name);
        let is_free = self.hashes().insert(hash);
        // Not made otherwise: dropped, it would give another's name back.
        is_free.then(|| Name { names: self, hash })
    }

    fn hashes(&self) -> MutexGuard<'_, HashSet<u64>> {
        self.hashes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A name that is given back unless its message was sent, so that a job may try again itself.
struct Name<'a> {
    names: &'a Names,
    hash: u64,
}

impl Name<'_> {
    fn keep(self) {
        std::mem::forget(self);
    }
}

impl Drop for Name<'_> {
    fn drop(&mut self) {
        self.names.hashes().remove(&self.hash);
    }
}

impl Engine<'_> {
    /// Sends what the job dispatches. Never ends by itself: the attempt does.
    pub(crate) async fn send_onward(&self, posts: mpsc::UnboundedReceiver<Post>, limit: Timestamp) {
        posts
            // Boxed, for otherwise the compiler cannot see that all of this may move between threads.
            .for_each_concurrent(AT_ONCE, |post| -> BoxFuture<'_, ()> {
                Box::pin(self.send_post(post, limit))
            })
            .await;
        std::future::pending::<()>().await;
    }

    async fn send_post(&self, post: Post, limit: Timestamp) {
        let give_up = limit.min(self.now() + PATIENCE);
        let queue = &*self.ports.queue;
        let sent = self
            .until_recorded(&post.uuid, give_up, || queue.send(&post.outgoing))
            .await;
        post.answered(sent);
    }
}

impl std::fmt::Debug for Onward {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Onward")
            .field("name", &self.name)
            .field("queue", &self.queue)
            .finish_non_exhaustive()
    }
}
