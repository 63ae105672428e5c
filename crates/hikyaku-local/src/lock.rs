//! A mutex that a panic does not poison.
//!
//! What is guarded here is always whole between two statements, so a panic elsewhere is no reason to refuse it.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// `Mutex`, without the poison. Never held across an await.
#[derive(Debug, Default)]
pub(crate) struct Lock<T>(Mutex<T>);

impl<T> Lock<T> {
    /// Guards `value`.
    pub(crate) fn new(value: T) -> Self {
        Self(Mutex::new(value))
    }

    /// Waits for the guard.
    pub(crate) fn lock(&self) -> MutexGuard<'_, T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
