//! One execution environment: a process, its Runtime API and the invocation it works on.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use axum::body::Bytes;
use axum::serve::ListenerExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::process::Child;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;

use super::environment::variables;
use super::logs::{LogTail, read};
use super::process::{exit_reason, kill_group, start};
use super::runtime_api::{Ask, Desk, Reply, Work, routes};
use super::{FailureCause, FunctionError, Host, InvokeError};
use crate::event::Event;
use crate::guard::Guard;
use crate::template::Function;

/// How long the last lines of a process that ended may take to arrive.
const DRAIN: Duration = Duration::from_secs(1);

/// One invocation, before it has a deadline.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) id: String,
    pub(crate) payload: Bytes,
    pub(crate) trace: String,
}

/// A process that works on one invocation at a time.
///
/// Dropping it kills the process and everything the process started.
pub(crate) struct Sandbox {
    function: Arc<Function>,
    host: Arc<Host>,
    child: Child,
    pid: u32,
    desk: Arc<Desk>,
    asks: mpsc::UnboundedReceiver<Ask>,
    tail: Arc<LogTail>,
    readers: JoinSet<()>,
    /// The Runtime API of this process; it ends with the sandbox.
    server: JoinSet<()>,
    binary: PathBuf,
    built: Option<SystemTime>,
    started_ms: u64,
    /// When the process got its last invocation; before the first, when it was started.
    working_since_ms: u64,
    ready: bool,
    broken: bool,
}

/// What stopped an invocation from reaching the process.
enum NotReady {
    /// The process had ended while it waited for work: another one can take the invocation.
    WasGone,
    /// The invocation failed.
    Failed(FunctionError),
}

impl Sandbox {
    /// Starts a process; whether it works shows at its first invocation.
    pub(crate) async fn start(
        function: Arc<Function>,
        host: Arc<Host>,
    ) -> Result<Self, InvokeError> {
        let binary = host.binaries.path(&function);
        let listener = TcpListener::bind(("127.0.0.1", 0))
            .await
            .map_err(|source| InvokeError::Listen { source })?;
        let address = listener
            .local_addr()
            .map_err(|source| InvokeError::Listen { source })?;
        let variables = variables(&function, &host.surroundings, &binary, &address.to_string());
        let built = modified(&binary);
        let mut child = start(
            &function,
            &binary,
            &host.binaries.arguments(&function),
            &variables,
        )?;
        let pid = child.id().unwrap_or_default();

        let (desk, asks) = Desk::new();
        let server = serve(listener, &desk);
        let tail = Arc::new(LogTail::default());
        let readers = read(&mut child, &function.name, &tail, &host.logs);
        host.events.publish(Event::ProcessStarted {
            function: function.name.clone(),
            pid,
        });
        let started_ms = host.clock.now_ms();
        let (ready, broken) = (false, false);
        Ok(Self {
            function,
            host,
            child,
            pid,
            desk,
            asks,
            tail,
            readers,
            server,
            binary,
            built,
            started_ms,
            working_since_ms: started_ms,
            ready,
            broken,
        })
    }

