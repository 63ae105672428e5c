//! Bodies that are kept elsewhere, for they are too long: Laravel's overflow, and rows of the failed store.

use serde_json::{Value, json};

use super::Play;
use crate::Result;
use crate::scene::Scene;

pub(super) const SCENES: [Play; 2] = [
    Play::new("a body that is in Laravel's cache is fetched", |scene| {
        Box::pin(in_the_cache(scene))
    }),
    Play::new(
        "a failed job that is too long for its row can be sent again",
        |scene| Box::pin(too_long(scene)),
    ),
];

/// Laravel has `overflow` since 13.9 and the one here is older: what it would have put into the cache and sent is put
/// there and sent by Rust, around a body that PHP wrote.
async fn in_the_cache(scene: &mut Scene) -> Result<()> {
    let sent = scene.dispatch("step", &["kept", "elsewhere"]).await?;
    let bodies = scene.stage.take("kept", 1).await?;
    let body = bodies.first().ok_or("no message came")?;
    let pointer = format!("laravel:sqs-payloads:{}", sent.id()?);
    scene.stage.put(
        "cache",
        &json!({
            "key": { "S": format!("laravel_cache{pointer}") },
            "value": { "S": format!("s:{}:\"{body}\";", body.len()) },
            "expires_at": { "N": u32::MAX.to_string() },
        }),
    )?;
    scene
        .stage
        .send("settled", &json!({ "@pointer": pointer }))?;
    scene.rust_did(sent.id()?, &["done"]).await?;
    scene.drained("settled").await?;
    let payloads = scene.payloads("App\\Jobs\\Step")?;
    scene.equal("the payload", &payloads, &[json!({ "name": "elsewhere" })]);
    Ok(())
}

async fn too_long(scene: &mut Scene) -> Result<()> {
    let sent = scene.dispatch("failsLong", &["rust", "long"]).await?;
    let id = sent.id()?;
    scene.rust_did(id, &["buried"]).await?;
    scene.drained("rust").await?;
    scene
        .is_listed(id, "rust", "App\\Jobs\\FailsUntilTold")
        .await?;
    scene.stage.mark("long")?;
    scene.artisan(&["queue:retry", id]).await?;
    scene.rust_did(id, &["buried", "done"]).await?;
    scene.drained("rust").await?;
    scene.is_not_listed(id).await?;
    let payloads = scene.payloads("App\\Jobs\\FailsUntilTold")?;
    let note = "長".repeat(150_000);
    let is_whole = |payload: &Value| payload["note"].as_str() == Some(&note);
    let whole: Vec<_> = payloads.iter().map(is_whole).collect();
    scene.equal("whether the notes are whole", &whole, &[true, true]);
    Ok(())
}
