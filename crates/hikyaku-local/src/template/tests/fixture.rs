//! One realistic template, read whole.

use std::time::Duration;

use serde_json::json;

use super::*;

const FIXTURE: &str = include_str!("fixture.yaml");

/// The line that is that text, or else the first that contains it.
fn line_of(text: &str) -> usize {
    let whole = FIXTURE.lines().position(|line| line == text);
    whole
        .or_else(|| FIXTURE.lines().position(|line| line.contains(text)))
        .expect(text)
        + 1
}

#[test]
fn it_resolves_without_surprises() {
    let stack = stack(FIXTURE);
    let warnings: Vec<String> = stack.warnings.iter().map(ToString::to_string).collect();
    assert_eq!(warnings.len(), 2, "{warnings:#?}");
    assert!(
        warnings[0].contains("arn:aws:sns") || warnings[0].contains("Topic"),
        "{warnings:#?}"
    );
    assert!(warnings[1].contains("event pattern"), "{warnings:#?}");
    let ignored: Vec<(&str, &str, usize)> = stack
        .ignored
        .iter()
        .map(|ignored| {
            (
                ignored.logical_id.as_str(),
                ignored.kind.as_str(),
                ignored.line,
            )
        })
        .collect();
    let expected = [
        ("Role", "AWS::IAM::Role", line_of("  Role:")),
        ("Topic", "AWS::SNS::Topic", line_of("  Topic:")),
        ("ImportCsv.Hook", "Api", line_of("        Hook:")),
        ("Uploads", "AWS::Events::Rule", line_of("  Uploads:")),
    ];
    for entry in expected {
        assert!(ignored.contains(&entry), "{entry:?} in {ignored:#?}");
    }
    assert_eq!(ignored.len(), expected.len(), "{ignored:#?}");
}

#[test]
fn queues_are_read_with_their_redrive() {
    let stack = stack(FIXTURE);
    let imports = stack.queue("shop-imports").expect("by name");
    assert_eq!(imports.logical_id, "Imports");
    assert_eq!(imports.line, line_of("  Imports:"));
    assert_eq!(
        imports.arn,
        "arn:aws:sqs:us-east-1:000000000000:shop-imports"
    );
    assert_eq!(
        imports.url,
        "http://127.0.0.1:9324/000000000000/shop-imports"
    );
    assert_eq!(imports.visibility_timeout, Duration::from_mins(6));
    assert_eq!(
        (imports.retention, imports.maximum_message_size),
        (Duration::from_hours(96), 1_048_576)
    );
    let redrive = imports.redrive.as_ref().expect("a redrive policy");
    assert_eq!(
        (
            redrive.max_receive_count,
            redrive.dead_letter_queue.as_str()
        ),
        (5, "shop-ImportsDead")
    );
    let orders = stack.queue("Orders").expect("by logical id");
    assert_eq!(orders.name, "shop-Orders.fifo");
    let attributes = orders.attributes();
    let expected = json!({
        "VisibilityTimeout": "900", "MessageRetentionPeriod": "345600", "DelaySeconds": "0",
        "ReceiveMessageWaitTimeSeconds": "0", "MaximumMessageSize": "1048576", "FifoQueue": "true",
        "ContentBasedDeduplication": "true", "DeduplicationScope": "messageGroup", "FifoThroughputLimit": "perMessageGroupId",
        "RedrivePolicy": r#"{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:shop-OrdersDead.fifo","maxReceiveCount":3}"#,
    });
    assert_eq!(json!(attributes), expected);
    let dead = stack.queue("OrdersDead").expect("by logical id");
    assert_eq!(
        dead.redrive_allow,
        RedriveAllow::Queues(vec![orders.arn.clone()])
    );
}

