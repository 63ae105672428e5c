//! Jobs of a Laravel application, and the messages that it would send for them.

use std::path::Path;
use std::sync::Arc;

use hikyaku_core::{Context, Guarantee, Job, JobError, Worker};
use hikyaku_laravel::php::{Document, ObjectBuilder};
use serde::Deserialize;
use serde_json::{Value, json};

pub(crate) use super::command::{Command, without_overlapping_for};
use super::echo::{Act, Acts, Stage, act};

impl Stage {
    /// What the jobs with this number do; without this they are done at once.
    pub(crate) fn script(&self, number: i64, acts: &[Act]) {
        self.scripts.lock().unwrap().insert(number, acts.to_vec());
    }

    /// The numbers of the jobs that started, in that order.
    pub(crate) fn steps(&self) -> Vec<i64> {
        self.steps.lock().unwrap().clone()
    }
}

async fn play(number: i64, context: &Context<Arc<Stage>>) -> Result<u32, JobError> {
    let stage = context.state();
    stage.steps.lock().unwrap().push(number);
    let acts = stage.scripts.lock().unwrap().get(&number).cloned();
    let acts = acts.unwrap_or_else(|| vec![Act::Ok]);
    act(&Acts { acts }, context).await
}

macro_rules! class {
    ($name:ident, $called:literal, $number:meta, {$($more:tt)*}) => {
        #[derive(Debug, Deserialize)]
        struct $name {
            #[$number]
            number: i64,
        }

        impl Job for $name {
            const NAME: &'static str = $called;
            $($more)*
            type State = Arc<Stage>;
            type Output = u32;

            async fn run(self, context: &Context<Arc<Stage>>) -> Result<u32, JobError> {
                play(self.number, context).await
            }
        }
    };
}

class!(Step, "App\\Jobs\\Step", serde(rename = "n"), {});
class!(Cheap, "App\\Jobs\\Cheap", serde(rename = "n"), {
    const GUARANTEE: Guarantee = Guarantee::AtLeastOnce;
});
class!(Hooked, "App\\Jobs\\Hooked", serde(rename = "n"), {
    const FAILED_HOOK: bool = true;
});
class!(Forgiving, "App\\Jobs\\Forgiving", serde(rename = "n"), {
    const DELETE_WHEN_MISSING_MODELS: bool = true;
});
class!(
    UniqueJob,
    "App\\Jobs\\UniqueJob",
    serde(rename = "productId"),
    {
        fn unique_id(&self) -> Option<String> {
            Some(self.number.to_string())
        }
    }
);
class!(UniqueUntil, "App\\Jobs\\UniqueUntil", serde(skip), {
    const UNIQUE_UNTIL_PROCESSING: bool = true;
    fn unique_id(&self) -> Option<String> {
        Some("fixed".to_owned())
    }
});
class!(Debounced, "App\\Jobs\\DebJob", serde(rename = "id"), {
    fn debounce_id(&self) -> Option<String> {
        Some(self.number.to_string())
    }
});
class!(Secret, "App\\Jobs\\Secret", serde(skip), {});

/// Adds all of them to a worker.
pub(crate) fn register(worker: Worker<Arc<Stage>>) -> Worker<Arc<Stage>> {
    worker
        .register::<Step>()
        .register::<Cheap>()
        .register::<Hooked>()
        .register::<Forgiving>()
        .register::<UniqueJob>()
        .register::<UniqueUntil>()
        .register::<Debounced>()
        .register::<Secret>()
}

/// `App\Jobs\Step`, which runs here.
pub(crate) fn step(number: i64) -> Command {
    Command::of("App\\Jobs\\Step").with("n", number)
}

/// `App\Jobs\Letter`, which nobody here knows.
pub(crate) fn letter() -> Command {
    Command::of("App\\Jobs\\Letter")
}

impl Command {
    /// With PHP callbacks for the failure of its chain.
    pub(crate) fn catching(self) -> Self {
        let closure = ObjectBuilder::new("Laravel\\SerializableClosure\\SerializableClosure");
        let closures = [closure.build().unwrap()];
        self.with("chainCatchCallbacks", Document::list(closures))
    }

    pub(crate) fn body(&self, uuid: &str) -> String {
        self.body_with(uuid, json!({}))
    }

    /// The message of Laravel 8.
    pub(crate) fn old_body(&self, uuid: &str) -> String {
        self.old(uuid).to_string()
    }
}

/// The middleware `WithoutOverlapping`.
pub(crate) fn without_overlapping(key: &str, release_after: Option<i64>) -> Document<'static> {
    without_overlapping_for(key, release_after, None, false)
}

/// The middleware `Skip`.
pub(crate) fn skip(skip: bool) -> Document<'static> {
    let middleware = ObjectBuilder::new("Illuminate\\Queue\\Middleware\\Skip");
    middleware.protected("skip", skip).build().unwrap()
}

/// A middleware without properties.
pub(crate) fn middleware(class: &'static str) -> Document<'static> {
    ObjectBuilder::new(class).build().unwrap()
}

/// The message bodies that a real Laravel sent.
pub(crate) fn fixtures(name: &str) -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/laravel");
    let text = std::fs::read_to_string(folder.join(format!("{name}.json"))).unwrap();
    let case: Value = serde_json::from_str(&text).unwrap();
    let messages = case["messages"].as_array().unwrap().iter();
    messages
        .map(|message| message["MessageBody"].as_str().unwrap().to_owned())
        .collect()
}

/// The first of them.
pub(crate) fn fixture(name: &str) -> String {
    fixtures(name).swap_remove(0)
}

/// The uuid of a message.
pub(crate) fn uuid(body: &str) -> String {
    let body: Value = serde_json::from_str(body).unwrap();
    body["uuid"].as_str().unwrap().to_owned()
}
