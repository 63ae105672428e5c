//! An application of which a test writes the answers: a web server on this machine, one connection at a time.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// What came in.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    pub(super) line: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: String,
}

impl Seen {
    pub(super) fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(key, _)| key == name);
        found.map_or("", |(_, value)| value)
    }

    /// The nonce of what is asked.
    pub(super) fn nonce(&self) -> String {
        self.asked("nonce")
    }

    pub(super) fn asked(&self, field: &str) -> String {
        let mut fields = url::form_urlencoded::parse(self.header("hikyaku-ask").as_bytes());
        let found = fields.find(|(name, _)| name == field);
        found
            .map(|(_, value)| value.into_owned())
            .unwrap_or_default()
    }
}

/// A server, until its test is over.
pub(super) struct Server {
    pub(super) port: u16,
    pub(super) seen: Arc<Mutex<Vec<Seen>>>,
}

impl Server {
    /// Answers the n-th request with what `answer` says; none: closes the connection.
    pub(super) fn answering(
        answer: impl Fn(usize, &Seen) -> Option<String> + Send + 'static,
    ) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&seen);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(mut stream) = stream else { return };
                let Some(request) = read(&mut stream) else {
                    continue;
                };
                let number = {
                    let mut kept = kept.lock().unwrap();
                    kept.push(request.clone());
                    kept.len()
                };
                if let Some(text) = answer(number, &request) {
                    let _ = stream.write_all(text.as_bytes());
                }
                let _ = stream.shutdown(Shutdown::Both);
            }
        });
        Self { port, seen }
    }

    pub(super) fn requests(&self) -> usize {
        self.seen.lock().unwrap().len()
    }
}

fn read(stream: &mut TcpStream) -> Option<Seen> {
    let mut bytes = Vec::new();
    let mut piece = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let mut lines = head.lines().map(str::to_owned);
            let line = lines.next()?;
            let headers: Vec<_> = lines
                .filter_map(|line| {
                    let (name, value) = line.split_once(':')?;
                    Some((name.to_lowercase(), value.trim().to_owned()))
                })
                .collect();
            let seen = Seen {
                line,
                headers,
                body: body.to_owned(),
            };
            let length: usize = seen.header("content-length").parse().unwrap_or(0);
            if body.len() >= length {
                return Some(seen);
            }
        }
        match stream.read(&mut piece) {
            Ok(0) | Err(_) => return None,
            Ok(length) => bytes.extend_from_slice(&piece[..length]),
        }
    }
}

/// An answer of any status.
pub(super) fn status(status: &str, headers: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n{headers}\r\n{body}",
        body.len()
    )
}

/// A server that shows a certificate which nobody has signed.
pub(super) fn with_nobodys_certificate() -> u16 {
    use rustls::pki_types::pem::PemObject;
    use rustls::pki_types::{CertificateDer, PrivateKeyDer};
    let certificate =
        CertificateDer::from_pem_slice(include_bytes!("nobodys-certificate.pem")).unwrap();
    let key = PrivateKeyDer::from_pem_slice(include_bytes!("nobodys-key.pem")).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let config = Arc::new(config);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let mut session = rustls::ServerConnection::new(Arc::clone(&config)).unwrap();
            let mut tls = rustls::Stream::new(&mut session, &mut stream);
            let _ = tls.write_all(status("200 OK", "", "").as_bytes());
        }
    });
    port
}
