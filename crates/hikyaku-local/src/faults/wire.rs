//! HTTP/1.1 messages, cut out of a connection to the byte.
//!
//! Only as much of HTTP as AWS's clients and the two services here speak: a head, and a body whose length it states.

use std::io::{Error, ErrorKind, Result};

use tokio::io::{AsyncBufRead, AsyncBufReadExt as _, AsyncReadExt as _};

/// The longest head.
const MAX_HEAD_BYTES: usize = 64 * 1024;

/// The longest body: DynamoDB takes 16 MB, and answers with no more.
const MAX_BODY_BYTES: usize = 16 * 1024 * 1024 + 1024;

/// A request or an answer, as it stood on the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Message {
    bytes: Vec<u8>,
    head: usize,
}

impl Message {
    /// The whole of it.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// What follows the head.
    pub(super) fn body(&self) -> &[u8] {
        &self.bytes[self.head..]
    }

    /// The first header of this name.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        header(&self.bytes[..self.head], name)
    }

    /// The second word of the first line: a request's path and query.
    pub(super) fn target(&self) -> &str {
        let line = self.bytes[..self.head].split(|byte| *byte == b'\r').next();
        let line = line.and_then(|line| std::str::from_utf8(line).ok());
        line.and_then(|line| line.split(' ').nth(1))
            .unwrap_or_default()
    }

    /// Whether the connection ends with this message.
    pub(super) fn is_last(&self) -> bool {
        let connection = self.header("connection").unwrap_or_default();
        connection.eq_ignore_ascii_case("close")
    }
}

/// The next message; `None` when the other side has nothing more to say.
pub(super) async fn read(from: &mut (impl AsyncBufRead + Unpin)) -> Result<Option<Message>> {
    let mut bytes = Vec::new();
    loop {
        let room = (MAX_HEAD_BYTES + 1).saturating_sub(bytes.len());
        let before = bytes.len();
        let read = (&mut *from)
            .take(u64::try_from(room).unwrap_or(u64::MAX))
            .read_until(b'\n', &mut bytes)
            .await?;
        match &bytes[before..] {
            [] if before == 0 => return Ok(None),
            b"\r\n" if before > 0 => break,
            line if line.ends_with(b"\n") => {}
            _ if read == 0 || bytes.len() <= MAX_HEAD_BYTES => {
                return Err(ErrorKind::UnexpectedEof.into());
            }
            _ => return Err(Error::other("the head of an HTTP message is too long")),
        }
    }
    let head = bytes.len();
    let length = length(&bytes)?;
    bytes.resize(head + length, 0);
    from.read_exact(&mut bytes[head..]).await?;
    Ok(Some(Message { bytes, head }))
}

fn length(head: &[u8]) -> Result<usize> {
    if header(head, "transfer-encoding").is_some() {
        return Err(Error::other(
            "the fault port reads no chunked HTTP bodies: send Content-Length",
        ));
    }
    let Some(length) = header(head, "content-length") else {
        return Ok(0);
    };
    let length = length
        .parse()
        .ok()
        .filter(|length| *length <= MAX_BODY_BYTES);
    length.ok_or_else(|| Error::other("an HTTP message states no usable Content-Length"))
}

fn header<'a>(head: &'a [u8], name: &str) -> Option<&'a str> {
    let lines = head.split(|byte| *byte == b'\n').skip(1);
    let mut headers = lines
        .filter_map(|line| std::str::from_utf8(line).ok())
        .filter_map(|line| line.split_once(':'));
    let (_, value) = headers.find(|(found, _)| found.eq_ignore_ascii_case(name))?;
    Some(value.trim())
}
