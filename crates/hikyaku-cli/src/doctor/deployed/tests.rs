//! An account of one function, as its APIs answer.

use std::cell::RefCell;

use hikyaku::signed::{Refusal, SignedError, SignedRequest};
use serde_json::{Value, json};

use super::super::stack::Stack;
use super::super::{deployed_findings, rules};
use super::{Account, DeployedError, collect, written};

const QUEUE: &str = "arn:aws:sqs:eu-west-1:123456789012:orders";
const DEAD: &str = "arn:aws:sqs:eu-west-1:123456789012:dead";

/// Answers by operation; what is not there is refused with 404, or 403 where it says so.
struct Fake {
    answers: Vec<(&'static str, Value)>,
    forbidden: &'static str,
    asked: RefCell<Vec<String>>,
}

impl Account for Fake {
    fn region(&self) -> &'static str {
        "eu-west-1"
    }

    async fn ask(
        &self,
        service: &'static str,
        request: SignedRequest,
    ) -> Result<Value, SignedError> {
        let body = String::from_utf8(request.body).unwrap();
        let question = format!("{} {}{body}", request.operation, request.path);
        let answer = self
            .answers
            .iter()
            .find(|(part, _)| part.split(' ').all(|part| question.contains(part)));
        self.asked.borrow_mut().push(question);
        let status = if request.operation == self.forbidden {
            403
        } else {
            404
        };
        match answer {
            Some((_, answer)) if status == 404 => Ok(answer.clone()),
            _ => Err(SignedError::Refused {
                service,
                operation: request.operation,
                source: Refusal {
                    status,
                    code: "No".to_owned(),
                    message: String::new(),
                },
            }),
        }
    }
}

fn function() -> Value {
    json!({
        "FunctionName": "worker",
        "FunctionArn": "arn:aws:lambda:eu-west-1:123456789012:function:worker",
        "Timeout": 30,
        "Role": "arn:aws:iam::123456789012:role/worker",
        "Environment": { "Variables": {
            "HIKYAKU_QUEUE_URL": "https://sqs.eu-west-1.amazonaws.com/123456789012/orders",
        } },
        "LoggingConfig": { "LogFormat": "JSON", "LogGroup": "/aws/lambda/worker" },
    })
}

fn mapping() -> Value {
    json!({
        "UUID": "1",
        "EventSourceArn": QUEUE,
        "FunctionArn": "arn:aws:lambda:eu-west-1:123456789012:function:worker:live",
        "BatchSize": 10,
        "MaximumBatchingWindowInSeconds": 0,
        "ScalingConfig": { "MaximumConcurrency": 20 },
        "FunctionResponseTypes": [],
        "State": "Disabled",
    })
}

fn account() -> Fake {
    let attributes = |more: Value| {
        let mut all = json!({ "VisibilityTimeout": "60", "MessageRetentionPeriod": "1209600", "SqsManagedSseEnabled": "true" });
        all.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        json!({ "Attributes": all })
    };
    let redrive = json!({ "deadLetterTargetArn": DEAD, "maxReceiveCount": 3 }).to_string();
    Fake {
        answers: vec![
            ("GetFunctionConfiguration worker", function()),
            (
                "GetFunctionConcurrency",
                json!({ "ReservedConcurrentExecutions": 10 }),
            ),
            (
                "GetFunctionRecursionConfig",
                json!({ "RecursiveLoop": "Terminate" }),
            ),
            (
                "ListEventSourceMappings worker%3Alive Marker=n%2Fm",
                json!({ "EventSourceMappings": [mapping()] }),
            ),
            ("ListAliases", json!({ "Aliases": [{ "Name": "live" }] })),
            (
                "ListEventSourceMappings worker%3Alive",
                json!({ "EventSourceMappings": [{ "EventSourceArn": "arn:aws:kinesis:x" }], "NextMarker": "n/m" }),
            ),
            (
                "ListEventSourceMappings",
                json!({ "EventSourceMappings": [] }),
            ),
            ("GetQueueUrl orders", json!({ "QueueUrl": "orders" })),
            ("GetQueueUrl dead", json!({ "QueueUrl": "dead" })),
            (
                "GetQueueAttributes orders",
                attributes(json!({ "RedrivePolicy": redrive })),
            ),
            (
                "GetQueueAttributes dead",
                attributes(json!({ "MessageRetentionPeriod": "345600" })),
            ),
            (
                "DescribeLogGroups",
                json!({ "logGroups": [{ "logGroupName": "/aws/lambda/worker-2", "retentionInDays": 1 }, { "logGroupName": "/aws/lambda/worker" }] }),
            ),
            (
                "GetResources",
                json!({ "PaginationToken": "", "ResourceTagMappingList": [
                    tagged("worker", "shop-PhpLane-1A2B3C4D5E6F7"),
                    tagged("other", "shop-staging"),
                ] }),
            ),
        ],
        forbidden: "",
        asked: RefCell::default(),
    }
}

