//! From an application to PHP, over SQS.

use hikyaku::Encrypter;
use hikyaku::dispatch::{Message, ObjectBuilder, ObjectJob, QueueClient};
use hikyaku::explain;
use hikyaku_laravel::Envelope;
use hikyaku_laravel::encrypter::Cipher;
use hikyaku_laravel::envelope::Kind;
use serde_json::json;

use super::cloud::on_a_cloud;

fn podcast() -> ObjectBuilder<'static> {
    ObjectBuilder::new("App\\Jobs\\ProcessPodcast")
        .private("App\\Jobs\\ProcessPodcast", "podcastId", 7)
        .protected("format", "mp3")
}

#[tokio::test]
async fn an_object_job_arrives_with_its_nul_bytes_and_its_chain() {
    on_a_cloud(async |cloud| {
        let queue = QueueClient::new(&cloud.config, &cloud.create("php"));
        let next = ObjectBuilder::new("App\\Jobs\\ReleasePodcast").public("podcastId", 7);
        let job = ObjectJob::new(podcast()).chain([next]);
        let uuid = queue.dispatch(job).tries(3).await.unwrap();
        let received = cloud.receive("php").await.remove(0);
        let envelope = Envelope::parse(&received.body).unwrap();
        assert_eq!(envelope.uuid, Some(uuid));
        let Kind::Object { command, .. } = envelope.kind() else {
            panic!("no object")
        };
        let link = r#"O:23:"App\Jobs\ReleasePodcast":1:{s:9:"podcastId";i:7;}"#;
        let expected = format!(
            "O:23:\"App\\Jobs\\ProcessPodcast\":3:{{s:34:\"\0App\\Jobs\\ProcessPodcast\0podcastId\";i:7;s:9:\"\0*\0format\";s:3:\"mp3\";s:7:\"chained\";a:1:{{i:0;s:{}:\"{link}\";}}}}",
            link.len()
        );
        assert_eq!(command.text(), expected);
    })
    .await;
}

#[tokio::test]
async fn two_encrypted_jobs_do_not_share_their_beginning() {
    on_a_cloud(async |cloud| {
        let queue = QueueClient::new(&cloud.config, &cloud.create("php"));
        let key = "0123456789abcdef0123456789abcdef";
        let encrypter = Encrypter::new(key, "", Cipher::Aes256Gcm).unwrap();
        let mut texts = Vec::new();
        for _ in 0..2 {
            let job = ObjectJob::new(podcast()).encrypted(&encrypter);
            queue.dispatch(job).await.unwrap();
            let received = cloud.receive("php").await.remove(0);
            let envelope = Envelope::parse(&received.body).unwrap();
            let Kind::Object { command, .. } = envelope.kind() else {
                panic!("no object")
            };
            let plain = encrypter.decrypt_command(command.text()).unwrap();
            assert!(plain.starts_with(b"O:23:\"App\\Jobs\\ProcessPodcast\""));
            texts.push(command.text().to_owned());
        }
        assert_ne!(texts[0], texts[1]);
    })
    .await;
}

#[tokio::test]
async fn php_is_called_by_class_and_method() {
    on_a_cloud(async |cloud| {
        let queue = QueueClient::new(&cloud.config, &cloud.create("php"));
        let call = Message::string_job("App\\Jobs\\Notify@handle", &json!({ "user": 7 }));
        queue.dispatch(call).await.unwrap();
        let received = cloud.receive("php").await.remove(0);
        let envelope = Envelope::parse(&received.body).unwrap();
        assert_eq!(envelope.job, "App\\Jobs\\Notify@handle");
        assert_eq!(envelope.display_name.as_deref(), Some("App\\Jobs\\Notify"));
        assert_eq!(envelope.member("data"), Some(r#"{"user":7}"#));
    })
    .await;
}

#[tokio::test]
async fn an_object_for_a_fifo_queue_has_to_say_its_group() {
    on_a_cloud(async |cloud| {
        let queue = QueueClient::new(&cloud.config, &cloud.create("php.fifo"));
        let loose = queue.dispatch(ObjectJob::new(podcast())).await;
        let said = explain(&loose.unwrap_err());
        assert!(said.contains("has no message group"), "{said}");
        let grouped = queue.dispatch(ObjectJob::new(podcast())).group("podcast-7");
        grouped.await.unwrap();
        let received = cloud.receive("php.fifo").await.remove(0);
        assert_eq!(received.attributes["MessageGroupId"], "podcast-7");
    })
    .await;
}
