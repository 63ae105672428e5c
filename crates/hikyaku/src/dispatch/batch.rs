//! Many messages: as few requests as SQS allows, and each message's own answer.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use futures_util::{StreamExt, stream};
use hikyaku_core::{BoxFuture, Clock, Outgoing, Pauses, QueueError, Random, is_fifo};

use super::DispatchError;
use super::client::{Letter, unsent};
use crate::sqs::Refusal;

/// How many messages one request may have (Amazon SQS API reference, `SendMessageBatch`).
const MOST_MESSAGES: usize = 10;
/// How long the messages of one request may be together, in bytes (the same page).
const MOST_BYTES: usize = 1_048_576;
/// How many requests to a standard queue are under way at once.
const AT_ONCE: usize = 8;
/// How often a message is sent that SQS did not take for reasons of its own.
const TIMES: u32 = 3;
/// The longest wait before the second time, and of all.
const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

type Answer = Result<String, DispatchError>;
/// A letter, and which one of all it is.
type Numbered = (usize, Letter);

/// Takes the messages of one request, and answers for each why it was not taken.
pub(super) trait Counter: Sync {
    /// Hands them over.
    fn take<'a>(
        &'a self,
        messages: Vec<&'a Outgoing>,
    ) -> BoxFuture<'a, Result<Vec<Option<Refusal>>, QueueError>>;
}

/// Sends what can be sent, and answers for each message.
pub(super) async fn send_all(
    addressed: Vec<Result<Letter, DispatchError>>,
    clock: &dyn Clock,
    random: &dyn Random,
    counter: &dyn Counter,
) -> Vec<Answer> {
    let (mut answers, mut letters) = (Vec::with_capacity(addressed.len()), Vec::new());
    for (number, addressed) in addressed.into_iter().enumerate() {
        match addressed {
            Ok(letter) => letters.push((number, letter)),
            Err(error) => answers.push((number, Err(error))),
        }
    }
    let in_order = letters
        .first()
        .is_some_and(|(_, letter)| is_fifo(&letter.outgoing.queue));
    let errand = Errand {
        counter,
        clock,
        random,
        broken: OnceLock::new(),
    };
    let sent = stream::iter(chunks(letters))
        // Boxed, for otherwise the compiler cannot see that all of this may move between threads.
        .map(|chunk| -> BoxFuture<'_, _> { Box::pin(errand.send_chunk(chunk)) })
        .buffered(if in_order { 1 } else { AT_ONCE })
        .flat_map(stream::iter);
    answers.extend(sent.collect::<Vec<_>>().await);
    answers.sort_by_key(|(number, _)| *number);
    answers.into_iter().map(|(_, answer)| answer).collect()
}

/// Requests that are as full as they may be.
fn chunks(letters: Vec<Numbered>) -> Vec<Vec<Numbered>> {
    let mut chunks: Vec<Vec<Numbered>> = Vec::new();
    let mut bytes = 0;
    for letter in letters {
        let length = letter.1.outgoing.body.len();
        bytes += length;
        match chunks.last_mut() {
            Some(chunk) if chunk.len() < MOST_MESSAGES && bytes <= MOST_BYTES => chunk.push(letter),
            _ => {
                bytes = length;
                chunks.push(vec![letter]);
            }
        }
    }
    chunks
}

struct Errand<'a> {
    counter: &'a dyn Counter,
    clock: &'a dyn Clock,
    random: &'a dyn Random,
    /// Why a whole request failed. What is left would fail for the same reason.
    broken: OnceLock<Arc<QueueError>>,
}

impl Errand<'_> {
    /// Sends one request, and again those of its messages that SQS was at fault for.
    async fn send_chunk(&self, mut chunk: Vec<Numbered>) -> Vec<(usize, Answer)> {
        let mut answers = Vec::with_capacity(chunk.len());
        let mut pauses = Pauses::new(self.random, FIRST_PAUSE, LONGEST_PAUSE);
        for time in 1..=TIMES {
            let refusals = match self.request(&chunk).await {
                Ok(refusals) => refusals,
                Err(error) => {
                    answers.extend(chunk.into_iter().map(|letter| failed(letter, &error)));
                    return answers;
                }
            };
            let mut again = Vec::new();
            for (letter, refusal) in chunk.into_iter().zip(refusals) {
                match refusal {
                    None => answers.push((letter.0, Ok(letter.1.uuid))),
                    Some(refusal) if refusal.retryable && time < TIMES => again.push(letter),
                    Some(refusal) => {
                        let queue = &letter.1.outgoing.queue;
                        let error = Arc::new(refusal.into_error(queue));
                        answers.push(failed(letter, &error));
                    }
                }
            }
            if again.is_empty() {
                break;
            }
            chunk = again;
            self.clock
                .sleep_until(self.clock.now() + pauses.next())
                .await;
        }
        answers
    }

    async fn request(&self, chunk: &[Numbered]) -> Result<Vec<Option<Refusal>>, Arc<QueueError>> {
        if let Some(error) = self.broken.get() {
            return Err(Arc::clone(error));
        }
        let messages = chunk.iter().map(|(_, letter)| &letter.outgoing);
        let answered = self.counter.take(messages.collect()).await;
        let answered = answered.map_err(Arc::new);
        if let Err(error) = &answered {
            // Another request may have failed before.
            drop(self.broken.set(Arc::clone(error)));
        }
        answered
    }
}

fn failed((number, letter): Numbered, error: &Arc<QueueError>) -> (usize, Answer) {
    (number, Err(unsent(letter.job, letter.uuid, error)))
}
