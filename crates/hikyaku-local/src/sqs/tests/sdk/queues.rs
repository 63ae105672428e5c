//! Queues and their errors.

use super::*;

#[tokio::test]
async fn a_queue_is_created_found_listed_and_deleted() {
    on_a_laptop(async |laptop| {
        let url = laptop.queue("jobs", []).await;
        assert!(
            url.starts_with("http://127.0.0.1:") && url.ends_with("/000000000000/jobs"),
            "{url}"
        );
        let found = laptop
            .client
            .get_queue_url()
            .queue_name("jobs")
            .send()
            .await
            .unwrap();
        assert_eq!(found.queue_url(), Some(url.as_str()));
        let listed = laptop.client.list_queues().send().await.unwrap();
        assert_eq!(listed.queue_urls(), std::slice::from_ref(&url));
        laptop
            .client
            .delete_queue()
            .queue_url(&url)
            .send()
            .await
            .unwrap();
        let gone = laptop
            .client
            .get_queue_url()
            .queue_name("jobs")
            .send()
            .await
            .unwrap_err()
            .into_service_error();
        assert!(gone.is_queue_does_not_exist(), "{gone:?}");
        let again = laptop
            .client
            .create_queue()
            .queue_name("jobs")
            .send()
            .await
            .unwrap_err()
            .into_service_error();
        assert!(again.is_queue_deleted_recently(), "{again:?}");
    })
    .await;
}

#[tokio::test]
async fn errors_about_queues_are_known_by_their_types() {
    on_a_laptop(async |laptop| {
        let url = laptop.queue("jobs", []).await;
        let create = |name| laptop.client.create_queue().queue_name(name);
        let other = create("jobs").attributes(QueueAttributeName::DelaySeconds, "1");
        let refused = other.send().await.unwrap_err().into_service_error();
        assert!(refused.is_queue_name_exists(), "{refused:?}");
        let colour = create("new")
            .attributes("Colour".into(), "red")
            .send()
            .await;
        let refused = colour.unwrap_err().into_service_error();
        assert!(refused.is_invalid_attribute_name(), "{refused:?}");
        let purge = laptop.client.purge_queue().queue_url(&url);
        purge.clone().send().await.unwrap();
        let refused = purge.send().await.unwrap_err().into_service_error();
        assert!(refused.is_purge_queue_in_progress(), "{refused:?}");
    })
    .await;
}

#[tokio::test]
async fn queue_attributes_and_tags_are_set_and_read() {
    on_a_laptop(async |laptop| {
        let url = laptop.queue("jobs", []).await;
        let set = laptop.client.set_queue_attributes().queue_url(&url);
        set.attributes(QueueAttributeName::VisibilityTimeout, "77")
            .send()
            .await
            .unwrap();
        let all = laptop
            .client
            .get_queue_attributes()
            .queue_url(&url)
            .attribute_names(QueueAttributeName::All);
        let all = all.send().await.unwrap().attributes.unwrap();
        assert_eq!(all[&QueueAttributeName::VisibilityTimeout], "77");
        assert_eq!(all[&QueueAttributeName::ApproximateNumberOfMessages], "0");
        laptop
            .client
            .tag_queue()
            .queue_url(&url)
            .tags("team", "post")
            .send()
            .await
            .unwrap();
        let tags = laptop
            .client
            .list_queue_tags()
            .queue_url(&url)
            .send()
            .await
            .unwrap();
        assert_eq!(tags.tags().unwrap()["team"], "post");
    })
    .await;
}

#[tokio::test]
async fn dead_letters_are_buried_and_moved_back() {
    on_a_laptop(async |laptop| {
        let dead = laptop.queue("dead", []).await;
        let dead_arn = laptop.arn(&dead).await;
        let policy =
            format!("{{\"deadLetterTargetArn\":\"{dead_arn}\",\"maxReceiveCount\":\"1\"}}");
        let url = laptop
            .queue("jobs", [(QueueAttributeName::RedrivePolicy, &policy)])
            .await;
        laptop.send(&url, "a").await;
        assert_eq!(laptop.receive(&url).await.len(), 1);
        laptop.pass(30);
        assert!(laptop.receive(&url).await.is_empty());
        let sources = laptop
            .client
            .list_dead_letter_source_queues()
            .queue_url(&dead)
            .send()
            .await
            .unwrap();
        assert_eq!(sources.queue_urls(), std::slice::from_ref(&url));
        let started = laptop
            .client
            .start_message_move_task()
            .source_arn(&dead_arn)
            .send()
            .await
            .unwrap();
        assert!(started.task_handle().is_some());
        let tasks = laptop
            .client
            .list_message_move_tasks()
            .source_arn(&dead_arn)
            .send()
            .await
            .unwrap();
        let task = &tasks.results()[0];
        assert_eq!(
            (task.status(), task.approximate_number_of_messages_moved()),
            (Some("COMPLETED"), 1)
        );
        assert_eq!(laptop.receive(&url).await.len(), 1);
        let handle = started.task_handle().unwrap();
        let over = laptop
            .client
            .cancel_message_move_task()
            .task_handle(handle)
            .send()
            .await
            .unwrap_err();
        assert!(over.into_service_error().is_resource_not_found_exception());
    })
    .await;
}
