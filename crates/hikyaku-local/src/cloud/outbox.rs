//! Where Lambda sends the records of events: queues of the same cloud.

use std::sync::Arc;

use crate::lambda::Outbox;
use crate::sqs::{MessageAttribute, SendRequest, Sqs};

struct SqsOutbox(Sqs);

/// An outbox that sends to these queues.
pub(super) fn of(sqs: Sqs) -> Arc<dyn Outbox> {
    Arc::new(SqsOutbox(sqs))
}

impl Outbox for SqsOutbox {
    fn send(&self, queue: &str, body: String, attributes: &[(&str, String)]) -> Result<(), String> {
        let queue = self
            .0
            .queue_by_name(queue)
            .map_err(|error| error.to_string())?;
        let mut request = SendRequest::new(queue, body);
        let attribute = |(name, value): &(&str, String)| {
            ((*name).to_owned(), MessageAttribute::string(value.clone()))
        };
        request.attributes = attributes
            .iter()
            .filter(|(_, value)| !value.is_empty())
            .map(attribute)
            .collect();
        self.0
            .send(request)
            .map(drop)
            .map_err(|error| error.to_string())
    }
}
