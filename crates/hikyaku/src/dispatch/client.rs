//! A queue that an application sends to.

use std::sync::Arc;

use aws_sdk_sqs::Client;
use hikyaku_core::{BoxFuture, Clock, Outgoing, QueueError, Sender};
use tokio::sync::OnceCell;

use super::batch::{self, Counter};
use super::{Destination, DispatchError, Message};
use crate::sqs::{self, Refusal};
use crate::{Config, SystemClock, SystemRandom, clients};

/// One queue, to be sent to. Opens no connection before the first message.
///
/// It costs one request for each message, one for up to ten with [`dispatch_all`](Self::dispatch_all), and one more in
/// its life if the queue is named and not given by its URL.
#[derive(Debug)]
pub struct QueueClient {
    client: Client,
    name: String,
    /// The URL, once it is known.
    url: OnceCell<String>,
}

impl QueueClient {
    /// The queue of this name or with this URL, as `config` reaches SQS: with the keys of the environment, and at
    /// `AWS_ENDPOINT_URL_SQS` if that is set (the local cloud).
    ///
    /// A name gets `SQS_PREFIX` before it and `SQS_SUFFIX` behind it, as in the application's `config/queue.php`. Without
    /// a prefix, SQS is asked for the URL at the first message.
    pub fn new(config: &Config, queue: &str) -> Self {
        let url = config.queues.url(queue, "");
        Self {
            client: clients::sqs(config),
            name: config.queues.full_name(queue),
            url: OnceCell::new_with(url),
        }
    }

    /// The queue of this name or with this URL, with a client of your own: for another way to find keys, as the crate
    /// `aws-config` has them.
    pub fn with_client(client: Client, queue: &str) -> Self {
        let url = queue.contains("://").then(|| queue.to_owned());
        Self {
            client,
            name: queue.to_owned(),
            url: OnceCell::new_with(url),
        }
    }

    /// Sends a job to this queue when the answer is awaited, which is the job's uuid. One request.
    pub fn dispatch(&self, job: impl Into<Message>) -> Message<&Self> {
        job.into().to(self)
    }

    /// Sends many jobs, up to ten (and 1 MiB) in a request, and answers for each, in their order.
    ///
    /// What SQS did not take for reasons of its own is sent again, alone, up to three times in all. Once a whole request
    /// has failed, nothing more is sent, and the jobs that are left get its error. To a FIFO queue the requests go one
    /// after the other; a job that is sent again comes behind those that were taken before it.
    pub async fn dispatch_all<M: Into<Message>>(
        &self,
        jobs: impl IntoIterator<Item = M>,
    ) -> Vec<Result<String, DispatchError>> {
        let messages: Vec<Message> = jobs.into_iter().map(Into::into).collect();
        let url = self.url().await;
        let addressed = messages
            .into_iter()
            .map(|message| {
                let job = message.job().to_owned();
                let url = match &url {
                    Ok(url) => url,
                    Err(error) => return Err(unsent(job, String::new(), error)),
                };
                let (outgoing, uuid) = message.outgoing(url, sender())?;
                Ok(Letter {
                    job,
                    uuid,
                    outgoing,
                })
            })
            .collect();
        batch::send_all(addressed, &SystemClock, &SystemRandom, self).await
    }

    async fn send_one(&self, message: Message) -> Result<String, DispatchError> {
        let job = message.job().to_owned();
        let url = self.url().await;
        let url = url.map_err(|error| unsent(job.clone(), String::new(), &error))?;
        let (outgoing, uuid) = message.outgoing(url, sender())?;
        match sqs::send(&self.client, &outgoing).await {
            Ok(()) => Ok(uuid),
            Err(error) => Err(unsent(job, uuid, &Arc::new(error))),
        }
    }

    async fn url(&self) -> Result<&str, Arc<QueueError>> {
        let find = || async { sqs::find_queue(&self.client, &self.name).await };
        let url = self.url.get_or_try_init(find).await;
        url.map(String::as_str).map_err(Arc::new)
    }
}

impl Counter for QueueClient {
    fn take<'a>(
        &'a self,
        messages: Vec<&'a Outgoing>,
    ) -> BoxFuture<'a, Result<Vec<Option<Refusal>>, QueueError>> {
        Box::pin(sqs::send_batch(&self.client, messages))
    }
}

impl<'q> Destination for &'q QueueClient {
    type Sending = BoxFuture<'q, Result<String, DispatchError>>;

    fn send(self, message: Message) -> Self::Sending {
        Box::pin(self.send_one(message))
    }
}

/// A message that is ready to go.
#[derive(Debug)]
pub(super) struct Letter {
    pub(super) job: String,
    pub(super) uuid: String,
    pub(super) outgoing: Outgoing,
}

pub(super) fn unsent(job: String, uuid: String, source: &Arc<QueueError>) -> DispatchError {
    DispatchError::Unsent {
        job,
        uuid,
        source: Arc::clone(source),
    }
}

fn sender() -> Sender<'static> {
    Sender {
        now: SystemClock.now(),
        random: &SystemRandom,
        hops: 0,
        group: None,
        trace: None,
    }
}
