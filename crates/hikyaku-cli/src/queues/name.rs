//! From what people call a queue to its URL.

use hikyaku::dynamodb::error::ProvideErrorMetadata as _;

use crate::outcome::OperatorError;
use crate::place::{LocalCloud, Reach};

impl Reach {
    /// The URL of a queue that was given by its name, its URL or, on the local cloud, its resource in the template.
    ///
    /// A name gets `SQS_PREFIX` and `SQS_SUFFIX`, as in the application's `config/queue.php`. One request if there is no
    /// prefix.
    pub(crate) async fn queue_url(&self, queue: &str) -> Result<String, OperatorError> {
        if let Some(local) = &self.local {
            return local.queue_url(queue);
        }
        if let Some(url) = self.config.queues.url(queue, "") {
            return Ok(url);
        }
        let name = self.config.queues.full_name(queue);
        let answer = self.sqs.get_queue_url().queue_name(&name).send().await;
        let asking = |next: &str, error| {
            let doing = format!("looking for queue `{name}` in {}", self.name());
            OperatorError::asking(doing, next, error)
        };
        match answer {
            Ok(answer) => answer.queue_url.ok_or_else(|| {
                OperatorError::Given(format!(
                    "SQS answers no URL for queue `{name}`; give its URL"
                ))
            }),
            Err(error) => {
                let is_missing = error.code().is_some_and(|code| {
                    code.contains("NonExistentQueue") || code.contains("QueueDoesNotExist")
                });
                let next = if is_missing {
                    "there is none: is this the right account and region? `hikyaku monitor` lists the queues"
                } else {
                    "give the queue's URL, or check the keys and the region"
                };
                Err(asking(next, Box::new(error)))
            }
        }
    }
}

impl LocalCloud {
    /// By name: the port in a URL that was kept may be an earlier cloud's.
    fn queue_url(&self, queue: &str) -> Result<String, OperatorError> {
        let wanted = queue.rsplit('/').next().unwrap_or_default();
        let found = self
            .queues
            .iter()
            .find(|queue| queue.name == wanted || queue.logical_id == wanted);
        found.map(|queue| queue.url.clone()).ok_or_else(|| {
            let names: Vec<_> = self
                .queues
                .iter()
                .map(|queue| queue.name.as_str())
                .collect();
            OperatorError::Given(format!(
                "the local cloud has no queue `{wanted}`; it has {}",
                names.join(", ")
            ))
        })
    }
}
