//! The class that settles in PHP what Rust leaves to PHP, given the messages that Rust sends it.
//!
//! Here the driver writes these messages, each around a real job's body, so that the class stands on its own.

use serde_json::{Value, json};

use super::Play;
use crate::Result;
use crate::scene::{Scene, Sent};

pub(super) const SCENES: [Play; 9] = [
    Play::new("relay: done releases the unique lock", |scene| {
        Box::pin(done_unlocks(scene))
    }),
    Play::new("relay: what is not left to PHP is left alone", |scene| {
        Box::pin(left_alone(scene))
    }),
    Play::new(
        "relay: started releases the lock of a job that is unique until processing",
        |scene| Box::pin(started_unlocks(scene)),
    ),
    Play::new(
        "relay: done dispatches the next link once, though its message comes twice",
        |scene| Box::pin(chain_goes_on(scene)),
    ),
    Play::new("relay: failed calls failed()", |scene| {
        Box::pin(failed(scene))
    }),
    Play::new("relay: failed calls the chain's catch", |scene| {
        Box::pin(chain_caught(scene))
    }),
    Play::new("relay: what failed in it can be sent again", |scene| {
        Box::pin(sent_again(scene))
    }),
    Play::new("relay: what somebody else is doing comes again", |scene| {
        Box::pin(comes_again(scene))
    }),
    Play::new(
        "relay: what a killed PHP has begun is done after its time",
        |scene| Box::pin(begun_and_killed(scene)),
    ),
];

/// The relay's job.
pub(super) fn message(data: &Value) -> Value {
    let relay = "App\\Queue\\HikyakuRelay";
    let id = data["id"].as_str().unwrap_or_default();
    json!({
        "uuid": id, "displayName": relay, "job": format!("{relay}@handle"),
        "maxTries": null, "maxExceptions": null, "failOnTimeout": false, "backoff": null, "timeout": null,
        "data": data,
    })
}

/// What the relay is told of a job: its event and what of it is left to PHP.
pub(super) fn told(scene: &Scene, body: &str, event: &str, tasks: &[&str]) -> Result<Value> {
    let job: Value = serde_json::from_str(body)?;
    let uuid = job["uuid"].as_str().ok_or("a job without a uuid")?;
    Ok(json!({
        "id": format!("{uuid}:0:{event}"), "event": event, "body": body,
        "connection": "sqs", "queue": scene.stage.queue_url("kept")?, "tasks": tasks,
    }))
}

/// Dispatches to the queue that nobody works off, and takes the messages out of it.
pub(super) async fn kept(
    scene: &mut Scene,
    what: &str,
    more: &[&str],
) -> Result<(Sent, Vec<String>)> {
    let mut arguments = vec!["kept"];
    arguments.extend(more);
    let sent = scene.dispatch(what, &arguments).await?;
    let bodies = scene.stage.take("kept", 10).await?;
    Ok((sent, bodies))
}

pub(super) fn only(bodies: &[String]) -> Result<&str> {
    match bodies {
        [body] => Ok(body),
        bodies => Err(format!("{} messages where one was expected", bodies.len()).into()),
    }
}

/// The name of a lock of Laravel 8's: its prefix, which it puts there twice, and no colon before the id.
fn lock(class: &str, id: &str) -> String {
    format!("laravel_cache:laravel_cache:laravel_unique_job:App\\Jobs\\{class}{id}")
}

async fn done_unlocks(scene: &mut Scene) -> Result<()> {
    let (_, first) = kept(scene, "unique", &["relayed"]).await?;
    let (_, second) = kept(scene, "unique", &["relayed"]).await?;
    scene.equal("messages while the lock is held", &second.len(), &0);
    let locked = scene.is_cached(&lock("UniqueStep", "relayed"))?;
    scene.equal("whether the lock is held", &locked, &true);
    let done = told(scene, only(&first)?, "done", &["unique"])?;
    scene.send("php", &message(&done))?;
    scene.php_works("php").await?;
    let locked = scene.is_cached(&lock("UniqueStep", "relayed"))?;
    scene.equal("whether the lock is still held", &locked, &false);
    let (_, third) = kept(scene, "unique", &["relayed"]).await?;
    scene.equal("messages after that", &third.len(), &1);
    Ok(())
}

async fn left_alone(scene: &mut Scene) -> Result<()> {
    let (_, first) = kept(scene, "unique", &["left"]).await?;
    let done = told(scene, only(&first)?, "done", &["batch", "chain"])?;
    scene.send("php", &message(&done))?;
    scene.php_works("php").await?;
    let locked = scene.is_cached(&lock("UniqueStep", "left"))?;
    scene.equal("whether the lock is still held", &locked, &true);
    Ok(())
}

async fn started_unlocks(scene: &mut Scene) -> Result<()> {
    let (_, first) = kept(scene, "uniqueUntilStarted", &["relayed", "never"]).await?;
    let name = lock("UniqueUntilStarted", "relayed");
    let locked = scene.is_cached(&name)?;
    scene.equal("whether the lock is held", &locked, &true);
    let started = told(scene, only(&first)?, "started", &["unique"])?;
    scene.send("php", &message(&started))?;
    scene.php_works("php").await?;
    let locked = scene.is_cached(&name)?;
    scene.equal("whether the lock is still held", &locked, &false);
    Ok(())
}

