//! The connection between the courier and PHP, as bad as it can be: a TCP proxy that cuts, holds up and truncates.
//!
//! Each connection carries one request, for the courier keeps none of them open. So what happens to a request is drawn when
//! its connection is made.

use std::collections::BTreeMap;
use std::io::{self, ErrorKind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::Result;

/// Some longer and some shorter than the jobs' timeout of three seconds.
const HELD_UP_FOR: std::ops::Range<u64> = 200..5000;

/// Of so many requests one is struck by each fault.
const OF_SO_MANY: usize = 20;

/// What happens to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fault {
    /// The connection is reset before PHP has heard anything.
    Reset,
    /// PHP hears half of the request.
    HalfRequest,
    /// PHP hears the request when the courier may have given up.
    LateRequest,
    /// PHP has run the job, and the connection is reset instead of an answer.
    NoAnswer,
    /// The courier hears half of the answer.
    HalfAnswer,
    /// The courier hears the answer late.
    LateAnswer,
    /// Both ends lose the connection at any moment.
    Cut,
}

impl Fault {
    /// In words.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Reset => "requests reset",
            Self::HalfRequest => "requests cut in half",
            Self::LateRequest => "requests held up, up to 5 s",
            Self::NoAnswer => "answers lost",
            Self::HalfAnswer => "answers cut in half",
            Self::LateAnswer => "answers held up, up to 5 s",
            Self::Cut => "connections cut in the middle",
        }
    }
}

const DRAWN: [Fault; 6] = [
    Fault::Reset,
    Fault::HalfRequest,
    Fault::LateRequest,
    Fault::NoAnswer,
    Fault::HalfAnswer,
    Fault::LateAnswer,
];

/// The proxy. Without faults until it is told to have some.
pub(crate) struct Flaky {
    listener: TcpListener,
    /// What breaks when follows from it.
    pub(crate) seed: u64,
    drawing: Mutex<Option<fastrand::Rng>>,
    struck: Mutex<BTreeMap<Fault, usize>>,
    cuts: watch::Sender<u64>,
}

impl Flaky {
    /// A proxy that carries nothing yet.
    pub(crate) async fn new(seed: u64) -> Result<Self> {
        Ok(Self {
            listener: TcpListener::bind(("127.0.0.1", 0)).await?,
            seed,
            drawing: Mutex::default(),
            struck: Mutex::default(),
            cuts: watch::Sender::new(0),
        })
    }

    /// Its own port.
    pub(crate) fn port(&self) -> Result<u16> {
        Ok(self.listener.local_addr()?.port())
    }

    /// Whether requests are struck from now on.
    pub(crate) fn breaks(&self, breaks: bool) {
        *self.drawing() = breaks.then(|| fastrand::Rng::with_seed(self.seed));
    }

    /// Cuts all connections that are there now.
    pub(crate) fn cut(&self) {
        *self.struck().entry(Fault::Cut).or_default() += self.cuts.receiver_count();
        self.cuts.send_modify(|cuts| *cuts += 1);
    }

    /// How many requests each fault has struck.
    pub(crate) fn counts(&self) -> BTreeMap<Fault, usize> {
        self.struck().clone()
    }

    /// Carries requests to PHP's port for as long as it is polled.
    pub(crate) async fn carry_to(self: Arc<Self>, php: u16) {
        let mut connections = JoinSet::new();
        while let Ok((courier, _)) = self.listener.accept().await {
            connections.spawn(Arc::clone(&self).connection(courier, php));
        }
    }

    async fn connection(self: Arc<Self>, mut courier: TcpStream, php: u16) {
        let fault = self.draw();
        let mut cuts = self.cuts.subscribe();
        let carried = tokio::select! {
            carried = self.exchange(&mut courier, php, fault) => carried,
            _ = cuts.changed() => Err(ErrorKind::ConnectionReset.into()),
        };
        if carried.is_err() {
            // Closed with a reset.
            let _ = courier.set_zero_linger();
        }
    }

    fn draw(&self) -> Option<(Fault, Duration)> {
        let mut drawing = self.drawing();
        let chance = drawing.as_mut()?;
        let fault = *DRAWN.get(chance.usize(..OF_SO_MANY))?;
        let time = Duration::from_millis(chance.u64(HELD_UP_FOR));
        *self.struck().entry(fault).or_default() += 1;
        Some((fault, time))
    }

    /// One request and its answer. An error: the courier loses the connection.
    async fn exchange(
        &self,
        courier: &mut TcpStream,
        php: u16,
        fault: Option<(Fault, Duration)>,
    ) -> io::Result<()> {
        let is = |which| fault.is_some_and(|(fault, _)| fault == which);
        let time = fault.map_or(Duration::ZERO, |(_, time)| time);
        if is(Fault::Reset) {
            return Err(ErrorKind::ConnectionReset.into());
        }
        let request = request(courier).await?;
        if is(Fault::LateRequest) {
            tokio::time::sleep(time).await;
        }
        let mut php = TcpStream::connect(("127.0.0.1", php)).await?;
        if is(Fault::HalfRequest) {
            php.write_all(&request[..request.len() / 2]).await?;
            return Err(ErrorKind::ConnectionReset.into());
        }
        php.write_all(&request).await?;
        let mut answer = Vec::new();
        php.read_to_end(&mut answer).await?;
        if is(Fault::NoAnswer) {
            return Err(ErrorKind::ConnectionReset.into());
        }
        if is(Fault::LateAnswer) {
            tokio::time::sleep(time).await;
        }
        if is(Fault::HalfAnswer) {
            answer.truncate(answer.len() / 2);
        }
        courier.write_all(&answer).await
    }

    fn drawing(&self) -> MutexGuard<'_, Option<fastrand::Rng>> {
        self.drawing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn struck(&self) -> MutexGuard<'_, BTreeMap<Fault, usize>> {
        self.struck.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Reads one whole request, as it is.
async fn request(courier: &mut TcpStream) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let lines = head.lines().filter_map(|line| line.split_once(": "));
            let mut lengths = lines.filter(|(name, _)| name.eq_ignore_ascii_case("content-length"));
            let length = lengths.next().and_then(|(_, value)| value.parse().ok());
            if body.len() >= length.unwrap_or(0) {
                break;
            }
        }
        if courier.read_buf(&mut bytes).await? == 0 {
            return Err(ErrorKind::UnexpectedEof.into());
        }
    }
    Ok(bytes)
}
