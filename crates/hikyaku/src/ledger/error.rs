//! What a refused or lost request means.

use std::collections::HashMap;

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{AttributeValue, CancellationReason};
use hikyaku_core::LedgerError;

use super::end::{Obstacle, Part};
use super::item::ItemError;

type Item = HashMap<String, AttributeValue>;

/// Why a write was not answered with "applied".
pub(super) enum Refusal {
    /// Its condition did not hold; this stood there.
    Condition(Option<Item>),
    /// It was not carried out, or its answer was lost.
    Error {
        retryable: bool,
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl Refusal {
    pub(super) fn of_update(error: SdkError<UpdateItemError>) -> Self {
        if let Some(UpdateItemError::ConditionalCheckFailedException(refused)) =
            error.as_service_error()
        {
            return Self::Condition(refused.item.clone());
        }
        Self::Error {
            retryable: retryable(&error),
            source: error.into(),
        }
    }

    /// The ledger's item is the transaction's first: its reason decides.
    pub(super) fn of_transaction(error: SdkError<TransactWriteItemsError>) -> Self {
        if let Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) =
            error.as_service_error()
        {
            let reasons = cancelled.cancellation_reasons();
            let code = |reason: &CancellationReason| reason.code.clone().unwrap_or_default();
            if let Some(first) = reasons
                .first()
                .filter(|reason| code(reason) == "ConditionalCheckFailed")
            {
                return Self::Condition(first.item.clone());
            }
            // Somebody else was writing, or there was no capacity: both pass. A part's condition is looked at when they
            // have.
            let passes = |code: &str| {
                ["ConditionalCheckFailed", "None"].contains(&code)
                    || PASSING_REASONS.contains(&code)
            };
            let retryable = reasons.iter().all(|reason| passes(&code(reason)));
            return Self::Error {
                retryable,
                source: error.into(),
            };
        }
        Self::Error {
            retryable: retryable(&error),
            source: error.into(),
        }
    }
}

/// Whether a transaction was cancelled for good by one of a job's own writes, which are `own` and stand behind the
/// ledger's item. If that stands in its way itself, what the others say counts for nothing: they may have been written.
pub(super) fn own_declined(error: &SdkError<TransactWriteItemsError>, own: usize) -> bool {
    let Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) =
        error.as_service_error()
    else {
        return false;
    };
    let stands = |reason: &CancellationReason| {
        let code = reason.code.as_deref().unwrap_or("None");
        code != "None" && !PASSING_REASONS.contains(&code)
    };
    match cancelled.cancellation_reasons() {
        [ledger, rest @ ..] if ledger.code.as_deref().unwrap_or("None") == "None" => {
            rest.iter().take(own).any(stands)
        }
        _ => false,
    }
}

/// Whether a transaction was cancelled because a failed row, which stands behind the ledger's item, is another job's.
pub(super) fn row_declined(error: &SdkError<TransactWriteItemsError>) -> bool {
    let Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) =
        error.as_service_error()
    else {
        return false;
    };
    let code = |reason: &CancellationReason| reason.code.clone().unwrap_or_default();
    match cancelled.cancellation_reasons() {
        [ledger, row, ..] => code(ledger) == "None" && code(row) == "ConditionalCheckFailed",
        _ => false,
    }
}

/// Why a transaction is cancelled by what passes (Amazon DynamoDB API reference, `TransactWriteItems`).
const PASSING_REASONS: [&str; 3] = [
    "TransactionConflict",
    "ThrottlingError",
    "ProvisionedThroughputExceeded",
];

/// A transaction that was cancelled only because parts of it could not be written that may be left out.
pub(super) struct Cancelled {
    /// For each part what stood in its way; none for a part that could have been written.
    obstacles: Vec<Option<Obstacle>>,
}

impl Cancelled {
    /// `fixed`: how many items stand before the parts. None: the transaction failed for another reason.
    pub(super) fn of(error: &SdkError<TransactWriteItemsError>, fixed: usize) -> Option<Self> {
        let TransactWriteItemsError::TransactionCanceledException(cancelled) =
            error.as_service_error()?
        else {
            return None;
        };
        let code = |reason: &CancellationReason| reason.code.clone().unwrap_or_default();
        let reasons = cancelled.cancellation_reasons();
        let (fixed, parts) = reasons.split_at_checked(fixed)?;
        let obstacle = |reason: &CancellationReason| match code(reason).as_str() {
            "ConditionalCheckFailed" => Some(Obstacle::Condition(reason.item.clone())),
            "ValidationError" => Some(Obstacle::Unfit),
            _ => None,
        };
        let obstacles: Vec<_> = parts.iter().map(obstacle).collect();
        let alone = fixed.iter().all(|reason| code(reason) == "None");
        (alone && obstacles.iter().any(Option::is_some)).then_some(Self { obstacles })
    }

    /// The parts that are written next: those in whose way nothing stood, and what is tried instead of the others.
    pub(super) fn without(self, parts: Vec<Part>) -> Vec<Part> {
        parts
            .into_iter()
            .zip(self.obstacles)
            .filter_map(|(part, obstacle)| match obstacle {
                None => Some(part),
                Some(obstacle) => part.instead(&obstacle),
            })
            .collect()
    }
}

/// Whether trying again can help. The codes are those of the Amazon DynamoDB developer guide, "Error handling".
pub(crate) fn retryable<E: ProvideErrorMetadata>(error: &SdkError<E>) -> bool {
    const PASSING: [&str; 8] = [
        "InternalServerError",
        "LimitExceededException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ServiceUnavailable",
        "ThrottlingException",
        "TransactionConflictException",
        "TransactionInProgressException",
    ];
    match error {
        SdkError::ServiceError(answer) => {
            let status = answer.raw().status();
            // It was carried out, or an intermediary answered: asking again tells.
            status.is_success()
                || status.as_u16() >= 500
                || answer
                    .err()
                    .code()
                    .is_some_and(|code| PASSING.contains(&code))
        }
        SdkError::ConstructionFailure(_) => false,
        _ => true,
    }
}

pub(super) fn unreadable(operation: &'static str, id: &str, error: ItemError) -> LedgerError {
    LedgerError {
        operation,
        id: id.to_owned(),
        retryable: false,
        source: error.into(),
    }
}

pub(super) fn incomplete(operation: &'static str, id: &str) -> LedgerError {
    LedgerError {
        operation,
        id: id.to_owned(),
        retryable: false,
        source: "the request is incomplete".into(),
    }
}

pub(super) fn put<E>(operation: &'static str, id: &str, error: SdkError<E>) -> LedgerError
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    LedgerError {
        operation,
        id: id.to_owned(),
        retryable: retryable(&error),
        source: error.into(),
    }
}
