//! The execution environments of one function.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;

use super::sandbox::{Request, Sandbox};
use super::{Answer, FailureCause, FunctionError, Host, InvokeError};
use crate::event::Event;
use crate::lock::Lock;
use crate::template::Function;

/// Starts environments when they are needed, keeps them warm, and stops them when they are not.
pub(crate) struct Pool {
    pub(crate) function: Arc<Function>,
    host: Arc<Host>,
    limit: usize,
    permits: Semaphore,
    /// The most recently used stands last.
    warm: Lock<Vec<Warm>>,
}

struct Warm {
    sandbox: Sandbox,
    since_ms: u64,
}

impl Pool {
    /// No environment yet.
    pub(crate) fn new(function: Function, host: Arc<Host>) -> Self {
        let reserved = function
            .reserved_concurrency
            .and_then(|reserved| usize::try_from(reserved).ok());
        let limit = reserved
            .unwrap_or(host.limits.environments)
            .min(Semaphore::MAX_PERMITS);
        Self {
            function: Arc::new(function),
            host,
            limit,
            permits: Semaphore::new(limit),
            warm: Lock::default(),
        }
    }

    /// How many invocations can run at once.
    pub(crate) fn limit(&self) -> usize {
        self.limit
    }

    /// Runs one invocation in a warm environment, or in a new one.
    pub(crate) async fn invoke(&self, request: &Request) -> Result<Answer, InvokeError> {
        let Ok(_permit) = self.permits.try_acquire() else {
            let function = self.function.name.clone();
            self.host.events.publish(Event::Throttled {
                function: function.clone(),
            });
            return Err(InvokeError::Throttled {
                function,
                limit: self.limit,
            });
        };
        loop {
            let mut sandbox = match self.take_warm().await {
                Some(sandbox) => sandbox,
                None => self.start().await?,
            };
            let Some(result) = sandbox.invoke(request).await else {
                sandbox.finish().await;
                continue;
            };
            let answer = Answer {
                request_id: request.id.clone(),
                result,
                log_tail: sandbox.log_tail(),
            };
            self.publish(&answer, sandbox.worked());
            self.keep_warm(sandbox);
            return Ok(answer);
        }
    }

    /// A new environment. Without a binary there is no process that could say why.
    async fn start(&self) -> Result<Sandbox, InvokeError> {
        let started = Sandbox::start(Arc::clone(&self.function), Arc::clone(&self.host)).await;
        if let Err(error) = &started {
            let (why, kind) = (error.to_string(), "Runtime.InvalidEntrypoint");
            (self.host.logs)(&self.function.name, &why);
            let error = FunctionError::of(FailureCause::Init, kind, &why);
            self.host
                .report_failed_start(&self.function, Duration::ZERO, &error);
        }
        started
    }

    /// Stops what has waited too long, has ended, or was built anew.
    pub(crate) async fn reap(&self) {
        let mut reasons = Vec::new();
        let mut retired = |warm: &mut Warm| {
            let idle = self.host.elapsed(warm.since_ms) >= self.host.limits.idle;
            let reason = warm.sandbox.retired().or(idle.then_some("nothing to do"));
            reasons.extend(reason);
            reason.is_some()
        };
        let stopped: Vec<Warm> = self.warm.lock().extract_if(.., &mut retired).collect();
        for (Warm { sandbox, .. }, reason) in stopped.into_iter().zip(reasons) {
            self.stop(sandbox, reason).await;
        }
    }

    /// Stops every warm environment.
    pub(crate) async fn stop_all(&self) {
        let all = std::mem::take(&mut *self.warm.lock());
        for mut warm in all {
            warm.sandbox.finish().await;
        }
    }

    async fn take_warm(&self) -> Option<Sandbox> {
        loop {
            let mut warm = self.warm.lock().pop()?;
            match warm.sandbox.retired() {
                None => return Some(warm.sandbox),
                Some(reason) => self.stop(warm.sandbox, reason).await,
            }
        }
    }

    fn keep_warm(&self, mut sandbox: Sandbox) {
        if sandbox.retired().is_none() {
            self.warm.lock().push(Warm {
                sandbox,
                since_ms: self.host.clock.now_ms(),
            });
        }
    }

    async fn stop(&self, mut sandbox: Sandbox, reason: &'static str) {
        sandbox.finish().await;
        self.host.events.publish(Event::ProcessStopped {
            function: self.function.name.clone(),
            reason,
        });
    }

    fn publish(&self, answer: &Answer, duration: Duration) {
        self.host.events.publish(Event::Invoked {
            function: self.function.name.clone(),
            request_id: answer.request_id.clone(),
            duration,
            error: answer
                .result
                .as_ref()
                .err()
                .map(super::FunctionError::message),
        });
    }
}
