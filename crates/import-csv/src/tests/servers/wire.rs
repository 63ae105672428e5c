//! What goes to a server and back, counted on the way.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::super::bench::Bench;

/// Passes bytes on between a client and a server.
pub(super) struct Wire {
    pub(super) url: String,
    turns: Arc<AtomicU64>,
}

impl Wire {
    /// In front of the server of `bench`.
    pub(super) fn before(bench: &Bench) -> Self {
        let mut url = url::Url::parse(&bench.url).unwrap();
        let server = format!("127.0.0.1:{}", url.port().unwrap());
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let port = listener.local_addr().unwrap().port();
        url.set_port(Some(port)).unwrap();
        let turns = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&turns);
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async {
                let listener = TcpListener::from_std(listener).unwrap();
                while let Ok((client, _)) = listener.accept().await {
                    let server = TcpStream::connect(&server).await.unwrap();
                    pass(client, server, &counted).await;
                }
            });
        });
        Self {
            url: url.into(),
            turns,
        }
    }

    /// How often the server was waited for.
    pub(super) fn turns(&self) -> u64 {
        self.turns.load(Ordering::Relaxed)
    }
}

async fn pass(mut client: TcpStream, mut server: TcpStream, turns: &AtomicU64) {
    let (mut asked, mut answered) = (vec![0; 64 * 1024], vec![0; 64 * 1024]);
    let mut is_asking = false;
    loop {
        tokio::select! {
            read = client.read(&mut asked) => {
                let Ok(read @ 1..) = read else { return };
                if !is_asking {
                    turns.fetch_add(1, Ordering::Relaxed);
                }
                is_asking = true;
                server.write_all(&asked[..read]).await.unwrap();
            }
            read = server.read(&mut answered) => {
                let Ok(read @ 1..) = read else { return };
                is_asking = false;
                if client.write_all(&answered[..read]).await.is_err() {
                    return;
                }
            }
        }
    }
}
