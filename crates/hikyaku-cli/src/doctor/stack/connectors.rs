//! SAM's connectors: what they let a function do.

use hikyaku_local::template::Node;

use super::Stack;
use super::part::{Part, one_or_many, texts};

/// What a connector between these two kinds grants to the function, by permission (SAM's own connector profiles, in
/// aws-sam-translator 1.115.0).
struct Profile {
    /// The kind at the other end.
    kind: &'static str,
    read: &'static [&'static str],
    write: &'static [&'static str],
}

/// From a function to something else.
const TO: [Profile; 3] = [
    Profile {
        kind: "AWS::SQS::Queue",
        read: &["sqs:ReceiveMessage", "sqs:GetQueueAttributes"],
        write: &[
            "sqs:DeleteMessage",
            "sqs:SendMessage",
            "sqs:ChangeMessageVisibility",
            "sqs:PurgeQueue",
        ],
    },
    Profile {
        kind: "AWS::DynamoDB::Table",
        read: TABLE_READ,
        write: TABLE_WRITE,
    },
    Profile {
        kind: "AWS::Serverless::SimpleTable",
        read: TABLE_READ,
        write: TABLE_WRITE,
    },
];

const TABLE_READ: &[&str] = &[
    "dynamodb:GetItem",
    "dynamodb:Query",
    "dynamodb:Scan",
    "dynamodb:BatchGetItem",
    "dynamodb:ConditionCheckItem",
];
const TABLE_WRITE: &[&str] = &[
    "dynamodb:PutItem",
    "dynamodb:UpdateItem",
    "dynamodb:DeleteItem",
    "dynamodb:BatchWriteItem",
];

/// From something else to a function: what its mapping needs.
const FROM: [Profile; 1] = [Profile {
    kind: "AWS::SQS::Queue",
    read: &["sqs:ReceiveMessage", "sqs:GetQueueAttributes"],
    write: &["sqs:DeleteMessage"],
}];

/// One connector, from one resource to another, by their logical ids.
struct Connector {
    source: String,
    destination: String,
    permissions: Vec<String>,
}

/// The actions that connectors permit a function, and on which ARN.
pub(super) fn grants(stack: &Stack, function: &str) -> Vec<(&'static [&'static str], String)> {
    let mut granted = Vec::new();
    for connector in connectors(stack) {
        let (other, profiles) = if connector.source == function {
            (&connector.destination, &TO[..])
        } else if connector.destination == function {
            (&connector.source, &FROM[..])
        } else {
            continue;
        };
        let kind = stack.kind_of(other).unwrap_or_default();
        let profiles = profiles.iter().filter(|profile| profile.kind == kind);
        for profile in profiles {
            for (word, actions) in [("Read", profile.read), ("Write", profile.write)] {
                if connector.permissions.iter().any(|said| said == word) {
                    granted.push((actions, stack.arn(other).to_owned()));
                }
            }
        }
    }
    granted
}

/// Those that are resources, and those that stand in their source.
fn connectors(stack: &Stack) -> Vec<Connector> {
    let standing = stack.of_kind("AWS::Serverless::Connector").into_iter();
    let mut found: Vec<Connector> = standing
        .flat_map(|part| {
            let source = part.text("Source.Id").known().unwrap_or_default();
            between(&source, part)
        })
        .collect();
    for whole in stack.wholes() {
        let embedded = whole.at("Connectors").map_or(&[][..], Node::entries);
        for entry in embedded {
            let part = Part::new(&entry.key, entry.line, entry.node.get("Properties"));
            found.extend(between(&whole.id, &part));
        }
    }
    found
}

/// A connector may have several destinations.
fn between(source: &str, part: &Part) -> Vec<Connector> {
    let destinations = one_or_many(part.at("Destination")).iter();
    destinations
        .filter_map(|destination| {
            Some(Connector {
                source: source.to_owned(),
                destination: destination.get("Id")?.text()?.to_owned(),
                permissions: texts(part.at("Permissions")),
            })
        })
        .collect()
}
