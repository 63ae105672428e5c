//! CSV (RFC 4180) for people who open it in a spreadsheet: lists of what failed, with text that strangers wrote.
//!
//! ```
//! let mut csv = String::from(spreadsheet_csv::MARK);
//! spreadsheet_csv::line(&mut csv, ["reason", "name"]);
//! spreadsheet_csv::line(&mut csv, ["too long, by far", "=1+1"]);
//! assert_eq!(csv, "\u{feff}reason,name\r\n\"too long, by far\",'=1+1\r\n");
//! ```

/// What a file starts with: without it Excel takes UTF-8 for the machine's old encoding, and Japanese becomes gibberish.
pub const MARK: char = '\u{feff}';

/// What the file is served as.
pub const CONTENT_TYPE: &str = "text/csv; charset=utf-8";

/// Appends one line. A cell that a spreadsheet would run as a formula gets an apostrophe before it.
pub fn line<'a>(csv: &mut String, cells: impl IntoIterator<Item = &'a str>) {
    for (index, text) in cells.into_iter().enumerate() {
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
    // Where the comma is a decimal point, a spreadsheet splits at semicolons: what follows one would begin a cell.
    if text.contains(['"', ',', ';', '\t', '\r', '\n']) {
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
        check("\t=1", "\"'\t=1\"");
        check("a=1", "a=1");
    }

    #[test]
    fn a_formula_behind_a_semicolon_stays_in_its_cell() {
        check("a;=1+1", "\"a;=1+1\"");
    }
}
