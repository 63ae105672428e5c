//! The report as CSV (RFC 4180): one line per failed job, to be sorted and filtered in a spreadsheet.

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
    // Without this mark, Excel takes UTF-8 for the machine's old encoding, and Japanese becomes gibberish.
    let mut csv = String::from('\u{feff}');
    line(&mut csv, &COLUMNS);
    for job in &summary.listed {
        let failed_at = summary.day.clock(job.failed_at);
        let retry = retry_command(&job.uuid).unwrap_or_default();
        line(
            &mut csv,
            &[
                &failed_at,
                &job.uuid,
                &job.name,
                &job.connection,
                &job.queue,
                &job.exception,
                &retry,
            ],
        );
    }
    csv
}

fn line(csv: &mut String, cells: &[&str]) {
    for (index, text) in cells.iter().enumerate() {
        if index > 0 {
            csv.push(',');
        }
        cell(csv, text);
    }
    csv.push_str("\r\n");
}

fn cell(csv: &mut String, text: &str) {
    // A spreadsheet runs what begins like a formula, also in full width and after a quote of CSV; an apostrophe makes
    // it text (https://owasp.org/www-community/attacks/CSV_Injection).
    let guard = if text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'])
    {
        "'"
    } else {
        ""
    };
    if text.contains(['"', ',', '\r', '\n']) {
        csv.push('"');
        csv.push_str(guard);
        csv.push_str(&text.replace('"', "\"\""));
        csv.push('"');
    } else {
        csv.push_str(guard);
        csv.push_str(text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let mut csv = String::new();
        cell(&mut csv, text);
        assert_eq!(csv, expected);
    }

    #[test]
    fn only_what_needs_quotes_has_them() {
        check("plain text", "plain text");
        check("a,b", "\"a,b\"");
        check("say \"hi\"", "\"say \"\"hi\"\"\"");
        check("two\nlines", "\"two\nlines\"");
        check("", "");
    }

    #[test]
    fn a_formula_becomes_text() {
        check("=1+1", "'=1+1");
        check("+81", "'+81");
        check("-1", "'-1");
        check("@SUM(A1)", "'@SUM(A1)");
        check("＝1", "'＝1");
        check(
            "=HYPERLINK(\"http://x\",\"y\")",
            "\"'=HYPERLINK(\"\"http://x\"\",\"\"y\"\")\"",
        );
        check("a=1", "a=1");
    }
}
