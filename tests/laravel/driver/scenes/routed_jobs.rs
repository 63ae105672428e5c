//! The thousand jobs of a class that is switched: they are sent on piece by piece, so that each change of the route meets some
//! of every kind.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use hikyaku::core::{Route, Side};
use serde_json::Value;

use super::routed::QUEUE;
use crate::Result;
use crate::scene::Scene;
use crate::stage::Stage;

/// A route counts as followed when it has moved so many jobs.
const MOVED: usize = 5;
/// Jobs that throw until the route has changed, for each change.
pub(super) const THROWING: usize = 8;
/// Jobs that are sent right before a change, and how many of them have ended when it comes.
const FLOOD: usize = 80;
const OF_THE_FLOOD: usize = 20;
/// One in so many is sent twice.
const TWICE: usize = 10;

/// How often the record is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// The jobs that PHP has dispatched, with what is known of them while they are sent on.
pub(super) struct Jobs {
    bodies: BTreeMap<String, String>,
    /// What was not sent on yet, by its kind.
    plain: Vec<String>,
    throwing: Vec<String>,
    waiting: Vec<String>,
    /// Those that have begun before the last change, and end after it.
    held_open: Vec<String>,
    pub(super) copies: usize,
}

impl Jobs {
    /// Takes PHP's messages.
    pub(super) async fn taken(scene: &Scene) -> Result<Self> {
        let mut jobs = Self {
            bodies: BTreeMap::new(),
            plain: Vec::new(),
            throwing: Vec::new(),
            waiting: Vec::new(),
            held_open: Vec::new(),
            copies: 0,
        };
        while scene.stage.held("kept")?.all > 0 {
            for body in scene.stage.take("kept", 10).await? {
                let message: Value = serde_json::from_str(&body)?;
                let id = message["uuid"].as_str().ok_or("a message without uuid")?;
                // PHP has serialized the job: `s:6:"throws";b:1`.
                let command = message["data"]["command"].as_str().unwrap_or_default();
                let kind = if command.contains(r#""throws";b:1"#) {
                    &mut jobs.throwing
                } else if command.contains("switched-") {
                    &mut jobs.waiting
                } else {
                    &mut jobs.plain
                };
                kind.push(id.to_owned());
                jobs.bodies.insert(id.to_owned(), body);
            }
        }
        Ok(jobs)
    }

    fn send(&self, scene: &Scene, id: &str) -> Result<()> {
        let body = self.bodies.get(id).ok_or("a job that PHP has not sent")?;
        scene.stage.send_as_is(QUEUE, body.clone())
    }

    fn send_again(&mut self, scene: &Scene, id: &str) -> Result<()> {
        self.copies += 1;
        self.send(scene, id)
    }

    /// Sends jobs one by one until some of them have run where only the new route puts them. Functions follow within
    /// five seconds, so that it takes some.
    pub(super) async fn until_followed(
        &mut self,
        scene: &Scene,
        before: Route,
        route: Route,
    ) -> Result<()> {
        let mut moving = BTreeSet::new();
        loop {
            let record = scene.record()?;
            let has_moved = |line: &&Value| {
                let id = line["id"].as_str().unwrap_or_default();
                moving.contains(id) && by(line) == Some(route.side(id))
            };
            if record.iter().filter(has_moved).count() >= MOVED {
                return Ok(());
            }
            if scene.stage.held(QUEUE)?.visible == 0 {
                let moves = |id: &String| route.side(id) != before.side(id);
                let next = self.plain.iter().position(moves);
                let id = self
                    .plain
                    .remove(next.ok_or("no jobs are left to follow the route")?);
                self.send(scene, &id)?;
                moving.insert(id);
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// Has jobs that begin before the route changes and end after it, each with a copy: some that have thrown and will be
    /// tried again, and one that runs.
    pub(super) async fn hold_open(&mut self, scene: &Scene) -> Result<()> {
        let throwing = self.throwing.split_off(self.throwing.len() - THROWING);
        for id in &throwing {
            self.send(scene, id)?;
        }
        self.until(scene, "all have thrown", &throwing, "threw", THROWING)
            .await?;
        for id in &throwing {
            self.send_again(scene, id)?;
        }
        self.held_open = throwing;
        // There is none for the last changes: at the end its copy would have to be waited for.
        let Some(waiting) = self.waiting.pop() else {
            return Ok(());
        };
        self.send(scene, &waiting)?;
        let ids = std::slice::from_ref(&waiting);
        self.until(scene, "a job runs", ids, "began", 1).await?;
        self.send_again(scene, &waiting)?;
        let is_held = |stage: &Stage| Ok(stage.seen.of(&waiting).contains(&"held".to_owned()));
        let what = "a copy waits for a job that runs";
        scene.until(what, is_held).await?;
        self.held_open.push(waiting);
        Ok(())
    }

    /// Has the queue worked off, so that the route changes in the middle of it. One in ten jobs is sent twice.
    pub(super) async fn flood(&mut self, scene: &Scene) -> Result<()> {
        let flood = self.plain.split_off(self.plain.len() - FLOOD);
        for id in &flood {
            self.send(scene, id)?;
        }
        for id in flood.iter().step_by(TWICE) {
            self.send_again(scene, id)?;
        }
        let what = "the queue is worked off";
        self.until(scene, what, &flood, "ended", OF_THE_FLOOD).await
    }

    /// Lets those end that have begun before the change.
    pub(super) fn open(&mut self, scene: &Scene) -> Result<()> {
        for id in self.held_open.drain(..) {
            let body = self.bodies.get(&id).ok_or("a job that PHP has not sent")?;
            let marker = body.split("switched-").nth(1).unwrap_or_default();
            let number: String = marker.chars().take_while(char::is_ascii_digit).collect();
            scene.stage.mark(&format!("switched-{number}"))?;
        }
        Ok(())
    }

    pub(super) fn send_the_rest(&mut self, scene: &Scene) -> Result<()> {
        self.held_open = [&self.throwing[..], &self.waiting].concat();
        self.open(scene)?;
        for kind in [&self.throwing, &self.waiting, &self.plain] {
            for id in kind {
                self.send(scene, id)?;
            }
        }
        Ok(())
    }

    /// Waits until so many of these jobs have written this down.
    async fn until(
        &self,
        scene: &Scene,
        what: &str,
        ids: &[String],
        event: &str,
        times: usize,
    ) -> Result<()> {
        let is_so = |_: &Stage| {
            let record = scene.record()?;
            let lines = record.iter().filter(|line| line["event"] == event);
            let have: BTreeSet<_> = lines.filter_map(|line| line["id"].as_str()).collect();
            Ok(ids.iter().filter(|id| have.contains(id.as_str())).count() >= times)
        };
        scene.until(what, is_so).await
    }
}

/// On which side a line of the record was written.
fn by(line: &Value) -> Option<Side> {
    match line["by"].as_str()? {
        "rust" => Some(Side::Rust),
        "php" => Some(Side::Php),
        _ => None,
    }
}
