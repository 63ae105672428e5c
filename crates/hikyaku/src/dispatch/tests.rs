use std::sync::Mutex;

use hikyaku_core::{BoxFuture, Clock, DispatchError, Outgoing, QueueError, Timestamp, explain};

use super::batch::{Counter, send_all};
use super::client::Letter;
use super::{Message, QueueClient};
use crate::sqs::Refusal;
use crate::{Config, SystemRandom};

const STANDARD: &str = "https://sqs.eu-west-1.amazonaws.com/1/jobs";
const ORDERED: &str = "https://sqs.eu-west-1.amazonaws.com/1/jobs.fifo";

/// A clock that is where it is asked to be at once, and remembers when that was.
#[derive(Default)]
struct Skipping(Mutex<Vec<u64>>);

impl Clock for Skipping {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.lock().unwrap().last().copied().unwrap_or(0))
    }

    fn sleep_until(&self, moment: Timestamp) -> BoxFuture<'static, ()> {
        self.0.lock().unwrap().push(moment.as_millis());
        Box::pin(std::future::ready(()))
    }
}

/// A queue that refuses what its script says, by the body, as often as it says so.
#[derive(Default)]
struct Picky {
    refuses: Mutex<Vec<(&'static str, u32, bool)>>,
    broken_after: Option<usize>,
    requests: Mutex<Vec<Vec<String>>>,
}

impl Picky {
    fn taken(&self, chunk: &[&Outgoing]) -> Result<Vec<Option<Refusal>>, QueueError> {
        let bodies: Vec<_> = chunk.iter().map(|message| message.body.clone()).collect();
        self.requests.lock().unwrap().push(bodies);
        if self
            .broken_after
            .is_some_and(|most| self.requests.lock().unwrap().len() > most)
        {
            return Err(QueueError {
                action: "sending messages",
                queue: STANDARD.to_owned(),
                retryable: true,
                source: "no route".into(),
            });
        }
        Ok(chunk.iter().map(|message| self.refusal(message)).collect())
    }

    fn refusal(&self, message: &Outgoing) -> Option<Refusal> {
        let mut refuses = self.refuses.lock().unwrap();
        let (_, times, retryable) = refuses
            .iter_mut()
            .find(|(body, times, _)| *times > 0 && message.body.starts_with(body))?;
        *times -= 1;
        Some(Refusal {
            code: "InternalError".to_owned(),
            message: "not now".to_owned(),
            retryable: *retryable,
        })
    }

    async fn send(&self, letters: Vec<Letter>) -> (Vec<Result<String, DispatchError>>, Vec<u64>) {
        let clock = Skipping::default();
        let letters = letters.into_iter().map(Ok).collect();
        let answers = send_all(letters, &clock, &SystemRandom, self).await;
        (answers, clock.0.into_inner().unwrap())
    }

    fn requests(&self) -> Vec<usize> {
        self.requests.lock().unwrap().iter().map(Vec::len).collect()
    }
}

impl Counter for Picky {
    fn take<'a>(
        &'a self,
        messages: Vec<&'a Outgoing>,
    ) -> BoxFuture<'a, Result<Vec<Option<Refusal>>, QueueError>> {
        Box::pin(std::future::ready(self.taken(&messages)))
    }
}

fn letter(queue: &str, body: impl Into<String>) -> Letter {
    let body = body.into();
    Letter {
        job: "job".to_owned(),
        uuid: body.chars().take(8).collect(),
        outgoing: Outgoing {
            queue: queue.to_owned(),
            body,
            delay: std::time::Duration::ZERO,
            group: None,
            deduplication: String::new(),
            trace: None,
        },
    }
}

fn letters(queue: &str, count: usize) -> Vec<Letter> {
    (0..count)
        .map(|number| letter(queue, format!("m{number}.")))
        .collect()
}

fn uuids(answers: &[Result<String, DispatchError>]) -> Vec<String> {
    let uuid = |answer: &Result<String, DispatchError>| match answer {
        Ok(uuid) => uuid.clone(),
        Err(error) => explain(error),
    };
    answers.iter().map(uuid).collect()
}

#[tokio::test]
async fn ten_messages_go_in_one_request_and_answers_keep_their_order() {
    let queue = Picky::default();
    let (answers, waits) = queue.send(letters(STANDARD, 23)).await;
    assert_eq!(queue.requests(), [10, 10, 3]);
    let expected: Vec<_> = (0..23).map(|number| format!("m{number}.")).collect();
    assert_eq!(uuids(&answers), expected);
    assert!(waits.is_empty());
}

#[tokio::test]
async fn a_request_is_no_longer_than_a_mebibyte() {
    let queue = Picky::default();
    let half = "x".repeat(524_288);
    let long = vec![
        letter(STANDARD, half.clone()),
        letter(STANDARD, half.clone()),
        letter(STANDARD, "y"),
        letter(STANDARD, half),
    ];
    queue.send(long).await;
    assert_eq!(queue.requests(), [2, 2]);
}

#[tokio::test]
async fn only_what_sqs_was_at_fault_for_is_sent_again() {
    let queue = Picky {
        refuses: Mutex::new(vec![("m1.", 2, true), ("m2.", 1, false), ("m3.", 9, true)]),
        ..Picky::default()
    };
    let (answers, waits) = queue.send(letters(STANDARD, 5)).await;
    let requests = queue.requests.lock().unwrap().clone();
    assert_eq!(requests[1..], [vec!["m1.", "m3."], vec!["m1.", "m3."]]);
    let refused = "dispatching job `job` (m2.): sending a message in queue `https://sqs.eu-west-1.amazonaws.com/1/jobs`: InternalError: not now";
    assert_eq!(
        uuids(&answers),
        ["m0.", "m1.", refused, &refused.replace("m2.", "m3."), "m4."]
    );
    assert!(waits[0] <= 200 && waits[1] <= waits[0] + 400, "{waits:?}");
}

#[tokio::test]
async fn after_a_request_that_failed_nothing_more_is_sent() {
    let queue = Picky {
        broken_after: Some(1),
        ..Picky::default()
    };
    let (answers, _) = queue.send(letters(ORDERED, 40)).await;
    assert_eq!(queue.requests(), [10, 10]);
    assert!(answers[..10].iter().all(Result::is_ok));
    for answer in &answers[10..] {
        assert!(explain(answer.as_ref().unwrap_err()).ends_with("no route"));
    }
}

#[test]
fn dispatching_may_move_between_threads() {
    fn assert_send(_: &impl Send) {}
    let config = Config::from_lookup(|_| Ok(None)).unwrap();
    let queue = QueueClient::new(&config, STANDARD);
    assert_send(&queue.dispatch_all([Message::string_job("job", &1)]));
    let message = queue.dispatch(Message::string_job("job", &1));
    assert_send(&std::future::IntoFuture::into_future(message));
}
