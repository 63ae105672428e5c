//! Receives that wait.

use super::*;

fn poll(queue: &QueueName, seconds: u64) -> ReceiveRequest {
    ReceiveRequest::new(queue.clone(), 10).waiting(Duration::from_secs(seconds))
}

#[track_caller]
fn passed_ms(sqs: &Sqs) -> u64 {
    sqs.clock().now_ms() - NOON_MS
}

#[tokio::test(start_paused = true)]
async fn an_empty_queue_answers_after_the_whole_wait() {
    let (sqs, queue) = with_queue("jobs", []);
    assert!(sqs.receive(poll(&queue, 20)).await.unwrap().is_empty());
    assert_eq!(passed_ms(&sqs), 20_000);
}

#[tokio::test(start_paused = true)]
async fn the_queue_says_how_long_when_the_request_does_not() {
    let (sqs, queue) = with_queue("jobs", [("ReceiveMessageWaitTimeSeconds", "7")]);
    let request = ReceiveRequest {
        wait: None,
        ..ReceiveRequest::new(queue, 1)
    };
    assert!(sqs.receive(request).await.unwrap().is_empty());
    assert_eq!(passed_ms(&sqs), 7000);
}

#[tokio::test(start_paused = true)]
async fn a_send_wakes_a_waiting_receive_at_once() {
    let (sqs, queue) = with_queue("jobs", []);
    let sending = async {
        pass(3).await;
        send(&sqs, &queue, "a");
    };
    let (messages, ()) = tokio::join!(sqs.receive(poll(&queue, 20)), sending);
    assert_eq!(messages.unwrap().len(), 1);
    assert_eq!(passed_ms(&sqs), 3000);
}

#[tokio::test(start_paused = true)]
async fn the_end_of_a_delay_wakes_a_receive_that_was_waiting_before_the_send() {
    let (sqs, queue) = with_queue("jobs", []);
    let sending = async {
        pass(3).await;
        sqs.send(SendRequest {
            delay_seconds: Some(4),
            ..SendRequest::new(queue.clone(), "a")
        })
        .unwrap();
    };
    let (messages, ()) = tokio::join!(sqs.receive(poll(&queue, 20)), sending);
    assert_eq!(messages.unwrap().len(), 1);
    assert_eq!(passed_ms(&sqs), 7000);
}

#[tokio::test(start_paused = true)]
async fn the_end_of_a_visibility_timeout_wakes_a_waiting_receive() {
    let (sqs, queue) = with_queue("jobs", [("VisibilityTimeout", "5")]);
    send(&sqs, &queue, "a");
    receive_one(&sqs, &queue).await;
    assert_eq!(sqs.receive(poll(&queue, 20)).await.unwrap().len(), 1);
    assert_eq!(passed_ms(&sqs), 5000);
}

#[tokio::test(start_paused = true)]
async fn a_message_given_back_early_wakes_a_waiting_receive() {
    let (sqs, queue) = with_queue("jobs", []);
    send(&sqs, &queue, "a");
    let message = receive_one(&sqs, &queue).await;
    let giving_back = async {
        pass(2).await;
        sqs.change_visibility(&queue, &message.receipt_handle, 0)
            .unwrap();
    };
    let (messages, ()) = tokio::join!(sqs.receive(poll(&queue, 20)), giving_back);
    assert_eq!(messages.unwrap().len(), 1);
    assert_eq!(passed_ms(&sqs), 2000);
}

#[tokio::test(start_paused = true)]
async fn a_group_that_opens_wakes_a_waiting_receive() {
    let (sqs, queue) = with_queue("jobs.fifo", [("FifoQueue", "true")]);
    send_to_group(&sqs, &queue, "g", "1");
    let message = receive_one(&sqs, &queue).await;
    send_to_group(&sqs, &queue, "g", "2");
    let deleting = async {
        pass(2).await;
        sqs.delete(&queue, &message.receipt_handle).unwrap();
    };
    let (messages, ()) = tokio::join!(sqs.receive(poll(&queue, 20)), deleting);
    assert_eq!(&*messages.unwrap()[0].body, "2");
    assert_eq!(passed_ms(&sqs), 2000);
}

#[tokio::test(start_paused = true)]
async fn one_message_goes_to_one_of_two_waiting_receives() {
    let (sqs, queue) = with_queue("jobs", []);
    let sending = async {
        pass(1).await;
        send(&sqs, &queue, "a");
    };
    let (first, second, ()) = tokio::join!(
        sqs.receive(poll(&queue, 5)),
        sqs.receive(poll(&queue, 5)),
        sending
    );
    assert_eq!(first.unwrap().len() + second.unwrap().len(), 1);
    assert_eq!(passed_ms(&sqs), 5000);
}

#[tokio::test(start_paused = true)]
async fn deleting_the_queue_ends_the_wait() {
    let (sqs, queue) = with_queue("jobs", []);
    let deleting = async {
        pass(1).await;
        sqs.delete_queue(&queue).unwrap();
    };
    let (refused, ()) = tokio::join!(sqs.receive(poll(&queue, 20)), deleting);
    assert_eq!(refused, Err(SqsError::QueueDoesNotExist));
}

#[tokio::test(start_paused = true)]
async fn a_dropped_receive_takes_no_message_with_it() {
    let (sqs, queue) = with_queue("jobs", []);
    let impatient =
        tokio::time::timeout(Duration::from_secs(1), sqs.receive(poll(&queue, 20))).await;
    assert!(impatient.is_err());
    send(&sqs, &queue, "a");
    assert_eq!(bodies(&sqs, &queue).await, ["a"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_threads_get_every_message_exactly_once_and_miss_no_wake_up() {
    let sqs = Sqs::new(Arc::new(crate::clock::SystemClock), Identity::default());
    let queue = sqs.create_queue("jobs", &attributes([])).unwrap();
    let mut pollers = tokio::task::JoinSet::new();
    for _ in 0..4 {
        let (sqs, queue) = (sqs.clone(), queue.clone());
        pollers.spawn(async move {
            let mut bodies = Vec::new();
            // Whoever gets the last message deletes the queue: that ends the waits.
            while let Ok(messages) = sqs.receive(poll(&queue, 600)).await {
                for message in messages {
                    bodies.push(message.body.to_string());
                    sqs.delete(&queue, &message.receipt_handle).unwrap();
                }
                let counts = sqs.counts(&queue).unwrap_or_default();
                if bodies.iter().any(|body| body == "last") && counts == Counts::default() {
                    sqs.delete_queue(&queue).unwrap();
                }
            }
            bodies
        });
    }
    for number in 0..1000 {
        send(&sqs, &queue, &number.to_string());
        tokio::task::yield_now().await;
    }
    while sqs.counts(&queue).unwrap() != Counts::default() {
        tokio::task::yield_now().await;
    }
    send(&sqs, &queue, "last");
    let mut bodies = pollers.join_all().await.concat();
    bodies.sort();
    let mut expected: Vec<String> = (0..1000).map(|number| number.to_string()).collect();
    expected.push("last".to_owned());
    expected.sort();
    assert_eq!(bodies, expected);
}
