//! AWS's own client over loopback, which checks digests and knows the errors by their types.
//!
//! Time stands still unless a test moves it: connections need the real runtime, visibility timeouts need none.

mod batches;
mod messages;
mod queues;

use std::future::{Future, IntoFuture as _};
use std::pin::Pin;

use aws_sdk_sqs::Client;
use aws_sdk_sqs::config::{BehaviorVersion, Credentials, Region, retry::RetryConfig};
use aws_sdk_sqs::types::{Message, MessageSystemAttributeName, QueueAttributeName};
use tokio::sync::watch;

use super::*;
use crate::clock::Clock;

/// A clock that a test moves by hand.
struct ManualClock {
    now_ms: watch::Sender<u64>,
    sleepers: watch::Sender<usize>,
}

impl Clock for ManualClock {
    fn now_ms(&self) -> u64 {
        *self.now_ms.borrow()
    }

    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        let until_ms = self.now_ms() + u64::try_from(duration.as_millis()).unwrap();
        let mut time = self.now_ms.subscribe();
        self.sleepers.send_modify(|sleepers| *sleepers += 1);
        Box::pin(async move {
            let _ = time.wait_for(|now_ms| *now_ms >= until_ms).await;
        })
    }
}

#[derive(Clone)]
struct Laptop {
    client: Client,
    clock: Arc<ManualClock>,
}

impl Laptop {
    fn pass(&self, seconds: u64) {
        self.clock
            .now_ms
            .send_modify(|now_ms| *now_ms += seconds * 1000);
    }

    /// Returns when a receive waits.
    async fn somebody_waits(&self) {
        self.clock
            .sleepers
            .subscribe()
            .wait_for(|sleepers| *sleepers > 0)
            .await
            .unwrap();
    }

    async fn queue<const N: usize>(
        &self,
        name: &str,
        given: [(QueueAttributeName, &str); N],
    ) -> String {
        let given = given
            .into_iter()
            .map(|(name, value)| (name, value.to_owned()))
            .collect();
        let created = self
            .client
            .create_queue()
            .queue_name(name)
            .set_attributes(Some(given))
            .send()
            .await
            .unwrap();
        created.queue_url.unwrap()
    }

    async fn arn(&self, url: &str) -> String {
        let asked = self
            .client
            .get_queue_attributes()
            .queue_url(url)
            .attribute_names(QueueAttributeName::QueueArn);
        asked.send().await.unwrap().attributes.unwrap()[&QueueAttributeName::QueueArn].clone()
    }

    async fn send(&self, url: &str, body: &str) {
        self.client
            .send_message()
            .queue_url(url)
            .message_body(body)
            .send()
            .await
            .unwrap();
    }

    async fn receive(&self, url: &str) -> Vec<Message> {
        let request = self
            .client
            .receive_message()
            .queue_url(url)
            .max_number_of_messages(10);
        let request = request
            .message_attribute_names("All")
            .message_system_attribute_names(MessageSystemAttributeName::All);
        request.send().await.unwrap().messages.unwrap_or_default()
    }

    async fn receive_handle(&self, url: &str) -> String {
        self.receive(url).await.remove(0).receipt_handle.unwrap()
    }
}

/// Runs a test against a server on a free port of the loopback interface.
async fn on_a_laptop<F: Future<Output = ()>>(test: impl FnOnce(Laptop) -> F) {
    let clock = Arc::new(ManualClock {
        now_ms: watch::Sender::new(NOON_MS),
        sleepers: watch::Sender::new(0),
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let shared: Arc<dyn Clock> = Arc::clone(&clock) as _;
    let server = axum::serve(listener, router(Sqs::new(shared, Identity::default())));
    let config = aws_sdk_sqs::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .endpoint_url(format!("http://{address}"))
        .credentials_provider(Credentials::from_keys("laptop", "laptop", None))
        .retry_config(RetryConfig::disabled())
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build();
    let laptop = Laptop {
        client: Client::from_conf(config),
        clock,
    };
    tokio::select! {
        stopped = server.into_future() => panic!("the server stopped: {stopped:?}"),
        () = test(laptop) => {}
    }
}
