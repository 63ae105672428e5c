//! Messages for PHP that Rust wrote.

use serde_json::{Value, json};

use super::Play;
use crate::Result;
use crate::scene::Scene;

pub(super) const SCENES: [Play; 2] = [
    Play::new("PHP runs a string job that Rust sent", |scene| {
        Box::pin(string(scene))
    }),
    Play::new(
        "PHP fails a string job that Rust sent, and sends it again",
        |scene| Box::pin(failing(scene)),
    ),
];

fn message(id: &str, data: &Value) -> Value {
    json!({ "uuid": id, "displayName": "App\\Queue\\WritesNote", "job": "App\\Queue\\WritesNote@handle", "data": data })
}

async fn string(scene: &mut Scene) -> Result<()> {
    let id = "0199a1f0-0000-7000-8000-000000000001";
    let data = json!({ "title": "Zürich 東京 😀", "share": 0.25 });
    scene.send("php", &message(id, &data))?;
    let text = scene.php_works("php").await?;
    scene.holds(
        "what queue:work prints",
        &text,
        "Processed:  App\\Queue\\WritesNote",
    );
    scene.drained("php").await?;
    let expected =
        json!({ "by": "php", "job": "App\\Queue\\WritesNote", "id": id, "payload": data });
    let record = scene.record()?;
    scene.equal("what PHP did", &record, &[expected]);
    Ok(())
}

async fn failing(scene: &mut Scene) -> Result<()> {
    let id = "0199a1f0-0000-7000-8000-000000000002";
    scene.send("php", &message(id, &json!({ "fails": "no paper" })))?;
    scene.php_works("php").await?;
    scene
        .is_listed(id, "php", "App\\Queue\\WritesNote@handle")
        .await?;
    let exception = scene.exception(id)?;
    scene.holds("the exception", &exception, "no paper");
    scene.artisan(&["queue:retry", id]).await?;
    scene.is_not_listed(id).await?;
    scene.php_works("php").await?;
    scene
        .is_listed(id, "php", "App\\Queue\\WritesNote@handle")
        .await
}
