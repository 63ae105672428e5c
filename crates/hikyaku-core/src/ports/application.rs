//! The Laravel application that sends the jobs: what of it is within reach from here.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use hikyaku_laravel::chain::LinkOptions;
use hikyaku_laravel::encrypter::Encrypter;

use crate::ports::batches::Batches;
use crate::ports::cache::Cache;
use crate::ports::payloads::Payloads;
use crate::ports::routes::Routes;

/// What of a Laravel application is within reach. By default nothing is; a message that needs what is not is refused
/// before anything of it runs.
#[derive(Clone, Default)]
pub struct Laravel {
    /// The names of its queues.
    pub queues: Queues,
    /// A queue that PHP works off, for what only PHP can do.
    pub relay: Option<Relay>,
    /// The URL of the queue to which messages go that nobody here can run.
    pub fallback: Option<String>,
    /// What encrypted jobs are opened with.
    pub encrypter: Option<Arc<Encrypter>>,
    /// The cache store in which the application keeps its locks.
    pub cache: Option<CacheStore>,
    /// The table of batches. The ledger counts in it.
    pub batches: Option<Arc<dyn Batches>>,
    /// Where bodies are that are too long for a message.
    pub payloads: Option<Arc<dyn Payloads>>,
    /// What classes say that run in PHP and follow a job of ours in a chain, by class.
    pub links: BTreeMap<String, LinkOptions>,
    /// Where it is said which of its classes run in Rust, for workers that have a courier too. None: all that are
    /// registered do.
    pub routes: Option<Arc<dyn Routes>>,
}

impl fmt::Debug for Laravel {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Laravel")
            .field("queues", &self.queues)
            .field("relay", &self.relay)
            .field("fallback", &self.fallback)
            .finish_non_exhaustive()
    }
}

/// A queue that PHP works off, and what it is asked to call there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Relay {
    /// The queue's URL.
    pub queue: String,
    /// `Class@method` in the application.
    pub job: String,
}

/// Laravel's cache store in DynamoDB.
#[derive(Clone)]
pub struct CacheStore {
    /// The way to it.
    pub cache: Arc<dyn Cache>,
    /// Its name in `config/cache.php`.
    pub name: String,
    /// `cache.prefix`.
    pub prefix: String,
}

impl fmt::Debug for CacheStore {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("CacheStore")
            .field("name", &self.name)
            .field("prefix", &self.prefix)
            .finish_non_exhaustive()
    }
}

/// How a queue's name leads to its URL: the settings of the connection in Laravel's `config/queue.php`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Queues {
    /// The name of the connection.
    pub connection: String,
    /// What a name is put behind, with a slash. Empty: the account of the queue that the message came from.
    pub prefix: String,
    /// What is put behind a name.
    pub suffix: String,
    /// The queue of jobs that name none.
    pub default: Option<String>,
}

impl Queues {
    /// The URL of the queue of this name, as `Illuminate\Queue\SqsQueue::getQueue` finds it. `beside` is the URL of a
    /// queue in the same account, for where no prefix is set. None if there is neither.
    pub fn url(&self, name: &str, beside: &str) -> Option<String> {
        if name.contains("://") {
            return Some(name.to_owned());
        }
        let prefix = if self.prefix.is_empty() {
            beside.rsplit_once('/')?.0
        } else {
            self.prefix.trim_end_matches('/')
        };
        Some(format!("{prefix}/{}", self.full_name(name)))
    }

    /// The name with its suffix, as AWS knows the queue.
    pub fn full_name(&self, name: &str) -> String {
        match name.strip_suffix(".fifo") {
            Some(stem) if !self.suffix.is_empty() => {
                format!("{}.fifo", suffixed(stem, &self.suffix))
            }
            _ => suffixed(name, &self.suffix),
        }
    }
}

/// A name that has its suffix already does not get it twice.
fn suffixed(name: &str, suffix: &str) -> String {
    if suffix.is_empty() || name.ends_with(suffix) {
        name.to_owned()
    } else {
        format!("{name}{suffix}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_leads_to_the_url_that_laravel_would_send_to() {
        let queues = Queues {
            prefix: "https://sqs.eu-west-1.amazonaws.com/1234/".to_owned(),
            suffix: "-production".to_owned(),
            ..Queues::default()
        };
        let url = |name| queues.url(name, "").unwrap();
        let base = "https://sqs.eu-west-1.amazonaws.com/1234";
        assert_eq!(url("imports"), format!("{base}/imports-production"));
        assert_eq!(
            url("imports.fifo"),
            format!("{base}/imports-production.fifo")
        );
        assert_eq!(
            url("imports-production"),
            format!("{base}/imports-production")
        );
        assert_eq!(url("https://elsewhere/5/x"), "https://elsewhere/5/x");
    }

    #[test]
    fn without_a_prefix_a_name_is_a_queue_beside_the_one_the_message_came_from() {
        let queues = Queues::default();
        assert_eq!(
            queues
                .url("mails", "http://127.0.0.1:9324/000000000000/jobs")
                .as_deref(),
            Some("http://127.0.0.1:9324/000000000000/mails")
        );
        assert_eq!(queues.url("mails", ""), None);
    }
}
