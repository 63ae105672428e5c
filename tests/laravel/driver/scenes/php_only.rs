//! What carries PHP itself: a closure, a listener, a mailable, a notification.

use serde_json::json;

use super::Play;
use crate::Result;
use crate::scene::{Scene, Sent};

pub(super) const SCENES: [Play; 5] = [
    Play::new("how Laravel itself runs what only PHP can run", |scene| {
        Box::pin(in_php(scene))
    }),
    Play::new(
        "what only PHP can run is buried where PHP has no queue",
        |scene| Box::pin(buried(scene)),
    ),
    Play::new("what only PHP can run goes to the queue of PHP", |scene| {
        Box::pin(handed_on(scene))
    }),
    Play::new(
        "a class that nobody registered goes to the queue of PHP",
        |scene| Box::pin(unknown(scene)),
    ),
    Play::new("a listener that Rust has runs in Rust", |scene| {
        Box::pin(listened(scene))
    }),
];

async fn buried(scene: &mut Scene) -> Result<()> {
    let sent = scene.dispatch("onlyForPhp", &["rust"]).await?;
    scene.drained("rust").await?;
    let classes = [
        "Illuminate\\Queue\\CallQueuedClosure",
        "Illuminate\\Events\\CallQueuedListener",
        "Illuminate\\Mail\\SendQueuedMailable",
        "Illuminate\\Notifications\\SendQueuedNotifications",
    ];
    scene.equal("messages", &sent.ids.len(), &classes.len());
    for (id, class) in sent.ids.iter().zip(classes) {
        scene.rust_did(id, &["buried"]).await?;
        scene.is_listed(id, "rust", class).await?;
    }
    Ok(())
}

async fn in_php(scene: &mut Scene) -> Result<()> {
    let sent = scene.dispatch("onlyForPhp", &["kept"]).await?;
    scene.php_works_all("kept").await?;
    have_run(scene, &sent).await
}

async fn handed_on(scene: &mut Scene) -> Result<()> {
    let sent = scene.dispatch("onlyForPhp", &["settled"]).await?;
    scene.drained("settled").await?;
    scene.php_works_all("php").await?;
    have_run(scene, &sent).await
}

async fn have_run(scene: &mut Scene, sent: &Sent) -> Result<()> {
    for id in &sent.ids {
        scene.is_not_listed(id).await?;
    }
    let mut ran = scene.story(|line| line["job"].as_str().unwrap_or("?").to_owned())?;
    ran.sort(); // a standard queue keeps no order
    let expected = [
        "php App\\Listeners\\CountsRows",
        "php App\\Notifications\\RowsNotice",
        "php closure",
    ];
    scene.equal("what PHP ran", &ran, &expected);
    Ok(())
}

async fn unknown(scene: &mut Scene) -> Result<()> {
    let sent = scene.dispatch("unknown", &["settled"]).await?;
    scene.drained("settled").await?;
    scene.php_works("php").await?;
    scene.drained("php").await?;
    let ran = scene.story(|line| format!("{} {}", line["id"], line["payload"]))?;
    let expected = format!("php \"{}\" {{\"invoice\":42}}", sent.id()?);
    scene.equal("what PHP ran", &ran, &[expected]);
    scene.is_not_listed(sent.id()?).await
}

async fn listened(scene: &mut Scene) -> Result<()> {
    let sent = scene.dispatch("listened", &[]).await?;
    scene.rust_did(sent.id()?, &["done"]).await?;
    scene.drained("settled").await?;
    let payloads = scene.payloads("App\\Listeners\\TalliesRows")?;
    let expected = json!({ "method": "handle", "data": [{ "table": "customers", "rows": 7 }] });
    scene.equal("what it was called with", &payloads, &[expected]);
    Ok(())
}
