//! Buries dead letters: a message that its queue has given up becomes a failed job, with what is known of it.
//!
//! Its mapping is on the dead-letter queue, and it is told of the application what the jobs' own functions are told.

use hikyaku::Worker;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), hikyaku::Error> {
    hikyaku::serve(Worker::of_dead_letters()).await
}
