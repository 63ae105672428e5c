//! One request to the application, and what of its answer is the application's own.

use std::time::Duration;

use reqwest::header::{HeaderMap, RETRY_AFTER};
use reqwest::redirect::Policy;
use reqwest::{Client, Response, StatusCode};
use url::Url;

use crate::answer::Answer;
use crate::keys::{Keys, answer_text, request_text};

/// A connection comes about in this time or not at all.
const CONNECT: Duration = Duration::from_secs(5);

/// Longer than any answer of ours.
const LONGEST_ANSWER: usize = 64 * 1024;

/// The longest wait that an application may ask for.
const LONGEST_WAIT: Duration = Duration::from_secs(900);

/// Why there is no answer of the application's.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Silence {
    /// Surely nothing ran: the request did not get there, or was turned away by name.
    #[error("{reason}")]
    Unheard {
        /// What happened.
        reason: String,
        /// What the answer says of when to come again.
        wait: Option<Duration>,
        /// Whether the signature was refused.
        refused: bool,
    },
    /// Nobody knows: the request went out, and what came back is not the application's word.
    #[error("{reason}")]
    Lost {
        /// What happened.
        reason: String,
    },
}

/// A signed request, ready to be sent.
pub(crate) struct Request<'a> {
    pub(crate) keys: &'a Keys,
    /// Unix time in seconds.
    pub(crate) time: u64,
    pub(crate) nonce: &'a str,
    pub(crate) ask: &'a str,
    pub(crate) body: &'a str,
}

/// The way to one application.
#[derive(Debug, Clone)]
pub(crate) struct Exchange {
    client: Client,
    url: Url,
}

impl Exchange {
    pub(crate) fn new(url: Url) -> Result<Self, reqwest::Error> {
        // Whoever was first may have installed a provider of TLS; any will do.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder()
            .redirect(Policy::none())
            .connect_timeout(CONNECT)
            // A connection that was kept may be closed just when the next request goes out on it, and then nobody knows
            // whether the application has heard it.
            .pool_max_idle_per_host(0)
            .user_agent(concat!("hikyaku-courier/", env!("CARGO_PKG_VERSION")))
            .build()?;
        Ok(Self { client, url })
    }

    /// Sends a request and reads its answer.
    pub(crate) async fn send(&self, request: Request<'_>) -> Result<Answer, Silence> {
        let Request {
            keys,
            time,
            nonce,
            ask,
            body,
        } = request;
        let text = request_text(self.url.path(), time, ask, body.as_bytes());
        let sent = self
            .client
            .post(self.url.clone())
            .header("content-type", "application/octet-stream")
            .header("hikyaku-time", time)
            .header("hikyaku-ask", ask)
            .header("hikyaku-signature", keys.sign(&text))
            .body(body.to_owned())
            .send()
            .await;
        let response = sent.map_err(|error| self.unsent(&error))?;
        let status = response.status();
        let headers = response.headers().clone();
        let body = read(response).await.map_err(|error| Silence::Lost {
            reason: format!("the application's answer broke off: {}", explain(&error)),
        })?;
        let signature = header(&headers, "hikyaku-signature").unwrap_or_default();
        if status == StatusCode::OK
            && keys.have_signed(&answer_text(nonce, &body), signature)
            && let Some(answer) = Answer::read(&body)
        {
            return Ok(answer);
        }
        Err(self.not_ours(status, &headers))
    }

    fn unsent(&self, error: &reqwest::Error) -> Silence {
        let reason = explain(error);
        if error.is_connect() || error.is_builder() {
            let reason = format!("the application at {} was not reached: {reason}", self.url);
            return unheard(reason, None);
        }
        Silence::Lost {
            reason: format!("the connection to the application broke: {reason}"),
        }
    }

    /// What an answer means that the package in the application has not signed.
    fn not_ours(&self, status: StatusCode, headers: &HeaderMap) -> Silence {
        if let Some(why) = header(headers, "hikyaku-refused") {
            return Silence::Unheard {
                reason: format!(
                    "the application refused the request ({status}): {why}; `php artisan hikyaku:check` says more"
                ),
                wait: None,
                refused: true,
            };
        }
        let url = &self.url;
        if status.is_redirection() {
            let to = header(headers, "location").unwrap_or("nowhere");
            let reason = format!(
                "{url} redirects to {to}, which is never followed: set HIKYAKU_PHP_URL to where the application itself answers"
            );
            return unheard(reason, None);
        }
        if status == StatusCode::TOO_MANY_REQUESTS || status == StatusCode::SERVICE_UNAVAILABLE {
            let wait = header(headers, RETRY_AFTER.as_str())
                .and_then(|seconds| seconds.trim().parse().ok())
                .map(|seconds| Duration::from_secs(seconds).min(LONGEST_WAIT));
            return unheard(format!("{url} takes no jobs now ({status})"), wait);
        }
        if status.is_client_error() {
            let reason = format!(
                "{url} answered {status}, and not by the package in the application: is it installed there, and is this its path?"
            );
            return unheard(reason, None);
        }
        Silence::Lost {
            reason: format!("{url} answered {status}, and not by the package in the application"),
        }
    }
}

fn unheard(reason: String, wait: Option<Duration>) -> Silence {
    Silence::Unheard {
        reason,
        wait,
        refused: false,
    }
}

fn header<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}

async fn read(mut response: Response) -> Result<Vec<u8>, reqwest::Error> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        body.extend_from_slice(&chunk);
        if body.len() > LONGEST_ANSWER {
            break;
        }
    }
    Ok(body)
}

fn explain(error: &reqwest::Error) -> String {
    hikyaku::explain(error)
}
