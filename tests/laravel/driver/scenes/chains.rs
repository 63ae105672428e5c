//! Chains: each link sends the next, from Rust and from PHP.

use super::Play;
use crate::Result;
use crate::scene::Scene;

pub(super) const SCENES: [Play; 2] = [
    Play::off("a chain goes Rust, Rust, PHP, Rust", "chains", |scene| {
        Box::pin(through_both(scene))
    }),
    Play::off(
        "a chain that fails in Rust is caught in PHP",
        "chains, HIKYAKU_RELAY_QUEUE_URL",
        |scene| Box::pin(caught(scene)),
    ),
];

async fn through_both(scene: &mut Scene) -> Result<()> {
    let sent = scene.dispatch("chain", &["settled"]).await?;
    scene.rust_did(sent.id()?, &["done"]).await?;
    scene.drained("settled").await?;
    scene.php_works("php").await?;
    scene.drained("php").await?;
    scene.drained("settled").await?;
    let story = scene.story(|line| line["payload"]["name"].as_str().unwrap_or("?").to_owned())?;
    let expected = ["rust one", "rust two", "php three", "rust four"];
    scene.equal("the chain", &story, &expected);
    Ok(())
}

async fn caught(scene: &mut Scene) -> Result<()> {
    let sent = scene.dispatch("chainThatFails", &["settled"]).await?;
    scene.rust_did(sent.id()?, &["done"]).await?;
    scene.drained("settled").await?;
    scene.php_works("php").await?;
    scene.drained("php").await?;
    let story = scene.story(|line| {
        let job = line["job"].as_str().unwrap_or_default();
        format!("{job}{}", line["event"].as_str().unwrap_or_default())
    })?;
    let expected = [
        "rust App\\Jobs\\Stepran",
        "rust App\\Jobs\\FailsUntilToldran",
        "php the chain was caught",
    ];
    scene.equal("the chain", &story, &expected);
    let record = scene.record()?;
    let reason = record.last().and_then(|line| line["exception"].as_str());
    scene.holds(
        "what catch was told",
        reason.unwrap_or_default(),
        "the marker never is not there",
    );
    Ok(())
}
