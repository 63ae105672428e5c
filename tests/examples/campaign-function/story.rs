//! What a job tells the driver: that it has begun, its effect, and that it has come to its end.
//!
//! One connection an attempt, one line a message, one line an answer. A connection that ends without `end` or `left`
//! means that the process died.

use std::io::{BufRead as _, BufReader, Error, ErrorKind, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use hikyaku::Context;
use serde_json::json;

use crate::World;

/// How long the driver may take to answer: it is on the same machine, and may be busy.
const PATIENCE: Duration = Duration::from_secs(2);

/// One attempt, as the driver hears of it.
pub(crate) struct Story {
    connection: BufReader<TcpStream>,
    over: bool,
}

impl Story {
    /// Tells that an attempt has begun.
    pub(crate) fn begin(
        book: &str,
        subject: &str,
        context: &Context<World>,
    ) -> Result<Self, Error> {
        let connection = TcpStream::connect(book)?;
        connection.set_nodelay(true)?;
        connection.set_read_timeout(Some(PATIENCE))?;
        let mut story = Self {
            connection: BufReader::new(connection),
            over: false,
        };
        story.say(&json!({ "say": "begin", "subject": subject, "job": context.id(), "token": context.token(),
            "attempt": context.attempt(), "pid": std::process::id() }))?;
        Ok(story)
    }

    /// Has the effect, which the driver applies unless it knows the key.
    pub(crate) fn effect(&mut self, key: Option<&str>) -> Result<(), Error> {
        self.say(&json!({ "say": "effect", "key": key }))
    }

    /// Tells that the attempt has come to its end.
    pub(crate) fn end(mut self) -> Result<(), Error> {
        self.over = true;
        self.say(&json!({ "say": "end" }))
    }

    fn say(&mut self, what: &serde_json::Value) -> Result<(), Error> {
        self.write(what)?;
        let mut answer = String::new();
        if self.connection.read_line(&mut answer)? == 0 {
            return Err(Error::new(ErrorKind::UnexpectedEof, "the answer was lost"));
        }
        Ok(())
    }

    fn write(&mut self, what: &serde_json::Value) -> Result<(), Error> {
        let line = format!("{what}\n");
        self.connection.get_mut().write_all(line.as_bytes())
    }
}

impl Drop for Story {
    fn drop(&mut self) {
        if !self.over {
            let _ = self.write(&json!({ "say": "left" }));
        }
    }
}
