//! The report as Markdown: counts first, then the jobs, to be read and to be pasted from.

use std::fmt::{self, Display, Formatter};

use crate::summary::{Counts, Summary};
use crate::text::retry_command;

/// What the page is served as (RFC 7763).
pub(crate) const CONTENT_TYPE: &str = "text/markdown; charset=utf-8";

/// How many jobs the page lists, and how many lines a table of counts has: nobody reads more. The CSV goes on.
const MOST_LINES: usize = 200;

/// The whole page.
pub(crate) fn write(summary: &Summary) -> String {
    Markdown(summary).to_string()
}

struct Markdown<'a>(&'a Summary);

impl Display for Markdown<'_> {
    fn fmt(&self, page: &mut Formatter<'_>) -> fmt::Result {
        let Summary {
            day,
            failed,
            by_job,
            by_queue,
            by_exception,
            ..
        } = self.0;
        let jobs = if *failed == 1 { "job" } else { "jobs" };
        writeln!(page, "# Failed jobs on {}\n", day.date())?;
        writeln!(
            page,
            "{failed} {jobs} failed, by the clock of {}.",
            escape(day.time_zone())
        )?;
        if *failed == 0 {
            return Ok(());
        }
        counts(page, "Job", by_job)?;
        counts(page, "Queue", by_queue)?;
        counts(page, "Error", by_exception)?;
        list(page, self.0)
    }
}

fn counts(page: &mut Formatter<'_>, what: &str, counts: &Counts) -> fmt::Result {
    let ranked = counts.ranked();
    writeln!(
        page,
        "\n## By {}\n\n| {what} | Failed |\n|---|---:|",
        what.to_lowercase()
    )?;
    for (text, count) in ranked.iter().take(MOST_LINES) {
        writeln!(page, "| {} | {count} |", escape(text))?;
    }
    if ranked.len() > MOST_LINES {
        writeln!(page, "\n{} more are not shown.", ranked.len() - MOST_LINES)?;
    }
    Ok(())
}

fn list(page: &mut Formatter<'_>, summary: &Summary) -> fmt::Result {
    let in_csv = summary.listed.len();
    writeln!(
        page,
        "\n## The jobs\n\n| Failed at | Job | Queue | Error | Send back |\n|---|---|---|---|---|"
    )?;
    for job in summary.listed.iter().take(MOST_LINES) {
        let command = retry_command(&job.uuid).map(|command| format!("`{command}`"));
        let retry = command.unwrap_or_else(|| escape(&job.uuid));
        let failed_at = summary.day.clock(job.failed_at);
        let [name, queue, exception] =
            [&job.name, &job.queue, &job.exception].map(|text| escape(text));
        writeln!(
            page,
            "| {failed_at} | {name} | {queue} | {exception} | {retry} |"
        )?;
    }
    if in_csv > MOST_LINES {
        writeln!(
            page,
            "\nThe first {MOST_LINES} are shown; the CSV file lists {in_csv}."
        )?;
    }
    Ok(())
}

/// Text as text: nothing in it is markup, a link or the end of a cell.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        if matches!(
            character,
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '~' | '&' | '@' | '$' | '#'
        ) {
            escaped.push('\\');
        }
        escaped.push(if character.is_control() {
            ' '
        } else {
            character
        });
    }
    escaped.replace("://", "\\://")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_and_links_become_text() {
        assert_eq!(escape("a|b"), "a\\|b");
        assert_eq!(
            escape("App\\Jobs\\Import_Csv"),
            "App\\\\Jobs\\\\Import\\_Csv"
        );
        assert_eq!(escape("<script>"), "\\<script\\>");
        assert_eq!(escape("[x](http://x)"), "\\[x\\](http\\://x)");
        assert_eq!(escape("two\nlines"), "two lines");
    }
}
