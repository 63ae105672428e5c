//! A service that gives the answers it is told, to whatever it is asked.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use aws_sdk_dynamodb::config::retry::RetryConfig;
use hikyaku::config::CacheTable;
use hikyaku::{Config, clients};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// One answer to one request.
#[derive(Debug, Clone)]
pub(super) enum Answer {
    Http(u16, String),
    /// The connection is closed without one.
    None,
}

impl Answer {
    pub(super) fn ok(body: &Value) -> Self {
        Self::Http(200, body.to_string())
    }

    /// An error of this code, as AWS's JSON protocols have it.
    pub(super) fn error(status: u16, code: &str) -> Self {
        Self::error_with(status, code, json!({}))
    }

    pub(super) fn error_with(status: u16, code: &str, more: Value) -> Self {
        let mut body =
            json!({ "__type": format!("com.amazonaws.service#{code}"), "message": "it is so" });
        let Value::Object(more) = more else {
            panic!("not an object")
        };
        body.as_object_mut().unwrap().extend(more);
        Self::Http(status, body.to_string())
    }
}

/// A call that an answer is given to, and whether asking again can help.
pub(super) struct Case {
    pub(super) name: &'static str,
    pub(super) answer: Answer,
    pub(super) passes: bool,
}

/// What can happen to any call. `throttled` is the code that the service has for it.
pub(super) fn cases(throttled: &str) -> Vec<Case> {
    let case = |name, answer, passes| Case {
        name,
        answer,
        passes,
    };
    vec![
        case(
            "no permission",
            Answer::error(400, "AccessDeniedException"),
            false,
        ),
        case(
            "malformed",
            Answer::error(400, "ValidationException"),
            false,
        ),
        case(
            "not there",
            Answer::error(400, "ResourceNotFoundException"),
            false,
        ),
        case("throttled", Answer::error(400, throttled), true),
        case("broken", Answer::error(500, "InternalServerError"), true),
        case("away", Answer::error(503, "ServiceUnavailable"), true),
        case("unreadable", Answer::Http(200, "<html>".to_owned()), true),
        case("broken off", Answer::None, true),
    ]
}

/// It listens on loopback and gives its answers in their order; the last repeats.
pub(super) struct Service {
    pub(super) config: Config,
    pub(super) dynamodb: aws_sdk_dynamodb::Client,
    requests: Arc<Mutex<Vec<String>>>,
    _server: JoinSet<()>,
}

impl Service {
    pub(super) async fn answering(answers: impl IntoIterator<Item = Answer>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::default();
        let mut server = JoinSet::new();
        let answers = answers.into_iter().collect();
        server.spawn(serve(listener, answers, Arc::clone(&requests)));
        let config = Config {
            dynamodb_endpoint: Some(endpoint.clone()),
            sqs_endpoint: Some(endpoint),
            credentials: Some(crate::local_keys()),
            batch_table: Some("job_batches".to_owned()),
            cache: Some(CacheTable {
                table: "cache".to_owned(),
                prefix: String::new(),
                store: "dynamodb".to_owned(),
            }),
            ..Config::from_lookup(|_| Ok(None)).unwrap()
        };
        // The SDK's own retries would only take their time.
        let once = clients::dynamodb(&config).config().to_builder();
        let once = once.retry_config(RetryConfig::disabled()).build();
        Self {
            dynamodb: aws_sdk_dynamodb::Client::from_conf(once),
            config,
            requests,
            _server: server,
        }
    }

    /// The bodies of the requests so far.
    pub(super) fn requests(&self) -> Vec<Value> {
        let requests = self.requests.lock().unwrap();
        let bodies = requests.iter().map(|body| serde_json::from_str(body));
        bodies.collect::<Result<_, _>>().unwrap()
    }

    /// The URL of a queue here.
    pub(super) fn queue(&self) -> String {
        let endpoint = self.config.sqs_endpoint.as_deref().unwrap();
        format!("{endpoint}/000000000000/jobs")
    }
}

async fn serve(
    listener: TcpListener,
    mut answers: VecDeque<Answer>,
    requests: Arc<Mutex<Vec<String>>>,
) {
    loop {
        let (mut stream, _) = listener.accept().await.unwrap();
        let Some(body) = read(&mut stream).await else {
            continue;
        };
        requests.lock().unwrap().push(body);
        let answer = match answers.len() {
            1 => answers.front().cloned(),
            _ => answers.pop_front(),
        };
        if let Answer::Http(status, body) = answer.expect("an answer") {
            let answer = format!(
                "HTTP/1.1 {status} Said\r\ncontent-type: application/x-amz-json-1.0\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
                body.len()
            );
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    }
}

/// The body of one request; none if the client went away.
async fn read(stream: &mut TcpStream) -> Option<String> {
    let mut request = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&request).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.to_ascii_lowercase();
            let length = length.split_once("content-length: ")?.1;
            let length: usize = length.lines().next()?.parse().ok()?;
            if body.len() >= length {
                return Some(body.to_owned());
            }
        }
        if stream.read_buf(&mut request).await.ok()? == 0 {
            return None;
        }
    }
}
