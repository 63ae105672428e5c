//! Why an object could not be used.

use super::answer::Answer;

/// Why an object could not be used. No text names a key or a path: they come from payloads.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ObjectsError {
    /// The URL is of a kind that is never used.
    #[error("the object's URL cannot be used: {reason}")]
    Url {
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The URL is under no allowed prefix.
    #[error(
        "the object's URL is under none of the prefixes this function may use: add its bucket or directory to them"
    )]
    NotAllowed,
    /// `file://` is off.
    #[error(
        "the object is a local file, which this function may not use: HIKYAKU_LOCAL_FILES=1 allows it"
    )]
    LocalFiles,
    /// There is no such object.
    #[error("there is no such object in {place}")]
    NotFound {
        /// The bucket, or the local files.
        place: String,
    },
    /// S3 refuses, and says why.
    #[error("could not {action} an object in {place}: S3 answered {answer}")]
    Refused {
        /// What was being done.
        action: &'static str,
        /// The bucket.
        place: String,
        /// S3's own code and words.
        answer: Answer,
    },
    /// There is no connection to S3.
    #[error(
        "could not {action} an object in {place}: no connection to S3 ({cause}); in a VPC a function needs a gateway endpoint \
         for S3 in its subnets' route tables, or a NAT gateway"
    )]
    Unreachable {
        /// What was being done.
        action: &'static str,
        /// The bucket.
        place: String,
        /// How that showed.
        cause: String,
    },
    /// The store refuses this function, and does not say why.
    #[error("could not {action} an object in {place}: this function has no permission")]
    Denied {
        /// What was being done.
        action: &'static str,
        /// The bucket, or the local files.
        place: String,
    },
    /// The object is no longer the one that was begun with.
    #[error("the object in {place} was replaced while it was in use")]
    Changed {
        /// The bucket, or the local files.
        place: String,
    },
    /// Anything else; trying again may help.
    #[error("could not {action} an object in {place}: {cause}")]
    Store {
        /// What was being done.
        action: &'static str,
        /// The bucket, or the local files.
        place: String,
        /// The store's own words, without the key.
        cause: String,
    },
    /// The endpoint is not a URL.
    #[error("could not read the S3 endpoint: AWS_ENDPOINT_URL_S3 is not a URL")]
    Endpoint,
}

impl ObjectsError {
    /// Whether trying again cannot help, because the payload or the permission would have to change first.
    pub fn is_permanent(&self) -> bool {
        match self {
            Self::Url { .. }
            | Self::NotAllowed
            | Self::LocalFiles
            | Self::NotFound { .. }
            | Self::Changed { .. } => true,
            Self::Refused { answer, .. } => answer.is_permanent(),
            Self::Denied { .. }
            | Self::Unreachable { .. }
            | Self::Store { .. }
            | Self::Endpoint => false,
        }
    }
}
