//! Ports and what they are called.

use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use axum::Router;
use axum::serve::ListenerExt as _;
use tokio::net::TcpListener;

use super::{CloudError, Options, Service};
use crate::guard::Guard;
use crate::tasks::Tasks;

/// Where the services answer, as URLs without a slash at the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoints {
    /// SQS.
    pub sqs: String,
    /// DynamoDB.
    pub dynamodb: String,
    /// Lambda's Invoke API; CloudWatch and CloudWatch Logs too, as [`watch`](crate::watch) says.
    pub lambda: String,
}

/// Open ports that nobody answers on yet.
pub(super) struct Listeners {
    pub(super) sqs: TcpListener,
    pub(super) dynamodb: TcpListener,
    pub(super) lambda: TcpListener,
    pub(super) endpoints: Endpoints,
}

impl Listeners {
    /// Opens all ports before anything else happens, so that a taken one costs nothing.
    pub(super) async fn bind(options: &Options) -> Result<Self, CloudError> {
        let (sqs, sqs_url) = open(Service::Sqs, options.bind, options.sqs_port).await?;
        let (dynamodb, dynamodb_url) =
            open(Service::DynamoDb, options.bind, options.dynamodb_port).await?;
        let (lambda, lambda_url) = open(Service::Lambda, options.bind, options.lambda_port).await?;
        let endpoints = Endpoints {
            sqs: sqs_url,
            dynamodb: dynamodb_url,
            lambda: lambda_url,
        };
        Ok(Self {
            sqs,
            dynamodb,
            lambda,
            endpoints,
        })
    }
}

async fn open(
    service: Service,
    ip: IpAddr,
    port: u16,
) -> Result<(TcpListener, String), CloudError> {
    let address = SocketAddr::new(ip, port);
    let bound = TcpListener::bind(address).await;
    let listener = bound.map_err(|source| match source.kind() {
        ErrorKind::AddrInUse => CloudError::PortTaken { service, address },
        _ => CloudError::Bind {
            service,
            address,
            source,
        },
    })?;
    let port = listener
        .local_addr()
        .map_err(|source| CloudError::Bind {
            service,
            address,
            source,
        })?
        .port();
    let reachable = match ip {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    Ok((
        listener,
        format!("http://{}", SocketAddr::new(reachable, port)),
    ))
}

/// Answers on a port, to whom the guard lets in, until the cloud stops.
pub(super) fn serve(listener: TcpListener, guard: &Guard, routes: Router, tasks: &Tasks) {
    let (routes, stopping) = (guard.before(routes), tasks.stopping());
    tasks.spawn(async move {
        // Small answers must not wait for the next one (Nagle's algorithm).
        let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
        if let Err(error) = axum::serve(listener, routes)
            .with_graceful_shutdown(stopping)
            .await
        {
            tracing::error!(%error, "a service of the local cloud does not answer any more");
        }
    });
}
