//! A worker's courier, and the policy of what goes with it.

use std::fmt;
use std::sync::Arc;

use crate::job::policy::Description;
use crate::job::prepared::{Declared, Prepared};
use crate::ports::courier::{Courier, Defaults, Parcel};
use crate::{Context, Guarantee};

/// A worker's courier, and the policy of what goes with it.
#[derive(Clone)]
pub(crate) struct Lane {
    pub(crate) courier: Arc<dyn Courier>,
    pub(crate) description: Description,
}

impl Lane {
    pub(crate) fn of(courier: Arc<dyn Courier>) -> Self {
        let Defaults {
            tries,
            backoff,
            timeout,
        } = courier.defaults();
        Self {
            courier,
            description: Description {
                name: "*",
                tries,
                max_exceptions: 0,
                backoff,
                timeout,
                fail_on_timeout: false,
                guarantee: Guarantee::Once,
                unique_until_processing: false,
                failed_hook: false,
                delete_when_missing_models: false,
                shadow: false,
            },
        }
    }

    /// The job that hands `parcel` over.
    pub(crate) fn prepare<S: Send + Sync + 'static>(&self, parcel: Parcel) -> Prepared<S> {
        let courier = Arc::clone(&self.courier);
        Prepared {
            run: Box::new(move |context: Context<S>| {
                let parcel = Parcel {
                    attempt: context.attempt(),
                    deadline: context.deadline(),
                    ..parcel
                };
                Box::pin(async move { courier.deliver(parcel).await.map(|()| None) })
            }),
            declared: Declared::default(),
        }
    }
}

impl fmt::Debug for Lane {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Lane")
            .field("description", &self.description)
            .finish_non_exhaustive()
    }
}
