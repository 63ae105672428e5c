//! What commands print: tables for people, JSON for programs. Nothing else of this command writes to a terminal.

#[macro_use]
mod text;

use std::io::{self, IsTerminal as _, Write as _};

use hikyaku::Timestamp;
use serde::Serialize;

pub(crate) use text::{Show, Shown, Text};

/// What an id or a name is cut to in a line: longer than any that was not made to be too long.
const NAME: usize = 80;

/// A line for whoever reads, on standard output.
macro_rules! say {
    ($($text:tt)*) => { $crate::output::say(&$crate::output::Text::lines(&[text!($($text)*)])) };
}

/// A line for whoever called, on standard error.
macro_rules! tell {
    ($($text:tt)*) => { $crate::output::tell(&$crate::output::Text::lines(&[text!($($text)*)])) };
}

/// Prints. One who has gone away (`hikyaku failed | head`) does not stop a command in the middle of its work.
pub(crate) fn say(text: &Text) {
    drop(try_to_say(text));
}

/// Prints. An error: whoever read has gone away.
pub(crate) fn try_to_say(text: &Text) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_str().as_bytes())?;
    out.flush()
}

/// Prints on standard error.
pub(crate) fn tell(text: &Text) {
    let mut out = io::stderr().lock();
    drop(
        out.write_all(text.as_str().as_bytes())
            .and_then(|()| out.flush()),
    );
}

/// Whether somebody looks at a terminal that may be written over.
pub(crate) fn is_terminal() -> bool {
    io::stdout().is_terminal()
}

/// Whether it may be coloured. (<https://no-color.org>)
fn is_colourful() -> bool {
    let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    is_terminal() && !refused
}

/// Bold on a terminal.
pub(crate) fn bold(words: &(impl Show + ?Sized)) -> Text {
    coloured("1", words)
}

/// Red on a terminal.
pub(crate) fn red(words: &(impl Show + ?Sized)) -> Text {
    coloured("31", words)
}

fn coloured(code: &'static str, words: &(impl Show + ?Sized)) -> Text {
    let text = text!("{}", *words);
    if is_colourful() {
        text.coloured(code)
    } else {
        text
    }
}

/// Clears the terminal, from its upper left corner.
pub(crate) fn cleared() -> Text {
    text!("\u{1b}[H\u{1b}[2J")
}

/// One JSON value, indented.
pub(crate) fn json(value: &impl Serialize) {
    drop(try_json(value));
}

/// The same. An error: whoever read has gone away.
pub(crate) fn try_json(value: &impl Serialize) -> io::Result<()> {
    let written = serde_json::to_string_pretty(value)?;
    try_to_say(&text!("{}\n", text::json(&written)))
}

/// One JSON value in a line.
pub(crate) fn json_line(value: &impl Serialize) -> io::Result<Text> {
    let written = serde_json::to_string(value)?;
    Ok(text::json(&written))
}

/// The logs of this command itself and of what it runs, a line each.
pub(crate) fn logs() -> impl io::Write {
    Logs
}

struct Logs;

impl io::Write for Logs {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        tell(&Text::block("", &String::from_utf8_lossy(line)));
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A script for a shell, as it is.
pub(crate) fn script(write: impl FnOnce(&mut dyn io::Write)) {
    write(&mut io::stdout());
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
pub(crate) fn table<const N: usize>(rows: &[[String; N]]) -> Text {
    let (mut text, lines) = table_lines(rows);
    text.push(&Text::lines(&lines));
    text
}

/// The same in pieces: the line of the heading, and the other rows.
pub(crate) fn table_lines<const N: usize>(rows: &[[String; N]]) -> (Text, Vec<Text>) {
    let rows = rows.iter();
    let rows: Vec<_> = rows
        .map(|row| row.each_ref().map(|cell| text::readable(&name(cell))))
        .collect();
    let mut widths = [0; N];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let mut lines = rows.iter().map(|row| {
        let cells = row.iter().zip(widths);
        let cells: Vec<_> = cells
            .map(|(cell, width)| format!("{cell:<width$}"))
            .collect();
        cells.join("  ").trim_end().to_owned()
    });
    let heading: Vec<_> = lines.next().iter().map(bold).collect();
    let rest = lines.map(|line| text!("{}", line)).collect();
    (Text::lines(&heading), rest)
}

/// A name or an id of somebody else's, so much of it that it does not fill the terminal. `--json` has the whole of it.
pub(crate) fn name(name: &str) -> String {
    in_short(name, NAME)
}

/// `1 job`, `2 jobs`.
pub(crate) fn count(number: usize, thing: &str) -> String {
    let ending = if number == 1 { "" } else { "s" };
    format!("{number} {thing}{ending}")
}

/// The text in one line, cut to `most` characters.
pub(crate) fn in_short(text: &str, most: usize) -> String {
    let line = text.lines().next().unwrap_or_default();
    if line.chars().nth(most).is_none() {
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
        assert_eq!(table(&rows).as_str(), "A     B\nlong  b\nü\n");
    }

    #[test]
    fn a_cell_is_one_line_and_no_longer_than_a_name() {
        let long = "x".repeat(1_000);
        let rows = [["A", "B"], [&long, "a\u{1b}[0m\nforged"]].map(|row| row.map(str::to_owned));
        let table = table(&rows);
        let last = table.as_str().lines().last().unwrap();
        assert_eq!(table.as_str().lines().count(), 2);
        assert!(last.ends_with("x…  a\u{fffd}[0m"), "{last}");
        assert_eq!(last.chars().count(), NAME + 2 + 5);
    }

    /// Whatever is printed goes through this module.
    #[test]
    fn nothing_else_writes_to_a_terminal() {
        let sources = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let mut folders = vec![sources.clone()];
        let mut seen = 0;
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() && !path.ends_with("output") {
                    folders.push(path);
                } else if path.extension().is_some_and(|ending| ending == "rs") {
                    let text = std::fs::read_to_string(&path).unwrap();
                    for word in ["stdout()", "stderr()", "print!", "println!", "dbg!"] {
                        // `eprint!` ends with it, too.
                        assert!(!text.contains(word), "{} says {word}", path.display());
                    }
                    seen += 1;
                }
            }
        }
        assert!(seen > 50, "{seen} files");
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
