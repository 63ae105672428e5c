//! Jobs whose messages are encrypted.

use serde_json::json;

use super::Play;
use crate::Result;
use crate::scene::Scene;
use crate::stage::OLDER_KEY;

pub(super) const SCENES: [Play; 3] = [
    Play::on(
        "an encrypted job is buried where Rust has no key",
        |scene| Box::pin(without_key(scene)),
    ),
    Play::off("an encrypted job runs", "HIKYAKU_APP_KEY", |scene| {
        Box::pin(with_key(scene))
    }),
    Play::off(
        "an encrypted job of the key before runs",
        "HIKYAKU_PREVIOUS_KEYS",
        |scene| Box::pin(with_previous_key(scene)),
    ),
];

async fn without_key(scene: &mut Scene) -> Result<()> {
    let sent = scene.dispatch("encrypted", &["rust"]).await?;
    scene.rust_did(sent.id()?, &["buried"]).await?;
    // Laravel finds no class name in an encrypted command.
    let name = "Illuminate\\Queue\\CallQueuedHandler@call";
    scene.is_listed(sent.id()?, "rust", name).await?;
    let exception = scene.exception(sent.id()?)?;
    scene.holds("the exception", &exception, "encrypted");
    Ok(())
}

async fn with_key(scene: &mut Scene) -> Result<()> {
    let sent = scene.dispatch("encrypted", &["settled"]).await?;
    scene.rust_did(sent.id()?, &["done"]).await?;
    scene.drained("settled").await?;
    let payloads = scene.payloads("App\\Jobs\\SecretStep")?;
    scene.equal(
        "the payload",
        &payloads,
        &[json!({ "secret": "秘密 \"key\"" })],
    );
    Ok(())
}

async fn with_previous_key(scene: &mut Scene) -> Result<()> {
    scene.variables.push(("APP_KEY", OLDER_KEY));
    with_key(scene).await
}
