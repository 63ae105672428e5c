//! What S3 answers when it refuses, and how no answer looks.

use std::error::Error;
use std::fmt;
use std::iter::successors;

/// An error as S3 words it: `AccessDenied`, `RequestTimeTooSkewed`, ….
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Answer {
    /// S3's code (<https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html>).
    pub code: String,
    /// S3's sentence, without the key and without control characters, cut at 300 characters.
    pub message: String,
}

/// No sentence of S3's is longer; whoever else answers may say anything.
const LONGEST: usize = 300;

impl Answer {
    /// Finds the answer among the causes of `error`. `clean` takes the key out.
    pub(super) fn in_error(
        error: &object_store::Error,
        clean: impl Fn(&str) -> String,
    ) -> Option<Self> {
        let text = causes(error).last()?.to_string();
        let element = |name: &str| {
            let (_, rest) = text.split_once(&format!("<{name}>"))?;
            let (text, _) = rest.split_once(&format!("</{name}>"))?;
            let text = clean(&unescaped(text));
            Some(
                text.chars()
                    .map(|character| {
                        if character.is_control() {
                            ' '
                        } else {
                            character
                        }
                    })
                    .take(LONGEST)
                    .collect::<String>(),
            )
        };
        Some(Self {
            code: element("Code").filter(|code| is_code(code))?,
            message: element("Message").unwrap_or_default(),
        })
    }

    /// Whether the same request would be refused again, until somebody has done something.
    pub(super) fn is_permanent(&self) -> bool {
        matches!(
            self.code.as_str(),
            "NoSuchBucket" | "InvalidObjectState" | "KeyTooLongError" | "InvalidBucketName"
        )
    }

    /// What to look at.
    fn hint(&self) -> &'static str {
        match self.code.as_str() {
            "AccessDenied" | "AllAccessDisabled" | "AccountProblem" => {
                ": this function's role, the bucket's policy or the key of KMS does not let it"
            }
            "RequestTimeTooSkewed" | "RequestExpired" => {
                ": the clock of this machine is wrong, by over 15 minutes"
            }
            "InvalidObjectState" => ": the object is archived; restore it, then retry the job",
            "NoSuchBucket" => ": there is no such bucket in this account and region",
            "ExpiredToken" | "InvalidToken" | "TokenRefreshRequired" => {
                ": the keys of this function have expired"
            }
            "InvalidAccessKeyId" | "SignatureDoesNotMatch" => {
                ": the keys that this function signs with are wrong"
            }
            "PermanentRedirect"
            | "TemporaryRedirect"
            | "AuthorizationHeaderMalformed"
            | "IllegalLocationConstraintException" => {
                ": the bucket is in another region than AWS_REGION says"
            }
            "KeyTooLongError" => ": a key has at most 1,024 bytes",
            "SlowDown" | "ServiceUnavailable" | "InternalError" => ": it works again later",
            code if code.starts_with("KMS.") => ": the bucket's key in KMS cannot be used",
            _ => "",
        }
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { code, message } = self;
        write!(formatter, "{code}{} (\"{message}\")", self.hint())
    }
}

fn is_code(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    (1..=64).contains(&text.len()) && text.bytes().all(plain)
}

/// XML's five entities, the ampersand last.
fn unescaped(text: &str) -> String {
    let entities = [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&apos;", "'"),
        ("&amp;", "&"),
    ];
    entities
        .iter()
        .fold(text.to_owned(), |text, (entity, character)| {
            text.replace(entity, character)
        })
}

/// The error, its cause, the cause of that, ….
pub(super) fn causes(error: &object_store::Error) -> impl Iterator<Item = &(dyn Error + 'static)> {
    let first: &(dyn Error + 'static) = error;
    successors(Some(first), |cause| (*cause).source())
}

/// Whether there was no connection to send the request over.
pub(super) fn is_unreachable(error: &object_store::Error) -> bool {
    causes(error).any(|cause| {
        cause
            .downcast_ref::<reqwest::Error>()
            .is_some_and(reqwest::Error::is_connect)
    })
}
