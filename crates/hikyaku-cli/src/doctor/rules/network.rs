//! Functions in a VPC: what they reach from there.

mod ways;

use super::super::stack::Function;
use super::super::stack::grants::Grants;
use super::super::stack::part::texts;
use super::{Finding, Rule, Severity, Stack};
use ways::{Service, Way, way_out};

pub(super) static WAY_OUT: Rule = Rule {
    id: "vpc-way-out",
    severity: Severity::Error,
    title: "A function in a VPC cannot reach a service that it calls",
    why: "A function in a subnet has no public address, so an internet gateway does not help it. Without a NAT gateway, an endpoint of the \
          service or a dual-stack subnet with an egress-only gateway every request to AWS hangs until the function's time is over.",
    page: "https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc-internet.html",
    fix: "DynamoDbEndpoint:  # free of charge\n  Type: AWS::EC2::VPCEndpoint\n  Properties:\n    VpcId: !Ref Vpc\n    VpcEndpointType: Gateway\n    \
          ServiceName: !Sub com.amazonaws.${AWS::Region}.dynamodb\n    RouteTableIds: [!Ref PrivateRouteTable]\n\
          SqsEndpoint:  # by the hour and by the gigabyte\n  Type: AWS::EC2::VPCEndpoint\n  Properties:\n    VpcId: !Ref Vpc\n    \
          VpcEndpointType: Interface\n    ServiceName: !Sub com.amazonaws.${AWS::Region}.sqs\n    PrivateDnsEnabled: true\n    \
          SubnetIds: [!Ref PrivateSubnet]\n    SecurityGroupIds: [!Ref EndpointSecurityGroup]",
    check: check_way_out,
};

pub(super) static PERMISSIONS: Rule = Rule {
    id: "vpc-permissions",
    severity: Severity::Error,
    title: "The role of a function in a VPC may not make network interfaces",
    why: "Lambda makes them with the function's role, and refuses the function without the permission.",
    page: "https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html",
    fix: "ManagedPolicyArns: [arn:aws:iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole]",
    check: check_permissions,
};

fn in_vpc(function: &Function) -> bool {
    !texts(function.part.at("VpcConfig.SubnetIds")).is_empty()
}

/// What the function calls itself: the mapping polls from outside.
fn calls(stack: &Stack, function: &Function) -> Vec<Service> {
    let names = |find: &dyn Fn(&str) -> bool| {
        let mut variables = function.own_variables();
        variables.any(|(_, value)| value.text().is_some_and(find))
    };
    let reads = |find: &dyn Fn(&str) -> bool| {
        let mut variables = function.variables();
        variables.any(|(name, value)| name.ends_with("_FROM") && value.text().is_some_and(find))
    };
    let engine = function.is_hikyaku();
    let asked = [
        (
            Service::Sqs,
            engine || names(&|text| stack.queue(text).is_some()),
        ),
        (
            Service::DynamoDb,
            engine || names(&|text| stack.table(text).is_some()),
        ),
        (Service::S3, names(&|text| text.starts_with("s3://"))),
        (
            Service::SecretsManager,
            reads(&|text| text.contains(":secretsmanager:")),
        ),
        (
            Service::ParameterStore,
            reads(&|text| text.contains(":ssm:") || text.starts_with('/')),
        ),
    ];
    let asked = asked.into_iter().filter(|(_, is_asked)| *is_asked);
    asked.map(|(service, _)| service).collect()
}

fn check_way_out(stack: &Stack) -> Vec<Finding> {
    let mut found = Vec::new();
    for function in stack.functions.iter().filter(|function| in_vpc(function)) {
        let closed: Vec<&str> = calls(stack, function)
            .into_iter()
            .filter(|service| way_out(stack, function, *service) == Way::None)
            .map(Service::name)
            .collect();
        if !closed.is_empty() {
            let what = format!(
                "{} has no way to {} from its subnets",
                function.id(),
                closed.join(", ")
            );
            found.push(WAY_OUT.found(
                function.id(),
                function.part.line_of("VpcConfig.SubnetIds"),
                what,
            ));
        }
    }
    found
}

fn check_permissions(stack: &Stack) -> Vec<Finding> {
    const NEEDED: &[&str] = &[
        "ec2:CreateNetworkInterface",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DeleteNetworkInterface",
    ];
    let mut found = Vec::new();
    for (index, _) in stack
        .functions
        .iter()
        .enumerate()
        .filter(|(_, function)| in_vpc(function))
    {
        let grants = Grants::of_function(stack, index);
        let lacks = grants.lacks(NEEDED, "*");
        if !lacks.is_empty() {
            let what = format!("{} lacks {}", grants.holder, lacks.join(", "));
            found.push(PERMISSIONS.found(&grants.holder, grants.line, what));
        }
    }
    found
}

/// Functions whose subnets are not in the template, so that nothing can be said of their way out.
pub(crate) fn unseen(stack: &Stack) -> Vec<String> {
    let functions = stack.functions.iter().filter(|function| in_vpc(function));
    let unseen = functions.filter(|function| {
        calls(stack, function)
            .into_iter()
            .any(|service| way_out(stack, function, service) == Way::Unknown)
    });
    unseen
        .map(|function| {
            format!(
                "{}: its subnets are not in the template: see yourself that they have a way to AWS (docs/database.md)",
                function.id()
            )
        })
        .collect()
}
