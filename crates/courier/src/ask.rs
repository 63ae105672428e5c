//! What is said of an attempt, beside the message's exact body: one header, in the form of a URL's query.

use hikyaku::Timestamp;
use hikyaku::core::Parcel;
use url::form_urlencoded::Serializer;

use crate::Settings;

/// A header is refused over 8 KB by common servers, and a character may take twelve bytes of one.
const LONGEST_ERROR: usize = 500;

/// What the application is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Ask {
    /// Run the job.
    Run,
    /// The job has failed for good: do what that brings about.
    Failed(String),
}

impl Ask {
    /// The header's value. `nonce` makes it unlike every other.
    pub(crate) fn header(
        &self,
        parcel: &Parcel,
        settings: &Settings,
        nonce: &str,
        now: Timestamp,
    ) -> String {
        let Settings { defaults, aws, .. } = settings;
        let mut form = Serializer::new(String::new());
        let word = match self {
            Self::Run => "run",
            Self::Failed(_) => "failed",
        };
        form.append_pair("ask", word)
            .append_pair("nonce", nonce)
            .append_pair("id", &parcel.id)
            .append_pair("generation", &parcel.generation.to_string())
            .append_pair("attempt", &parcel.attempt.to_string())
            // Not the deadline itself: the two clocks may differ.
            .append_pair("left", &now.until(parcel.deadline).as_millis().to_string())
            .append_pair("connection", &aws.connection)
            .append_pair("queue", &parcel.queue)
            .append_pair("tries", &defaults.tries.to_string())
            .append_pair("timeout", &defaults.timeout.to_string());
        let backoff: Vec<_> = defaults.backoff.iter().map(u64::to_string).collect();
        form.append_pair("backoff", &backoff.join(","));
        if settings.tasks.is_some() {
            form.append_pair("tasks", "1");
        }
        if let Self::Failed(error) = self {
            let error: String = error.chars().take(LONGEST_ERROR).collect();
            form.append_pair("error", &error);
        }
        form.finish()
    }
}
