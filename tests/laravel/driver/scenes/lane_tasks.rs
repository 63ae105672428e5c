//! Jobs of the lane that run as tasks of ECS.

use std::sync::Arc;
use std::time::Duration;

use super::Play;
use crate::Result;
use crate::ecs::Image;
use crate::scene::Scene;

pub(super) const SCENES: [Play; 1] = [Play::new(
    "over the lane a class that is marked runs as a task, which may throw, die or be stopped",
    |scene| Box::pin(as_tasks(scene)),
)];

/// What a job does the first time, and its tries.
const JOBS: [(&str, &str); 4] = [
    ("succeeds", "1"),
    ("throws", "2"),
    ("is stopped", "2"),
    ("dies", "1"),
];

/// The courier asks for a job that runs as a task after 5, 10, 20 and 40 seconds.
const DRAINED_WITHIN: Duration = Duration::from_secs(120);

async fn as_tasks(scene: &mut Scene) -> Result<()> {
    let stage = Arc::clone(&scene.stage);
    let ecs = Arc::clone(&scene.ecs);
    let serving = Arc::clone(&ecs).serve(Image::of(&stage));
    let playing = async {
        stage.web.start(&[]).await?;
        let mut ids = Vec::new();
        for (word, tries) in JOBS {
            let sent = scene.dispatch("long", &["tasks", word, tries]).await?;
            ids.push(sent.id()?.to_owned());
        }
        stop(scene, "is stopped").await?;
        scene.drained_within("tasks", DRAINED_WITHIN).await?;
        stage.web.stop().await;

        let mut story = scene
            .story(|line| format!("{} {} {}", line["word"], line["attempt"], line["event"]))?;
        story.sort();
        let expected = [
            "php \"dies\" 1 \"began\"",
            "php \"is stopped\" 1 \"began\"",
            "php \"is stopped\" 2 \"began\"",
            "php \"is stopped\" 2 \"ended\"",
            "php \"succeeds\" 1 \"began\"",
            "php \"succeeds\" 1 \"ended\"",
            "php \"throws\" 1 \"began\"",
            "php \"throws\" 2 \"began\"",
            "php \"throws\" 2 \"ended\"",
        ];
        scene.equal("what ran", &story, &expected);
        scene.equal("tasks", &ecs.started(), &6);
        scene.note(format!("{} tasks; {}", ecs.started(), story.join(", ")));
        for (id, (word, _)) in ids.iter().zip(JOBS) {
            let exception = scene.exception(id)?;
            if word == "dies" {
                scene.holds(
                    "the reason of the job whose PHP died",
                    &exception,
                    "killed by signal 9",
                );
            } else {
                scene.equal(
                    &format!("the failure of the job that {word}"),
                    &exception,
                    &"",
                );
            }
        }
        Ok(())
    };
    tokio::select! {
        played = playing => played,
        served = serving => served,
    }
}

/// Stops the task of a job that has begun, as ECS does when it takes its machine away.
async fn stop(scene: &mut Scene, word: &str) -> Result<()> {
    let began = |scene: &Scene| -> Result<Option<String>> {
        let record = scene.record()?;
        let line = record.iter().find(|line| line["word"] == word);
        Ok(line
            .and_then(|line| line["task"].as_str())
            .map(str::to_owned))
    };
    while began(scene)?.is_none() {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let task = began(scene)?.unwrap_or_default();
    let stopped = scene.ecs.stop(&task);
    scene.equal("whether its task was stopped", &stopped, &true);
    Ok(())
}
