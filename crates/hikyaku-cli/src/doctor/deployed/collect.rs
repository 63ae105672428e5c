//! The requests, one after the other: about nine for each function.

use hikyaku::signed::{SignedError, SignedRequest};
use serde_json::{Value, json};

use super::{Account, DeployedError, Found};

/// Reads what there is of functions and stacks.
pub(super) async fn found(
    account: &impl Account,
    names: &[String],
) -> Result<Found, DeployedError> {
    let mut found = Found::default();
    for name in names {
        let functions = match configuration(account, name).await {
            Ok(function) => vec![function],
            Err(error) if is_missing(&error) => of_stack(account, name).await?,
            Err(error) => return Err(error.into()),
        };
        for function in functions {
            add(account, &mut found, function).await?;
        }
    }
    Ok(found)
}

async fn add(
    account: &impl Account,
    found: &mut Found,
    mut function: Value,
) -> Result<(), DeployedError> {
    let name = text(&function, "FunctionName");
    let asked = [
        (
            "GetFunctionConcurrency",
            format!("/2019-09-30/functions/{name}/concurrency"),
            "ReservedConcurrentExecutions",
        ),
        (
            "GetFunctionRecursionConfig",
            format!("/2024-08-31/functions/{name}/recursion-config"),
            "RecursiveLoop",
        ),
    ];
    for (operation, path, key) in asked {
        match account.ask("lambda", get(operation, path)).await {
            Ok(answer) => function[key] = answer[key].clone(),
            Err(error) => found.unchecked.push(refused(&name, key, &error)),
        }
    }
    for mapping in mappings(account, &name).await? {
        let arn = text(&mapping, "EventSourceArn");
        if arn.split(':').nth(2) == Some("sqs") {
            add_queue(account, found, &arn).await?;
            found.mappings.push(mapping);
        }
    }
    match log_group(account, &function).await {
        Ok(group) => found.log_groups.extend(group),
        Err(error) => found
            .unchecked
            .push(refused(&name, "its log group", &error)),
    }
    found.functions.push(function);
    Ok(())
}

fn refused(function: &str, what: &str, error: &SignedError) -> String {
    format!("{function}: {what}: {}", hikyaku::explain(error))
}

async fn configuration(account: &impl Account, name: &str) -> Result<Value, SignedError> {
    let path = format!("/2015-03-31/functions/{}/configuration", encoded(name));
    account
        .ask("lambda", get("GetFunctionConfiguration", path))
        .await
}

/// The tag that CloudFormation gives each function of a stack, with the stack's name.
const STACK: &str = "aws:cloudformation:stack-name";

/// The functions of a stack and of its nested stacks are those that carry their names as a tag.
async fn of_stack(account: &impl Account, name: &str) -> Result<Vec<Value>, DeployedError> {
    let mut functions = Vec::new();
    let mut token = Value::from("");
    loop {
        let body = json!({
            "TagFilters": [{ "Key": STACK }],
            "ResourceTypeFilters": ["lambda:function"],
            "PaginationToken": token,
        });
        let target = "ResourceGroupsTaggingAPI_20170126.GetResources";
        let page = account
            .ask("tagging", SignedRequest::json(target, "1.1", &body))
            .await?;
        for resource in items(&page, "ResourceTagMappingList") {
            let mut tags = items(resource, "Tags").iter();
            let stack = tags.find(|tag| text(tag, "Key") == STACK);
            if !stack.is_some_and(|tag| is_of_stack(&text(tag, "Value"), name)) {
                continue;
            }
            functions.push(configuration(account, &text(resource, "ResourceARN")).await?);
        }
        token = page["PaginationToken"].clone();
        if token.as_str().is_none_or(str::is_empty) {
            break;
        }
    }
    if functions.is_empty() {
        return Err(DeployedError::Nothing {
            name: name.to_owned(),
            region: account.region().to_owned(),
        });
    }
    Ok(functions)
}

/// Whether a stack is the one of that name, or nested in it: CloudFormation calls those `<outer>-<logical id>-<random>`.
fn is_of_stack(stack: &str, name: &str) -> bool {
    let Some(rest) = stack.strip_prefix(name) else {
        return false;
    };
    let is_random = |text: &str| {
        text.len() >= 10
            && text
                .bytes()
                .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
    };
    let parts: Vec<&str> = rest.split('-').skip(1).collect();
    rest.is_empty()
        || rest.starts_with('-')
            && parts.len().is_multiple_of(2)
            && parts.chunks(2).all(|pair| is_random(pair[1]))
}

