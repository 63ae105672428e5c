//! How queues are called: names, ARNs and URLs.

use std::borrow::Borrow;
use std::fmt;
use std::sync::Arc;

use super::error::SqsError;

/// The ending that makes a queue a FIFO queue.
const FIFO_SUFFIX: &str = ".fifo";

/// Whose cloud this is: the parts of an ARN that are the same for every queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The region in ARNs, such as `eu-west-1`.
    pub region: String,
    /// The 12 digits of the account in ARNs and queue URLs.
    pub account: String,
}

impl Default for Identity {
    fn default() -> Self {
        Self {
            region: "us-east-1".to_owned(),
            account: "000000000000".to_owned(),
        }
    }
}

impl Identity {
    /// The ARN of a queue.
    pub fn arn(&self, queue: &QueueName) -> String {
        format!("arn:aws:sqs:{}:{}:{queue}", self.region, self.account)
    }

    /// The URL of a queue below a base such as `http://127.0.0.1:9324`.
    pub fn url(&self, base: &str, queue: &QueueName) -> String {
        format!("{}/{}/{queue}", base.trim_end_matches('/'), self.account)
    }

    /// The queue that an ARN of this region and account names, whether or not it exists.
    pub(crate) fn name_in_arn(&self, arn: &str) -> Option<QueueName> {
        let rest = arn
            .strip_prefix("arn:aws:sqs:")?
            .strip_prefix(&self.region)?
            .strip_prefix(':')?;
        QueueName::new(rest.strip_prefix(&self.account)?.strip_prefix(':')?).ok()
    }

    /// The queue that a URL names. The host is not looked at: a container and its laptop know us by different ones.
    /// A bare name is taken for it, as AWS does.
    pub(crate) fn name_in_url(&self, url: &str) -> Option<QueueName> {
        if !url.contains('/') {
            return QueueName::new(url).ok();
        }
        let path = url.split_once("://").map_or(url, |(_, rest)| rest);
        let mut segments = path.trim_end_matches('/').rsplit('/');
        let (name, account) = (segments.next()?, segments.next()?);
        (account == self.account)
            .then(|| QueueName::new(name).ok())
            .flatten()
    }
}

/// A queue's name: 1 to 80 letters, digits, `-` and `_`, and `.fifo` at the end of a FIFO queue's
/// (API Reference, `CreateQueue`). Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct QueueName(Arc<str>);

impl QueueName {
    /// Checks a name; whether a queue of that name exists is another matter.
    pub fn new(name: &str) -> Result<Self, SqsError> {
        let stem = name.strip_suffix(FIFO_SUFFIX).unwrap_or(name);
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        if stem.is_empty() || name.len() > 80 || !stem.bytes().all(allowed) {
            let reason = "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length";
            return Err(SqsError::invalid("QueueName", name, reason));
        }
        Ok(Self(name.into()))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is the name of a FIFO queue.
    pub fn is_fifo(&self) -> bool {
        self.0.ends_with(FIFO_SUFFIX)
    }
}

impl fmt::Display for QueueName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl Borrow<str> for QueueName {
    fn borrow(&self) -> &str {
        &self.0
    }
}
