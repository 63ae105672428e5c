//! Send: what a job dispatches goes to its queue while the job runs.

use std::time::Duration;

use futures_channel::mpsc;
use futures_util::StreamExt;

use crate::engine::engine::Engine;
use crate::job::attempt_route::Post;
use crate::{BoxFuture, Timestamp};

/// How many messages of one job are under way at once.
const AT_ONCE: usize = 16;

/// How long a message is tried again that a queue did not take. After that the job is better off in its own queue.
const PATIENCE: Duration = Duration::from_secs(20);

/// Sends what the job dispatches. Never ends by itself: the attempt does.
pub(crate) async fn send_onward(
    engine: &Engine<'_>,
    posts: mpsc::UnboundedReceiver<Post>,
    limit: Timestamp,
) {
    posts
        // Boxed, for otherwise the compiler cannot see that all of this may move between threads.
        .for_each_concurrent(AT_ONCE, |post| -> BoxFuture<'_, ()> {
            Box::pin(send_post(engine, post, limit))
        })
        .await;
    std::future::pending::<()>().await;
}

async fn send_post(engine: &Engine<'_>, post: Post, limit: Timestamp) {
    let give_up = limit.min(engine.now() + PATIENCE);
    let queue = &*engine.ports.queue;
    let sent = engine
        .until_recorded(&post.uuid, give_up, || queue.send(&post.outgoing))
        .await;
    post.answered(sent);
}
