//! The ways from a subnet to a service of AWS.

use super::super::super::stack::part::{Part, texts};
use super::super::super::stack::{Function, Stack};

/// What a function calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Service {
    Sqs,
    DynamoDb,
    S3,
    SecretsManager,
    ParameterStore,
}

/// Whether there is a way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    Open,
    None,
    /// A subnet, or what leads out of it, is not in the template.
    Unknown,
}

impl Service {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Sqs => "SQS",
            Self::DynamoDb => "DynamoDB",
            Self::S3 => "S3",
            Self::SecretsManager => "Secrets Manager",
            Self::ParameterStore => "Parameter Store",
        }
    }

    /// How endpoints call it: `com.amazonaws.<region>.<this>`.
    fn suffix(self) -> &'static str {
        match self {
            Self::Sqs => ".sqs",
            Self::DynamoDb => ".dynamodb",
            Self::S3 => ".s3",
            Self::SecretsManager => ".secretsmanager",
            Self::ParameterStore => ".ssm",
        }
    }
}

/// Whether every subnet of the function has a way: a subnet without one fails now and then, which is worse than always.
pub(super) fn way_out(stack: &Stack, function: &Function, service: Service) -> Way {
    let subnets = texts(function.part.at("VpcConfig.SubnetIds"));
    let dual_stack = uses_ipv6(function);
    let mut worst = Way::Open;
    for reference in &subnets {
        let way = match stack.find("AWS::EC2::Subnet", reference) {
            Some(subnet) => from_subnet(stack, &subnet.id, service, dual_stack),
            None if has_endpoint(stack, service) => Way::Open,
            None => Way::Unknown,
        };
        if way == Way::None {
            return way;
        }
        if way == Way::Unknown {
            worst = way;
        }
    }
    worst
}

/// Whether requests go out over IPv6: the function's network and the SDK both have to be told.
fn uses_ipv6(function: &Function) -> bool {
    let told = |path: &str| function.part.flag(path).or(false) != Some(false);
    told("VpcConfig.Ipv6AllowedForDualStack")
        && told("Environment.Variables.AWS_USE_DUALSTACK_ENDPOINT")
}

fn from_subnet(stack: &Stack, subnet: &str, service: Service, dual_stack: bool) -> Way {
    let refers = |part: &Part, key: &str, id: &str| {
        texts(part.at(key)).iter().any(|text| stack.is(id, text))
    };
    if endpoints(stack, service).any(|endpoint| endpoint.has("SubnetIds")) {
        return Way::Open;
    }
    let associations = stack
        .of_kind("AWS::EC2::SubnetRouteTableAssociation")
        .into_iter();
    let tables: Vec<String> = associations
        .filter(|association| refers(association, "SubnetId", subnet))
        .flat_map(|association| texts(association.at("RouteTableId")))
        .collect();
    let shares =
        |part: &Part, key: &str| texts(part.at(key)).iter().any(|text| tables.contains(text));
    if endpoints(stack, service).any(|endpoint| shares(endpoint, "RouteTableIds")) {
        return Way::Open;
    }
    if tables.is_empty() {
        // It has the VPC's main route table, which a template does not show.
        return Way::Unknown;
    }
    let in_template = tables
        .iter()
        .all(|table| stack.find("AWS::EC2::RouteTable", table).is_some());
    let mut routes = stack
        .of_kind("AWS::EC2::Route")
        .into_iter()
        .filter(|route| shares(route, "RouteTableId"));
    let leads_out = routes.any(|route| {
        let by_v4 = [
            "NatGatewayId",
            "TransitGatewayId",
            "NetworkInterfaceId",
            "InstanceId",
            "VpcPeeringConnectionId",
        ];
        by_v4.iter().any(|key| route.has(key))
            || (dual_stack && route.has("EgressOnlyInternetGatewayId"))
    });
    match (leads_out, in_template) {
        (true, _) => Way::Open,
        (false, true) => Way::None,
        (false, false) => Way::Unknown,
    }
}

fn has_endpoint(stack: &Stack, service: Service) -> bool {
    endpoints(stack, service).next().is_some()
}

fn endpoints(stack: &Stack, service: Service) -> impl Iterator<Item = &Part> {
    let endpoints = stack.of_kind("AWS::EC2::VPCEndpoint").into_iter();
    // A way that a condition takes away is none, though other rules look at such a resource.
    let endpoints = endpoints.filter(|endpoint| !stack.leaves_out(&endpoint.id));
    endpoints.filter(move |endpoint| {
        texts(endpoint.at("ServiceName"))
            .iter()
            .any(|name| name.ends_with(service.suffix()))
    })
}
