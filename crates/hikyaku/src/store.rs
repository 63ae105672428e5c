//! How requests to tables fail: Laravel's, and the routes in the ledger's.

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use hikyaku_core::StoreError;

use crate::ledger::retryable;

/// A request that failed.
pub(crate) fn failed<E>(action: &'static str, subject: &str, error: SdkError<E>) -> StoreError
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    StoreError {
        action,
        subject: subject.to_owned(),
        retryable: retryable(&error),
        source: error.into(),
    }
}

/// An answer that cannot be used, now or ever.
pub(crate) fn unusable(
    action: &'static str,
    subject: &str,
    source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
) -> StoreError {
    StoreError {
        action,
        subject: subject.to_owned(),
        retryable: false,
        source: source.into(),
    }
}

/// Whether a condition did not hold.
pub(crate) fn is_refused<E: ProvideErrorMetadata>(error: &SdkError<E>) -> bool {
    error
        .as_service_error()
        .and_then(ProvideErrorMetadata::code)
        == Some("ConditionalCheckFailedException")
}
