//! What the jobs did, in the order in which they did it, in the file that PHP's jobs write to as well.

use std::fs::File;
use std::io::{Error, Write as _};
use std::path::PathBuf;

use hikyaku::{Context, Job};
use serde::Serialize;
use serde_json::json;

use crate::config::Places;

/// The record, and the markers that jobs wait for.
pub(crate) struct Record {
    places: Places,
}

impl Record {
    pub(crate) fn new(places: Places) -> Self {
        Self { places }
    }

    /// Writes that a job did something. A line is one write, so that those of several processes do not mix.
    pub(crate) fn write<J: Job<State = Self> + Serialize>(
        context: &Context<Self>,
        job: &J,
        event: &str,
    ) -> Result<(), Error> {
        let places = &context.state().places;
        let line = json!({
            "by": "rust", "job": J::NAME, "event": event, "id": context.id(), "attempt": context.attempt(),
            "function": places.function, "payload": job,
        });
        let mut file = File::options()
            .append(true)
            .create(true)
            .open(&places.record)?;
        file.write_all(format!("{line}\n").as_bytes())
    }

    /// Whether somebody has set this marker.
    pub(crate) fn is_marked(&self, marker: &str) -> bool {
        self.path(marker).exists()
    }

    fn path(&self, marker: &str) -> PathBuf {
        self.places.markers.join(marker)
    }
}
