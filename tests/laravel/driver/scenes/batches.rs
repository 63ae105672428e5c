//! Batches: counted by Laravel over the relay, or by Rust in DynamoDB.

use serde_json::{Value, json};

use super::Play;
use crate::Result;
use crate::scene::{Scene, Sent};

pub(super) const SCENES: [Play; 13] = [
    Play::new("how Laravel itself counts a batch of ten", |scene| {
        Box::pin(in_php(scene))
    }),
    Play::new(
        "how Laravel itself counts a batch with a failure",
        |scene| Box::pin(fails_in_php(scene)),
    ),
    Play::new("a batch of ten in SQL is settled over the relay", |scene| {
        Box::pin(in_sql(scene))
    }),
    Play::new("a failure cancels a batch in SQL", |scene| {
        Box::pin(fails_in_sql(scene))
    }),
    // Laravel 8 has no DynamoDB repository: the application's own makes the rows, as Laravel's has done since 10.36.
    Play::new("a batch of ten in DynamoDB is counted in Rust", |scene| {
        Box::pin(in_dynamodb(scene))
    }),
    Play::new("a failure cancels a batch in DynamoDB", |scene| {
        Box::pin(fails_in_dynamodb(scene))
    }),
    Play::new(
        "a batch of a hundred is counted once, though each message comes twice",
        |scene| Box::pin(twice_in_dynamodb(scene)),
    ),
    Play::new("how Laravel itself counts a batch with a chain", |scene| {
        Box::pin(chain_in_php(scene))
    }),
    Play::new(
        "a batch with a chain in SQL is settled over the relay",
        |scene| Box::pin(chain_in_sql(scene)),
    ),
    Play::new(
        "a batch with a chain in DynamoDB is counted in Rust",
        |scene| Box::pin(chain_in_dynamodb(scene)),
    ),
    Play::new(
        "how Laravel itself counts a failed job that is sent again",
        |scene| Box::pin(retried_in_php(scene)),
    ),
    Play::new(
        "a failed job of a batch in SQL that is sent again is counted",
        |scene| Box::pin(retried_in_sql(scene)),
    ),
    Play::new(
        "a failed job of a batch in DynamoDB that is sent again is counted",
        |scene| Box::pin(retried_in_dynamodb(scene)),
    ),
];

async fn in_php(scene: &mut Scene) -> Result<()> {
    let sent = scene.dispatch("batch", &["kept", "0", "no"]).await?;
    scene.php_works_all("kept").await?;
    has_succeeded(scene, &sent).await
}

async fn fails_in_php(scene: &mut Scene) -> Result<()> {
    let sent = scene.dispatch("batch", &["kept", "1", "no"]).await?;
    scene.php_works_all("kept").await?;
    has_failed(scene, &sent).await
}

async fn in_sql(scene: &mut Scene) -> Result<()> {
    succeeds(scene, "settled").await
}

async fn fails_in_sql(scene: &mut Scene) -> Result<()> {
    fails(scene, "settled").await
}

async fn in_dynamodb(scene: &mut Scene) -> Result<()> {
    scene.variables.push(("BATCH_DRIVER", "dynamodb"));
    succeeds(scene, "counted").await
}

async fn fails_in_dynamodb(scene: &mut Scene) -> Result<()> {
    scene.variables.push(("BATCH_DRIVER", "dynamodb"));
    fails(scene, "counted").await
}

