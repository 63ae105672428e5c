//! Chains: each link sends the next, from Rust and from PHP.

use serde_json::Value;

use super::Play;
use crate::Result;
use crate::scene::Scene;

pub(super) const SCENES: [Play; 10] = [
    Play::new("how Laravel itself works off the chain", |scene| {
        Box::pin(in_php(scene))
    }),
    Play::new("how Laravel itself catches the chain", |scene| {
        Box::pin(caught_in_php(scene))
    }),
    Play::new("a chain goes Rust, Rust, PHP, Rust", |scene| {
        Box::pin(through_both(scene))
    }),
    Play::new("a chain that fails in Rust is caught in PHP", |scene| {
        Box::pin(caught(scene))
    }),
    Play::new("a delayed link of a chain comes later", |scene| {
        Box::pin(delayed(scene))
    }),
    Play::new(
        "a link without a queue goes to its connection's own",
        |scene| Box::pin(without_queue(scene)),
    ),
    Play::new(
        "a link of another connection is dispatched in PHP",
        |scene| Box::pin(across_connections(scene)),
    ),
    Play::new(
        "a link that failed and is sent again continues its chain",
        |scene| Box::pin(retried(scene)),
    ),
    Play::new("a closure in a chain runs in PHP", |scene| {
        Box::pin(with_closure(scene))
    }),
    Play::new("a chain on a FIFO queue goes on in it", |scene| {
        Box::pin(in_order(scene))
    }),
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
    // The worker's `php_job` says so; neither the object nor the class does.
    let record = scene.record()?;
    let in_php = record.iter().find(|line| line["by"] == "php");
    let tries = in_php.map_or(&Value::Null, |line| &line["maxTries"]);
    scene.equal("how often the link in PHP may be tried", tries, &3);
    Ok(())
}

async fn delayed(scene: &mut Scene) -> Result<()> {
    let sent = scene.dispatch("chainWithDelay", &["settled", "2"]).await?;
    scene.rust_did(sent.id()?, &["done"]).await?;
    let held = scene.stage.held("settled")?;
    scene.equal("messages that wait", &held.delayed, &1);
    let early = links(scene)?;
    scene.equal("the chain before its time", &early, &["rust one"]);
    scene.drained("settled").await?;
    let story = links(scene)?;
    scene.equal("the chain", &story, &["rust one", "rust two"]);
    Ok(())
}

async fn without_queue(scene: &mut Scene) -> Result<()> {
    scene.dispatch("chainWithoutQueue", &["settled"]).await?;
    let ran = |scene: &Scene| {
        scene.story(|line| {
            let name = line["payload"]["name"].as_str();
            let function = line["function"].as_str();
            format!("{} {}", name.unwrap_or("?"), function.unwrap_or("?"))
        })
    };
    let both = |_: &crate::stage::Stage| Ok(ran(scene)?.len() == 2);
    scene.until("both links ran", both).await?;
    let story = ran(scene)?;
    scene.equal(
        "the chain",
        &story,
        &["rust one local-Settled", "rust two local-Rust"],
    );
    scene.drained("rust").await
}

async fn across_connections(scene: &mut Scene) -> Result<()> {
    let sent = scene
        .dispatch("chainAcrossConnections", &["settled"])
        .await?;
    scene.rust_did(sent.id()?, &["done"]).await?;
    scene.drained("settled").await?;
    scene.php_works("php").await?;
    // The queue of that connection's own.
    scene.php_works("kept").await?;
    let story = links(scene)?;
    scene.equal("the chain", &story, &["rust one", "php two"]);
    Ok(())
}

async fn retried(scene: &mut Scene) -> Result<()> {
    let arguments = ["settled", "chain-retried"];
    let sent = scene
        .dispatch("chainThatFailsUntilTold", &arguments)
        .await?;
    scene.rust_did(sent.id()?, &["done"]).await?;
    scene.drained("settled").await?;
    let record = scene.record()?;
    let failed = record.last().and_then(|line| line["id"].as_str());
    let failed = failed.ok_or("no link failed")?.to_owned();
    scene.rust_did(&failed, &["buried"]).await?;
    scene
        .is_listed(&failed, "settled", "App\\Jobs\\FailsUntilTold")
        .await?;

    scene.stage.mark("chain-retried")?;
    scene.artisan(&["queue:retry", &failed]).await?;
    scene.rust_did(&failed, &["buried", "done"]).await?;
    scene.drained("settled").await?;
    let story = scene.story(|line| {
        let payload = &line["payload"];
        let what = payload["name"].as_str().or(payload["marker"].as_str());
        what.unwrap_or("?").to_owned()
    })?;
    let expected = [
        "rust one",
        "rust chain-retried",
        "rust chain-retried",
        "rust three",
    ];
    scene.equal("the chain", &story, &expected);
    scene.is_not_listed(&failed).await
}

async fn caught(scene: &mut Scene) -> Result<()> {
    let sent = scene.dispatch("chainThatFails", &["settled"]).await?;
    scene.rust_did(sent.id()?, &["done"]).await?;
    scene.drained("settled").await?;
    scene.php_works("php").await?;
    scene.drained("php").await?;
    is_caught(scene, "rust")
}

async fn with_closure(scene: &mut Scene) -> Result<()> {
    scene.dispatch("chainWithClosure", &["settled"]).await?;
    // Rust sends the closure to the queue of the chain, from which it is handed on to PHP's.
    scene.php_works("php").await?;
    let three = |_: &crate::stage::Stage| Ok(links(scene)?.len() == 3);
    scene.until("three links ran", three).await?;
    let story = links(scene)?;
    scene.equal(
        "the chain",
        &story,
        &["rust one", "php closure", "rust three"],
    );
    scene.drained("settled").await
}

async fn in_order(scene: &mut Scene) -> Result<()> {
    scene.dispatch("chainOfSteps", &["rust.fifo"]).await?;
    let three = |_: &crate::stage::Stage| Ok(links(scene)?.len() == 3);
    scene.until("three links ran", three).await?;
    let story = links(scene)?;
    scene.equal("the chain", &story, &["rust one", "rust two", "rust three"]);
    scene.drained("rust.fifo").await
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
