//! The Lambda service: it knows the functions and hands invocations to them.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use futures_util::future::BoxFuture;
use tokio::sync::oneshot;

use super::asynchronous::{AsyncEvent, Outbox};
use super::function::answers_to;
use super::pool::Pool;
use super::sandbox::Request;
use super::trace::Trace;
use super::{Answer, Host, InvokeError};
use crate::template::Function;

/// The largest event of a synchronous invocation in bytes: 6 MB (AWS, "Lambda quotas").
const MAX_SYNC_BYTES: usize = 6 * 1024 * 1024;

/// The largest event of an asynchronous invocation in bytes: 1 MB (AWS, "Lambda quotas").
const MAX_ASYNC_BYTES: usize = 1024 * 1024;

/// How often environments without work are looked after.
const REAP_EVERY: Duration = Duration::from_secs(1);

/// A request to run a function.
#[derive(Debug, Clone)]
pub struct Invocation {
    /// The function, by any of its names.
    pub function: String,
    /// The event: JSON.
    pub payload: Bytes,
    /// The chain of requests this one belongs to; a new one when absent.
    pub trace: Option<Trace>,
}

/// Runs functions. The service itself, or a fake in a test.
pub trait Invoke: Send + Sync + 'static {
    /// Runs a function and waits for its answer. Dropping the future does not stop the function.
    fn invoke(&self, invocation: Invocation) -> BoxFuture<'_, Result<Answer, InvokeError>>;
}

/// The Lambda service. Clones are handles to the same one.
#[derive(Clone)]
pub struct Lambda {
    inner: Arc<Inner>,
}

struct Inner {
    pools: Vec<Arc<Pool>>,
    host: Arc<Host>,
    outbox: Arc<dyn Outbox>,
}

impl Lambda {
    /// A service with these functions. Nothing is started before the first invocation.
    pub fn new(
        functions: impl IntoIterator<Item = Function>,
        host: Host,
        outbox: Arc<dyn Outbox>,
    ) -> Self {
        let host = Arc::new(host);
        let pool = |function| Arc::new(Pool::new(function, Arc::clone(&host)));
        let pools = functions.into_iter().map(pool).collect();
        let lambda = Self {
            inner: Arc::new(Inner {
                pools,
                host,
                outbox,
            }),
        };
        lambda.look_after_environments();
        lambda
    }

    /// The function of that name, logical id, binary or ARN.
    pub fn function(&self, called: &str) -> Result<&Function, InvokeError> {
        self.pool(called).map(|pool| &*pool.function)
    }

    /// All functions, in the template's order.
    pub(crate) fn functions(&self) -> impl Iterator<Item = &Function> {
        self.inner.pools.iter().map(|pool| &*pool.function)
    }

    /// How many invocations of the function can run at once.
    pub fn concurrency(&self, called: &str) -> Result<usize, InvokeError> {
        self.pool(called).map(|pool| pool.limit())
    }

    /// Takes an event in, to be tried until it succeeds or is given up. Returns the id of its invocations.
    pub fn invoke_asynchronously(&self, invocation: Invocation) -> Result<String, InvokeError> {
        check(&invocation.payload, MAX_ASYNC_BYTES)?;
        let function = self.pool(&invocation.function)?.function.as_ref().clone();
        let request = self.request(invocation, new_request_id());
        let id = request.id.clone();
        let event = AsyncEvent::new(self.clone(), function, request);
        self.host().tasks.spawn_until_stopped(event.run());
        Ok(id)
    }

    /// Stops every process that waits for work. Those that work are stopped by the end of their tasks.
    pub async fn stop(&self) {
        for pool in &self.inner.pools {
            pool.stop_all().await;
        }
    }

    pub(crate) fn host(&self) -> &Host {
        &self.inner.host
    }

    pub(crate) fn outbox(&self) -> &dyn Outbox {
        &*self.inner.outbox
    }

    /// Runs one invocation in a task of its own: whoever asked for it may go away, the function does not notice.
    pub(crate) async fn run(
        &self,
        function: &str,
        request: Request,
    ) -> Result<Answer, InvokeError> {
        let pool = Arc::clone(self.pool(function)?);
        let (sender, answer) = oneshot::channel();
        self.host().tasks.spawn(async move {
            let _ = sender.send(pool.invoke(&request).await);
        });
        answer.await.unwrap_or(Err(InvokeError::Stopped))
    }

    fn request(&self, invocation: Invocation, id: String) -> Request {
        let arn = self
            .pool(&invocation.function)
            .map_or("", |pool| &pool.function.arn);
        let trace = invocation
            .trace
            .unwrap_or_else(|| Trace::start(self.host().clock.now_ms()));
        let payload = if invocation.payload.is_empty() {
            Bytes::from_static(b"{}")
        } else {
            invocation.payload
        };
        Request {
            id,
            payload,
            trace: trace.enter(arn).to_string(),
        }
    }

    fn pool(&self, called: &str) -> Result<&Arc<Pool>, InvokeError> {
        let pools = &self.inner.pools;
        pools
            .iter()
            .find(|pool| answers_to(&pool.function, called))
            .ok_or_else(|| InvokeError::UnknownFunction {
                called: called.to_owned(),
                known: pools
                    .iter()
                    .map(|pool| pool.function.name.clone())
                    .collect(),
            })
    }

    fn look_after_environments(&self) {
        let (pools, clock) = (self.inner.pools.clone(), Arc::clone(&self.host().clock));
        self.host().tasks.spawn_until_stopped(async move {
            loop {
                clock.sleep(REAP_EVERY).await;
                for pool in &pools {
                    pool.reap().await;
                }
            }
        });
    }
}

impl Invoke for Lambda {
    fn invoke(&self, invocation: Invocation) -> BoxFuture<'_, Result<Answer, InvokeError>> {
        Box::pin(async move {
            check(&invocation.payload, MAX_SYNC_BYTES)?;
            let function = invocation.function.clone();
            let request = self.request(invocation, new_request_id());
            self.run(&function, request).await
        })
    }
}

/// Lambda takes JSON only, and so much of it. Nothing at all stands for an empty object.
fn check(payload: &Bytes, limit: usize) -> Result<(), InvokeError> {
    if payload.len() > limit {
        return Err(InvokeError::PayloadTooLarge {
            bytes: payload.len(),
            limit,
        });
    }
    if payload.is_empty() {
        return Ok(());
    }
    serde_json::from_slice::<serde::de::IgnoredAny>(payload)
        .map(drop)
        .map_err(|source| InvokeError::NotJson { source })
}

/// A random UUID (version 4).
pub(crate) fn new_request_id() -> String {
    let random = fastrand::u128(..) & !(0xf << 76) & !(0x3 << 62) | (0x4 << 76) | (0x2 << 62);
    let hex = format!("{random:032x}");
    format!(
        "{}-{}-{}-{}-{}",
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..]
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_id_is_a_random_uuid() {
        let id = new_request_id();
        assert_eq!((id.len(), &id[14..15]), (36, "4"), "{id}");
        assert!("89ab".contains(&id[19..20]), "{id}");
        assert_ne!(id, new_request_id());
    }
}
