//! The scenes, and which of them the engine cannot play yet.

mod batches;
mod chains;
mod encrypted;
mod failures;
mod jobs;
mod locks;
mod php_only;
mod relay;
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
    /// What the engine lacks for it; such a scene is off.
    pub(crate) needs: Option<&'static str>,
    pub(crate) act: for<'a> fn(&'a mut Scene) -> Playing<'a>,
}

impl Play {
    const fn on(title: &'static str, act: for<'a> fn(&'a mut Scene) -> Playing<'a>) -> Self {
        Self {
            title,
            needs: None,
            act,
        }
    }

    /// To switch it on, make it an [`on`](Self::on).
    const fn off(
        title: &'static str,
        needs: &'static str,
        act: for<'a> fn(&'a mut Scene) -> Playing<'a>,
    ) -> Self {
        Self {
            title,
            needs: Some(needs),
            act,
        }
    }
}

/// All scenes, in the order in which they are played.
pub(crate) fn all() -> Vec<Play> {
    [
        &jobs::SCENES[..],
        &failures::SCENES,
        &to_php::SCENES,
        &relay::SCENES,
        &php_only::SCENES,
        &chains::SCENES,
        &batches::SCENES,
        &encrypted::SCENES,
        &locks::SCENES,
    ]
    .concat()
}
