//! The port itself: connections are taken at the service's address and passed on to the service, request by request.

use std::io::Result;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

use super::dice::Strike;
use super::operation::{Asked, items};
use super::wire::{self, Message};
use super::{Dice, Fault, FaultCounts, Target, answers};
use crate::clock::SharedClock;
use crate::tasks::Tasks;

/// What the fault ports of a cloud have done so far.
#[derive(Debug, Clone)]
pub struct Struck {
    dice: Arc<Dice>,
    held: Arc<AtomicUsize>,
}

impl Struck {
    /// What `dice` will have decided.
    pub(crate) fn new(dice: Arc<Dice>) -> Self {
        Self {
            dice,
            held: Arc::default(),
        }
    }

    /// How often each fault has struck each service.
    pub fn counts(&self) -> FaultCounts {
        self.dice.struck()
    }

    /// Requests that are held up now: some of them will still be applied.
    pub fn held(&self) -> usize {
        self.held.load(Ordering::SeqCst)
    }
}

/// A fault port in front of one service.
#[derive(Clone)]
pub(crate) struct Port {
    pub(crate) target: Target,
    /// Where the service itself answers.
    pub(crate) service: SocketAddr,
    pub(crate) struck: Struck,
    pub(crate) clock: SharedClock,
}

type Connection = BufReader<TcpStream>;

/// What becomes of a connection after a request.
enum Next {
    /// It takes the next one.
    Goes,
    /// It ends as connections do.
    Ends,
    /// It is reset.
    Breaks,
}

impl Port {
    /// Passes on what comes to `listener` until the cloud stops.
    pub(crate) fn serve(self, listener: TcpListener, tasks: &Tasks) {
        let connections = tasks.clone();
        tasks.spawn_until_stopped(async move {
            loop {
                match listener.accept().await {
                    Ok((client, _)) => {
                        let port = self.clone();
                        connections.spawn_until_stopped(async move { port.attend(client).await });
                    }
                    Err(error) => {
                        tracing::warn!(%error, "the fault port could not take a connection");
                        // Too many are open, most likely: that passes with time only.
                        self.clock.sleep(Duration::from_secs(1)).await;
                    }
                }
            }
        });
    }

    /// Serves one connection. Its end is the client's affair, as that of any network is.
    async fn attend(&self, client: TcpStream) {
        drop(client.set_nodelay(true));
        let mut client = BufReader::new(client);
        let mut service = None;
        loop {
            let next = match wire::read(&mut client).await {
                Ok(Some(request)) => self.pass(&mut client, &mut service, &request).await,
                Ok(None) => return,
                Err(error) => Err(error),
            };
            match next {
                Ok(Next::Goes) => {}
                Ok(Next::Ends) => return,
                Ok(Next::Breaks) => {
                    drop(client.get_ref().set_zero_linger());
                    return;
                }
                Err(error) => {
                    tracing::debug!(%error, service = %self.target, "a connection through the fault port broke");
                    return;
                }
            }
        }
    }

    async fn pass(
        &self,
        client: &mut Connection,
        service: &mut Option<Connection>,
        request: &Message,
    ) -> Result<Next> {
        let asked = Asked::of(request);
        let Some(Strike { fault, coin }) = self.struck.dice.throw(self.target, &asked.operation)
        else {
            return self.through(client, service, request).await;
        };
        match fault {
            Fault::Throttle => {
                let answer = answers::throttled(self.target, &asked, coin);
                client.write_all(&answer).await?;
            }
            Fault::Conflict => {
                let answer = answers::conflict(items(request), coin);
                client.write_all(&answer).await?;
            }
            Fault::Unavailable => {
                let answer = answers::unavailable(self.target, &asked, coin);
                client.write_all(&answer).await?;
            }
            Fault::Reset => return Ok(Next::Breaks),
            Fault::LoseAnswer => {
                self.apply(service, request).await?;
                return Ok(Next::Breaks);
            }
            Fault::FailAnswer => {
                self.apply(service, request).await?;
                let answer = answers::unavailable(self.target, &asked, false);
                client.write_all(&answer).await?;
            }
            Fault::Hang { seconds } => {
                let _held = Held::one(&self.struck.held);
                self.clock.sleep(Duration::from_secs(seconds.into())).await;
                return Ok(Next::Breaks);
            }
            Fault::Delay { seconds } => {
                let _held = Held::one(&self.struck.held);
                self.clock.sleep(Duration::from_secs(seconds.into())).await;
                return self.through(client, service, request).await;
            }
        }
        Ok(Next::Goes)
    }

    async fn through(
        &self,
        client: &mut Connection,
        service: &mut Option<Connection>,
        request: &Message,
    ) -> Result<Next> {
        let answer = self.apply(service, request).await?;
        client.write_all(answer.bytes()).await?;
        let last = request.is_last() || answer.is_last();
        Ok(if last { Next::Ends } else { Next::Goes })
    }

    /// Has the service carry the request out.
    async fn apply(&self, service: &mut Option<Connection>, request: &Message) -> Result<Message> {
        let mut connection = if let Some(connection) = service.take() {
            connection
        } else {
            let stream = TcpStream::connect(self.service).await?;
            stream.set_nodelay(true)?;
            BufReader::new(stream)
        };
        connection.write_all(request.bytes()).await?;
        let answer = wire::read(&mut connection).await?;
        let answer = answer.ok_or(std::io::ErrorKind::UnexpectedEof)?;
        *service = (!answer.is_last()).then_some(connection);
        Ok(answer)
    }
}

/// Counts a request for as long as it is held, even if the cloud stops meanwhile.
struct Held<'a>(&'a AtomicUsize);

impl<'a> Held<'a> {
    fn one(held: &'a AtomicUsize) -> Self {
        held.fetch_add(1, Ordering::SeqCst);
        Self(held)
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}
