//! What AWS says of functions and queues, as the resources that a template would have.

use hikyaku_local::template::Environment;
use serde_json::{Map, Value, json};

use super::Found;

/// Properties that `GetFunctionConfiguration` and `AWS::Lambda::Function` have in common.
const FUNCTION: [&str; 8] = [
    "FunctionName",
    "Timeout",
    "Role",
    "Environment",
    "LoggingConfig",
    "DeadLetterConfig",
    "ReservedConcurrentExecutions",
    "RecursiveLoop",
];

/// Properties that a mapping has in both forms.
const MAPPING: [&str; 7] = [
    "EventSourceArn",
    "BatchSize",
    "MaximumBatchingWindowInSeconds",
    "FunctionResponseTypes",
    "ScalingConfig",
    "ProvisionedPollerConfig",
    "FilterCriteria",
];

/// Attributes of a queue that are properties, too.
const QUEUE: [&str; 6] = [
    "VisibilityTimeout",
    "MessageRetentionPeriod",
    "FifoQueue",
    "ContentBasedDeduplication",
    "SqsManagedSseEnabled",
    "KmsMasterKeyId",
];

/// Where the functions are, so that names make the ARNs that they really have.
pub(super) fn environment(found: &Found) -> Environment {
    let arn = found
        .functions
        .first()
        .map(|function| &function["FunctionArn"]);
    let arn = arn.and_then(Value::as_str).unwrap_or_default();
    let mut parts = arn.split(':').skip(3);
    let region = parts.next().unwrap_or_default().to_owned();
    let account = parts.next().unwrap_or_default().to_owned();
    Environment {
        account,
        region: region.clone(),
        ..Environment::new(format!("https://sqs.{region}.amazonaws.com"))
    }
}

/// The template. Resources are called as they are called in the account.
pub(super) fn of(found: &Found) -> Value {
    let mut resources = Map::new();
    for function in &found.functions {
        let name = function["FunctionName"].as_str().unwrap_or_default();
        let properties = chosen(function, &FUNCTION);
        add(&mut resources, name, "AWS::Lambda::Function", &properties);
    }
    for mapping in &found.mappings {
        let mut properties = chosen(mapping, &MAPPING);
        let function = mapping["FunctionArn"].as_str().unwrap_or_default();
        let name = function.split(':').nth(6).unwrap_or_default();
        properties.insert("FunctionName".to_owned(), name.into());
        if mapping["State"] == "Disabled" {
            properties.insert("Enabled".to_owned(), false.into());
        }
        let queue = mapping["EventSourceArn"].as_str().unwrap_or_default();
        let queue = queue.rsplit(':').next().unwrap_or_default();
        let id = format!("{queue} -> {name}");
        add(
            &mut resources,
            &id,
            "AWS::Lambda::EventSourceMapping",
            &properties,
        );
    }
    for (arn, attributes) in &found.queues {
        let name = arn.rsplit(':').next().unwrap_or_default();
        let mut properties = chosen(attributes, &QUEUE);
        properties.insert("QueueName".to_owned(), name.into());
        let redrive = attributes["RedrivePolicy"].as_str();
        let redrive = redrive.and_then(|text| serde_json::from_str::<Value>(text).ok());
        properties.extend(redrive.map(|redrive| ("RedrivePolicy".to_owned(), redrive)));
        add(&mut resources, name, "AWS::SQS::Queue", &properties);
    }
    for (name, days) in &found.log_groups {
        let mut properties = Map::from_iter([("LogGroupName".to_owned(), name.as_str().into())]);
        properties.extend(days.map(|days| ("RetentionInDays".to_owned(), days.into())));
        add(&mut resources, name, "AWS::Logs::LogGroup", &properties);
    }
    json!({ "Resources": resources })
}

fn add(resources: &mut Map<String, Value>, id: &str, kind: &str, properties: &Map<String, Value>) {
    // A queue may have the name of a function.
    let id = if resources.contains_key(id) {
        format!("{id} ({kind})")
    } else {
        id.to_owned()
    };
    resources.insert(id, json!({ "Type": kind, "Properties": properties }));
}

fn chosen(value: &Value, keys: &[&str]) -> Map<String, Value> {
    let present = keys.iter().filter(|key| !value[**key].is_null());
    present
        .map(|key| ((*key).to_owned(), value[*key].clone()))
        .collect()
}
