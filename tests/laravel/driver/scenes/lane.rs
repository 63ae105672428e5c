//! No queue worker: the courier hands every job to the application over HTTP.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

use super::Play;
use crate::Result;
use crate::scene::Scene;

pub(super) const SCENES: [Play; 3] = [
    Play::new(
        "over the lane every kind of job leaves what queue:work leaves",
        |scene| Box::pin(every_kind(scene)),
    ),
    Play::new(
        "over the lane what failed is sent again by queue:retry and runs",
        |scene| Box::pin(retried(scene)),
    ),
    Play::new(
        "over the lane what fails again is listed anew and runs again, whichever side sends it again",
        |scene| Box::pin(retried_elsewhere(scene)),
    ),
];

/// Events are recorded, and failed jobs are in the application's database.
const VARIABLES: [(&str, &str); 2] = [("RECORD_EVENTS", "1"), ("FAILED_DRIVER", "database-uuids")];

/// What a run left, and nothing that differs from run to run.
#[derive(PartialEq, serde::Serialize)]
struct Left {
    record: Vec<String>,
    rows: Value,
}

async fn every_kind(scene: &mut Scene) -> Result<()> {
    scene.variables = VARIABLES.into();
    scene.stage.mark("free")?;
    scene.artisan(&["app:rows", "--clear"]).await?;

    scene.dispatch("everyKind", &["kept"]).await?;
    while scene.stage.held("kept")?.all > 0 {
        scene.php_works_all("kept").await?;
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    scene.dispatch("unique", &["kept", "kept"]).await?;
    scene.php_works_all("kept").await?;
    let worked = left(scene, 0).await?;
    let before = scene.record()?.len();

    scene.stage.web.start(&VARIABLES).await?;
    scene.dispatch("everyKind", &["lane"]).await?;
    scene.drained("lane").await?;
    scene.dispatch("unique", &["lane", "lane"]).await?;
    scene.drained("lane").await?;
    let carried = left(scene, before).await?;
    scene.stage.web.stop().await;

    for line in missing(&worked.record, &carried.record) {
        scene.differs(format!("only under queue:work: {line}"));
    }
    for line in missing(&carried.record, &worked.record) {
        scene.differs(format!("only over the lane: {line}"));
    }
    scene.equal("the rows over the lane", &carried.rows, &worked.rows);
    let enough = worked.record.len() > 60;
    scene.equal("whether much was written down", &enough, &true);
    Ok(())
}

async fn left(scene: &mut Scene, before: usize) -> Result<Left> {
    let mut record: Vec<String> = scene
        .record()?
        .split_off(before)
        .iter()
        .map(plain)
        .collect();
    record.sort();
    let rows = scene.artisan(&["app:rows", "--clear"]).await?;
    Ok(Left {
        record,
        rows: serde_json::from_str(&rows.text)?,
    })
}

/// A line of the record without what is another in every run: ids and the queue's name.
fn plain(line: &Value) -> String {
    let text = line.to_string().replace("\"kept\"", "\"lane\"");
    let mut line: Value = serde_json::from_str(&text).unwrap_or_default();
    if let Some(members) = line.as_object_mut() {
        members.remove("id");
        // Several jobs of a batch run at once, and a standard queue keeps no order: which of them is last is chance.
        let event = members.get("event").and_then(Value::as_str);
        if matches!(event, Some("catch" | "finally")) {
            members.remove("pending");
            members.remove("exception");
        }
    }
    if let Some(payload) = line["payload"].as_object_mut() {
        payload.retain(|name, _| !["batchId", "job", "chained"].contains(&name.as_str()));
    }
    line.to_string()
}

/// The lines of one that the other lacks, repetitions counted.
fn missing(of: &[String], from: &[String]) -> Vec<String> {
    let mut count: BTreeMap<&str, i64> = BTreeMap::new();
    for line in of {
        *count.entry(line).or_default() += 1;
    }
    for line in from {
        *count.entry(line).or_default() -= 1;
    }
    let more = count.into_iter().filter(|(_, count)| *count > 0);
    more.map(|(line, count)| format!("{count} × {line}"))
        .collect()
}

async fn retried(scene: &mut Scene) -> Result<()> {
    scene.variables = VARIABLES.into();
    scene.stage.web.start(&VARIABLES).await?;
    let sent = scene.dispatch("step", &["lane", "once"]).await?;
    scene.drained("lane").await?;
    scene.equal("messages", &sent.ids.len(), &1);
    let body = serde_json::json!({
        "uuid": "lane-note-1", "displayName": "App\\Queue\\WritesNote", "job": "App\\Queue\\WritesNote@handle",
        "maxTries": 1, "data": { "fails": "no paper" },
    });
    scene.send("lane", &body)?;
    scene.drained("lane").await?;
    for _ in 0..2 {
        scene.artisan(&["queue:retry", "lane-note-1"]).await?;
        scene.drained("lane").await?;
    }
    let tried =
        |line: &&Value| line["event"] == "JobFailed" && line["job"] == "App\\Queue\\WritesNote";
    let failed = scene.record()?.iter().filter(tried).count();
    scene.equal("how often it ran and failed", &failed, &3);
    let rows = scene.artisan(&["app:rows", "--clear"]).await?;
    let rows: Value = serde_json::from_str(&rows.text)?;
    scene.equal(
        "its rows",
        &rows["failed"].as_array().map(Vec::len),
        &Some(1),
    );
    scene.stage.web.stop().await;
    Ok(())
}

async fn retried_elsewhere(scene: &mut Scene) -> Result<()> {
    scene.variables = VARIABLES.into();
    scene.stage.web.start(&VARIABLES).await?;
    let body = serde_json::json!({
        "uuid": "lane-note-2", "displayName": "App\\Queue\\WritesNote", "job": "App\\Queue\\WritesNote@handle",
        "maxTries": 1, "data": { "fails": "no ink" },
    });
    scene.send("lane", &body)?;
    scene.drained("lane").await?;
    let tables = ["--failed-table", "failed_jobs", "--ledger-table", "ledger"];
    for times in 1..=4 {
        let record = scene.record()?;
        let told = record.iter().filter(|line| line["event"] == "JobFailed");
        let told = told.count();
        scene.equal("how often its failure was told", &told, &times);
        let rows = scene.artisan(&["app:rows", "--generation"]).await?;
        let rows: Value = serde_json::from_str(&rows.text)?;
        let rows = rows["failed"].as_array().cloned().unwrap_or_default();
        let generations: Vec<_> = rows.iter().map(|row| row["generation"].clone()).collect();
        scene.equal("the generations in failed_jobs", &generations, &[times]);
        // By turns: what one store has sent, the other has not.
        if times % 2 == 1 {
            let retry = ["retry", "lane-note-2"];
            scene.hikyaku(&[&retry[..], &tables].concat()).await?;
        } else {
            scene.artisan(&["queue:retry", "lane-note-2"]).await?;
        }
        scene.drained("lane").await?;
    }
    scene.artisan(&["app:rows", "--clear"]).await?;
    scene.stage.web.stop().await;
    Ok(())
}
