//! The class that settles in PHP, given what Rust asks of it for batches.

use serde_json::{Value, json};

use super::Play;
use super::relay::{kept, message, told};
use crate::Result;
use crate::scene::Scene;

pub(super) const SCENES: [Play; 4] = [
    Play::new(
        "relay: a batch is counted once, though each message comes twice",
        |scene| Box::pin(batch_done(scene)),
    ),
    Play::new(
        "relay: a failure cancels the batch and calls catch",
        |scene| Box::pin(batch_failed(scene)),
    ),
    Play::new(
        "relay: the callbacks of a batch that is counted in DynamoDB",
        |scene| Box::pin(batch_called(scene)),
    ),
    Play::new(
        "relay: a callback of a batch that throws is reported, and the next is called",
        |scene| Box::pin(callback_throws(scene)),
    ),
];

/// What the callbacks of a batch wrote down.
fn callbacks(scene: &Scene) -> Result<Vec<String>> {
    let mut calls =
        scene.story(|line| format!("{} {} {}", line["event"], line["pending"], line["failed"]))?;
    calls.retain(|call| call.starts_with("php"));
    Ok(calls)
}

async fn batch_done(scene: &mut Scene) -> Result<()> {
    let (sent, bodies) = kept(scene, "batch", &["0", "no"]).await?;
    scene.equal("messages", &bodies.len(), &10);
    for body in &bodies {
        let done = told(scene, body, "done", &["batch"])?;
        scene.send("php", &message(&done))?;
        scene.send("php", &message(&done))?;
    }
    scene.php_works_all("php").await?;
    let batch = scene.batch(&sent.batch).await?;
    let expected = json!({
        "total": 10, "pending": 0, "failed": 0, "failedIds": [], "progress": 100, "finished": true, "cancelled": false,
    });
    scene.equal("the batch", &batch, &expected);
    let calls = callbacks(scene)?;
    scene.equal(
        "the callbacks",
        &calls,
        &["php \"then\" 0 0", "php \"finally\" 0 0"],
    );
    Ok(())
}

async fn batch_failed(scene: &mut Scene) -> Result<()> {
    let (sent, bodies) = kept(scene, "batch", &["1", "no"]).await?;
    let mut failed_id = Value::Null;
    for body in &bodies {
        let job: Value = serde_json::from_str(body)?;
        // The first of the ten is the one that fails. Its number is in the serialized object.
        let command = job["data"]["command"].as_str().unwrap_or_default();
        let fails = command.contains("s:6:\"number\";i:1;");
        let event = if fails { "failed" } else { "done" };
        let mut told = told(scene, body, event, &["batch"])?;
        if fails {
            told["exception"] = json!("number 1 fails");
            failed_id = job["uuid"].clone();
        }
        scene.send("php", &message(&told))?;
        scene.send("php", &message(&told))?;
    }
    scene.php_works_all("php").await?;
    let batch = scene.batch(&sent.batch).await?;
    let expected = json!({
        "total": 10, "pending": 1, "failed": 1, "failedIds": [failed_id], "progress": 90, "finished": true, "cancelled": true,
    });
    scene.equal("the batch", &batch, &expected);
    let record = scene.record()?;
    let caught: Vec<_> = record
        .iter()
        .filter(|line| line["event"] == "catch")
        .collect();
    scene.equal("how often catch was called", &caught.len(), &1);
    let reason = caught.first().map(|line| line["exception"].clone());
    scene.equal(
        "what catch was told",
        &reason,
        &Some(json!("number 1 fails")),
    );
    let others = record.len() - caught.len();
    scene.equal("the other callbacks (finally)", &others, &1);
    Ok(())
}

async fn batch_called(scene: &mut Scene) -> Result<()> {
    scene.variables.push(("BATCH_DRIVER", "dynamodb"));
    let (sent, _) = kept(scene, "batch", &["0", "no"]).await?;
    let callback = |name: &str| json!({ "name": name, "id": format!("{}:{name}", sent.batch) });
    let told = json!({
        "id": "one-job:0:batch", "event": "batch", "batchId": sent.batch,
        "callbacks": [callback("then"), callback("finally")],
    });
    scene.send("php", &message(&told))?;
    scene.send("php", &message(&told))?;
    // Another job of the batch that sees the same counters asks for the same.
    let again = json!({
        "id": "another-job:0:batch", "event": "batch", "batchId": sent.batch, "callbacks": [callback("finally")],
    });
    scene.send("php", &message(&again))?;
    let told = json!({
        "id": "a-third-job:0:batch", "event": "batch", "batchId": sent.batch, "callbacks": [callback("catch")],
        "exception": "number 1 fails",
    });
    scene.php_works_all("php").await?;
    scene.send("php", &message(&told))?;
    scene.php_works_all("php").await?;
    let calls = scene.story(|line| {
        format!(
            "{} {} {}",
            line["event"], line["pending"], line["exception"]
        )
    })?;
    let expected = [
        "php \"then\" 10 null",
        "php \"finally\" 10 null",
        "php \"catch\" 10 \"number 1 fails\"",
    ];
    scene.equal("the callbacks", &calls, &expected);
    Ok(())
}

async fn callback_throws(scene: &mut Scene) -> Result<()> {
    scene.variables.push(("BATCH_DRIVER", "dynamodb"));
    let (sent, _) = kept(scene, "batchWhoseThenThrows", &[]).await?;
    let told = json!({
        "id": "throwing-job:0:batch", "event": "batch", "batchId": sent.batch,
        "callbacks": [{ "name": "then", "id": "throws" }, { "name": "finally", "id": "thrown" }],
    });
    scene.send("php", &message(&told))?;
    scene.php_works("php").await?;
    let calls = scene.story(|line| line["event"].as_str().unwrap_or("?").to_owned())?;
    scene.equal("the callbacks", &calls, &["php finally"]);
    let log = scene.stage.folder.join("laravel.log");
    let log = std::fs::read_to_string(log)?;
    scene.holds("Laravel's log", &log, "then has thrown");
    Ok(())
}