async fn twice_in_dynamodb(scene: &mut Scene) -> Result<()> {
    scene.variables.push(("BATCH_DRIVER", "dynamodb"));
    let sent = scene.dispatch("batch", &["kept", "0", "no", "100"]).await?;
    let mut bodies = Vec::new();
    while bodies.len() < 100 {
        bodies.extend(scene.stage.take("kept", 10).await?);
    }
    // One after the other: of two that come together, one would only wait for the other's lease to end.
    for _ in 0..2 {
        for body in &bodies {
            scene.stage.send("counted", &serde_json::from_str(body)?)?;
        }
        scene.drained("counted").await?;
    }
    let answers = |answer: &str| {
        let of_all = sent.ids.iter().flat_map(|id| scene.stage.seen.of(id));
        of_all.filter(|outcome| outcome == answer).count()
    };
    let answers = (answers("done"), answers("done before"));
    scene.equal("messages that ran, and that did not", &answers, &(100, 100));
    let ran = scene.payloads("App\\Jobs\\BatchedStep")?;
    scene.equal("how often its jobs ran", &ran.len(), &100);
    scene.php_works_all("php").await?;
    let batch = scene.batch(&sent.batch).await?;
    let expected = json!({
        "total": 100, "pending": 0, "failed": 0, "failedIds": [], "progress": 100, "finished": true, "cancelled": false,
    });
    scene.equal("the batch", &batch, &expected);
    let calls = called(scene)?;
    scene.equal("the callbacks", &calls, &["finally", "then"]);
    Ok(())
}

async fn succeeds(scene: &mut Scene, queue: &str) -> Result<()> {
    let sent = scene.dispatch("batch", &[queue, "0", "no"]).await?;
    scene.drained(queue).await?;
    for id in &sent.ids {
        scene.rust_did(id, &["done"]).await?;
    }
    scene.php_works_all("php").await?;
    has_succeeded(scene, &sent).await
}

async fn fails(scene: &mut Scene, queue: &str) -> Result<()> {
    let sent = scene.dispatch("batch", &[queue, "1", "no"]).await?;
    scene.drained(queue).await?;
    for (index, id) in sent.ids.iter().enumerate() {
        let did = if index == 0 { "buried" } else { "done" };
        scene.rust_did(id, &[did]).await?;
    }
    scene.php_works_all("php").await?;
    has_failed(scene, &sent).await
}

async fn chain_in_php(scene: &mut Scene) -> Result<()> {
    let sent = scene.dispatch("batchWithChain", &["kept"]).await?;
    scene.php_works_all("kept").await?;
    has_ended(scene, &sent, 3, 0).await
}

async fn chain_in_sql(scene: &mut Scene) -> Result<()> {
    chained(scene, "settled").await
}

async fn chain_in_dynamodb(scene: &mut Scene) -> Result<()> {
    scene.variables.push(("BATCH_DRIVER", "dynamodb"));
    chained(scene, "counted").await
}

async fn chained(scene: &mut Scene, queue: &str) -> Result<()> {
    let sent = scene.dispatch("batchWithChain", &[queue]).await?;
    scene.drained(queue).await?;
    scene.php_works_all("php").await?;
    let ran = scene.payloads("App\\Jobs\\BatchedStep")?;
    scene.equal("how many ran", &ran.len(), &3);
    has_ended(scene, &sent, 3, 0).await
}

async fn retried_in_php(scene: &mut Scene) -> Result<()> {
    let arguments = ["kept", "1", "yes", "10", "mended-in-php"];
    let sent = scene.dispatch("batch", &arguments).await?;
    scene.php_works_all("kept").await?;
    send_failed_again(scene, &sent, "mended-in-php").await?;
    scene.php_works_all("kept").await?;
    has_ended(scene, &sent, 10, 1).await
}

async fn retried_in_sql(scene: &mut Scene) -> Result<()> {
    retried(scene, "settled", "mended-in-sql").await
}

async fn retried_in_dynamodb(scene: &mut Scene) -> Result<()> {
    scene.variables.push(("BATCH_DRIVER", "dynamodb"));
    retried(scene, "counted", "mended-in-dynamodb").await
}

