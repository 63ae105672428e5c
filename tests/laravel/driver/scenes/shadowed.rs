//! A class that PHP runs, and Rust after it without effects, to compare.

use serde_json::{Value, json};

use super::Play;
use super::routed::{QUEUE, command};
use crate::Result;
use crate::scene::Scene;

pub(super) const SCENES: [Play; 1] = [Play::new(
    "a class with shadows runs in PHP, each job once, and what Rust would have made of it is counted",
    |scene| Box::pin(shadowed(scene)),
)];

const CLASS: &str = "App\\Jobs\\Invoiced";
const JOBS: usize = 20;

async fn shadowed(scene: &mut Scene) -> Result<()> {
    scene.stage.web.start(&[]).await?;
    command(scene, CLASS, &["shadow"]).await?;
    let sent = scene
        .dispatch("invoiced", &[QUEUE, &JOBS.to_string()])
        .await?;
    scene.drained(QUEUE).await?;
    scene.stage.web.stop().await;

    let record = scene.record()?;
    let ran = |side: &str| record.iter().filter(|line| line["by"] == side).count();
    scene.equal("jobs", &sent.ids.len(), &JOBS);
    scene.equal("runs in PHP", &ran("php"), &JOBS);
    scene.equal("what Rust left behind", &ran("rust"), &0);
    for id in &sent.ids {
        let logged = scene.stage.seen.of(id);
        scene.equal(
            &format!("what became of {id}"),
            &logged,
            &["done".to_owned()],
        );
    }
    let listed: Value =
        serde_json::from_str(&command(scene, CLASS, &["--count", "--json"]).await?)?;
    let shadows = &listed[0]["shadows"];
    scene.equal("jobs in PHP", &listed[0]["inPhp"], &json!(JOBS));
    scene.equal("shadows like PHP", &shadows["same"], &json!(JOBS - 1));
    scene.equal("others", &shadows["different"], &json!(1));
    let last = &shadows["lastDifferent"];
    let outcomes = [&last["php"], &last["rust"], &last["error"]];
    let expected = ["done", "buried", "an invoice without lines"].map(Value::from);
    scene.equal("the one that differed", &outcomes, &expected.each_ref());
    scene.note(command(scene, CLASS, &[]).await?);
    Ok(())
}
