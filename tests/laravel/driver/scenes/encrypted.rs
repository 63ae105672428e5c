//! Jobs whose messages are encrypted.

use serde_json::{Value, json};

use super::Play;
use crate::Result;
use crate::scene::Scene;
use crate::stage::OLDER_KEY;

pub(super) const SCENES: [Play; 4] = [
    Play::new(
        "an encrypted job is buried where Rust has no key",
        |scene| Box::pin(without_key(scene)),
    ),
    Play::new("an encrypted job runs", |scene| Box::pin(with_key(scene))),
    Play::new("an encrypted job of the key before runs", |scene| {
        Box::pin(with_previous_key(scene))
    }),
    Play::new(
        "an encrypted chain goes Rust, Rust, PHP, and stays encrypted",
        |scene| Box::pin(chain(scene)),
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

async fn chain(scene: &mut Scene) -> Result<()> {
    let sent = scene.dispatch("chainOfSecrets", &["settled"]).await?;
    scene.rust_did(sent.id()?, &["done"]).await?;
    scene.drained("settled").await?;
    let next = scene.stage.take("kept", 1).await?;
    let next: Value = serde_json::from_str(next.first().ok_or("no second link came")?)?;
    let command = next["data"]["command"].as_str().unwrap_or_default();
    let in_the_clear = command.contains("SecretStep") || command.contains('二');
    scene.equal("whether it is in the clear", &in_the_clear, &false);
    scene.send("settled", &next)?;
    scene.drained("settled").await?;
    scene.php_works("php").await?;
    let story = scene.story(|line| {
        let secret = line["payload"]["secret"].as_str();
        secret.unwrap_or("?").to_owned()
    })?;
    scene.equal("the chain", &story, &["rust 一", "rust 二", "php 三"]);
    Ok(())
}