#[test]
fn functions_are_read_with_globals_merged_in() {
    let stack = stack(FIXTURE);
    let import = stack.function("ImportCsv").expect("by logical id");
    assert_eq!(import.name, "shop-ImportCsv");
    assert_eq!(
        import.arn,
        "arn:aws:lambda:us-east-1:000000000000:function:shop-ImportCsv"
    );
    let binary = Binary {
        name: "import-csv".to_owned(),
        rule: BinaryRule::Metadata,
        line: line_of("Binary: import-csv"),
    };
    assert_eq!(import.binary, binary);
    assert_eq!(
        (
            import.timeout,
            import.memory_mb,
            import.ephemeral_storage_mb
        ),
        (Duration::from_mins(1), 256, 512)
    );
    assert_eq!(import.reserved_concurrency, Some(5));
    assert_eq!(import.code_uri.as_deref(), Some("."));
    let expected = json!({
        "STAGE": "staging-csv", "LEDGER": "shop-Ledger", "AWS_LAMBDA_LOG_LEVEL": "DEBUG",
        "DEAD": "http://127.0.0.1:9324/000000000000/shop-ImportsDead",
    });
    assert_eq!(json!(import.environment), expected);
    assert_eq!(import.asynchronous.maximum_retry_attempts, 1);
    assert_eq!(
        import.asynchronous.on_failure,
        Some(Destination::Queue("shop-ImportsDead".to_owned()))
    );
    let orders = stack.function("shop-orders").expect("by name");
    assert_eq!(
        stack
            .function(&format!("{}:live", orders.arn))
            .map(|function| function.line),
        Some(orders.line)
    );
    assert_eq!(
        (orders.binary.name.as_str(), orders.binary.rule),
        ("orders", BinaryRule::LogicalId)
    );
    assert_eq!(
        (orders.recursive_loop, orders.timeout),
        (RecursiveLoop::Allow, Duration::from_mins(2))
    );
    assert!(
        orders.environment.is_empty(),
        "Globals are for AWS::Serverless:: only"
    );
    let topic = "arn:aws:sns:us-east-1:000000000000:Topic".to_owned();
    assert_eq!(orders.dead_letter, Some(Destination::Elsewhere(topic)));
}

#[test]
fn tables_are_read_with_keys_indexes_and_ttl() {
    let stack = stack(FIXTURE);
    let ledger = stack.table("Ledger").expect("by logical id");
    assert_eq!(ledger.ttl_attribute.as_deref(), Some("expires"));
    let expected = json!({
        "TableName": "shop-Ledger", "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": [{ "AttributeName": "pk", "KeyType": "HASH" }],
        "AttributeDefinitions": [
            { "AttributeName": "pk", "AttributeType": "S" }, { "AttributeName": "due", "AttributeType": "N" },
        ],
        "GlobalSecondaryIndexes": [{
            "IndexName": "by-due", "KeySchema": [{ "AttributeName": "due", "KeyType": "HASH" }],
            "Projection": { "ProjectionType": "INCLUDE", "NonKeyAttributes": ["state"] },
        }],
    });
    assert_eq!(ledger.create_request(), expected);
    let locks = stack.table("shop-Locks").expect("by name");
    assert_eq!(
        locks.key_schema,
        [KeyElement {
            attribute: "id".to_owned(),
            role: KeyRole::Hash
        }]
    );
}

#[test]
fn mappings_name_their_queue_and_function() {
    let stack = stack(FIXTURE);
    let [jobs, orders] = &stack.mappings[..] else {
        panic!("{:#?}", stack.mappings)
    };
    let expected = Mapping {
        logical_id: "ImportCsv.Jobs".to_owned(),
        line: line_of("        Jobs:"),
        queue: "shop-imports".to_owned(),
        function: "shop-ImportCsv".to_owned(),
        batch_size: 100,
        window: Duration::from_secs(2),
        maximum_concurrency: Some(5),
        report_batch_item_failures: true,
        enabled: true,
    };
    assert_eq!(*jobs, expected);
    assert_eq!(
        (orders.queue.as_str(), orders.function.as_str()),
        ("shop-Orders.fifo", "shop-orders")
    );
    assert_eq!(
        (
            orders.enabled,
            orders.report_batch_item_failures,
            orders.batch_size
        ),
        (false, false, 10)
    );
}

