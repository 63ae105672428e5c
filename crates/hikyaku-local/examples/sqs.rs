//! SQS alone, until it is stopped: `cargo run -p hikyaku-local --example sqs -- 9324`.
//!
//! The argument is the port, 0 for a free one. The first line of output is the URL.

#![expect(clippy::print_stdout, reason = "it speaks to a person at a terminal")]

use std::error::Error;
use std::net::Ipv4Addr;
use std::sync::Arc;

use hikyaku_local::clock::SystemClock;
use hikyaku_local::sqs::{Identity, Sqs, router};
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let port: u16 = match std::env::args().nth(1) {
        Some(port) => port
            .parse()
            .map_err(|error| format!("`{port}` is no port: {error}"))?,
        None => 0,
    };
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    println!("http://{}", listener.local_addr()?);
    let sqs = Sqs::new(Arc::new(SystemClock), Identity::default());
    axum::serve(listener, router(sqs)).await?;
    Ok(())
}
