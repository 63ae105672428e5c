//! Who may speak to the servers of the local cloud: programs, and no web page.
//!
//! A browser sends to this machine's ports whatever any page on the internet asks it to send, and asks first only for some
//! of it: a page could run jobs, or read the tables of whoever looks at it. Browsers say for whom they ask, and no page can
//! change what they say:
//!
//! * `Origin`, with every request that is not a plain GET, and `Sec-Fetch-Site`, with every request to this machine (Fetch
//!   standard; W3C, "Fetch Metadata Request Headers"), else `Referer`.
//! * `Host`: a page whose own name leads to this machine (DNS rebinding) asks for that name.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use serde_json::json;

const SITE: &str = "sec-fetch-site";

/// The names of this machine in containers (Docker Desktop; Podman). Nobody can register names under `.internal`.
const OF_CONTAINERS: [&str; 3] = [
    "host.docker.internal",
    "gateway.docker.internal",
    "host.containers.internal",
];

/// What stands before every server of the local cloud.
#[derive(Debug, Clone)]
pub struct Guard {
    /// Names that lead here besides those that every machine has.
    names: Arc<[String]>,
    /// Whether any address of the network may be this machine's.
    network: bool,
    /// Whether pages are served here, which ask this server themselves, and to which other pages have links.
    pages: bool,
}

/// Why a request is refused.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub(crate) enum Refused {
    /// The name of another machine, or none.
    #[error(
        "the request is for the host {0:?}, which is none of this machine's names: ask for 127.0.0.1 or localhost, or start \
         `hikyaku dev` with --allow-host and the name"
    )]
    Host(String),
    /// A page asks.
    #[error(
        "a browser asks for a web page ({header}: {value:?}): only programs are answered, or any page on the internet could use \
         this server"
    )]
    Page { header: &'static str, value: String },
    /// A browser asks, and does not say for whom.
    #[error("a browser asks, and does not say for which page: only programs are answered")]
    Browser,
}

impl Guard {
    /// For servers that listen to `bind`. Besides localhost, this machine's own addresses and what containers call it, it
    /// answers to `names`.
    pub fn new(bind: IpAddr, names: &[String]) -> Self {
        Self {
            names: names.iter().map(|name| name.to_ascii_lowercase()).collect(),
            network: !bind.is_loopback(),
            pages: false,
        }
    }

    /// For servers that this machine alone reaches.
    pub fn loopback() -> Self {
        Self::new(Ipv4Addr::LOCALHOST.into(), &[])
    }

    /// The same for a server of web pages: they may ask, with all that this machine serves, and be linked to.
    #[must_use]
    pub fn of_pages(mut self) -> Self {
        self.pages = true;
        self
    }

    /// Routes that are reached past this guard only.
    pub fn before(&self, routes: Router) -> Router {
        let guard = self.clone();
        routes.layer(middleware::from_fn(move |request: Request, next: Next| {
            let checked = guard.check(request.method(), request.uri(), request.headers());
            async move {
                match checked {
                    Ok(()) => next.run(request).await,
                    Err(refused) => refused.answer(),
                }
            }
        }))
    }

    /// Whether a request with this head is let in.
    pub(crate) fn check(
        &self,
        method: &Method,
        uri: &Uri,
        headers: &HeaderMap,
    ) -> Result<(), Refused> {
        let hosts = headers.get_all(header::HOST).iter();
        let asked = uri
            .authority()
            .map(|authority| authority.as_str().as_bytes());
        let mut hosts = hosts.map(HeaderValue::as_bytes).chain(asked);
        if let Some(host) = hosts.find(|host| !self.answers_to(host)) {
            return Err(Refused::Host(shown(host)));
        }
        if self.pages {
            self.check_page(method, headers)
        } else {
            check_program(method, headers)
        }
    }

    fn answers_to(&self, host: &[u8]) -> bool {
        let Ok(host) = Authority::try_from(host) else {
            return false;
        };
        if host.as_str().contains('@') {
            return false;
        }
        let name = host.host().to_ascii_lowercase();
        let address = name.trim_start_matches('[').trim_end_matches(']');
        if let Ok(address) = address.parse::<IpAddr>() {
            return address.is_loopback() || self.network && !address.is_unspecified();
        }
        name == "localhost"
            || name.ends_with(".localhost")
            || OF_CONTAINERS.contains(&name.as_str())
            || self.names.contains(&name)
    }

