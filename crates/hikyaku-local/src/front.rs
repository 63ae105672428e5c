//! One door before several servers that each serve one request at a time.
//!
//! PHP's own web server can have workers (`PHP_CLI_SERVER_WORKERS`), but each of them takes connections as they come and
//! serves them one after the other, also while others have nothing to do: a request may lie behind a job of minutes.
//! PHP-FPM gives a request to a process that has none, and so does this.
//!
//! A [guard](crate::guard) looks at the head of each connection's first request. PHP's server takes one request a connection.

mod head;

use std::io;
use std::net::{self, Ipv4Addr};
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinSet;

use crate::guard::Guard;
use head::Head;

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
        Self::open_to(&[], port, servers).await
    }

    /// The same for clients that may ask for these names of this machine too.
    ///
    /// # Errors
    ///
    /// The port is taken.
    pub async fn open_to(names: &[String], port: u16, servers: &[u16]) -> io::Result<Self> {
        let door = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        let port = door.local_addr()?.port();
        let behind = Arc::new(Behind {
            guard: Guard::new(Ipv4Addr::LOCALHOST.into(), names).of_pages(),
            idle: Idle::new(servers),
        });
        let mut carrying = JoinSet::new();
        carrying.spawn(carry(door, behind));
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

/// What is behind the door.
#[derive(Debug)]
struct Behind {
    guard: Guard,
    idle: Idle,
}

async fn carry(door: TcpListener, behind: Arc<Behind>) {
    let mut connections = JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        match door.accept().await {
            Ok((client, _)) => {
                connections.spawn(connection(client, Arc::clone(&behind)));
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

async fn connection(mut client: TcpStream, behind: Arc<Behind>) {
    // A browser opens connections that it may never use: they shall keep no server from its work.
    let Some(begun) = begun(&mut client, &behind.guard).await else {
        return;
    };
    let Some(port) = behind.idle.next.lock().await.recv().await else {
        return;
    };
    if let Ok(mut server) = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await {
        let carried = match server.write_all(&begun).await {
            Ok(()) => tokio::io::copy_bidirectional(&mut client, &mut server).await,
            Err(error) => Err(error),
        };
        if carried.is_err() {
            // Not an end, which a client might take for that of an answer.
            let _ = client.set_zero_linger();
            drop(client);
            // The server may be at work for a client that has gone; it is idle when it closes its connection.
            let _ = tokio::io::copy(&mut server, &mut tokio::io::sink()).await;
        }
    }
    // Nobody waits any more when the door is closed.
    let _ = behind.idle.back.send(port).await;
}

/// What a client has sent when its request is let in; to any other client, why it is not.
async fn begun(client: &mut TcpStream, guard: &Guard) -> Option<Vec<u8>> {
    let mut sent = Vec::new();
    loop {
        if client.read_buf(&mut sent).await.ok()? == 0 {
            return None;
        }
        let refusal = match head::read(&sent) {
            Head::Unfinished => continue,
            Head::Read(head) => match guard.check(head.method(), head.uri(), head.headers()) {
                Ok(()) => return Some(sent),
                Err(refused) => head::refusal("403 Forbidden", &refused.to_string()),
            },
            Head::Malformed => head::refusal("400 Bad Request", "this is no request in HTTP/1.1"),
        };
        let _ = client.write_all(refusal.as_bytes()).await;
        let _ = client.shutdown().await;
        // A client that still sends would lose the answer to a reset.
        let mut sink = tokio::io::sink();
        let rest = tokio::io::copy(client, &mut sink);
        let _ = tokio::time::timeout(Duration::from_secs(1), rest).await;
        return None;
    }
}

#[cfg(test)]
mod tests;
