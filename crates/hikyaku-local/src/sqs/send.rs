//! Sending: duplicates are recognised, everything else goes into its queue.

use std::sync::Arc;

use super::batch::{self, BatchOutcome};
use super::contents;
use super::dedup::Original;
use super::draft::{Draft, SendRequest, SentMessage};
use super::engine::{Sqs, State};
use super::error::SqsError;
use super::limits::MAXIMUM_MESSAGE_BYTES;
use super::message::Message;

/// What the API calls one message of a batch.
const BATCH_ENTRY: &str = "SendMessageBatchRequestEntry";

impl Sqs {
    /// Sends a message.
    pub fn send(&self, request: SendRequest) -> Result<SentMessage, SqsError> {
        let draft = Draft::new(request)?;
        self.with(|state, now_ms| state.send(draft, now_ms))
    }

    /// Sends up to ten messages of together 1 MiB; each succeeds or fails on its own.
    pub fn send_batch(
        &self,
        entries: Vec<(String, SendRequest)>,
    ) -> Result<BatchOutcome<SentMessage>, SqsError> {
        let bytes = |request: &SendRequest| contents::size(&request.body, &request.attributes);
        self.send_batch_of(entries, bytes, Ok)
    }

    /// Sends a batch of what becomes a request one by one.
    pub(crate) fn send_batch_of<E>(
        &self,
        entries: Vec<(String, E)>,
        bytes: impl Fn(&E) -> usize,
        request: impl Fn(E) -> Result<SendRequest, SqsError>,
    ) -> Result<BatchOutcome<SentMessage>, SqsError> {
        batch::check(BATCH_ENTRY, &entries)?;
        let sent = entries.iter().map(|(_, entry)| bytes(entry)).sum();
        if sent > MAXIMUM_MESSAGE_BYTES {
            return Err(SqsError::BatchRequestTooLong {
                limit: MAXIMUM_MESSAGE_BYTES,
                sent,
            });
        }
        let requests = entries.into_iter();
        let requests: Vec<_> = requests.map(|(id, entry)| (id, request(entry))).collect();
        for request in requests
            .iter()
            .filter_map(|(_, request)| request.as_ref().ok())
        {
            self.check_ids(request)?;
        }
        batch::run(BATCH_ENTRY, requests, |request| self.send(request?))
    }

    /// What AWS refuses a whole batch for (recorded), and a single message with other codes.
    fn check_ids(&self, request: &SendRequest) -> Result<(), SqsError> {
        if !request.queue.is_fifo() {
            return Ok(());
        }
        if request.message_group_id.is_none() {
            let text = "the request must contain the parameter MessageGroupId";
            return Err(SqsError::InvalidRequest(text.to_owned()));
        }
        let content_based = self.with(|state, now_ms| {
            let queue = state.queue(&request.queue, now_ms)?;
            Ok(queue.attributes.content_based_deduplication())
        })?;
        if request.message_deduplication_id.is_none() && !content_based {
            return Err(SqsError::no_deduplication_id());
        }
        Ok(())
    }
}

impl State {
    fn send(&mut self, mut draft: Draft, now_ms: u64) -> Result<SentMessage, SqsError> {
        let queue = self.queue(&draft.queue, now_ms)?;
        draft.fit(&queue.attributes)?;
        let delay_ms = draft
            .delay_seconds
            .map_or(queue.attributes.delay_ms(), |seconds| {
                u64::from(seconds) * 1000
            });
        let scope = draft
            .content
            .group
            .clone()
            .filter(|_| queue.attributes.deduplicates_by_group());
        let duplicate_of = draft.content.deduplication_id.clone().map(|id| (scope, id));
        if let Some(original) = duplicate_of
            .as_ref()
            .and_then(|key| queue.sent.get(key, now_ms))
        {
            return Ok(draft.sent(
                Arc::clone(&original.message_id),
                original.sequence_number.clone(),
            ));
        }
        let message_id = self.next_id();
        let message = Message::new(Arc::clone(&message_id), draft.content.clone(), now_ms);
        let sequence_number = self.put(&draft.queue, message, delay_ms);
        if let Some(key) = duplicate_of {
            let original = Original {
                message_id: Arc::clone(&message_id),
                sequence_number: sequence_number.clone(),
            };
            self.queue(&draft.queue, now_ms)?
                .sent
                .insert(key, original, now_ms);
        }
        Ok(draft.sent(message_id, sequence_number))
    }
}
