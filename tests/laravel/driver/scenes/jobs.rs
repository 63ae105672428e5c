//! Jobs that succeed: what PHP sends is what Rust gets.

use serde_json::json;

use super::Play;
use crate::Result;
use crate::scene::Scene;

pub(super) const SCENES: [Play; 5] = [
    Play::new("an object job brings every kind of property", |scene| {
        Box::pin(every_property(scene))
    }),
    Play::new("a string job brings its JSON", |scene| {
        Box::pin(string(scene))
    }),
    Play::new("a string job without data", |scene| {
        Box::pin(without_data(scene))
    }),
    Play::new("a delayed job comes later", |scene| {
        Box::pin(delayed(scene))
    }),
    Play::new("jobs of a FIFO queue run in their order", |scene| {
        Box::pin(in_order(scene))
    }),
];

async fn every_property(scene: &mut Scene) -> Result<()> {
    let sent = scene.dispatch("object", &[]).await?;
    scene.rust_did(sent.id()?, &["done"]).await?;
    scene.drained("rust").await?;
    let expected = json!({
        "url": "https://example.com/a b.csv?名=1",
        "limit": 1000,
        "ratio": 0.1,
        "since": { "date": "2026-01-02 03:04:05.678901", "timezone": "+09:00" },
        "at": { "date": "2026-11-23 09:30:00.000000", "timezone": "Asia/Tokyo" },
        "dryRun": false,
        "columns": { "email": { "type": "string", "max": 255 }, "names": ["名前", "Zoë"], "7": "seven" },
        "delimiter": "Tab",
        "quoted": "Tab",
        "tags": { "items": ["night", "東京"] },
        "nothing": null,
    });
    let payloads = scene.payloads("App\\Jobs\\ImportRows")?;
    scene.equal("the payload", &payloads, &[expected]);
    scene.is_not_listed(sent.id()?).await
}

async fn string(scene: &mut Scene) -> Result<()> {
    let sent = scene.dispatch("string", &[]).await?;
    scene.rust_did(sent.id()?, &["done"]).await?;
    scene.drained("rust").await?;
    let expected = json!({
        "month": "2026-10",
        "shares": [1.0, 0.25, 1e100],
        "title": "Zürich 東京 😀 \"quoted\" \\ /",
    });
    let payloads = scene.payloads("build-report")?;
    scene.equal("the payload", &payloads, &[expected]);
    Ok(())
}

async fn without_data(scene: &mut Scene) -> Result<()> {
    let sent = scene.dispatch("stringWithoutData", &[]).await?;
    scene.rust_did(sent.id()?, &["done"]).await?;
    let expected = json!({ "month": null, "shares": [], "title": "" });
    let payloads = scene.payloads("build-report")?;
    scene.equal("the payload", &payloads, &[expected]);
    Ok(())
}

async fn delayed(scene: &mut Scene) -> Result<()> {
    let sent = scene.dispatch("delayed", &["3"]).await?;
    let held = scene.stage.held("rust")?;
    scene.equal("messages that wait", &held.delayed, &1);
    let early = scene.payloads("App\\Jobs\\Step")?;
    scene.equal("how often it ran before its time", &early.len(), &0);
    scene.rust_did(sent.id()?, &["done"]).await?;
    let payloads = scene.payloads("App\\Jobs\\Step")?;
    scene.equal("the payload", &payloads, &[json!({ "name": "later" })]);
    Ok(())
}

async fn in_order(scene: &mut Scene) -> Result<()> {
    let names = ["one", "two", "three"];
    for name in names {
        scene.dispatch("step", &["rust.fifo", name]).await?;
    }
    scene.drained("rust.fifo").await?;
    let payloads = scene.payloads("App\\Jobs\\Step")?;
    let ran: Vec<_> = payloads.iter().map(|payload| &payload["name"]).collect();
    scene.equal("what ran", &ran, &names);
    Ok(())
}
