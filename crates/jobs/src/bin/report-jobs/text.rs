//! Text from outside on one short line: it comes from payloads and exceptions, and ends in tables.

/// No cell of a report is longer, in characters.
const LONGEST: usize = 300;

/// The first line of `text` that says something, without control characters, cut to a length one can read.
pub(crate) fn first_line(text: &str) -> String {
    let line = text
        .lines()
        .map(str::trim)
        .find(|line| !line.is_empty())
        .unwrap_or_default();
    let mut characters = line.chars().map(|character| {
        if is_invisible(character) {
            ' '
        } else {
            character
        }
    });
    let mut short: String = characters.by_ref().take(LONGEST).collect();
    if characters.next().is_some() {
        short.push('…');
    }
    short
}

/// Control characters, and those that make text run the other way: `fdp.exe` can be made to look like `exe.pdf`.
fn is_invisible(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Whether `text` can be pasted into a shell as it stands.
pub(crate) fn is_plain_word(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:@/".contains(&byte);
    !text.is_empty() && !text.starts_with('-') && text.bytes().all(plain)
}

/// The command that sends a failed job back to its queue; nothing for an id that a shell would read otherwise.
pub(crate) fn retry_command(uuid: &str) -> Option<String> {
    is_plain_word(uuid).then(|| format!("php artisan queue:retry {uuid}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exception_is_its_first_line() {
        let exception = "RuntimeException: boom in /app/Jobs/X.php:7\nStack trace:\n#0 {main}";
        assert_eq!(
            first_line(exception),
            "RuntimeException: boom in /app/Jobs/X.php:7"
        );
        assert_eq!(first_line("\r\n  \n boom \r\n"), "boom");
        assert_eq!(first_line(""), "");
    }

    #[test]
    fn what_cannot_be_seen_becomes_a_space() {
        assert_eq!(first_line("a\tb\u{1b}[31mc\u{202e}d"), "a b [31mc d");
    }

    #[test]
    fn a_long_line_is_cut_between_characters() {
        assert_eq!(first_line(&"猫".repeat(300)), "猫".repeat(300));
        assert_eq!(first_line(&"猫".repeat(301)), "猫".repeat(300) + "…");
    }

    #[test]
    fn an_id_that_a_shell_would_run_gets_no_command() {
        assert_eq!(
            retry_command("0b9c-1").as_deref(),
            Some("php artisan queue:retry 0b9c-1")
        );
        for id in [
            "",
            "a b",
            "a;reboot",
            "$(reboot)",
            "`x`",
            "--all",
            "a\nb",
            "猫",
            "a'b",
            "*",
        ] {
            assert_eq!(retry_command(id), None, "{id:?}");
        }
    }
}
