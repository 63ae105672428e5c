//! Locks in Laravel's cache, which PHP and Rust share.

use std::sync::Arc;

use super::Play;
use crate::Result;
use crate::scene::Scene;

pub(super) const SCENES: [Play; 10] = [
    Play::new("how Laravel itself keeps jobs from overlapping", |scene| {
        Box::pin(in_php(scene))
    }),
    Play::new(
        "failed() is called in PHP when a job failed in Rust",
        |scene| Box::pin(told(scene)),
    ),
    Play::new(
        "a unique job can be dispatched again when it is done",
        |scene| Box::pin(unique(scene)),
    ),
    Play::new(
        "a unique job can be dispatched again when it has failed",
        |scene| Box::pin(unique_failed(scene)),
    ),
    Play::new(
        "a job that is unique until processing can be dispatched again when it has begun",
        |scene| Box::pin(until_started(scene)),
    ),
    Play::new(
        "a job in Rust waits for one in PHP (WithoutOverlapping)",
        |scene| Box::pin(rust_waits(scene)),
    ),
    Play::new(
        "a job in PHP waits for one in Rust (WithoutOverlapping)",
        |scene| Box::pin(php_waits(scene)),
    ),
    Play::new(
        "a lock that Rust does not reach is released in PHP when the job is done",
        |scene| Box::pin(unreached(scene)),
    ),
    Play::new(
        "a lock that Rust does not reach is released in PHP when the job has begun",
        |scene| Box::pin(unreached_until_started(scene)),
    ),
    Play::new(
        "a link that Rust sends locks what Laravel would (WithoutOverlapping)",
        |scene| Box::pin(link_locks(scene)),
    ),
];

async fn in_php(scene: &mut Scene) -> Result<()> {
    // Laravel 8's prefix, twice; the class and the key.
    let lock = "laravel_cache:laravel_cache:laravel-queue-overlap:App\\Jobs\\Alone:c";
    scene
        .dispatch("alone", &["php", "c", "first", "in-php"])
        .await?;
    let stage = Arc::clone(&scene.stage);
    let work = ["queue:work", "--once", "--sleep=0", "--queue=php"];
    let working = stage.php.artisan(&work, &[]);
    let meanwhile = async {
        began(scene, "php").await?;
        let locked = scene.is_cached(lock)?;
        scene.equal("whether the lock is held", &locked, &true);
        scene
            .dispatch("alone", &["php", "c", "second", "in-php"])
            .await?;
        scene.php_works("php").await?;
        scene.stage.mark("in-php")
    };
    let (worked, waited) = tokio::join!(working, meanwhile);
    worked?;
    waited?;
    let locked = scene.is_cached(lock)?;
    scene.equal("whether the lock is still held", &locked, &false);
    scene.php_works("php").await?;
    scene.drained("php").await?;
    follow_each_other(
        scene,
        [
            "php began first",
            "php ended first",
            "php began second",
            "php ended second",
        ],
    )
}

async fn told(scene: &mut Scene) -> Result<()> {
    let sent = scene.dispatch("tellsWhenItFailed", &["settled"]).await?;
    scene.rust_did(sent.id()?, &["buried"]).await?;
    scene.drained("settled").await?;
    scene.php_works("php").await?;
    let record = scene.record()?;
    let told: Vec<_> = record.iter().filter(|line| line["by"] == "php").collect();
    scene.equal("how often PHP was told", &told.len(), &1);
    let reason = told.first().and_then(|line| line["exception"].as_str());
    scene.holds(
        "what failed() was told",
        reason.unwrap_or_default(),
        "invoice 42 cannot be sent",
    );
    scene
        .is_listed(sent.id()?, "settled", "App\\Jobs\\TellsWhenItFailed")
        .await
}

async fn unique(scene: &mut Scene) -> Result<()> {
    // Kept in a queue that nobody works off, the job holds its lock for as long as the scene likes.
    scene.dispatch("unique", &["kept", "customers"]).await?;
    let refused = scene.dispatch("unique", &["settled", "customers"]).await?;
    scene.equal("what is sent beside it", &refused.ids.len(), &0);
    for body in scene.stage.take("kept", 1).await? {
        scene.send("settled", &serde_json::from_str(&body)?)?;
    }
    scene.drained("settled").await?;
    let again = scene.dispatch("unique", &["settled", "customers"]).await?;
    scene.rust_did(again.id()?, &["done"]).await?;
    let ran = scene.payloads("App\\Jobs\\UniqueStep")?;
    scene.equal("how often it ran", &ran.len(), &2);
    Ok(())
}

async fn unique_failed(scene: &mut Scene) -> Result<()> {
    let sent = scene
        .dispatch("unique", &["settled", "orders", "never"])
        .await?;
    scene.rust_did(sent.id()?, &["buried"]).await?;
    scene.drained("settled").await?;
    let again = scene.dispatch("unique", &["settled", "orders"]).await?;
    scene.rust_did(again.id()?, &["done"]).await
}

