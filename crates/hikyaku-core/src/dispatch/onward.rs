//! Onward: what a job dispatches from inside its attempt.
//!
//! The job only asks; the engine sends, for as long as the attempt lasts. So a job that is stopped or has lost its claim
//! sends nothing more, and no connection of the engine's hangs on a job's thread.

use std::sync::Arc;

use futures_channel::oneshot;
use hikyaku_laravel::derived_uuid;

use crate::BoxFuture;
use crate::dispatch::{Destination, DispatchError, Message, Sender};
use crate::job::attempt_route::{MOST_HOPS, Post};
use crate::job::context::{Attempt, Context};

/// Out of a job's attempt: where [`Context::dispatch`](crate::Context::dispatch) sends to.
pub struct Onward {
    attempt: Arc<Attempt>,
    name: String,
    queue: Option<String>,
}

impl<S> Context<S> {
    /// Sends another job, which begins whether or not this one succeeds. Nothing is sent before the message is awaited.
    ///
    /// It goes to the queue that this job came from, unless [`on`](Message::on) names another. Its uuid follows from
    /// this job's id and from `name`, so that a second attempt sends the same job again, and the ledger drops the copy
    /// (if the job is `Once` or `AtMostOnce`; with `AtLeastOnce` a copy runs). Within one attempt each name stands for one
    /// message; a name must mean the same job in every attempt.
    ///
    /// One request. While the queue cannot be reached it is repeated for up to 20 s. After 1,000 jobs in a row that have
    /// sent one another it is an error, for that is a loop.
    ///
    /// ```
    /// use hikyaku_core::{Context, Job, JobError};
    /// use serde::{Deserialize, Serialize};
    ///
    /// #[derive(Serialize, Deserialize)]
    /// struct Thumbnails { picture: u64 }
    ///
    /// impl Job for Thumbnails {
    ///     const NAME: &'static str = "thumbnails";
    ///     type State = ();
    ///     type Output = ();
    ///
    ///     async fn run(self, _: &Context<()>) -> Result<(), JobError> { Ok(()) }
    /// }
    ///
    /// #[derive(Deserialize)]
    /// struct StorePicture { picture: u64 }
    ///
    /// impl Job for StorePicture {
    ///     const NAME: &'static str = "store-picture";
    ///     type State = ();
    ///     type Output = ();
    ///
    ///     async fn run(self, context: &Context<()>) -> Result<(), JobError> {
    ///         let thumbnails = Thumbnails { picture: self.picture };
    ///         context.dispatch("thumbnails", &thumbnails).await?;
    ///         Ok(())
    ///     }
    /// }
    /// ```
    pub fn dispatch(&self, name: impl Into<String>, job: impl Into<Message>) -> Message<Onward> {
        job.into()
            .to(Onward::new(Arc::clone(&self.attempt), name.into()))
    }
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

impl std::fmt::Debug for Onward {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Onward")
            .field("name", &self.name)
            .field("queue", &self.queue)
            .finish_non_exhaustive()
    }
}