fn tagged(function: &str, stack: &str) -> Value {
    json!({
        "ResourceARN": format!("arn:aws:lambda:eu-west-1:123456789012:function:{function}"),
        "Tags": [{ "Key": "other", "Value": "shop" }, { "Key": "aws:cloudformation:stack-name", "Value": stack }],
    })
}

fn looked_at(account: &Fake, name: &str) -> Result<(Vec<String>, Vec<String>), DeployedError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let found = runtime.block_on(collect::found(account, &[name.to_owned()]))?;
    let (template, environment, unchecked) = written(found)?;
    let stack = Stack::read(
        &template,
        &environment,
        std::path::Path::new(""),
        hikyaku::Timestamp::from_millis(1_796_083_200_000),
    )
    .unwrap();
    let found = deployed_findings(&stack, &[]);
    let found = found
        .iter()
        .map(|finding| format!("{}: {}", finding.rule.id, finding.what))
        .collect();
    Ok((found, unchecked))
}

const EXPECTED: [&str; 8] = [
    "batch-failures: orders -> worker has no FunctionResponseTypes",
    "dead-letter-retention: dead keeps messages for 345600 s, orders before it for 1209600 s",
    "log-retention: /aws/lambda/worker has no RetentionInDays",
    "mapping-disabled: orders -> worker is switched off",
    "receive-count: orders gives a message up after 3 receives",
    "recursive-loop: worker sends to orders",
    "reserved-concurrency: worker may run 10 times at once; its mappings start 20",
    "visibility-timeout: orders hides a message for 60 s; worker may take 30 s, so it should be 180 s",
];

#[test]
fn what_is_deployed_is_looked_at_by_the_same_rules() {
    let (mut found, unchecked) = looked_at(&account(), "worker").unwrap();
    found.sort();
    assert_eq!(found, EXPECTED);
    assert_eq!(unchecked.len(), 1, "{unchecked:?}");
}

#[test]
fn the_functions_of_a_stack_and_of_its_nested_stacks_are_found_by_their_tag() {
    let account = account();
    let (found, _) = looked_at(&account, "shop").unwrap();
    assert_eq!(found.len(), 8);
    let asked = account.asked.borrow();
    assert!(
        asked
            .iter()
            .any(|asked| asked.contains("function%3Aworker/configuration")),
        "{asked:?}"
    );
}

#[test]
fn a_name_that_nothing_has_is_an_error() {
    let error = looked_at(&account(), "nobody").unwrap_err();
    assert_eq!(
        error.to_string(),
        "there is no function and no stack `nobody` in eu-west-1; AWS_REGION says where to look"
    );
}

#[test]
fn what_may_not_be_asked_is_said() {
    let mut account = account();
    account.forbidden = "DescribeLogGroups";
    let (_, unchecked) = looked_at(&account, "worker").unwrap();
    assert!(
        unchecked[0].starts_with("worker: its log group: logs refused"),
        "{unchecked:?}"
    );
    account.forbidden = "GetFunctionConfiguration";
    assert!(looked_at(&account, "worker").is_err());
}

#[test]
fn every_rule_for_what_is_deployed_exists() {
    for id in super::RULES {
        assert!(rules::ALL.iter().any(|rule| rule.id == id), "{id}");
    }
}
