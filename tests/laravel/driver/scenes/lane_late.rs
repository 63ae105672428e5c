//! Attempts that PHP goes on with when their time is over, and requests that are not the courier's.

use std::sync::Arc;
use std::time::Duration;

use courier::{HttpCourier, Settings};
use futures_util::future::join_all;
use hikyaku::core::{Clock as _, Courier as _, Parcel};
use hikyaku::{Config, SystemClock};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::Play;
use crate::Result;
use crate::scene::Scene;
use crate::stage::Stage;
use crate::web;

pub(super) const SCENES: [Play; 2] = [
    Play::new(
        "over the lane an attempt that PHP ends late changes nothing of the next one",
        |scene| Box::pin(late(scene)),
    ),
    Play::new(
        "over the lane forged requests run nothing, leave nothing and do not upset hikyaku:check",
        |scene| Box::pin(forged(scene)),
    ),
];

const LATE: &str = "App\\Jobs\\Late";

/// How the late attempts end.
const ENDS: [&str; 4] = ["throws", "releases", "fails", "exits"];

/// The time of the attempt that is late.
const TIME: Duration = Duration::from_secs(1);

/// After its time an attempt has ten seconds in the application (docs/lane.md); then the next one may begin.
const NEXT_AFTER: Duration = Duration::from_millis(12_500);

const MINUTE: Duration = Duration::from_secs(60);

async fn late(scene: &mut Scene) -> Result<()> {
    let stage = Arc::clone(&scene.stage);
    stage
        .web
        .start(&[("FAILED_DRIVER", "database-uuids")])
        .await?;
    let courier = courier(&stage, web::KEY)?;
    let first = join_all(ENDS.map(|end| courier.deliver(parcel(end, 1, TIME))));
    let next = async {
        let began = |stage: &Stage| {
            let record = stage.record()?;
            let late = |line: &&Value| line["job"] == LATE;
            Ok(record.iter().filter(late).count() >= ENDS.len())
        };
        scene.until("the first attempts have begun", began).await?;
        tokio::time::sleep(NEXT_AFTER).await;
        all_done(scene, &courier, "before the late end").await;
        stage.mark("late")
    };
    tokio::join!(first, next).1?;
    all_done(scene, &courier, "after the late end").await;
    let mut story = scene.story(|line| {
        let part = |name: &str| line[name].as_str().unwrap_or_default().to_owned();
        format!("{} {} {}", part("name"), line["attempt"], part("event"))
    })?;
    story.sort();
    let began = |end: &str| [1, 2].map(|attempt| format!("php {end} {attempt} began"));
    let mut expected: Vec<String> = ENDS.iter().flat_map(|end| began(end)).collect();
    expected.sort();
    scene.equal("what ran, and which failed() was called", &story, &expected);
    scene.variables = vec![("FAILED_DRIVER", "database-uuids")];
    let rows = scene.artisan(&["app:rows", "--clear"]).await?;
    let rows: Value = serde_json::from_str(&rows.text)?;
    scene.equal("the rows in failed_jobs", &rows["failed"], &json!([]));
    stage.web.stop().await;
    Ok(())
}

/// Whatever attempt is asked for, again because its answer was lost or because it is the next: the job is done.
async fn all_done(scene: &mut Scene, courier: &HttpCourier, when: &str) {
    for attempt in [2, 2, 3] {
        for end in ENDS {
            let said = courier.deliver(parcel(end, attempt, MINUTE)).await;
            let said = said.map_err(|error| error.to_string());
            let what = format!("what attempt {attempt} comes to {when}, which {end}");
            scene.equal(&what, &said, &Ok::<_, String>(()));
        }
    }
}

async fn forged(scene: &mut Scene) -> Result<()> {
    let stage = Arc::clone(&scene.stage);
    stage.web.start(&[]).await?;
    let checked = async |scene: &mut Scene| -> Result<Vec<String>> {
        let url = format!("--url={}", web::url(scene.stage.web.port));
        let said = scene.artisan(&["hikyaku:check", &url]).await?;
        scene.equal(
            &format!("whether hikyaku:check is content ({})", said.text.trim()),
            &said.succeeded,
            &true,
        );
        let lines = said.text.lines().map(str::to_owned);
        Ok(lines.filter(|line| !line.contains("the clocks")).collect())
    };
    let before = checked(scene).await?;
    let other_key = courier(&stage, &web::KEY.replace('0', "f"))?;
    for _ in 0..10 {
        let refused = other_key.deliver(parcel("throws", 1, TIME)).await;
        let said = refused.err().map(|error| error.to_string());
        let said = said.unwrap_or_default();
        scene.holds("what a courier with another key hears", &said, "not signed");
        let answer = unsigned(&stage).await?;
        scene.holds("what whoever has no key hears", &answer, "401");
    }
    let after = checked(scene).await?;
    scene.equal(
        "what hikyaku:check says after forged requests",
        &after,
        &before,
    );
    let ran = scene.record()?.len();
    scene.equal("what the forged requests ran", &ran, &0);
    stage.web.stop().await;
    Ok(())
}

fn courier(stage: &Stage, key: &str) -> Result<HttpCourier> {
    let lookup = |name: &str| match name {
        "HIKYAKU_PHP_URL" => Some(web::url(stage.web.port)),
        "HIKYAKU_PHP_KEY" => Some(key.to_owned()),
        _ => None,
    };
    let aws = Config::from_lookup(|_| Ok(None))?;
    Ok(HttpCourier::new(Settings::from_lookup(lookup, aws)?)?)
}

/// A job of that class whose first attempt is late and then ends so.
fn parcel(end: &str, attempt: u32, time: Duration) -> Parcel {
    let text = |text: &str| format!("s:{}:\"{text}\";", text.len());
    let members = [[text("name"), text(end)], [text("ends"), text(end)]];
    let command = format!("O:13:\"{LATE}\":2:{{{}}}", members.concat().concat());
    let id = format!("late-{end}");
    let body = json!({
        "uuid": id, "displayName": LATE, "job": "Illuminate\\Queue\\CallQueuedHandler@call", "maxTries": 9,
        "data": { "commandName": LATE, "command": command },
    });
    Parcel {
        id,
        name: LATE.to_owned(),
        body: body.to_string(),
        queue: "https://sqs/late".to_owned(),
        generation: 0,
        attempt,
        receives: 1,
        deadline: SystemClock.now() + time,
    }
}

/// What the application answers to a request that nobody has signed.
async fn unsigned(stage: &Stage) -> Result<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", stage.web.port)).await?;
    let request = "POST /hikyaku/jobs HTTP/1.1\r\nHost: 127.0.0.1\r\nHikyaku-Signature: 0\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}";
    stream.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    Ok(answer)
}
