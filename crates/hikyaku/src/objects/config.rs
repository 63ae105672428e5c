//! What a function may read and write, and how it reaches S3.

use std::fmt;

use url::Url;

use super::ObjectsError;

/// Settings of [`Objects`](super::Objects).
///
/// An object is used only if its URL
/// * is `s3://bucket/key` or `file:///path`, without user, password, query or fragment,
/// * is under one of `allowed`, compared by whole path segments after percent-decoding, without `.` and `..`,
/// * and, for `file://`, if `local_files` is on and the file, with every symbolic link on the way to it followed, is
///   still under that prefix. Who may write into an allowed directory can exchange a link between that check and the
///   reading: let nobody untrusted write there.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct ObjectsConfig {
    /// Buckets, key prefixes and directories: `s3://bucket`, `s3://bucket/imports/`, `file:///home/me/imports/`.
    pub allowed: Vec<Url>,
    /// Whether `file://` may be used at all. Off unless a laptop or a test turns it on.
    pub local_files: bool,
    /// The region of the buckets.
    pub region: Option<String>,
    /// Another place that speaks S3, such as a local emulator. Plain `http` is used if the URL says so.
    pub endpoint: Option<Url>,
    /// Keys to sign with. Without them, those of the machine or container this runs on are asked for.
    pub credentials: Option<Credentials>,
}

/// AWS access keys. The secret parts are not shown by `Debug`.
#[derive(Clone)]
#[non_exhaustive]
pub struct Credentials {
    /// The public part.
    pub access_key_id: String,
    /// The secret part.
    pub secret_access_key: String,
    /// The token of temporary keys, such as a function's.
    pub session_token: Option<String>,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Credentials")
            .field("access_key_id", &self.access_key_id)
            .finish_non_exhaustive()
    }
}

impl ObjectsConfig {
    /// Settings that allow `prefixes` and know nothing of AWS.
    pub fn allow(prefixes: impl IntoIterator<Item = Url>) -> Self {
        Self {
            allowed: prefixes.into_iter().collect(),
            ..Self::default()
        }
    }

    /// Settings from AWS's own variables, asked of `variable`, so that only a job's configuration reads the
    /// environment: `AWS_REGION`, `AWS_ENDPOINT_URL_S3` or `AWS_ENDPOINT_URL`, `AWS_ACCESS_KEY_ID`,
    /// `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`.
    ///
    /// Files are local unless the process runs under Lambda (`AWS_LAMBDA_RUNTIME_API`); there `HIKYAKU_LOCAL_FILES=1`
    /// allows them, which is for a local Lambda.
    ///
    /// # Errors
    /// The endpoint is no URL.
    pub fn from_variables(
        allowed: Vec<Url>,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, ObjectsError> {
        let endpoint = variable("AWS_ENDPOINT_URL_S3").or_else(|| variable("AWS_ENDPOINT_URL"));
        let endpoint = endpoint
            .map(|text| Url::parse(&text))
            .transpose()
            .map_err(|_| ObjectsError::Endpoint)?;
        let allowed_here = variable("HIKYAKU_LOCAL_FILES").is_some_and(|value| value == "1");
        let local_files = allowed_here || variable("AWS_LAMBDA_RUNTIME_API").is_none();
        let region = variable("AWS_REGION");
        Ok(Self {
            allowed,
            local_files,
            region,
            endpoint,
            credentials: Credentials::from_variables(&variable),
        })
    }
}

impl Credentials {
    /// Keys as AWS hands them out; the token belongs to temporary ones.
    pub fn new(
        access_key_id: String,
        secret_access_key: String,
        session_token: Option<String>,
    ) -> Self {
        Self {
            access_key_id,
            secret_access_key,
            session_token,
        }
    }

    fn from_variables(variable: &impl Fn(&str) -> Option<String>) -> Option<Self> {
        let access_key_id = variable("AWS_ACCESS_KEY_ID")?;
        let secret_access_key = variable("AWS_SECRET_ACCESS_KEY")?;
        Some(Self {
            access_key_id,
            secret_access_key,
            session_token: variable("AWS_SESSION_TOKEN"),
        })
    }
}
