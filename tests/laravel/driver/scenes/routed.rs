//! A class is switched from PHP to Rust and back while a thousand of its jobs are under way.
//!
//! PHP dispatches all of them into a queue that nobody works off, and from there they are sent on as they stand, so that
//! each change of the route finds jobs of every kind on their way, and some of them can be sent twice. What comes next is
//! decided by what the jobs have written down, never by the time.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use hikyaku::core::Route;
use serde_json::{Value, json};

use super::Play;
use super::routed_jobs::{Jobs, THROWING};
use crate::Result;
use crate::scene::Scene;
use crate::stage::Stage;

pub(super) const SCENES: [Play; 1] = [Play::new(
    "a class switched from PHP to Rust and back under a thousand jobs loses none, and each runs once on one side",
    |scene| Box::pin(switched(scene)),
)];

const JOBS: usize = 1000;
const CLASS: &str = "App\\Jobs\\Switched";
pub(super) const QUEUE: &str = "routed";

/// How the route goes, in the words of the command line. At the end everything runs in PHP again.
const ROUTES: [&[&str]; 7] = [
    &["php"],
    &["rust", "--percent", "10"],
    &["rust", "--percent", "50"],
    &["rust"],
    &["php"],
    &["rust"],
    &["php"],
];

/// A copy that met a job that ran comes back after that one's lease: 15 s for one that waits, and 12 more.
const DRAINED_WITHIN: Duration = Duration::from_secs(90);

async fn switched(scene: &mut Scene) -> Result<()> {
    scene.stage.web.start(&[]).await?;
    let sent = scene
        .dispatch("switched", &["kept", &JOBS.to_string()])
        .await?;
    let mut jobs = Jobs::taken(scene).await?;
    let mut in_flight = Vec::new();
    let mut before: Option<Route> = None;
    for (number, words) in ROUTES.into_iter().enumerate() {
        command(scene, CLASS, words).await?;
        let route = route(words)?;
        if let Some(before) = before.replace(route) {
            in_flight.push(scene.stage.held(QUEUE)?.all);
            jobs.until_followed(scene, before, route).await?;
            jobs.open(scene)?;
        }
        if number + 1 < ROUTES.len() {
            jobs.hold_open(scene).await?;
            jobs.flood(scene).await?;
        }
    }
    jobs.send_the_rest(scene)?;
    scene.drained_within(QUEUE, DRAINED_WITHIN).await?;
    scene.stage.web.stop().await;
    let least = in_flight.into_iter().min().unwrap_or_default();
    let many = least > THROWING;
    scene.equal("whether many were in flight at each change", &many, &true);
    scene.count("changes of the route", ROUTES.len() - 1);
    scene.count("messages in flight at a change, at least", least);
    scene.count("messages sent a second time", jobs.copies);
    judge(scene, &sent.ids).await
}

/// Has `hikyaku route` set the route, or list it.
pub(super) async fn command(scene: &Scene, class: &str, words: &[&str]) -> Result<String> {
    let words = [&["route", class], words].concat();
    scene
        .hikyaku(&[&words[..], &["--ledger-table", "ledger"]].concat())
        .await
}

/// The route that the command's words set.
fn route(words: &[&str]) -> Result<Route> {
    Ok(match words {
        ["php"] => Route::PHP,
        ["rust"] => Route::RUST,
        [.., percent] => Route::percent(percent.parse()?).ok_or("no percentage")?,
        [] => return Err("no route".into()),
    })
}

async fn judge(scene: &mut Scene, ids: &[String]) -> Result<()> {
    scene.equal("jobs", &ids.len(), &JOBS);
    // Log lines come by a pipe, later than the queue is empty.
    let is_done = |stage: &Stage, id: &String| stage.seen.of(id).contains(&"done".to_owned());
    let all_are = |stage: &Stage| Ok(ids.iter().all(|id| is_done(stage, id)));
    scene.until("a line of each job's end", all_are).await?;
    let record = scene.record()?;
    let mut lines: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
    for line in &record {
        lines
            .entry(line["id"].as_str().unwrap_or_default())
            .or_default()
            .push(line);
    }
    let [mut in_rust, mut in_php, mut held, mut before] = [0; 4];
    for id in ids {
        let lines = lines.remove(id.as_str()).unwrap_or_default();
        let ended = lines.iter().filter(|line| line["event"] == "ended");
        scene.equal(
            &format!("how often {id} ran to its end"),
            &ended.count(),
            &1,
        );
        let sides = lines.iter().filter_map(|line| line["by"].as_str());
        let sides: BTreeSet<_> = sides.map(str::to_owned).collect();
        let logged = scene.stage.seen.sides(id);
        scene.equal(&format!("the log's sides of {id}"), &logged, &sides);
        if sides.len() > 1 {
            scene.differs(format!("{id} ran on both sides"));
        }
        let item = json!({ "pk": { "S": format!("J#{id}") }, "sk": { "S": "." } });
        let item = scene.stage.item("ledger", &item)?;
        let side = if sides.contains("rust") { "R" } else { "P" };
        let recorded = [&item["s"]["S"], &item["w"]["S"]];
        scene.equal(&format!("the ledger's {id}"), &recorded, &["D", side]);
        in_rust += usize::from(side == "R");
        in_php += usize::from(side == "P");
        let outcomes = scene.stage.seen.of(id);
        let of = |outcome: &str| outcomes.iter().filter(|said| *said == outcome).count();
        held += of("held");
        before += of("done before");
    }
    scene.equal("lines of other jobs", &lines.len(), &0);
    scene.count("jobs that ran in Rust", in_rust);
    scene.count("jobs that ran in PHP", in_php);
    scene.count("deliveries that met a job that ran", held);
    scene.count("deliveries that met a job that was done", before);
    let both = in_rust > 100 && in_php > 100;
    scene.equal("whether both sides had a share", &both, &true);
    let listed: Value =
        serde_json::from_str(&command(scene, CLASS, &["--count", "--json"]).await?)?;
    let counts = [&listed[0]["inRust"], &listed[0]["inPhp"]];
    let ran = [in_rust, in_php].map(Value::from);
    scene.equal(
        "what `hikyaku route --count` says",
        &counts,
        &ran.each_ref(),
    );
    Ok(())
}
