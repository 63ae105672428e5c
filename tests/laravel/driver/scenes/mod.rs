//! The scenes.

mod batches;
mod chains;
mod dev;
mod elsewhere;
mod encrypted;
mod failures;
mod jobs;
mod lane;
mod lane_kills;
mod lane_late;
mod lane_tasks;
mod locks;
mod php_only;
mod relay;
mod relay_batches;
mod routed;
mod routed_jobs;
mod schedule;
mod shadowed;
mod to_php;

use std::future::Future;
use std::pin::Pin;

use crate::Result;
use crate::scene::Scene;

type Playing<'a> = Pin<Box<dyn Future<Output = Result<()>> + 'a>>;

/// A scene that can be played.
#[derive(Clone, Copy)]
pub(crate) struct Play {
    pub(crate) title: &'static str,
    pub(crate) act: for<'a> fn(&'a mut Scene) -> Playing<'a>,
}

impl Play {
    const fn new(title: &'static str, act: for<'a> fn(&'a mut Scene) -> Playing<'a>) -> Self {
        Self { title, act }
    }
}

/// All scenes, in the order in which they are played.
pub(crate) fn all() -> Vec<Play> {
    [
        &jobs::SCENES[..],
        &elsewhere::SCENES,
        &failures::SCENES,
        &to_php::SCENES,
        &relay::SCENES,
        &relay_batches::SCENES,
        &php_only::SCENES,
        &chains::SCENES,
        &batches::SCENES,
        &encrypted::SCENES,
        &locks::SCENES,
        &lane::SCENES,
        &lane_kills::SCENES,
        &lane_late::SCENES,
        &lane_tasks::SCENES,
        &routed::SCENES,
        &shadowed::SCENES,
        &schedule::SCENES,
        &dev::SCENES,
    ]
    .concat()
}