    /// What a page of an application may be asked by: its own pages, those of other servers on this machine, and a link.
    fn check_page(&self, method: &Method, headers: &HeaderMap) -> Result<(), Refused> {
        let is = |name: &'static str, value: &[u8]| {
            headers
                .get(name)
                .is_some_and(|found| found.as_bytes() == value)
        };
        for origin in headers.get_all(header::ORIGIN) {
            // So says a page of one's own that sends no `Referer`.
            let own = origin.as_bytes() == b"null" && is(SITE, b"same-origin");
            if !own && !self.is_of_this_machine(origin.as_bytes()) {
                return Err(page("Origin", origin));
            }
        }
        if headers.contains_key(header::ORIGIN) {
            return Ok(());
        }
        let follows_a_link = (method == Method::GET || method == Method::HEAD)
            && is("sec-fetch-mode", b"navigate")
            && is("sec-fetch-dest", b"document");
        let near = |site: &[u8]| matches!(site, b"none" | b"same-origin" | b"same-site");
        match headers.get(SITE) {
            Some(site) if !near(site.as_bytes()) && !follows_a_link => {
                Err(page("Sec-Fetch-Site", site))
            }
            _ => Ok(()),
        }
    }

    fn is_of_this_machine(&self, origin: &[u8]) -> bool {
        let rest = [&b"http://"[..], b"https://"].into_iter();
        rest.filter_map(|scheme| origin.strip_prefix(scheme))
            .any(|host| self.answers_to(host))
    }
}

/// What programs send besides, and no browser for a page.
fn check_program(method: &Method, headers: &HeaderMap) -> Result<(), Refused> {
    let here = headers.get(header::HOST).map(HeaderValue::as_bytes);
    let own = |url: &[u8]| {
        let rest = url.strip_prefix(b"http://").zip(here);
        rest.and_then(|(url, here)| url.strip_prefix(here))
            .is_some_and(|path| path.is_empty() || path.starts_with(b"/"))
    };
    for (name, header) in [("Origin", header::ORIGIN), ("Referer", header::REFERER)] {
        if let Some(foreign) = headers
            .get_all(header)
            .iter()
            .find(|url| !own(url.as_bytes()))
        {
            return Err(page(name, foreign));
        }
    }
    let mut sites = headers.get_all(SITE).iter();
    let foreign = sites.find(|site| !matches!(site.as_bytes(), b"none" | b"same-origin"));
    if let Some(site) = foreign {
        return Err(page("Sec-Fetch-Site", site));
    }
    // An image or a script of a page is asked for without `Origin`, and old browsers do not know `Sec-Fetch-Site`. Nor do
    // new ones send it over plain HTTP to another machine.
    let browser = headers.get(header::USER_AGENT);
    let browser = browser.is_some_and(|agent| agent.as_bytes().starts_with(b"Mozilla/"));
    if browser && method == Method::GET && !headers.contains_key(SITE) {
        return Err(Refused::Browser);
    }
    Ok(())
}

fn page(header: &'static str, value: &HeaderValue) -> Refused {
    let value = shown(value.as_bytes());
    Refused::Page { header, value }
}

/// So much of somebody else's text that a person can see what it was.
fn shown(text: &[u8]) -> String {
    String::from_utf8_lossy(text).chars().take(100).collect()
}

impl Refused {
    /// The refusal, in a form that AWS's clients show to whoever called.
    pub(crate) fn answer(&self) -> Response {
        let message = self.to_string();
        let body = json!({
            "__type": "com.amazon.coral.service#AccessDeniedException",
            "message": message,
            "Message": message,
        });
        let headers = [
            (header::CONTENT_TYPE, "application/json"),
            (
                HeaderName::from_static("x-amzn-errortype"),
                "AccessDeniedException",
            ),
            // Who has refused it need not hear the rest of it.
            (header::CONNECTION, "close"),
        ];
        (StatusCode::FORBIDDEN, headers, Body::from(body.to_string())).into_response()
    }
}
