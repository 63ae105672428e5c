//! What went wrong, as PHP would tell it.
//!
//! Telescope, log viewers and people look for a class, a message, a place and a stack trace, as `Throwable::__toString`
//! writes them.

use std::fmt::Write;

/// What a job failed of. Where Laravel has a class for it, that is what the text begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Exception {
    /// It ended with an error.
    Failed,
    /// It said itself that it can never succeed: what `$this->fail()` leaves in PHP.
    GivenUp,
    /// A model that it names is gone.
    ModelNotFound,
    /// It ran out of its time.
    TimedOut,
    /// It had been started as often as it may, and was not started again.
    TooManyAttempts,
}

impl Exception {
    fn class(self) -> &'static str {
        match self {
            Self::Failed => "Hikyaku\\JobFailed",
            Self::GivenUp => "Illuminate\\Queue\\ManuallyFailedException",
            Self::ModelNotFound => "Illuminate\\Database\\Eloquent\\ModelNotFoundException",
            Self::TimedOut => "Illuminate\\Queue\\TimeoutExceededException",
            Self::TooManyAttempts => "Illuminate\\Queue\\MaxAttemptsExceededException",
        }
    }

    /// Laravel's own message, where the class has one.
    fn message(self, job: &str) -> Option<String> {
        match self {
            Self::Failed | Self::GivenUp | Self::ModelNotFound => None,
            Self::TimedOut => Some(format!("{job} has timed out.")),
            Self::TooManyAttempts => Some(format!("{job} has been attempted too many times.")),
        }
    }
}

/// The text of an exception: its class, its message and a place on the first line, then a stack trace of its causes, then
/// `note` in a paragraph of its own.
///
/// `error` is what went wrong, in one line; it is the message, or the first of the causes where Laravel has a message of
/// its own. The place is `hikyaku:0`: no line of PHP was run.
pub fn exception_text(
    exception: Exception,
    job: &str,
    error: &str,
    causes: &[String],
    note: &str,
) -> String {
    let laravels = exception.message(job);
    let class = exception.class();
    let (message, first) = match &laravels {
        Some(message) => (message.as_str(), Some(error)),
        None => (error, None),
    };
    let mut text = format!("{class}: {message} in hikyaku:0\nStack trace:\n");
    let causes = first
        .into_iter()
        .chain(causes.iter().map(String::as_str))
        .chain(["{main}"]);
    for (number, cause) in causes.enumerate() {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "#{number} {cause}");
    }
    text.push('\n');
    text.push_str(note);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_the_message_and_its_causes_are_the_trace() {
        let causes = ["connecting".to_owned(), "refused".to_owned()];
        let error = "charging the card: connecting: refused";
        assert_eq!(
            exception_text(
                Exception::Failed,
                "App\\Jobs\\Pay",
                error,
                &causes,
                "It was buried."
            ),
            "Hikyaku\\JobFailed: charging the card: connecting: refused in hikyaku:0\nStack trace:\n#0 connecting\n#1 refused\n#2 {main}\n\nIt was buried."
        );
    }

    #[test]
    fn what_laravel_has_a_message_for_begins_with_it() {
        let text = |exception| exception_text(exception, "App\\Jobs\\Pay", "too slow", &[], "");
        assert_eq!(
            text(Exception::TimedOut),
            "Illuminate\\Queue\\TimeoutExceededException: App\\Jobs\\Pay has timed out. in hikyaku:0\nStack trace:\n#0 too slow\n#1 {main}\n\n"
        );
        assert!(text(Exception::TooManyAttempts).starts_with(
            "Illuminate\\Queue\\MaxAttemptsExceededException: App\\Jobs\\Pay has been attempted too many times. in "
        ));
        assert!(
            text(Exception::GivenUp)
                .starts_with("Illuminate\\Queue\\ManuallyFailedException: too slow in ")
        );
    }
}