/// The mappings of a function and of its aliases: a list for a function does not hold those of its aliases.
async fn mappings(account: &impl Account, function: &str) -> Result<Vec<Value>, SignedError> {
    let path = format!("/2015-03-31/functions/{function}/aliases");
    let aliases = all(account, "ListAliases", &format!("{path}?"), "Aliases").await?;
    let aliases = aliases.iter().map(|alias| text(alias, "Name"));
    let mut names = vec![function.to_owned()];
    names.extend(aliases.map(|alias| format!("{function}:{alias}")));
    let mut found: Vec<Value> = Vec::new();
    for name in names {
        let name = encoded(&name);
        let path = format!("/2015-03-31/event-source-mappings?FunctionName={name}&");
        for mapping in all(
            account,
            "ListEventSourceMappings",
            &path,
            "EventSourceMappings",
        )
        .await?
        {
            if !found.iter().any(|known| known["UUID"] == mapping["UUID"]) {
                found.push(mapping);
            }
        }
    }
    Ok(found)
}

/// All pages of a list of Lambda's. `path` ends where a parameter can follow.
async fn all(
    account: &impl Account,
    operation: &str,
    path: &str,
    key: &str,
) -> Result<Vec<Value>, SignedError> {
    let mut found = Vec::new();
    let mut marker = String::new();
    loop {
        let path = format!("{path}MaxItems=50{marker}");
        let page = account.ask("lambda", get(operation, path)).await?;
        found.extend(items(&page, key).iter().cloned());
        let next = text(&page, "NextMarker");
        if next.is_empty() {
            return Ok(found);
        }
        marker = format!("&Marker={}", encoded(&next));
    }
}

/// A queue and the one that it gives messages up to.
async fn add_queue(
    account: &impl Account,
    found: &mut Found,
    arn: &str,
) -> Result<(), DeployedError> {
    let mut next = Some(arn.to_owned());
    while let Some(arn) = next.take() {
        if found.queues.iter().any(|(known, _)| *known == arn) {
            break;
        }
        match attributes(account, &arn).await {
            Ok(attributes) => {
                let redrive = attributes["RedrivePolicy"].as_str().unwrap_or_default();
                let redrive: Value = serde_json::from_str(redrive).unwrap_or_default();
                let target = text(&redrive, "deadLetterTargetArn");
                next = Some(target).filter(|target| !target.is_empty());
                found.queues.push((arn, attributes));
            }
            Err(error) => found
                .unchecked
                .push(refused(&arn, "its attributes", &error)),
        }
    }
    Ok(())
}

async fn attributes(account: &impl Account, arn: &str) -> Result<Value, SignedError> {
    let mut parts = arn.split(':').skip(4);
    let body = json!({ "QueueOwnerAWSAccountId": parts.next(), "QueueName": parts.next() });
    let request = SignedRequest::json("AmazonSQS.GetQueueUrl", "1.0", &body);
    let answer = account.ask("sqs", request).await?;
    let body = json!({ "QueueUrl": answer["QueueUrl"], "AttributeNames": ["All"] });
    let request = SignedRequest::json("AmazonSQS.GetQueueAttributes", "1.0", &body);
    Ok(account.ask("sqs", request).await?["Attributes"].clone())
}

async fn log_group(
    account: &impl Account,
    function: &Value,
) -> Result<Option<(String, Option<u64>)>, SignedError> {
    let stated = function["LoggingConfig"]["LogGroup"].as_str();
    let name = match stated {
        Some(name) => name.to_owned(),
        None => format!("/aws/lambda/{}", text(function, "FunctionName")),
    };
    let body = json!({ "logGroupNamePrefix": name });
    let request = SignedRequest::json("Logs_20140328.DescribeLogGroups", "1.1", &body);
    let answer = account.ask("logs", request).await?;
    let groups = items(&answer, "logGroups");
    let group = groups
        .iter()
        .find(|group| text(group, "logGroupName") == name);
    Ok(group.map(|group| (name.clone(), group["retentionInDays"].as_u64())))
}

fn get(operation: &str, path: String) -> SignedRequest {
    SignedRequest {
        operation: operation.to_owned(),
        method: "GET",
        path,
        ..SignedRequest::default()
    }
}

fn is_missing(error: &SignedError) -> bool {
    matches!(error, SignedError::Refused { source, .. } if source.status == 404)
}

fn text(value: &Value, key: &str) -> String {
    value[key].as_str().unwrap_or_default().to_owned()
}

fn items<'v>(value: &'v Value, key: &str) -> &'v [Value] {
    value[key].as_array().map_or(&[], Vec::as_slice)
}

/// Percent-encodes what is not a letter or a digit.
fn encoded(text: &str) -> String {
    let bytes = text.bytes();
    bytes
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' => {
                (byte as char).to_string()
            }
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::is_of_stack;

    #[test]
    fn a_nested_stack_is_told_from_one_whose_name_begins_alike() {
        for stack in [
            "shop",
            "shop-PhpLane-1A2B3C4D5E6F7",
            "shop-A-1A2B3C4D5E6F7-B-7F6E5D4C3B2A1",
        ] {
            assert!(is_of_stack(stack, "shop"), "{stack}");
        }
        for stack in [
            "shop-staging",
            "shop-PhpLane",
            "shopping",
            "shop-staging-PhpLane-1A2B3C4D5E6F7",
            "sho",
        ] {
            assert!(!is_of_stack(stack, "shop"), "{stack}");
        }
    }
}
