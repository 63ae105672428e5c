//! What it costs that functions in a VPC reach SQS and DynamoDB.

use clap::{Args, ValueEnum};
use rust_decimal::Decimal;

use super::bill::{Bill, HOURS};
use super::prices::{PriceError, Prices};

/// How functions leave their VPC. DynamoDB and S3 have gateway endpoints, which cost nothing; SQS has none.
#[derive(Debug, Clone, Args)]
pub(crate) struct Vpc {
    /// How functions in a VPC reach SQS
    #[arg(long = "vpc", value_name = "WAY", value_enum, default_value_t = Way::None)]
    pub(crate) way: Way,
    /// Availability zones that the functions run in
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=6))]
    zones: u32,
    /// Interface endpoints: SQS, and Secrets Manager if the password is there
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=20))]
    endpoints: u32,
    /// Gigabytes a month through the gateway or the endpoints
    #[arg(long = "vpc-traffic", value_name = "GB", default_value_t = 0)]
    traffic: u32,
}

/// A way out of a VPC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Way {
    /// The functions are in no VPC
    None,
    /// A NAT gateway in each zone, with its public address
    Nat,
    /// A NAT gateway that is there already and paid for
    ExistingNat,
    /// Interface endpoints in each zone
    Endpoints,
    /// Dual-stack subnets and an egress-only internet gateway, which costs nothing by the hour
    DualStack,
}

/// Adds what the way out costs.
pub(crate) fn bill(vpc: &Vpc, bill: &mut Bill, prices: &Prices) -> Result<(), PriceError> {
    let zones = Decimal::from(vpc.zones);
    let traffic = Decimal::from(vpc.traffic);
    match vpc.way {
        Way::None | Way::DualStack => Ok(()),
        Way::Nat => {
            bill.add(
                prices,
                "VPC, NAT gateways",
                "network.nat_hour",
                zones * HOURS,
            )?;
            let addresses = "network.public_ipv4_hour";
            bill.add(
                prices,
                "VPC, their public addresses",
                addresses,
                zones * HOURS,
            )?;
            bill.add(prices, "VPC, NAT traffic", "network.nat_gb", traffic)
        }
        Way::ExistingNat => bill.add(prices, "VPC, NAT traffic", "network.nat_gb", traffic),
        Way::Endpoints => {
            let hours = zones * Decimal::from(vpc.endpoints) * HOURS;
            let hour = "network.interface_endpoint_hour";
            bill.add(prices, "VPC, interface endpoints", hour, hours)?;
            bill.add(
                prices,
                "VPC, endpoint traffic",
                "network.interface_endpoint_gb",
                traffic,
            )
        }
    }
}
