//! Message move tasks.

use super::*;

const DEAD: &str = "arn:aws:sqs:us-east-1:000000000000:dead";

/// Messages from the queue `jobs` in its dead-letter queue `dead`.
async fn with_dead_letters(count: usize) -> (Sqs, QueueName, QueueName) {
    let sqs = sqs();
    let dead = sqs.create_queue("dead", &attributes([])).unwrap();
    let policy = redrive_policy(&sqs, &dead, 1);
    let queue = sqs
        .create_queue("jobs", &attributes([("RedrivePolicy", &policy)]))
        .unwrap();
    for number in 0..count {
        send(&sqs, &queue, &number.to_string());
    }
    for message in sqs
        .receive(ReceiveRequest::new(queue.clone(), 1000))
        .await
        .unwrap()
    {
        sqs.change_visibility(&queue, &message.receipt_handle, 0)
            .unwrap();
    }
    assert!(receive(&sqs, &queue).await.is_empty());
    assert_eq!(counts(&sqs, &dead).0, count);
    (sqs, queue, dead)
}

fn latest(sqs: &Sqs) -> MoveTask {
    sqs.move_tasks(DEAD).unwrap().remove(0)
}

#[tokio::test(start_paused = true)]
async fn dead_letters_go_back_to_where_they_came_from_as_new_messages() {
    let (sqs, queue, dead) = with_dead_letters(3).await;
    let buried = receive_one(&sqs, &dead).await;
    sqs.change_visibility(&dead, &buried.receipt_handle, 0)
        .unwrap();
    pass(10).await;
    sqs.start_move_task(DEAD, None, None).unwrap();
    let task = latest(&sqs);
    assert_eq!(
        (task.status, task.moved, task.to_move),
        (MoveTaskStatus::Completed, 3, 3)
    );
    assert_eq!(counts(&sqs, &dead), (0, 0, 0));
    let messages = receive(&sqs, &queue).await;
    assert_eq!(messages.len(), 3);
    for message in messages {
        assert_ne!(message.message_id, buried.message_id);
        assert_eq!(message.attributes["ApproximateReceiveCount"], "1");
        assert_eq!(
            message.attributes["SentTimestamp"],
            (NOON_MS + 10_000).to_string()
        );
        assert!(!message.attributes.contains_key("DeadLetterQueueSourceArn"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_task_may_be_sent_elsewhere_at_its_own_pace() {
    let (sqs, _, dead) = with_dead_letters(5).await;
    let other = sqs.create_queue("other", &attributes([])).unwrap();
    sqs.start_move_task(DEAD, Some(&sqs.identity().arn(&other)), Some(2))
        .unwrap();
    assert_eq!(
        (latest(&sqs).status, latest(&sqs).moved),
        (MoveTaskStatus::Running, 1)
    );
    pass(1).await;
    assert_eq!((counts(&sqs, &dead).0, counts(&sqs, &other).0), (2, 3));
    pass(1).await;
    assert_eq!(
        (latest(&sqs).status, latest(&sqs).moved),
        (MoveTaskStatus::Completed, 5)
    );
}

#[tokio::test(start_paused = true)]
async fn a_waiting_receive_gets_each_message_as_soon_as_it_is_moved() {
    let (sqs, queue, _) = with_dead_letters(2).await;
    let poll =
        || sqs.receive(ReceiveRequest::new(queue.clone(), 10).waiting(Duration::from_secs(20)));
    let starting = async {
        pass(3).await;
        sqs.start_move_task(DEAD, None, Some(1)).unwrap();
    };
    let (first, ()) = tokio::join!(poll(), starting);
    assert_eq!(first.unwrap().len(), 1);
    assert_eq!(poll().await.unwrap().len(), 1);
    assert_eq!(sqs.clock().now_ms(), NOON_MS + 4000);
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_task_stops_and_keeps_what_it_moved() {
    let (sqs, queue, dead) = with_dead_letters(5).await;
    let handle = sqs.start_move_task(DEAD, None, Some(1)).unwrap();
    let again = sqs.start_move_task(DEAD, None, None).unwrap_err();
    assert!(
        again.to_string().contains("already a task running"),
        "{again}"
    );
    pass(1).await;
    assert_eq!(sqs.cancel_move_task(&handle), Ok(2));
    pass(10).await;
    assert_eq!((counts(&sqs, &queue).0, counts(&sqs, &dead).0), (2, 3));
    assert_eq!(latest(&sqs).status, MoveTaskStatus::Cancelled);
    assert_eq!(sqs.cancel_move_task(&handle).unwrap_err().status(), 404);
    assert_eq!(
        sqs.cancel_move_task("nonsense").unwrap_err().code(),
        "InvalidParameterValue"
    );
}

#[tokio::test(start_paused = true)]
async fn a_task_fails_when_its_destination_disappears() {
    let (sqs, _, dead) = with_dead_letters(3).await;
    let other = sqs.create_queue("other", &attributes([])).unwrap();
    sqs.start_move_task(DEAD, Some(&sqs.identity().arn(&other)), Some(1))
        .unwrap();
    sqs.delete_queue(&other).unwrap();
    pass(1).await;
    let reason = "AWS.SimpleQueueService.NonExistentQueue";
    assert_eq!(latest(&sqs).status, MoveTaskStatus::Failed(reason));
    assert_eq!(counts(&sqs, &dead).0, 2);
}

#[tokio::test(start_paused = true)]
async fn a_message_that_came_from_nowhere_stays_and_fails_the_task() {
    let (sqs, _, dead) = with_dead_letters(0).await;
    send(&sqs, &dead, "sent here directly");
    sqs.start_move_task(DEAD, None, None).unwrap();
    assert_eq!(
        latest(&sqs).status,
        MoveTaskStatus::Failed("CouldNotDetermineMessageSource")
    );
    assert_eq!(bodies(&sqs, &dead).await, ["sent here directly"]);
}

#[tokio::test(start_paused = true)]
async fn only_dead_letter_queues_have_tasks() {
    let (sqs, queue, dead) = with_dead_letters(1).await;
    let arn = sqs.identity().arn(&queue);
    let refused = sqs.start_move_task(&arn, None, None).unwrap_err();
    assert_eq!(
        refused.message(),
        "Source queue must be configured as a Dead Letter Queue."
    );
    assert_eq!(
        sqs.start_move_task(&format!("{arn}x"), None, None)
            .unwrap_err()
            .status(),
        404
    );
    assert_eq!(
        sqs.start_move_task(DEAD, Some(&format!("{arn}x")), None)
            .unwrap_err()
            .status(),
        404
    );
    assert_eq!(
        sqs.start_move_task(DEAD, Some(DEAD), None)
            .unwrap_err()
            .status(),
        400
    );
    assert_eq!(
        sqs.start_move_task(DEAD, None, Some(501))
            .unwrap_err()
            .status(),
        400
    );
    assert!(sqs.move_tasks(DEAD).unwrap().is_empty());
    assert_eq!(counts(&sqs, &dead).0, 1);
}
