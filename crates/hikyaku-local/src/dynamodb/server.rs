//! DynamoDB over HTTP: the emulator's own server, behind whatever stands before these routes.
//!
//! The emulator serves whole ports only, tells every web page that it may ask, and offers no routes to put a guard before.
//! So its server is kept from everybody else: each of its connections is made here, through a port of its own that is closed
//! as soon as it has this one connection.

use std::future::Future;
use std::io;
use std::net::{Ipv4Addr, Shutdown};
use std::pin::Pin;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use dynoxide::Database;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use serde_json::json;
use tokio::net::{TcpListener, TcpStream};

use super::{Written, consumed};
use crate::lock::Lock;
use crate::tasks::Tasks;

/// More than any answer: DynamoDB gives at most 16 MB (`BatchGetItem`).
const MAX_ANSWER_BYTES: usize = 64 * 1024 * 1024;

/// More than any request: DynamoDB takes at most 16 MB (`BatchWriteItem`).
const MAX_REQUEST_BYTES: usize = 64 * 1024 * 1024;

/// The routes of a database; `written` is told of each write.
pub(super) fn routes(database: Database, tasks: Tasks, written: Written) -> Router {
    Router::new().fallback(answer).with_state(Connections {
        database,
        tasks,
        written,
        idle: Arc::default(),
    })
}

/// Connections to the emulator's server; as many as there were requests at once.
#[derive(Clone)]
struct Connections {
    database: Database,
    tasks: Tasks,
    written: Written,
    idle: Arc<Lock<Vec<Connection>>>,
}

struct Connection {
    requests: SendRequest<Body>,
    /// Its server. Nobody drives it any more, so it takes no other connection; when it is dropped, this one ends.
    _server: Pin<Box<dyn Future<Output = ()> + Send>>,
}

async fn answer(State(connections): State<Connections>, mut request: Request) -> Response {
    // The emulator would allow the page to read the answer.
    request.headers_mut().remove(header::ORIGIN);
    match connections.pass(request).await {
        Ok(answer) => answer,
        Err(error) => {
            tracing::error!(%error, "the embedded DynamoDB did not answer");
            let body = json!({ "__type": "com.amazonaws.dynamodb.v20120810#InternalServerError",
                "message": format!("the embedded DynamoDB did not answer: {error}") });
            (StatusCode::INTERNAL_SERVER_ERROR, body.to_string()).into_response()
        }
    }
}

impl Connections {
    async fn pass(&self, request: Request) -> io::Result<Response> {
        let mut connection = loop {
            let Some(mut idle) = self.idle.lock().pop() else {
                break self.open().await?;
            };
            if idle.requests.ready().await.is_ok() {
                break idle;
            }
        };
        let (head, body) = request.into_parts();
        let body = to_bytes(body, MAX_REQUEST_BYTES).await;
        let body = body.map_err(io::Error::other)?;
        let target = head.headers.get("x-amz-target");
        let operation = target.and_then(|target| target.to_str().ok()?.rsplit('.').next());
        let writes = consumed::units(operation.unwrap_or_default(), &body);
        let request = Request::from_parts(head, Body::from(body));
        let answer = connection.requests.send_request(request).await;
        let (head, body) = answer.map_err(io::Error::other)?.into_parts();
        let body = to_bytes(Body::new(body), MAX_ANSWER_BYTES).await;
        let body = body.map_err(io::Error::other)?;
        self.idle.lock().push(connection);
        if !writes.is_empty() && consumed::is_charged(head.status.is_success(), &body) {
            for (table, units) in writes {
                (self.written)(&table, units);
            }
        }
        Ok(Response::from_parts(head, Body::from(body)))
    }

    async fn open(&self) -> io::Result<Connection> {
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        let (address, port) = (listener.local_addr()?, Port::of(&listener)?);
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let listener = TcpListener::from_std(listener)?;
        let mut server = Box::pin(dynoxide::server::serve_on(listener, self.database.clone()));
        let (mut requests, connection) = handshake(TokioIo::new(stream))
            .await
            .map_err(io::Error::other)?;
        self.tasks.spawn(async {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection to the embedded DynamoDB broke");
            }
        });
        // It has taken the connection when it answers.
        let mut hello = Request::new(Body::empty());
        let host = HeaderValue::from_static("localhost");
        *hello.headers_mut() = HeaderMap::from_iter([(header::HOST, host)]);
        tokio::select! {
            () = &mut server => return Err(io::ErrorKind::UnexpectedEof.into()),
            answer = requests.send_request(hello) => {
                let body = answer.map_err(io::Error::other)?.into_body();
                to_bytes(Body::new(body), MAX_ANSWER_BYTES).await.map_err(io::Error::other)?;
            }
        }
        requests.ready().await.map_err(io::Error::other)?;
        port.close();
        Ok(Connection {
            requests,
            _server: server,
        })
    }
}

/// A port that is listened on.
struct Port(std::net::TcpListener);

impl Port {
    fn of(listener: &std::net::TcpListener) -> io::Result<Self> {
        listener.try_clone().map(Self)
    }

    /// Lets nobody connect any more. Systems that cannot do that let one connect whom nobody answers.
    fn close(self) {
        #[cfg(unix)]
        {
            let socket = std::net::TcpStream::from(std::os::fd::OwnedFd::from(self.0));
            drop(socket.shutdown(Shutdown::Both));
        }
    }
}
