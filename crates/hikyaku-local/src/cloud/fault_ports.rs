//! The fault ports of a cloud: they take the services' places, and the services move behind them.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use tokio::net::TcpListener;

use super::address::Listeners;
use super::{CloudError, Service};
use crate::clock::SharedClock;
use crate::faults::{Dice, Faults, Port, Struck, Target};
use crate::tasks::Tasks;

/// Puts a fault port before SQS and one before DynamoDB. From then on `listeners` has the ports behind them.
pub(super) async fn stand_before(
    listeners: &mut Listeners,
    faults: Faults,
    clock: &SharedClock,
    tasks: &Tasks,
) -> Result<Struck, CloudError> {
    faults.check()?;
    let struck = Struck::new(Arc::new(Dice::new(faults)));
    for (target, service, public) in [
        (Target::Sqs, Service::Sqs, &mut listeners.sqs),
        (Target::DynamoDb, Service::DynamoDb, &mut listeners.dynamodb),
    ] {
        let (behind, address) = hidden(service).await?;
        let port = Port {
            target,
            service: address,
            struck: struck.clone(),
            clock: clock.clone(),
        };
        port.serve(std::mem::replace(public, behind), tasks);
    }
    Ok(struck)
}

/// Any free port, for this machine alone.
async fn hidden(service: Service) -> Result<(TcpListener, SocketAddr), CloudError> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let failed = |source| CloudError::Bind {
        service,
        address,
        source,
    };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let bound = listener.local_addr().map_err(failed)?;
    Ok((listener, bound))
}
