//! Jobs that fail in Rust, and artisan's commands on them.

use serde_json::json;

use super::Play;
use crate::Result;
use crate::scene::Scene;

pub(super) const SCENES: [Play; 8] = [
    Play::new("a failed job is tried again as its class says", |scene| {
        Box::pin(tried_again(scene))
    }),
    Play::new("a job is buried after the tries of its class", |scene| {
        Box::pin(tried_out(scene))
    }),
    Play::new("queue:retry sends a failed job again", |scene| {
        Box::pin(retried(scene))
    }),
    Play::new(
        "queue:retry of a string job keeps its text and numbers",
        |scene| Box::pin(string_retried(scene)),
    ),
    Play::new("queue:forget forgets a failed job", |scene| {
        Box::pin(forgotten(scene))
    }),
    Play::new(
        "queue:flush refuses, as with every DynamoDB store",
        |scene| Box::pin(flushed(scene)),
    ),
    Play::new(
        "a class that nobody registered is buried and listed",
        |scene| Box::pin(unknown(scene)),
    ),
    Play::new("a message that is no job is buried and listed", |scene| {
        Box::pin(no_job(scene))
    }),
];

const NOTE: &str = "Zürich 東京 😀 \"quoted\" \\ /";

async fn tried_again(scene: &mut Scene) -> Result<()> {
    let sent = scene.dispatch("triesTwice", &["tried-again"]).await?;
    scene.rust_did(sent.id()?, &["released"]).await?;
    scene.stage.mark("tried-again")?;
    scene.rust_did(sent.id()?, &["released", "done"]).await?;
    scene.is_not_listed(sent.id()?).await
}

async fn tried_out(scene: &mut Scene) -> Result<()> {
    let sent = scene.dispatch("triesTwice", &["never"]).await?;
    let id = sent.id()?;
    scene.rust_did(id, &["released", "buried"]).await?;
    scene
        .is_listed(id, "rust", "App\\Jobs\\FailsUntilTold")
        .await
}

async fn retried(scene: &mut Scene) -> Result<()> {
    let sent = scene.dispatch("fails", &["retried"]).await?;
    retry(scene, sent.id()?, "retried", "App\\Jobs\\FailsUntilTold").await
}

async fn string_retried(scene: &mut Scene) -> Result<()> {
    let sent = scene.dispatch("stringFails", &["string-retried"]).await?;
    retry(scene, sent.id()?, "string-retried", "fails-until-told").await
}

/// The job fails, is listed, is sent again and succeeds, with the payload it had.
async fn retry(scene: &mut Scene, id: &str, marker: &str, job: &str) -> Result<()> {
    scene.rust_did(id, &["buried"]).await?;
    scene.drained("rust").await?;
    scene.is_listed(id, "rust", job).await?;
    let exception = scene.exception(id)?;
    scene.holds(
        "the exception",
        &exception,
        &format!("the marker {marker} is not there"),
    );

    scene.stage.mark(marker)?;
    let output = scene.artisan(&["queue:retry", id]).await?;
    let pushed = format!("The failed job [{id}] has been pushed back onto the queue!");
    scene.holds("what queue:retry prints", &output.text, &pushed);
    scene.rust_did(id, &["buried", "done"]).await?;
    scene.drained("rust").await?;
    scene.is_not_listed(id).await?;
    let expected = json!({ "marker": marker, "note": NOTE, "ratio": 1.0 });
    let payloads = scene.payloads(job)?;
    scene.equal("the payloads", &payloads, &[expected.clone(), expected]);
    Ok(())
}

async fn forgotten(scene: &mut Scene) -> Result<()> {
    let sent = scene.dispatch("fails", &["never"]).await?;
    let id = sent.id()?;
    scene.rust_did(id, &["buried"]).await?;
    scene
        .is_listed(id, "rust", "App\\Jobs\\FailsUntilTold")
        .await?;
    let output = scene.artisan(&["queue:forget", id]).await?;
    scene.holds(
        "what queue:forget prints",
        &output.text,
        "Failed job deleted successfully!",
    );
    scene.is_not_listed(id).await
}

async fn flushed(scene: &mut Scene) -> Result<()> {
    let sent = scene.dispatch("fails", &["never"]).await?;
    let id = sent.id()?;
    scene.rust_did(id, &["buried"]).await?;
    let output = scene.artisan(&["queue:flush"]).await?;
    scene.equal("whether queue:flush succeeds", &output.succeeded, &false);
    scene.holds(
        "what queue:flush prints",
        &output.text,
        "may not be flushed",
    );
    scene
        .is_listed(id, "rust", "App\\Jobs\\FailsUntilTold")
        .await
}

async fn unknown(scene: &mut Scene) -> Result<()> {
    let sent = scene.dispatch("unknown", &["rust"]).await?;
    let id = sent.id()?;
    scene.rust_did(id, &["buried"]).await?;
    scene.drained("rust").await?;
    scene.is_listed(id, "rust", "App\\Jobs\\OnlyPhp").await?;
    let exception = scene.exception(id)?;
    let why = "no job is registered under the name `App\\Jobs\\OnlyPhp`";
    scene.holds("the exception", &exception, why);
    Ok(())
}

async fn no_job(scene: &mut Scene) -> Result<()> {
    let sent = scene
        .dispatch("raw", &["rust", "customer 42 has paid"])
        .await?;
    scene.rust_did(&sent.message, &["buried"]).await?;
    scene.drained("rust").await?;
    scene
        .is_listed(&sent.message, "rust", "hikyaku.malformed")
        .await
}
