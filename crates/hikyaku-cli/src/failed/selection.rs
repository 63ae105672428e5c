//! Which failed jobs are meant.

use clap::Args;
use hikyaku::Timestamp;

use super::store::Row;
use crate::time::Since;

/// What narrows a list of failed jobs.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct Filter {
    /// Jobs of this name
    #[arg(long, value_name = "JOB")]
    pub(crate) job: Option<String>,
    /// Jobs of this queue, by its name or URL
    #[arg(long, value_name = "QUEUE")]
    pub(crate) queue: Option<String>,
    /// Jobs that failed since then: 30m, 6h, 2d, or a time such as 2026-11-26T10:00:00Z
    #[arg(long, value_name = "TIME")]
    pub(crate) since: Option<Since>,
}

impl Filter {
    pub(crate) fn is_empty(&self) -> bool {
        self.job.is_none() && self.queue.is_none() && self.since.is_none()
    }

    pub(crate) fn takes(&self, row: &Row, now: Timestamp) -> bool {
        let job = self.job.as_ref().is_none_or(|job| *job == row.job());
        let queue = self
            .queue
            .as_ref()
            .is_none_or(|queue| *queue == row.queue || *queue == row.queue_name());
        let since = self
            .since
            .is_none_or(|since| row.failed_at >= since.moment(now));
        job && queue && since
    }
}