async fn retried(scene: &mut Scene, queue: &str, marker: &str) -> Result<()> {
    let sent = scene
        .dispatch("batch", &[queue, "1", "yes", "10", marker])
        .await?;
    let failed = sent.ids.first().ok_or("no job was sent")?;
    scene.rust_did(failed, &["buried"]).await?;
    scene.drained(queue).await?;
    scene.php_works_all("php").await?;
    send_failed_again(scene, &sent, marker).await?;
    scene.rust_did(failed, &["buried", "done"]).await?;
    scene.drained(queue).await?;
    scene.php_works_all("php").await?;
    has_ended(scene, &sent, 10, 1).await
}

/// The first job has failed; the batch goes on without it.
async fn send_failed_again(scene: &mut Scene, sent: &Sent, marker: &str) -> Result<()> {
    let batch = scene.batch(&sent.batch).await?;
    let expected = json!({
        "total": 10, "pending": 1, "failed": 1, "failedIds": [sent.ids.first()], "progress": 90, "finished": false,
        "cancelled": false,
    });
    scene.equal("the batch before", &batch, &expected);
    let calls = called(scene)?;
    scene.equal("the callbacks before", &calls, &["catch", "finally"]);
    scene.stage.mark(marker)?;
    let output = scene.artisan(&["queue:retry-batch", &sent.batch]).await?;
    let pushed = "has been pushed back onto the queue!";
    scene.holds("what queue:retry-batch prints", &output.text, pushed);
    Ok(())
}

/// Whether all jobs have succeeded, of which so many had failed before.
async fn has_ended(scene: &mut Scene, sent: &Sent, total: u32, failed: u32) -> Result<()> {
    let mut batch = scene.batch(&sent.batch).await?;
    // In SQL Laravel forgets a failed job that has succeeded, in DynamoDB it does not.
    batch["failedIds"].take();
    let expected = json!({
        "total": total, "pending": 0, "failed": failed, "failedIds": null, "progress": 100, "finished": true,
        "cancelled": false,
    });
    scene.equal("the batch", &batch, &expected);
    let calls = called(scene)?;
    let expected: &[&str] = match failed {
        0 => &["finally", "then"],
        _ => &["catch", "finally", "then"],
    };
    scene.equal("the callbacks", &calls, &expected);
    Ok(())
}

async fn has_succeeded(scene: &mut Scene, sent: &Sent) -> Result<()> {
    let batch = scene.batch(&sent.batch).await?;
    let expected = json!({
        "total": 10, "pending": 0, "failed": 0, "failedIds": [], "progress": 100, "finished": true, "cancelled": false,
    });
    scene.equal("the batch", &batch, &expected);
    let calls = called(scene)?;
    scene.equal("the callbacks", &calls, &["finally", "then"]);
    Ok(())
}

/// The first of the ten failed; the others ran all the same, as none of them asks whether its batch was cancelled.
async fn has_failed(scene: &mut Scene, sent: &Sent) -> Result<()> {
    let batch = scene.batch(&sent.batch).await?;
    let expected = json!({
        "total": 10, "pending": 1, "failed": 1, "failedIds": [sent.ids.first()], "progress": 90, "finished": true,
        "cancelled": true,
    });
    scene.equal("the batch", &batch, &expected);
    let calls = called(scene)?;
    scene.equal("the callbacks", &calls, &["catch", "finally"]);
    let record = scene.record()?;
    let caught = record.iter().find(|line| line["event"] == "catch");
    let reason = caught.and_then(|line| line["exception"].as_str());
    scene.holds(
        "what catch was told",
        reason.unwrap_or_default(),
        "number 1 fails",
    );
    Ok(())
}

/// The callbacks that PHP called, by name.
fn called(scene: &Scene) -> Result<Vec<Value>> {
    let lines = scene.record()?.into_iter();
    let mut events: Vec<_> = lines.map(|line| line["event"].clone()).collect();
    events.retain(|event| {
        ["then", "catch", "finally"]
            .iter()
            .any(|name| event == name)
    });
    events.sort_by_key(ToString::to_string);
    Ok(events)
}
