//! What commands print: tables for people, JSON for programs.

use std::io::{self, IsTerminal as _, Write as _};

use hikyaku::Timestamp;
use serde::Serialize;

/// A line for whoever reads. One who has gone away (`hikyaku failed | head`) does not stop a command in the middle of its work.
macro_rules! say {
    ($($text:tt)*) => {{
        use std::io::Write as _;
        drop(writeln!(std::io::stdout(), $($text)*));
    }};
}

/// Text that ends its own lines, like [`say!`].
macro_rules! say_as_is {
    ($($text:tt)*) => {{
        use std::io::Write as _;
        drop(write!(std::io::stdout(), $($text)*));
    }};
}

/// Whether somebody looks at a terminal that may be written over and coloured. (<https://no-color.org>)
pub(crate) fn is_colourful() -> bool {
    let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    io::stdout().is_terminal() && !refused
}

/// Bold on a terminal.
pub(crate) fn bold(text: &str) -> String {
    coloured("1", text)
}

/// Red on a terminal.
pub(crate) fn red(text: &str) -> String {
    coloured("31", text)
}

fn coloured(code: &str, text: &str) -> String {
    if is_colourful() {
        format!("\u{1b}[{code}m{text}\u{1b}[0m")
    } else {
        text.to_owned()
    }
}

/// One JSON value, indented. A reader that has gone away is no error.
pub(crate) fn json(value: &impl Serialize) {
    let mut out = io::stdout().lock();
    if serde_json::to_writer_pretty(&mut out, value).is_ok() {
        drop(writeln!(out));
    }
}

/// A moment as people read it, in UTC.
pub(crate) fn moment(moment: Timestamp) -> String {
    at(moment).map_or_else(String::new, |at| {
        at.strftime("%Y-%m-%d %H:%M:%S").to_string()
    })
}

/// A moment to the millisecond, in UTC.
pub(crate) fn precise_moment(moment: Timestamp) -> String {
    at(moment).map_or_else(String::new, |at| {
        at.strftime("%Y-%m-%d %H:%M:%S%.3f").to_string()
    })
}

/// A moment as programs read it (RFC 3339).
pub(crate) fn rfc3339(moment: Timestamp) -> String {
    at(moment).map_or_else(String::new, |at| at.to_string())
}

fn at(moment: Timestamp) -> Option<jiff::Timestamp> {
    jiff::Timestamp::from_millisecond(i64::try_from(moment.as_millis()).ok()?).ok()
}

/// Columns as wide as their widest cell, two spaces between them; the first row is the heading.
pub(crate) fn table<const N: usize>(rows: &[[String; N]]) -> String {
    let mut widths = [0; N];
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let mut text = String::new();
    for (number, row) in rows.iter().enumerate() {
        let cells = row.iter().zip(widths);
        let cells: Vec<_> = cells
            .map(|(cell, width)| format!("{cell:<width$}"))
            .collect();
        let line = cells.join("  ");
        let line = line.trim_end();
        text.push_str(&if number == 0 {
            bold(line)
        } else {
            line.to_owned()
        });
        text.push('\n');
    }
    text
}

/// `1 job`, `2 jobs`.
pub(crate) fn count(number: usize, thing: &str) -> String {
    let ending = if number == 1 { "" } else { "s" };
    format!("{number} {thing}{ending}")
}

/// The text in one line, cut to `most` characters.
pub(crate) fn in_short(text: &str, most: usize) -> String {
    let line = text.lines().next().unwrap_or_default();
    if line.chars().count() <= most {
        return line.to_owned();
    }
    let mut kept: String = line.chars().take(most.saturating_sub(1)).collect();
    kept.push('…');
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell_and_lines_have_no_spaces_at_their_end() {
        let rows = [["A", "B"], ["long", "b"], ["ü", ""]].map(|row| row.map(str::to_owned));
        assert_eq!(table(&rows), "A     B\nlong  b\nü\n");
    }

    #[test]
    fn a_text_is_cut_to_its_first_line_and_to_characters() {
        assert_eq!(in_short("日本語\nmore", 3), "日本語");
        assert_eq!(in_short("日本語です", 3), "日本…");
    }

    #[test]
    fn a_moment_is_shown_in_utc() {
        let noon = Timestamp::from_secs(1_795_392_000);
        assert_eq!(moment(noon), "2026-11-23 00:00:00");
        assert_eq!(rfc3339(noon), "2026-11-23T00:00:00Z");
    }
}