#[test]
fn schedules_of_every_kind_are_read() {
    let stack = stack(FIXTURE);
    let [nightly, tick, reports, sweep, sweep_queue] = &stack.schedules[..] else {
        panic!("{:#?}", stack.schedules)
    };
    assert_eq!(nightly.origin, ScheduleOrigin::Scheduler);
    assert_eq!(
        nightly.arn,
        "arn:aws:scheduler:us-east-1:000000000000:schedule/default/shop-ImportCsvNightly"
    );
    // 02:30 in Tokyo, from 2027 on.
    assert_eq!(nightly.schedule.next_after(0), Some(1_798_824_600_000));
    assert_eq!(nightly.flexible_window, Some(Duration::from_mins(15)));
    let retry = RetryPolicy {
        maximum_retry_attempts: 3,
        maximum_event_age: Duration::from_hours(1),
    };
    assert_eq!(
        (&nightly.retry, nightly.dead_letter_queue.as_deref()),
        (&retry, Some("shop-ImportsDead"))
    );
    assert_eq!(
        nightly.target,
        Target::Function("shop-ImportCsv".to_owned())
    );
    assert_eq!(
        (tick.origin, tick.enabled, tick.line),
        (ScheduleOrigin::Rule, false, line_of("        Tick:"))
    );
    assert_eq!(
        tick.arn,
        "arn:aws:events:us-east-1:000000000000:rule/shop-ImportCsvTick"
    );
    assert_eq!(tick.retry, RetryPolicy::default());
    assert_eq!(
        reports.arn,
        "arn:aws:scheduler:us-east-1:000000000000:schedule/reports/shop-Reports"
    );
    assert_eq!(reports.schedule.next_after(0), Some(1_806_584_400_000));
    let queue = Target::Queue {
        name: "shop-Orders.fifo".to_owned(),
        message_group_id: Some("reports".to_owned()),
    };
    assert_eq!((&reports.target, reports.flexible_window), (&queue, None));
    assert_eq!(
        (sweep.enabled, sweep.input.as_deref()),
        (false, Some(r#"{"job":"sweep"}"#))
    );
    let queue = Target::Queue {
        name: "shop-imports".to_owned(),
        message_group_id: None,
    };
    assert_eq!(
        (&sweep_queue.target, &sweep_queue.name),
        (&queue, &sweep.name)
    );
}

#[test]
fn a_parameter_changes_what_depends_on_it() {
    let mut environment = environment();
    environment
        .parameters
        .insert("Stage".to_owned(), "production".to_owned());
    environment.region = "ap-northeast-1".to_owned();
    let stack = Template::parse(FIXTURE, "template.yaml")
        .expect("it parses")
        .resolve(&environment)
        .expect("it resolves");
    assert_eq!(stack.functions[0].reserved_concurrency, Some(50));
    assert!(stack.schedules[1].enabled);
    assert!(
        stack.queues[0]
            .arn
            .starts_with("arn:aws:sqs:ap-northeast-1:")
    );
    assert!(
        stack
            .ignored
            .iter()
            .any(|ignored| ignored.logical_id == "Alarm")
    );
}

#[test]
fn a_template_without_functions_is_fine() {
    let empty = stack("Resources: {}");
    assert!(empty.functions.is_empty() && empty.warnings.is_empty());
    assert!(stack("Description: nothing yet").queues.is_empty());
}

#[test]
fn json_is_read_too() {
    let stack = stack(
        r#"{"Resources": {"Jobs": {"Type": "AWS::SQS::Queue", "Properties": {
            "QueueName": {"Fn::Sub": "${AWS::StackName}-\u0061"}, "VisibilityTimeout": "60", "FifoQueue": false}}}}"#,
    );
    assert_eq!(
        (stack.queues[0].name.as_str(), stack.queues[0].line),
        ("shop-a", 1)
    );
    assert_eq!(stack.queues[0].visibility_timeout, Duration::from_mins(1));
}

#[test]
fn a_file_is_read_under_its_path() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("template.yaml");
    let missing = Template::read(&path).expect_err("nothing there");
    assert!(
        missing.to_string().contains("template.yaml") && missing.line().is_none(),
        "{missing}"
    );
    std::fs::write(&path, "Resources: []").expect("written");
    let wrong = Template::read(&path).expect_err("a list");
    assert!(
        wrong.to_string().starts_with(&format!(
            "{}:1: `Resources` must be a mapping",
            path.display()
        )),
        "{wrong}"
    );
}
