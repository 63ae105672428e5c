//! What all jobs of one binary share.

use std::error::Error as StdError;
use std::sync::{Arc, OnceLock};

use crate::BoxFuture;

type BoxError = Box<dyn StdError + Send + Sync>;

type Make<S> = Box<dyn Fn() -> BoxFuture<'static, Result<S, BoxError>> + Send + Sync>;

/// The shared state, there from the start or made when it is first needed.
pub(crate) struct Shared<S> {
    made: OnceLock<Arc<S>>,
    make: Option<Make<S>>,
}

/// A worker's shared state could not be made, or its jobs do not fit together.
#[derive(Debug, thiserror::Error)]
#[error("setting up the jobs and what they share")]
pub struct SetupError {
    #[source]
    source: BoxError,
}

impl SetupError {
    pub(crate) fn new(reason: impl Into<BoxError>) -> Self {
        Self {
            source: reason.into(),
        }
    }
}

impl<S> Shared<S> {
    pub(crate) fn ready(state: S) -> Self {
        Self {
            made: OnceLock::from(Arc::new(state)),
            make: None,
        }
    }

    pub(crate) fn later(make: Make<S>) -> Self {
        Self {
            made: OnceLock::new(),
            make: Some(make),
        }
    }

    /// The state; made now if it was not made yet.
    pub(crate) async fn get(&self) -> Result<&Arc<S>, SetupError> {
        if let Some(state) = self.made.get() {
            return Ok(state);
        }
        let made = match &self.make {
            Some(make) => make().await,
            None => Err("nothing says how to make it".into()),
        };
        let state = made.map_err(SetupError::new)?;
        Ok(self.made.get_or_init(|| Arc::new(state)))
    }
}
