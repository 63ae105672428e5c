//! A door in front of DynamoDB or SQS that counts what goes through.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

const HIDING: &str = "ChangeMessageVisibilityBatch";

/// The operations asked for so far, in their order.
#[derive(Clone, Default)]
pub(crate) struct Operations(Arc<Mutex<Vec<String>>>);

impl Operations {
    /// What was asked for since the last time, but for what keeps messages hidden: it goes beside the rest in any order.
    pub(crate) fn take(&self) -> Vec<String> {
        let mut taken = std::mem::take(&mut *self.0.lock().unwrap());
        taken.retain(|operation| operation != HIDING);
        taken
    }

    /// How often messages were hidden since the last time.
    pub(crate) fn hidings(&self) -> usize {
        let seen = self.0.lock().unwrap();
        seen.iter().filter(|operation| *operation == HIDING).count()
    }
}

/// Forwards every connection to `upstream` and notes what is asked for. The set ends with its tasks when it is dropped.
pub(crate) async fn open(upstream: String, seen: Operations) -> (String, JoinSet<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        let mut connections = JoinSet::new();
        while let Ok((client, _)) = listener.accept().await {
            let server = TcpStream::connect(&upstream).await.unwrap();
            let (from_client, to_client) = client.into_split();
            let (from_server, to_server) = server.into_split();
            connections.spawn(forward(from_client, to_server, Some(seen.clone())));
            connections.spawn(forward(from_server, to_client, None));
        }
    });
    (format!("http://{address}"), tasks)
}

async fn forward(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, count: Option<Operations>) {
    let mut buffer = vec![0; 64 * 1024];
    // What a request's target may have begun with in the chunk before.
    let mut carried = String::new();
    while let Ok(length) = from.read(&mut buffer).await {
        if length == 0 || to.write_all(&buffer[..length]).await.is_err() {
            return;
        }
        if let Some(operations) = &count {
            carried.push_str(&String::from_utf8_lossy(&buffer[..length]));
            carried = note(operations, &carried);
        }
    }
}

/// Notes every whole `X-Amz-Target` header in `text` and answers what is left behind it.
fn note(operations: &Operations, text: &str) -> String {
    let mut rest = text;
    while let Some((target, length)) = next_target(rest) {
        let name = &rest[target + length..];
        let Some(end) = name.find('\r') else {
            return rest[target..].to_owned();
        };
        operations.0.lock().unwrap().push(name[..end].to_owned());
        rest = &name[end..];
    }
    let kept = TARGETS.map(str::len).into_iter().max().unwrap_or_default();
    rest[rest.ceil_char_boundary(rest.len().saturating_sub(kept))..].to_owned()
}

/// What stands before an operation's name in the header.
const TARGETS: [&str; 2] = [
    "\nx-amz-target: DynamoDB_20120810.",
    "\nx-amz-target: AmazonSQS.",
];

fn next_target(text: &str) -> Option<(usize, usize)> {
    let places = TARGETS.map(|target| Some((text.find(target)?, target.len())));
    places.into_iter().flatten().min()
}
