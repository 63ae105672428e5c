//! Routes in memory.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::{BoxFuture, Comparison, Route, Routes, StoreError};

/// Routes that last as long as their process.
#[derive(Debug, Default)]
pub struct MemoryRoutes {
    by_job: Mutex<BTreeMap<String, Route>>,
    comparisons: Mutex<Vec<Comparison>>,
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

    /// What was compared so far.
    pub fn comparisons(&self) -> Vec<Comparison> {
        self.compared_so_far().clone()
    }

    fn compared_so_far(&self) -> MutexGuard<'_, Vec<Comparison>> {
        self.comparisons
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn by_job(&self) -> MutexGuard<'_, BTreeMap<String, Route>> {
        self.by_job.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Routes for MemoryRoutes {
    fn find<'a>(&'a self, job: &'a str) -> BoxFuture<'a, Result<Option<Route>, StoreError>> {
        Box::pin(async move { Ok(self.by_job().get(job).copied()) })
    }

    fn compared<'a>(&'a self, comparison: &'a Comparison) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(async move {
            self.compared_so_far().push(comparison.clone());
            Ok(())
        })
    }
}
