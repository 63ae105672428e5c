//! The report as CSV: one line per failed job, to be sorted and filtered in a spreadsheet.

use spreadsheet_csv::{MARK, line};

use crate::summary::Summary;
use crate::text::retry_command;

/// The header line.
const COLUMNS: [&str; 7] = [
    "failed_at",
    "uuid",
    "job",
    "connection",
    "queue",
    "exception",
    "retry",
];

/// The listed jobs, the earliest first.
pub(crate) fn write(summary: &Summary) -> String {
    let mut csv = String::from(MARK);
    line(&mut csv, COLUMNS);
    for job in &summary.listed {
        let failed_at = summary.day.clock(job.failed_at);
        let retry = retry_command(&job.uuid).unwrap_or_default();
        let cells: [&str; 7] = [
            &failed_at,
            &job.uuid,
            &job.name,
            &job.connection,
            &job.queue,
            &job.exception,
            &retry,
        ];
        line(&mut csv, cells);
    }
    csv
}
