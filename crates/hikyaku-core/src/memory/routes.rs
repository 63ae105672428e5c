//! Routes in memory.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::{BoxFuture, Route, Routes, StoreError};

/// Routes that last as long as their process.
#[derive(Debug, Default)]
pub struct MemoryRoutes {
    by_job: Mutex<BTreeMap<String, Route>>,
}

impl MemoryRoutes {
    /// Sets the route of a job's name.
    pub fn set(&self, job: &str, route: Route) {
        self.by_job().insert(job.to_owned(), route);
    }

    /// Removes the route of a job's name.
    pub fn remove(&self, job: &str) {
        self.by_job().remove(job);
    }

    fn by_job(&self) -> MutexGuard<'_, BTreeMap<String, Route>> {
        self.by_job.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Routes for MemoryRoutes {
    fn find<'a>(&'a self, job: &'a str) -> BoxFuture<'a, Result<Option<Route>, StoreError>> {
        Box::pin(async move { Ok(self.by_job().get(job).copied()) })
    }
}
