//! The head of a request, as bytes.

use axum::http::{HeaderName, HeaderValue, Method, Request};

/// Longer heads are not read: PHP's own limit is 80 KB.
const MAX_BYTES: usize = 80 * 1024;
const MAX_HEADERS: usize = 256;

/// What there is of a head.
pub(super) enum Head {
    /// Not all of it.
    Unfinished,
    /// All of it.
    Read(Box<Request<()>>),
    /// No head of HTTP/1.1.
    Malformed,
}

/// Reads the head that these bytes begin with.
pub(super) fn read(sent: &[u8]) -> Head {
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut request = httparse::Request::new(&mut headers);
    match request.parse(sent) {
        Ok(httparse::Status::Complete(_)) => {
            of(&request).map_or(Head::Malformed, |head| Head::Read(Box::new(head)))
        }
        Ok(httparse::Status::Partial) if sent.len() <= MAX_BYTES => Head::Unfinished,
        _ => Head::Malformed,
    }
}

fn of(parsed: &httparse::Request<'_, '_>) -> Option<Request<()>> {
    let mut request = Request::new(());
    *request.method_mut() = Method::try_from(parsed.method?).ok()?;
    for header in parsed.headers.iter() {
        let name = HeaderName::try_from(header.name).ok()?;
        let value = HeaderValue::from_bytes(header.value).ok()?;
        request.headers_mut().append(name, value);
    }
    // A path names no other host, whatever characters it has.
    if !parsed.path?.starts_with('/') {
        *request.uri_mut() = parsed.path?.parse().ok()?;
    }
    Some(request)
}

/// An answer after which the connection ends.
pub(super) fn refusal(status: &str, reason: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{reason}\n",
        reason.len() + 1
    )
}
