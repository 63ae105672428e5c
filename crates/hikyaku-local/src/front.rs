//! One door before several servers that each serve one request at a time.
//!
//! PHP's own web server can have workers (`PHP_CLI_SERVER_WORKERS`), but each of them takes connections as they come and
//! serves them one after the other, also while others have nothing to do: a request may lie behind a job of minutes.
//! PHP-FPM gives a request to a process that has none, and so does this.

use std::io;
use std::net::{self, Ipv4Addr};
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinSet;

/// The door, on the loopback interface. It closes, and every connection breaks, when this is dropped.
#[derive(Debug)]
pub struct Front {
    port: u16,
    carrying: JoinSet<()>,
}

impl Front {
    /// Opens the door on this port (0: any) before servers that listen on these ports of the loopback interface. Each of
    /// them has one connection at a time; who finds all of them busy waits, in turn.
    ///
    /// # Errors
    ///
    /// The port is taken.
    pub async fn open(port: u16, servers: &[u16]) -> io::Result<Self> {
        let door = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        let port = door.local_addr()?.port();
        let idle = Arc::new(Idle::new(servers));
        let mut carrying = JoinSet::new();
        carrying.spawn(carry(door, idle));
        Ok(Self { port, carrying })
    }

    /// The door's port.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Closes the door, and returns when its port is free.
    pub async fn close(mut self) {
        self.carrying.shutdown().await;
    }
}

/// No outgoing connection gets one of these: Linux takes them from 32768 on (`net.ipv4.ip_local_port_range`), other systems
/// from 49152 (RFC 6335, section 6).
const PORTS: Range<u16> = 10_000..32_000;

/// A port of the loopback interface for a server to listen on. Nobody does at the moment.
///
/// # Errors
///
/// There is none.
pub fn free_port() -> io::Result<u16> {
    let port = free_ports(1)?.pop();
    port.ok_or_else(|| io::ErrorKind::AddrNotAvailable.into())
}

/// Different ones.
///
/// # Errors
///
/// There are not so many.
pub fn free_ports(count: usize) -> io::Result<Vec<u16>> {
    let mut found = Vec::new();
    for _ in 0..1000 {
        if found.len() == count {
            break;
        }
        let port = fastrand::u16(PORTS);
        match net::TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
            Ok(listener) => found.push((port, listener)),
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => {}
            Err(error) => return Err(error),
        }
    }
    if found.len() < count {
        return Err(io::ErrorKind::AddrNotAvailable.into());
    }
    Ok(found.into_iter().map(|(port, _)| port).collect())
}

async fn carry(door: TcpListener, idle: Arc<Idle>) {
    let mut connections = JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        match door.accept().await {
            Ok((client, _)) => {
                connections.spawn(connection(client, Arc::clone(&idle)));
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be taken");
                // Too many are open, most likely: that passes with time only.
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        }
    }
}

/// The servers that have no connection.
#[derive(Debug)]
struct Idle {
    next: Mutex<mpsc::Receiver<u16>>,
    back: mpsc::Sender<u16>,
}

impl Idle {
    fn new(servers: &[u16]) -> Self {
        let (back, next) = mpsc::channel(servers.len().max(1));
        for server in servers {
            // There is room for each.
            let _ = back.try_send(*server);
        }
        Self {
            next: Mutex::new(next),
            back,
        }
    }
}

