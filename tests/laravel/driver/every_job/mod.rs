//! `make run-laravel`: a Laravel application without a queue worker, and three of its jobs in Rust.
//!
//! On the local cloud of the project's own `template.yaml`, with the courier and the functions that it names.

mod claims;
mod rows;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::Result;
use crate::stage::{self, Stage};
use claims::Claims;
use rows::Sent;

/// Far more than it takes; only something broken needs so long.
const PATIENCE: Duration = Duration::from_secs(90);

/// The queue of a job that names none: the courier's.
const DEFAULT_QUEUE: &str = "local-CourierQueue";

/// Answers whether all went as it should.
pub(crate) async fn run() -> Result<bool> {
    let folder = prepare()?;
    let stage = open(&folder).await?;
    stage.web.start(&[]).await?;
    println!(
        "Laravel {} on PHP {}, behind PHP's own web server. No queue:work runs.",
        stage.php.laravel().await?,
        stage.php.version().await?
    );
    let mut sent = dispatch(&stage, &[]).await?;
    println!(
        "`php artisan app:every-job` has sent {} messages …",
        sent.len()
    );
    one_waits_for_the_other(&stage, &sent).await?;
    stage.mark("free")?;
    settle(&stage).await?;
    sent.extend(dispatch(&stage, &["--report"]).await?);
    settle(&stage).await?;

    let jobs = stage.seen.jobs();
    let rows_are_right = rows::print(&sent, &jobs);
    let claims = Claims::of(&stage, &sent, &jobs).await?;
    stage.web.stop().await;
    stage.cloud.stop().await;
    Ok(rows_are_right & claims.print(&folder))
}

/// An empty folder with the files and the database that `make run` has, too.
fn prepare() -> Result<PathBuf> {
    let folder = Path::new("target/run-laravel");
    stage::clear(folder)?;
    let mut prepare = Command::new(stage::examples()?.join("../demo"));
    let ended = prepare.arg("--prepare").arg(folder).status()?;
    if !ended.success() {
        return Err("the files to work on were not made".into());
    }
    Ok(folder.canonicalize()?)
}

async fn open(folder: &Path) -> Result<Stage> {
    let database = folder.join("application.db");
    let parameters = [
        ("DatabaseUrl", format!("sqlite://{}", database.display())),
        ("DataUrl", format!("file://{}/", folder.display())),
    ];
    let template = Path::new(env!("CARGO_MANIFEST_DIR")).join("../template.yaml");
    let laravel = folder.join("laravel");
    stage::clear(&laravel)?;
    let mut stage = Stage::of(&template, laravel, &parameters).await?;
    let table = stage.cloud.stack().table("FailedJobsTable");
    let table = table.map(|table| table.name.clone()).unwrap_or_default();
    let variables = [
        ("SQS_QUEUE", DEFAULT_QUEUE.to_owned()),
        ("QUEUE_FAILED_TABLE", table),
        ("CACHE_DRIVER", "file".to_owned()),
    ];
    let variables = variables.map(|(name, value)| (name.to_owned(), value));
    stage.php.variables.extend(variables.clone());
    stage.web.variables.extend(variables);
    Ok(stage)
}

/// Has the application send; answers with what each kind of job was sent as.
async fn dispatch(stage: &Stage, flags: &[&str]) -> Result<Vec<Sent>> {
    let folder = stage.folder.parent().ok_or("the run has no folder")?;
    let file = |part: &str| format!("file://{}", folder.join(part).display());
    let (csv, image) = (file("imports/customers.csv"), file("images/photo.png"));
    let command = [&["app:every-job", &csv, &image], flags].concat();
    let said = stage.php.artisan(&command, &[]).await?;
    let lines = said.lines().map(|line| {
        serde_json::from_str(line).map_err(|error| format!("PHP printed `{line}`: {error}").into())
    });
    lines.collect()
}

/// Two jobs that must not overlap: until one of them has been sent back, the other one's end is held up.
async fn one_waits_for_the_other(stage: &Stage, sent: &[Sent]) -> Result<()> {
    let alone = sent.iter().filter(|sent| sent.kind.contains("overlap"));
    let ids: Vec<&str> = alone.map(|sent| &*sent.uuid).collect();
    let waits = |id: &&str| {
        stage
            .seen
            .of(id)
            .iter()
            .any(|outcome| outcome == "released")
    };
    until("one job waits for another", || Ok(ids.iter().any(waits))).await
}

async fn settle(stage: &Stage) -> Result<()> {
    let queues = &stage.cloud.stack().queues;
    until("the queues are empty", || {
        let held = queues.iter().map(|queue| stage.held(&queue.name));
        let held = held.collect::<Result<Vec<_>>>()?;
        Ok(held.iter().all(|held| held.all == 0))
    })
    .await
}

async fn until(what: &str, mut holds: impl FnMut() -> Result<bool>) -> Result<()> {
    let waiting = async {
        while !holds()? {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    };
    tokio::time::timeout(PATIENCE, waiting)
        .await
        .unwrap_or_else(|_| Err(format!("this never came: {what}").into()))
}
