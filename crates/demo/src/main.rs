//! The main job, end to end, on this machine: real messages through the local SQS, an event source mapping and the
//! real Lambda binaries, to rows in a database, images in a folder and records in DynamoDB.
//!
//! With `--prepare FOLDER` it only lays out the files and the database that the template's defaults and the sample events
//! name, for `make dev`.
//!
//! `make run` runs it. It exits 0 only if all that it prints is true: it looks into the database, the folders and the
//! tables itself.

#![expect(clippy::print_stdout, reason = "it speaks to a person at a terminal")]

mod check;
mod messages;
mod outcomes;
mod stage;

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use hikyaku_local::cloud::{Cloud, Options};
use hikyaku_local::lambda::CargoBinaries;
use hikyaku_local::template::Template;

use messages::Message;
use outcomes::Outcomes;
use stage::Stage;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Far more than it takes; only something broken needs so long.
const PATIENCE: Duration = Duration::from_secs(120);

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => {
            println!("\nNot everything is as it should be.");
            ExitCode::FAILURE
        }
        Err(error) => {
            println!("\nIt broke off: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<bool> {
    if let [_, prepare, folder] = &std::env::args().collect::<Vec<_>>()[..]
        && prepare == "--prepare"
    {
        Stage::keep(folder).await?;
        return Ok(true);
    }
    let stage = Stage::set("target/run").await?;
    let outcomes = Arc::new(Outcomes::default());
    let cloud = start(&stage, &outcomes).await?;
    let clients = check::Clients::of(&cloud)?;
    println!(
        "The local cloud runs: SQS {}, DynamoDB {}, Lambda {}",
        cloud.endpoints().sqs,
        cloud.endpoints().dynamodb,
        cloud.endpoints().lambda
    );

    let mut messages = messages::first(&stage);
    println!(
        "Sending {} messages, as Laravel, Node and a broken producer would …",
        messages.len()
    );
    send(&clients, &cloud, &mut messages).await?;
    outcomes.wait_for("released", PATIENCE).await?;
    stage.let_the_blocked_image_through()?;
    settle(&cloud).await?;

    // A message that comes late, after its job is done: what every queue does now and then.
    let mut late = messages::late(&messages);
    send(&clients, &cloud, &mut late).await?;
    settle(&cloud).await?;
    messages.append(&mut late);

    let report = check::report(&cloud, &stage).await?;
    let facts = check::facts(&clients, &stage, &messages, &report).await?;
    cloud.stop().await;
    Ok(outcomes.print(&messages, &facts) & facts.print(&stage))
}

async fn start(stage: &Stage, outcomes: &Arc<Outcomes>) -> Result<Cloud> {
    let template = Template::read("template.yaml")?;
    let sink = Arc::clone(outcomes);
    let options = Options {
        parameters: stage.parameters(),
        variables: [("HIKYAKU_LOCAL_FILES".to_owned(), "1".to_owned())].into(),
        logs: Some(Arc::new(move |_function, line| sink.read(line))),
        binaries: Arc::new(CargoBinaries::new(binaries()?)),
        ..Options::on_free_ports()
    };
    Ok(Cloud::start(&template, options).await?)
}

/// The folder that the functions were built into: this program's own.
fn binaries() -> Result<PathBuf> {
    let program = std::env::current_exe()?;
    let folder = program.parent().ok_or("this program lies nowhere")?;
    if !folder.join("import-csv").exists() {
        return Err(
            "the functions are not built: `make run` builds them, and so does `cargo build --bins`"
                .into(),
        );
    }
    Ok(folder.to_owned())
}

async fn send(clients: &check::Clients, cloud: &Cloud, messages: &mut [Message]) -> Result<()> {
    for message in messages {
        let queue = cloud
            .stack()
            .queue(message.queue)
            .ok_or("the template lacks a queue")?;
        let sent = clients
            .sqs
            .send_message()
            .queue_url(&queue.url)
            .message_body(&message.body)
            .send()
            .await?;
        if message.id.is_empty() {
            message.id = sent.message_id.unwrap_or_default();
        }
    }
    Ok(())
}

/// Waits until no queue holds a message any more.
async fn settle(cloud: &Cloud) -> Result<()> {
    tokio::time::timeout(PATIENCE, async {
        while check::left(cloud)? > 0 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(())
    })
    .await
    .map_err(
        |_| "some messages are still in their queues; `make dev` shows what the functions say",
    )?
}