async fn until_started(scene: &mut Scene) -> Result<()> {
    let arguments = ["settled", "invoices", "until-started"];
    let first = scene.dispatch("uniqueUntilStarted", &arguments).await?;
    began(scene, "rust").await?;
    let second = scene.dispatch("uniqueUntilStarted", &arguments).await?;
    scene.stage.mark("until-started")?;
    scene.rust_did(first.id()?, &["done"]).await?;
    scene.rust_did(second.id()?, &["done"]).await
}

async fn unreached(scene: &mut Scene) -> Result<()> {
    let arguments = ["counted", "unreached"];
    let first = scene.dispatch("unique", &arguments).await?;
    scene.rust_did(first.id()?, &["done"]).await?;
    scene.drained("counted").await?;
    let refused = scene.dispatch("unique", &arguments).await?;
    scene.equal(
        "what is sent before PHP did its part",
        &refused.ids.len(),
        &0,
    );
    scene.php_works("php").await?;
    let second = scene.dispatch("unique", &arguments).await?;
    scene.rust_did(second.id()?, &["done"]).await?;
    scene.drained("counted").await?;
    scene.php_works("php").await?;
    Ok(())
}

async fn unreached_until_started(scene: &mut Scene) -> Result<()> {
    let arguments = ["counted", "unreached", "unreached"];
    let first = scene.dispatch("uniqueUntilStarted", &arguments).await?;
    began(scene, "rust").await?;
    scene.php_works("php").await?;
    let second = scene.dispatch("uniqueUntilStarted", &arguments).await?;
    scene.stage.mark("unreached")?;
    scene.rust_did(first.id()?, &["done"]).await?;
    scene.rust_did(second.id()?, &["done"]).await?;
    scene.drained("counted").await?;
    scene.php_works("php").await?;
    Ok(())
}

async fn rust_waits(scene: &mut Scene) -> Result<()> {
    scene
        .dispatch("alone", &["php", "a", "first", "rust-waits"])
        .await?;
    let stage = Arc::clone(&scene.stage);
    let work = ["queue:work", "--once", "--sleep=0", "--queue=php"];
    let working = stage.php.artisan(&work, &[]);
    let meanwhile = async {
        began(scene, "php").await?;
        let second = scene
            .dispatch("alone", &["settled", "a", "second", "rust-waits"])
            .await?;
        let id = second.id()?.to_owned();
        let turned_away = |stage: &crate::stage::Stage| Ok(!stage.seen.of(&id).is_empty());
        scene
            .until("the second job was turned away", turned_away)
            .await?;
        scene.stage.mark("rust-waits")
    };
    let (worked, waited) = tokio::join!(working, meanwhile);
    worked?;
    waited?;
    scene.drained("settled").await?;
    follow_each_other(
        scene,
        [
            "php began first",
            "php ended first",
            "rust began second",
            "rust ended second",
        ],
    )
}

async fn php_waits(scene: &mut Scene) -> Result<()> {
    scene
        .dispatch("alone", &["settled", "b", "first", "php-waits"])
        .await?;
    began(scene, "rust").await?;
    scene
        .dispatch("alone", &["php", "b", "second", "php-waits"])
        .await?;
    scene.php_works("php").await?;
    scene.stage.mark("php-waits")?;
    scene.drained("settled").await?;
    scene.php_works("php").await?;
    scene.drained("php").await?;
    follow_each_other(
        scene,
        [
            "rust began first",
            "rust ended first",
            "php began second",
            "php ended second",
        ],
    )
}

async fn link_locks(scene: &mut Scene) -> Result<()> {
    let lock = "laravel_cache:laravel_cache:laravel-queue-overlap:App\\Jobs\\Alone:d";
    scene
        .dispatch("chainWithAlone", &["settled", "d", "link-locks"])
        .await?;
    began(scene, "rust").await?;
    let locked = scene.is_cached(lock)?;
    scene.equal("whether the lock is held", &locked, &true);
    scene.stage.mark("link-locks")?;
    scene.drained("settled").await?;
    let locked = scene.is_cached(lock)?;
    scene.equal("whether the lock is still held", &locked, &false);
    Ok(())
}

/// Waits until a job of this scene has begun.
async fn began(scene: &Scene, by: &str) -> Result<()> {
    let has_begun = |_: &crate::stage::Stage| {
        let record = scene.record()?;
        Ok(record
            .iter()
            .any(|line| line["by"] == by && line["event"] == "began"))
    };
    scene.until("a job began", has_begun).await
}

fn follow_each_other(scene: &mut Scene, expected: [&str; 4]) -> Result<()> {
    let story = scene.story(|line| {
        let name = line["name"].as_str().or(line["payload"]["name"].as_str());
        format!(
            "{} {}",
            line["event"].as_str().unwrap_or("?"),
            name.unwrap_or("?")
        )
    })?;
    scene.equal("the order", &story, &expected);
    Ok(())
}
