//! Text for a terminal, in which nobody else's words do more than be read.
//!
//! A job's name, its uuid, an exception, a line of a log: whoever sends a job writes them. Escape sequences in them would
//! move the cursor and recolour what stands there, a line's end would forge a line of this command's. So the one thing that
//! is printed is [`Text`], and the one way to put words of a variable into it is the macro `text!` (or `say!`, `tell!`), which
//! takes from them what is not for reading. Line ends and colours are those of the command's own literals.

use std::fmt::{self, Display, Write as _};

/// What may be printed as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Text(String);

/// Text of a literal and of arguments, which are anything that can be displayed, or [`Text`].
///
/// The literal names no variables: what it says is trusted.
macro_rules! text {
    ($format:literal $(, $argument:expr)* $(,)?) => {
        // A format that comes out of `concat!` cannot capture variables.
        $crate::output::Text::of(format_args!(concat!($format) $(, $crate::output::Shown(&$argument))*))
    };
}

impl Text {
    /// For the macro: its arguments are [`Shown`].
    pub(crate) fn of(arguments: fmt::Arguments<'_>) -> Self {
        Self(arguments.to_string())
    }

    /// Adds more at its end.
    pub(crate) fn push(&mut self, more: &Self) {
        self.0.push_str(&more.0);
    }

    /// What is printed.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// In a colour, by its number (ECMA-48, "Select graphic rendition").
    pub(super) fn coloured(self, code: &'static str) -> Self {
        Self(format!("\u{1b}[{code}m{}\u{1b}[0m", self.0))
    }

    /// The texts, a line each.
    pub(crate) fn lines(texts: &[Self]) -> Self {
        let mut all = Self::default();
        for text in texts {
            all.push(text);
            all.0.push('\n');
        }
        all
    }

    /// Words of somebody else's that have several lines: each of them begins with `indent`.
    pub(crate) fn block(indent: &'static str, words: &str) -> Self {
        let lines = words.trim_end().lines();
        let lines = lines.map(|line| match line {
            "" => Self::default(),
            line => text!("{}{}", indent, line),
        });
        Self::lines(&lines.collect::<Vec<_>>())
    }
}

/// How something gets into a [`Text`].
pub(crate) trait Show {
    /// What is printed of it.
    fn shown(&self) -> String;
}

/// Whatever can be displayed may be somebody else's words.
impl<T: Display + ?Sized> Show for T {
    fn shown(&self) -> String {
        readable(&self.to_string())
    }
}

/// Only this is known to be safe. It must never have `Display`.
impl Show for Text {
    fn shown(&self) -> String {
        self.0.clone()
    }
}

impl Show for &Text {
    fn shown(&self) -> String {
        self.0.clone()
    }
}

/// An argument of `text!`.
pub(crate) struct Shown<'a, T: ?Sized>(pub(crate) &'a T);

impl<T: Show + ?Sized> Display for Shown<'_, T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&self.0.shown())
    }
}

/// One line that does nothing to a terminal but be read.
pub(super) fn readable(words: &str) -> String {
    words.chars().map(readable_letter).collect()
}

fn readable_letter(letter: char) -> char {
    match letter {
        '\n' | '\r' | '\t' | '\u{2028}' | '\u{2029}' => ' ',
        letter if is_control(letter) => char::REPLACEMENT_CHARACTER,
        letter => letter,
    }
}

/// Control characters, and what changes the order in which others are shown (Unicode Standard Annex 9).
fn is_control(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// JSON that says the same, without what a terminal would take for more than text: `serde_json` writes only the first 32
/// control characters as escapes.
pub(super) fn json(written: &str) -> Text {
    let mut safe = String::with_capacity(written.len());
    for letter in written.chars() {
        // Beyond ASCII, and so in a string. None of these has two code units.
        if letter != '\n' && (is_control(letter) || matches!(letter, '\u{2028}' | '\u{2029}')) {
            let _ = write!(safe, "\\u{:04x}", u32::from(letter));
        } else {
            safe.push(letter);
        }
    }
    Text(safe)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOSTILE: &str = "a\u{1b}[2J\u{9b}31m\u{7}\r\nfailed  \u{202e}b\u{2028}c\u{7f}\t語";

    #[test]
    fn what_a_variable_holds_is_only_read() {
        let printed = text!("{}: {}\n", "own", HOSTILE);
        let kept = "own: a\u{fffd}[2J\u{fffd}31m\u{fffd}  failed  \u{fffd}b c\u{fffd} 語\n";
        assert_eq!(printed.as_str(), kept);
        let owned = HOSTILE.to_owned();
        for printed in [
            text!("{}", owned),
            text!("{}", &owned),
            text!("{}", &&owned),
        ] {
            assert!(!printed.as_str().contains(is_control), "{printed:?}");
        }
        assert_eq!(
            text!("{:<4}|{:>3}", "\u{1b}", 7).as_str(),
            "\u{fffd}   |  7"
        );
    }

    #[test]
    fn what_is_text_already_keeps_its_lines_and_colours() {
        let red = text!("{}", HOSTILE).coloured("31");
        let both = text!("{}\n{}", red, &red);
        assert_eq!(both.as_str().matches("\u{1b}[31m").count(), 2);
        assert_eq!(both.as_str().matches('\u{1b}').count(), 4);
        assert_eq!(both.as_str().lines().count(), 2);
    }

    #[test]
    fn lines_of_somebody_elses_are_set_apart() {
        let block = Text::block("  ", "one\r\nstate  done\u{1b}[0m\n\n\tthree\n\n");
        assert_eq!(
            block.as_str(),
            "  one\n  state  done\u{fffd}[0m\n\n   three\n"
        );
    }

    #[test]
    fn json_says_the_same_without_a_control_character() {
        let value = serde_json::json!({ HOSTILE: [HOSTILE, "語"] });
        let written = json(&serde_json::to_string_pretty(&value).unwrap());
        let controls = written
            .as_str()
            .chars()
            .filter(|letter| is_control(*letter));
        assert_eq!(controls.filter(|letter| *letter != '\n').count(), 0);
        let read: serde_json::Value = serde_json::from_str(written.as_str()).unwrap();
        assert_eq!(read, value);
    }
}