async fn chain_goes_on(scene: &mut Scene) -> Result<()> {
    let (_, first) = kept(scene, "chainAcrossConnections", &[]).await?;
    let done = told(scene, only(&first)?, "done", &["chain"])?;
    scene.send("php", &message(&done))?;
    scene.send("php", &message(&done))?;
    scene.php_works_all("php").await?;
    let next = scene.stage.take("kept", 10).await?;
    let next: Value = serde_json::from_str(only(&next)?)?;
    scene.equal(
        "the next job",
        &next["displayName"],
        &json!("App\\Jobs\\Step"),
    );
    Ok(())
}

async fn failed(scene: &mut Scene) -> Result<()> {
    let (_, bodies) = kept(scene, "tellsWhenItFailed", &[]).await?;
    // A job's failed() is called whatever else is left to PHP.
    let mut told = told(scene, only(&bodies)?, "failed", &["unique"])?;
    told["exception"] = json!("invoice 42 cannot be sent");
    scene.send("php", &message(&told))?;
    scene.send("php", &message(&told))?;
    scene.php_works_all("php").await?;
    let expected = json!({
        "by": "php", "job": "App\\Jobs\\TellsWhenItFailed", "event": "failed() was called", "invoice": 42,
        "exception": "invoice 42 cannot be sent",
    });
    let record = scene.record()?;
    scene.equal("what PHP did", &record, &[expected]);
    Ok(())
}

async fn chain_caught(scene: &mut Scene) -> Result<()> {
    let (_, bodies) = kept(scene, "chainThatFails", &[]).await?;
    let mut told = told(scene, only(&bodies)?, "failed", &["chain"])?;
    told["exception"] = json!("the first link broke");
    scene.send("php", &message(&told))?;
    scene.php_works_all("php").await?;
    let expected = json!({ "by": "php", "event": "the chain was caught", "exception": "the first link broke" });
    let record = scene.record()?;
    scene.equal("what PHP did", &record, &[expected]);
    Ok(())
}

async fn sent_again(scene: &mut Scene) -> Result<()> {
    let (_, bodies) = kept(scene, "tellsWhenItFailed", &[]).await?;
    let mut told = told(scene, only(&bodies)?, "failed", &["failed"])?;
    told["exception"] = json!("invoice 42 cannot be sent");
    let id = told["id"].as_str().unwrap_or_default().to_owned();
    scene.stage.mark("no-paper")?;
    scene.send("php", &message(&told))?;
    scene.php_works("php").await?;
    scene
        .is_listed(&id, "php", "App\\Queue\\HikyakuRelay@handle")
        .await?;
    let exception = scene.exception(&id)?;
    scene.holds("the exception", &exception, "there is no paper");
    scene.stage.unmark("no-paper")?;
    scene.artisan(&["queue:retry", &id]).await?;
    scene.is_not_listed(&id).await?;
    scene.php_works("php").await?;
    let did = scene.story(|line| line["event"].as_str().unwrap_or("?").to_owned())?;
    scene.equal("what PHP did", &did, &["php failed() was called"]);
    Ok(())
}

/// A job's `failed()` that a PHP has begun to call, as the cache then says, until that time.
async fn begun(scene: &mut Scene, until: u64) -> Result<Value> {
    let (_, bodies) = kept(scene, "tellsWhenItFailed", &[]).await?;
    let mut told = told(scene, only(&bodies)?, "failed", &["failed"])?;
    told["exception"] = json!("invoice 42 cannot be sent");
    let id = told["id"].as_str().unwrap_or_default();
    scene.stage.put(
        "cache",
        &json!({
            "key": { "S": format!("laravel_cache:hikyaku:{id}:failed") }, "value": { "S": "s:5:\"begun\";" },
            "expires_at": { "N": until.to_string() },
        }),
    )?;
    Ok(told)
}

async fn comes_again(scene: &mut Scene) -> Result<()> {
    let told = begun(scene, u64::from(u32::MAX)).await?;
    scene.send("kept", &message(&told))?;
    scene.php_works("kept").await?;
    let did = scene.record()?.len();
    scene.equal("what PHP did", &did, &0);
    let held = scene.stage.held("kept")?;
    let waits = (held.all, held.visible);
    scene.equal("messages, and those that may come at once", &waits, &(1, 0));
    scene.stage.purge("kept")
}

async fn begun_and_killed(scene: &mut Scene) -> Result<()> {
    let told = begun(scene, 1).await?;
    scene.send("php", &message(&told))?;
    scene.send("php", &message(&told))?;
    scene.php_works_all("php").await?;
    let told = scene.story(|line| line["event"].as_str().unwrap_or("?").to_owned())?;
    scene.equal("what PHP did", &told, &["php failed() was called"]);
    Ok(())
}
