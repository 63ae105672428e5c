//! The scheduler without a cron container: `schedule:run` as a job that EventBridge sends every minute.

use hikyaku::SystemClock;
use hikyaku::core::Clock as _;
use serde_json::json;

use super::Play;
use crate::Result;
use crate::scene::Scene;

pub(super) const SCENES: [Play; 1] = [Play::new(
    "over the lane a schedule's message runs what is due, and the same minute runs once",
    |scene| Box::pin(every_minute(scene)),
)];

async fn every_minute(scene: &mut Scene) -> Result<()> {
    scene.stage.web.start(&[]).await?;
    let began = minute();
    let first = "schedule:run 2026-11-26T13:50:00Z";
    send(scene, first).await?;
    let due = scene.record()?.len();
    scene.equal("what was due", &due, &2);

    // EventBridge may fire twice.
    send(scene, first).await?;
    scene.rust_did(first, &["done", "done before"]).await?;
    // The next minute's message, when this one's was late.
    let next = "schedule:run 2026-11-26T13:51:00Z";
    send(scene, next).await?;
    scene.rust_did(next, &["done"]).await?;

    // Unless that minute has come meanwhile.
    let most = if minute() == began { 1 } else { 2 };
    for (what, least, most) in [
        ("a command that is due", 1, most),
        ("a closure that is due", 1, most),
        ("a command of leap years", 0, 0),
    ] {
        let record = scene.record()?;
        let ran = record.iter().filter(|line| line["event"] == what);
        let ran = ran.count();
        let as_often = (least..=most).contains(&ran);
        scene.equal(
            &format!("whether {what} ran {least} to {most} times, not {ran}"),
            &as_often,
            &true,
        );
    }
    scene.stage.web.stop().await;
    Ok(())
}

/// What the schedule of docs/lane.md sends.
async fn send(scene: &mut Scene, uuid: &str) -> Result<()> {
    let body = json!({
        "uuid": uuid, "job": "Hikyaku\\Laravel\\Schedule@run", "maxTries": 1, "timeout": 300, "data": {},
    });
    scene.send("lane", &body)?;
    scene.drained("lane").await
}

fn minute() -> u64 {
    SystemClock.now().as_secs() / 60
}
