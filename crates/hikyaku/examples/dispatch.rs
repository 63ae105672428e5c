//! Dispatching: what docs/jobs.md shows, compiled. `cargo run -p hikyaku --example dispatch -- QUEUE` sends all of it to one
//! queue, by name or URL; with `AWS_ENDPOINT_URL_SQS` to one of the local cloud.
#![expect(clippy::print_stdout, reason = "an example that a person runs")]

use std::time::Duration;

use hikyaku::dispatch::{Dispatch, Message, ObjectBuilder, ObjectJob, QueueClient};
use hikyaku::{Config, Context, Encrypter, Job, JobError};
use serde::{Deserialize, Serialize};
use serde_json::json;

type Error = Box<dyn std::error::Error>;

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ImportCsv {
    url: String,
}

#[derive(Serialize, Deserialize)]
struct Notify {
    url: String,
}

impl Job for ImportCsv {
    const NAME: &'static str = "App\\Jobs\\ImportCsv";
    type State = ();
    type Output = ();

    async fn run(self, context: &Context<()>) -> Result<(), JobError> {
        let notify = Notify { url: self.url };
        context.dispatch("notify", &notify).await?;
        context
            .dispatch("notify-later", &notify)
            .on("mails")
            .delay(Duration::from_secs(600))
            .await?;
        Ok(())
    }
}

impl Job for Notify {
    const NAME: &'static str = "notify";
    type State = ();
    type Output = ();

    async fn run(self, _: &Context<()>) -> Result<(), JobError> {
        Ok(())
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let name = std::env::args().nth(1).ok_or("say a queue")?;
    let config = Config::from_env()?;
    let queue = QueueClient::new(&config, &name);
    one(&queue).await?;
    many(&queue).await?;
    php(&queue, config.encrypter()?.as_ref()).await
}

async fn one(queue: &QueueClient) -> Result<(), Error> {
    let import = ImportCsv {
        url: "s3://in/a.csv".to_owned(),
    };
    let uuid = import.dispatch(queue).await?;
    println!("{uuid}");
    import
        .dispatch(queue)
        .delay(Duration::from_secs(60))
        .group("tenant-7")
        .tries(5)
        .await?;
    Ok(())
}

async fn many(queue: &QueueClient) -> Result<(), Error> {
    let imports: Vec<_> = (0..100)
        .map(|number| ImportCsv {
            url: format!("s3://in/{number}.csv"),
        })
        .collect();
    for (import, sent) in imports.iter().zip(queue.dispatch_all(&imports).await) {
        if let Err(error) = sent {
            println!("{}: {}", import.url, hikyaku::explain(&error));
        }
    }
    Ok(())
}

async fn php(queue: &QueueClient, encrypter: Option<&Encrypter>) -> Result<(), Error> {
    let podcast = ObjectBuilder::new("App\\Jobs\\ProcessPodcast")
        .private("App\\Jobs\\ProcessPodcast", "podcastId", 7)
        .protected("format", "mp3");
    let release = ObjectBuilder::new("App\\Jobs\\ReleasePodcast").public("podcastId", 7);
    let job = ObjectJob::new(podcast).chain([release]);
    queue
        .dispatch(job.clone())
        .tries(3)
        .timeout(Duration::from_secs(120))
        .await?;
    if let Some(encrypter) = encrypter {
        queue.dispatch(job.encrypted(encrypter)).await?;
    }
    let call = Message::string_job("App\\Jobs\\Notify@handle", &json!({ "user": 7 }));
    queue.dispatch(call).await?;
    Ok(())
}