    /// Why this sandbox should not get another invocation, if there is a reason.
    pub(crate) fn retired(&mut self) -> Option<&'static str> {
        if self.broken || !matches!(self.child.try_wait(), Ok(None)) {
            return Some("its process has ended");
        }
        // What was built since then is what its author wants to see run.
        (modified(&self.binary) != self.built).then_some("its binary has changed")
    }

    /// Works on one invocation. `None`: the process was gone before it got the invocation.
    pub(crate) async fn invoke(&mut self, request: &Request) -> Option<Reply> {
        self.tail.clear();
        let mut replied = self.desk.open(&request.id);
        let deadline_ms = match self.hand_over(request).await {
            Ok(deadline_ms) => deadline_ms,
            Err(NotReady::WasGone) => return None,
            Err(NotReady::Failed(error)) => {
                let reply = self.break_with(error.clone()).await;
                if !self.ready && error.cause != FailureCause::Stopped {
                    let took = self.host.elapsed(self.started_ms);
                    self.host.report_failed_start(&self.function, took, &error);
                }
                return Some(reply);
            }
        };
        let time_left = Duration::from_millis(deadline_ms.saturating_sub(self.host.clock.now_ms()));
        let error = tokio::select! {
            biased;
            reply = &mut replied => match reply {
                Ok(reply) => return Some(reply),
                Err(_) => FunctionError::exit(&request.id, "the Runtime API was closed"),
            },
            status = self.child.wait() => self.crashed(&request.id, status),
            () = self.host.clock.sleep(time_left) => self.timed_out(&request.id, self.function.timeout),
            () = self.host.tasks.stopping() => stopped(),
        };
        Some(self.break_with(error).await)
    }

    /// How long the process has been working on its invocation, without its start.
    pub(crate) fn worked(&self) -> Duration {
        self.host.elapsed(self.working_since_ms)
    }

    /// The last 4 KB that were logged during the invocation.
    pub(crate) fn log_tail(&self) -> Vec<u8> {
        self.tail.take()
    }

    /// Kills the process and waits until its last line was forwarded.
    pub(crate) async fn finish(&mut self) {
        self.broken = true;
        kill_group(self.pid);
        let _ = self.child.start_kill();
        let _ = self.child.wait().await;
        self.host.events.publish(Event::ProcessEnded {
            function: self.function.name.clone(),
            pid: self.pid,
        });
        let drained = async { while self.readers.join_next().await.is_some() {} };
        let _ = tokio::time::timeout(DRAIN, drained).await;
        self.server.abort_all();
    }

    /// Gives the invocation to the process as soon as it asks for one, and returns its deadline.
    async fn hand_over(&mut self, request: &Request) -> Result<u64, NotReady> {
        let patience = if self.ready {
            self.function.timeout
        } else {
            self.host.limits.init
        };
        let patience = self.host.clock.sleep(patience);
        tokio::pin!(patience);
        loop {
            let next = tokio::select! {
                biased;
                ask = self.asks.recv() => match ask {
                    Some(Ask::Next(next)) => next,
                    Some(Ask::InitError(error)) => return Err(NotReady::Failed(error)),
                    None => return Err(NotReady::WasGone),
                },
                status = self.child.wait() => {
                    let was_warm = self.ready;
                    let error = self.crashed(&request.id, status);
                    return Err(if was_warm { NotReady::WasGone } else { NotReady::Failed(error) });
                }
                () = &mut patience => {
                    let after = if self.ready { self.function.timeout } else { self.host.limits.init };
                    return Err(NotReady::Failed(self.timed_out(&request.id, after)));
                }
                () = self.host.tasks.stopping() => return Err(NotReady::Failed(stopped())),
            };
            if let Some(deadline_ms) = self.deliver(next, request) {
                return Ok(deadline_ms);
            }
        }
    }

    /// `None` when the process has hung up and will ask again.
    fn deliver(&mut self, next: oneshot::Sender<Work>, request: &Request) -> Option<u64> {
        if next.is_closed() {
            return None;
        }
        let now_ms = self.host.clock.now_ms();
        if !std::mem::replace(&mut self.ready, true) {
            let init = self.host.elapsed(self.started_ms);
            self.host.events.publish(Event::ProcessReady {
                function: self.function.name.clone(),
                init,
            });
        }
        self.working_since_ms = now_ms;
        let deadline_ms =
            now_ms + u64::try_from(self.function.timeout.as_millis()).unwrap_or(u64::MAX);
        let work = Work {
            request_id: request.id.clone(),
            payload: request.payload.clone(),
            deadline_ms,
            function_arn: self.function.arn.clone(),
            trace: request.trace.clone(),
        };
        next.send(work).ok().map(|()| deadline_ms)
    }

    fn crashed(
        &self,
        request_id: &str,
        status: std::io::Result<std::process::ExitStatus>,
    ) -> FunctionError {
        let reason = status.map_or_else(|error| error.to_string(), exit_reason);
        let function = self.function.name.clone();
        self.host.events.publish(Event::ProcessCrashed {
            function,
            reason: reason.clone(),
        });
        FunctionError::exit(request_id, &reason)
    }

    fn timed_out(&self, request_id: &str, after: Duration) -> FunctionError {
        let cause = if self.ready {
            FailureCause::Timeout
        } else {
            FailureCause::Init
        };
        self.host.events.publish(Event::ProcessTimedOut {
            function: self.function.name.clone(),
            after,
        });
        FunctionError::timeout(cause, request_id, after)
    }

    async fn break_with(&mut self, error: FunctionError) -> Reply {
        self.finish().await;
        Err(error)
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        // After finish() the group is gone, and its number may belong to somebody else.
        if !self.broken {
            kill_group(self.pid);
        }
    }
}

/// Answers the process, for as long as the set is kept.
fn serve(listener: TcpListener, desk: &Arc<Desk>) -> JoinSet<()> {
    let app = Guard::loopback().before(routes(Arc::clone(desk)));
    let mut server = JoinSet::new();
    server.spawn(async move {
        let _ = axum::serve(listener.tap_io(without_delay), app).await;
    });
    server
}

fn stopped() -> FunctionError {
    FunctionError::of(
        FailureCause::Stopped,
        "Runtime.Stopped",
        "the local cloud was stopped",
    )
}

fn modified(binary: &std::path::Path) -> Option<SystemTime> {
    std::fs::metadata(binary).ok()?.modified().ok()
}

/// Small answers must not wait for the next one (Nagle's algorithm).
fn without_delay(stream: &mut TcpStream) {
    let _ = stream.set_nodelay(true);
}
