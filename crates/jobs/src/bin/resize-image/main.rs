//! Makes the variants of an uploaded image that a web page shows: several widths, several formats.

mod budget;
mod config;
mod draw;
mod format;
mod jpeg;
mod names;
mod objects;
mod plan;
#[cfg(test)]
mod samples;
mod source;
#[cfg(test)]
#[path = "../../testing.rs"]
mod testing;
#[cfg(test)]
mod tests;
mod webp;

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::try_join;
use hikyaku::objects::Objects;
use hikyaku::{Context, Guarantee, Job, JobError, ResultExt, Worker};
use image::DynamicImage;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::budget::Budget;
use crate::config::{Config, ConfigError};
use crate::format::Format;
use crate::objects::{Resized, fetch, store};
use crate::plan::{Drawn, Plan};
use crate::source::Source;

/// Stores variants of the image at `url`, each named after it: `cat.png` becomes `cat-640w.jpg`, `cat-640w.webp`, ….
///
/// A picture is never enlarged, keeps its shape, and stands upright as its EXIF data says; the variants carry its colour
/// profile, and nothing else of its metadata. Of an animation the first picture is taken. Two images whose names differ
/// in the extension alone share their variants' names.
#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ResizeImage {
    /// The image (JPEG, PNG or WebP) as `s3://bucket/key`, or `file:///path` on a laptop; how a key is written:
    /// [`hikyaku::objects::object_url`].
    #[serde(with = "hikyaku::objects::object_url")]
    url: Url,
    /// The widths in pixels. A picture narrower than one of them is stored under that name at its own size.
    #[serde(default = "default_widths")]
    widths: Vec<u32>,
    /// `jpeg`, `png`, `webp`. Empty: the format of the image itself.
    #[serde(default)]
    formats: Vec<Format>,
    /// The quality of JPEG and of lossy WebP, from 1 to 100. `null`: 82.
    #[serde(default)]
    quality: Option<u8>,
    /// Whether WebP loses what no eye sees, as JPEG does: right for photographs. `false`: it
    /// keeps every pixel, which is right for drawings and screenshots.
    #[serde(default)]
    lossy: bool,
}

fn default_widths() -> Vec<u32> {
    vec![320, 640, 1280]
}

/// What the jobs of this function share.
pub(crate) struct Resizer {
    config: Config,
    objects: Objects,
    budget: Budget,
}

impl Resizer {
    fn new(config: Config) -> Result<Self, ConfigError> {
        Ok(Self {
            objects: Objects::new(config.objects.clone())?,
            budget: Budget::new(config.max_pixels),
            config,
        })
    }
}

impl Job for ResizeImage {
    const NAME: &'static str = "App\\Jobs\\ResizeImage";
    const TIMEOUT: Duration = Duration::from_secs(60);
    /// A second run writes the same bytes under the same names.
    const GUARANTEE: Guarantee = Guarantee::AtLeastOnce;
    type State = Resizer;
    type Output = Vec<Resized>;

    async fn run(self, context: &Context<Resizer>) -> Result<Vec<Resized>, JobError> {
        let Resizer {
            config,
            objects,
            budget,
        } = context.state();
        let plan = Arc::new(Plan::new(&self, config).or_fail()?);
        let bytes = fetch(objects, &self.url, config.max_bytes).await?;
        let measured = source::measure(bytes, config.max_pixels).or_fail()?;
        let admitted = budget.admit(measured.pixels).await;
        let decoded = context.spawn_blocking(move || measured.decode()).await?;
        let source = Arc::new(decoded.or_fail()?);

        let cached = config.cache_control.as_deref();
        let (mut wider, mut files, mut stored) = (None, Vec::new(), Vec::new());
        for width in &plan.widths {
            // While one width is drawn, the files of the one before are stored.
            let (drawn, done) = try_join(
                draw(context, &source, wider, &plan, *width),
                store(objects, files, cached),
            )
            .await?;
            stored.extend(done);
            (wider, files) = (Some(drawn.image), drawn.files);
        }
        drop((source, wider, admitted));
        stored.extend(store(objects, files, cached).await?);
        Ok(stored)
    }
}

/// The variants of one width, drawn where nobody waits for the processor.
async fn draw(
    context: &Context<Resizer>,
    source: &Arc<Source>,
    wider: Option<DynamicImage>,
    plan: &Arc<Plan>,
    width: u32,
) -> Result<Drawn, JobError> {
    let (source, plan, stop) = (Arc::clone(source), Arc::clone(plan), context.stop());
    context
        .spawn_blocking(move || plan.draw(&source, wider.as_ref(), width, || stop.should_stop()))
        .await?
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), hikyaku::Error> {
    hikyaku::serve(Worker::setup(resizer).register::<ResizeImage>()).await
}

fn resizer() -> Result<Resizer, ConfigError> {
    Resizer::new(Config::from_env()?)
}
