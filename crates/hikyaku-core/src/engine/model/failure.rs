//! Why a job is buried, for people: in this process's words and in those of PHP's exceptions.

use hikyaku_laravel::failed::Exception;

use crate::engine::model::ended::Ended;
use crate::job::error::Wish;
use crate::{Delivery, FailedJob, Timestamp};

impl FailedJob {
    /// A row of what this delivery brought.
    pub(crate) fn of(
        delivery: &Delivery,
        id: &str,
        job: &str,
        payload: String,
        exception: String,
        failed_at: Timestamp,
    ) -> Self {
        Self {
            id: id.to_owned(),
            job: job.to_owned(),
            group: delivery.group.clone(),
            sent: delivery.sent,
            queue: delivery.queue.clone(),
            payload,
            body: None,
            exception,
            trace: delivery.trace.clone(),
            failed_at,
        }
    }
}

/// Why a job is buried.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) exception: Exception,
    /// What went wrong, causes and all, in one line.
    pub(crate) error: String,
    /// The causes, each on its own.
    pub(crate) causes: Vec<String>,
}

impl Failure {
    pub(crate) fn new(exception: Exception, error: String) -> Self {
        Self {
            exception,
            error,
            causes: Vec::new(),
        }
    }

    /// What no exception of Laravel's says.
    pub(crate) fn plain(error: String) -> Self {
        Self::new(Exception::Failed, error)
    }

    /// What an attempt ended with.
    pub(crate) fn of(ended: &Ended) -> Self {
        let error = ended.error().unwrap_or_default();
        match ended {
            Ended::Erred(erred) => {
                let exception = match erred.wish {
                    Wish::Fail => Exception::GivenUp,
                    Wish::MissingModel => Exception::ModelNotFound,
                    // As in Laravel, whose worker finds a job that was released once too often.
                    Wish::RetryAfter(_) => Exception::TooManyAttempts,
                    Wish::Retry | Wish::Snooze(_) | Wish::Continue => Exception::Failed,
                };
                Self {
                    causes: erred.causes(),
                    ..Self::new(exception, error)
                }
            }
            Ended::TimedOut(_) => Self::new(Exception::TimedOut, error),
            _ => Self::new(Exception::Failed, error),
        }
    }
}