async fn connection(mut client: TcpStream, idle: Arc<Idle>) {
    // A browser opens connections that it may never use: they shall keep no server from its work.
    if !matches!(client.peek(&mut [0]).await, Ok(1..)) {
        return;
    }
    let Some(port) = idle.next.lock().await.recv().await else {
        return;
    };
    if let Ok(mut server) = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await {
        let carried = tokio::io::copy_bidirectional(&mut client, &mut server).await;
        if carried.is_err() {
            // Not an end, which a client might take for that of an answer.
            let _ = client.set_zero_linger();
            drop(client);
            // The server may be at work for a client that has gone; it is idle when it closes its connection.
            let _ = tokio::io::copy(&mut server, &mut tokio::io::sink()).await;
        }
    }
    // Nobody waits any more when the door is closed.
    let _ = idle.back.send(port).await;
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    async fn server() -> (TcpListener, u16) {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        (listener, port)
    }

    async fn ask(front: &Front, text: &str) -> TcpStream {
        let address = (Ipv4Addr::LOCALHOST, front.port());
        let mut client = TcpStream::connect(address).await.unwrap();
        client.write_all(text.as_bytes()).await.unwrap();
        client
    }

    /// Takes the next connection of a server and hears what was asked.
    async fn hear(server: &TcpListener) -> (TcpStream, String) {
        let (mut connection, _) = server.accept().await.unwrap();
        let mut heard = [0; 64];
        let length = connection.read(&mut heard).await.unwrap();
        let heard = String::from_utf8_lossy(&heard[..length]).into_owned();
        (connection, heard)
    }

    async fn answer(mut connection: TcpStream, text: &str) {
        connection.write_all(text.as_bytes()).await.unwrap();
    }

    async fn answered(mut client: TcpStream) -> String {
        let mut text = String::new();
        client.read_to_string(&mut text).await.unwrap();
        text
    }

    #[tokio::test]
    async fn a_request_never_lies_behind_another_while_a_server_is_idle() {
        let ((one, first), (other, second)) = (server().await, server().await);
        let front = Front::open(0, &[first, second]).await.unwrap();
        let long = ask(&front, "long").await;
        let (long_one, heard) = hear(&one).await;
        assert_eq!(heard, "long");
        for _ in 0..5 {
            let short = ask(&front, "short").await;
            let (connection, heard) = hear(&other).await;
            assert_eq!(heard, "short");
            answer(connection, "done").await;
            assert_eq!(answered(short).await, "done");
        }
        answer(long_one, "done at last").await;
        assert_eq!(answered(long).await, "done at last");
    }

    #[test]
    fn free_ports_are_different_ones() {
        let mut ports = free_ports(20).unwrap();
        ports.sort_unstable();
        ports.dedup();
        assert_eq!(ports.len(), 20);
        assert!(ports.iter().all(|port| PORTS.contains(port)));
    }

    #[tokio::test]
    async fn who_finds_every_server_busy_waits() {
        let (server, port) = server().await;
        let front = Front::open(0, &[port]).await.unwrap();
        let first = ask(&front, "first").await;
        let (connection, _) = hear(&server).await;
        let second = ask(&front, "second").await;
        answer(connection, "done").await;
        assert_eq!(answered(first).await, "done");
        let (connection, heard) = hear(&server).await;
        assert_eq!(heard, "second");
        answer(connection, "done too").await;
        assert_eq!(answered(second).await, "done too");
    }

    #[tokio::test]
    async fn a_connection_without_a_request_takes_no_server() {
        let (server, port) = server().await;
        let front = Front::open(0, &[port]).await.unwrap();
        let silent = ask(&front, "").await;
        let client = ask(&front, "request").await;
        let (connection, heard) = hear(&server).await;
        assert_eq!(heard, "request");
        answer(connection, "done").await;
        assert_eq!(answered(client).await, "done");
        drop(silent);
    }

    #[tokio::test]
    async fn a_server_is_busy_for_a_client_that_has_gone_until_it_ends_the_connection() {
        let ((one, first), (other, second)) = (server().await, server().await);
        let front = Front::open(0, &[first, second]).await.unwrap();
        let gone = ask(&front, "gone").await;
        let (abandoned, _) = hear(&one).await;
        gone.set_zero_linger().unwrap();
        drop(gone);
        for _ in 0..3 {
            let client = ask(&front, "next").await;
            let (connection, _) = hear(&other).await;
            answer(connection, "done").await;
            assert_eq!(answered(client).await, "done");
        }
        drop(abandoned);
    }

    #[tokio::test]
    async fn when_the_door_closes_its_connections_break() {
        let (server, port) = server().await;
        let front = Front::open(0, &[port]).await.unwrap();
        let mut client = ask(&front, "request").await;
        let (_connection, _) = hear(&server).await;
        let door = front.port();
        front.close().await;
        let mut heard = String::new();
        // Reset or ended, but not left hanging.
        let read = client.read_to_string(&mut heard).await;
        assert_eq!(read.unwrap_or(0), 0);
        Front::open(door, &[port]).await.unwrap();
    }
}
