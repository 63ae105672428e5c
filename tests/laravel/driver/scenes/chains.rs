//! Chains: each link sends the next, from Rust and from PHP.

use super::Play;
use crate::Result;
use crate::scene::Scene;

pub(super) const SCENES: [Play; 4] = [
    Play::on("how Laravel itself works off the chain", |scene| {
        Box::pin(in_php(scene))
    }),
    Play::on("how Laravel itself catches the chain", |scene| {
        Box::pin(caught_in_php(scene))
    }),
    Play::off("a chain goes Rust, Rust, PHP, Rust", "chains", |scene| {
        Box::pin(through_both(scene))
    }),
    Play::off(
        "a chain that fails in Rust is caught in PHP",
        "chains, HIKYAKU_RELAY_QUEUE_URL",
        |scene| Box::pin(caught(scene)),
    ),
];

async fn in_php(scene: &mut Scene) -> Result<()> {
    scene.dispatch("chain", &["kept"]).await?;
    for queue in ["kept", "php", "kept"] {
        scene.php_works_all(queue).await?;
    }
    let story = links(scene)?;
    let expected = ["php one", "php two", "php three", "php four"];
    scene.equal("the chain", &story, &expected);
    Ok(())
}

async fn caught_in_php(scene: &mut Scene) -> Result<()> {
    scene.dispatch("chainThatFails", &["kept"]).await?;
    scene.php_works_all("kept").await?;
    is_caught(scene, "php")
}

async fn through_both(scene: &mut Scene) -> Result<()> {
    let sent = scene.dispatch("chain", &["settled"]).await?;
    scene.rust_did(sent.id()?, &["done"]).await?;
    scene.drained("settled").await?;
    scene.php_works("php").await?;
    scene.drained("php").await?;
    scene.drained("settled").await?;
    let story = links(scene)?;
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
    is_caught(scene, "rust")
}

/// The links that ran, and where.
fn links(scene: &Scene) -> Result<Vec<String>> {
    scene.story(|line| line["payload"]["name"].as_str().unwrap_or("?").to_owned())
}

/// The first link ran, the second failed, the third did not run, and the chain's catch was called in PHP.
fn is_caught(scene: &mut Scene, by: &str) -> Result<()> {
    let story = scene.story(|line| {
        let what = line["job"].as_str().or(line["event"].as_str());
        what.unwrap_or("?").to_owned()
    })?;
    let expected = [
        format!("{by} App\\Jobs\\Step"),
        format!("{by} App\\Jobs\\FailsUntilTold"),
        "php the chain was caught".to_owned(),
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
