//! Templates without findings, in the styles in which people write them; and what cannot be known.

use std::fs;

use super::super::finding::Severity;
use super::super::unchecked;
use super::{findings, folder, read, repository, shown, stack};

#[test]
fn clean_templates_have_no_finding() {
    let mut seen = 0;
    for entry in fs::read_dir(folder().join("clean")).unwrap() {
        let path = entry.unwrap().path();
        let found = findings(&fs::read_to_string(&path).unwrap());
        let bad = found
            .iter()
            .filter(|finding| finding.severity != Severity::Note);
        let bad: Vec<String> = bad.map(shown).collect();
        assert!(bad.is_empty(), "{}:\n{}", path.display(), bad.join("\n"));
        seen += 1;
    }
    assert!(seen >= 5);
}

#[test]
fn the_projects_own_template_has_no_finding() {
    let stack = read(&repository().join("template.yaml"));
    let found = super::super::findings(&stack, &[]);
    let found: Vec<String> = found.iter().map(shown).collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
    assert!(
        stack.functions.len() >= 5,
        "the nested stacks are looked at too"
    );
}

/// A nested template by itself: which queue its function works off is a parameter.
#[test]
fn a_role_for_a_queue_that_is_not_known_is_no_wide_one() {
    let stack = read(&repository().join("templates/php-lane.yaml"));
    let found = super::super::findings(&stack, &[]);
    let found: Vec<String> = found.iter().map(shown).collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// A queue in one template, its function in another.
#[test]
fn a_finding_in_a_nested_template_has_its_file_and_line() {
    let folder = tempfile::tempdir().unwrap();
    let outer = "Resources:
  Queue: { Type: AWS::SQS::Queue, Properties: { VisibilityTimeout: 60 } }
  Inner: { Type: AWS::CloudFormation::Stack, Properties: { TemplateURL: inner.yaml, Parameters: { Queue: !GetAtt Queue.Arn } } }
";
    let inner = "Transform: AWS::Serverless-2016-10-31
Parameters: { Queue: { Type: String } }
Resources:
  Function:
    Type: AWS::Serverless::Function
    Properties:
      Timeout: 60
      Events:
        Messages: { Type: SQS, Properties: { Queue: !Ref Queue } }
";
    fs::write(folder.path().join("template.yaml"), outer).unwrap();
    fs::write(folder.path().join("inner.yaml"), inner).unwrap();
    let found = super::super::findings(&read(&folder.path().join("template.yaml")), &[]);
    let at = |rule: &str| {
        let finding = found
            .iter()
            .find(|finding| finding.rule.id == rule)
            .unwrap();
        let file = finding.file.as_deref().unwrap_or("template.yaml");
        (file.rsplit('/').next().unwrap().to_owned(), finding.line)
    };
    assert_eq!(at("visibility-timeout"), ("template.yaml".to_owned(), 2));
    assert_eq!(at("batch-failures"), ("inner.yaml".to_owned(), 9));
}

#[test]
fn what_a_template_accepts_is_no_finding() {
    let template = "
Resources:
  Queue:
    Type: AWS::SQS::Queue
    Metadata: { Doctor: { Accept: [queue-encryption, typo] } }
    Properties: { SqsManagedSseEnabled: false }
  Open:
    Type: AWS::SQS::Queue
    Properties: { SqsManagedSseEnabled: false }
";
    assert_eq!(
        unchecked(&stack(template)),
        ["Queue: it accepts `typo`, which is no rule"]
    );
    let found: Vec<String> = findings(template).iter().map(shown).collect();
    assert_eq!(
        found,
        ["queue-encryption warning line 9: Open stores messages in the clear"]
    );
}

#[test]
fn what_only_a_deployment_knows_is_said_and_is_no_finding() {
    let template = "
Transform: AWS::Serverless-2016-10-31
Parameters:
  Seconds: { Type: Number }
  RoleArn: { Type: String }
Resources:
  Queue:
    Type: AWS::SQS::Queue
    Properties:
      VisibilityTimeout: !Ref Seconds
      MessageRetentionPeriod: 1209600
      RedrivePolicy: { deadLetterTargetArn: !ImportValue dead-letters, maxReceiveCount: 5 }
  Function:
    Type: AWS::Serverless::Function
    Properties:
      Role: !Ref RoleArn
      Events:
        Queue: { Type: SQS, Properties: { Queue: !GetAtt Queue.Arn, FunctionResponseTypes: [ReportBatchItemFailures] } }
        Other: { Type: SQS, Properties: { Queue: !ImportValue queue, FunctionResponseTypes: [ReportBatchItemFailures] } }
  Logs:
    Type: AWS::Logs::LogGroup
    Properties: { LogGroupName: !Sub '/aws/lambda/${Function}', RetentionInDays: 1 }
";
    let stack = stack(template);
    let bad = findings(template);
    let bad = bad
        .iter()
        .filter(|finding| finding.severity != Severity::Note);
    assert_eq!(bad.map(shown).collect::<Vec<_>>(), [""; 0]);
    let unchecked = unchecked(&stack).join("\n");
    for expected in [
        "Function: some of its permissions",
        "Queue: its VisibilityTimeout",
        "Function.Other: its queue",
    ] {
        assert!(unchecked.contains(expected), "{expected}: {unchecked}");
    }
}

#[test]
fn resources_of_any_kind_and_loops_are_passed_over() {
    let template = "
Transform: [AWS::Serverless-2016-10-31, AWS::LanguageExtensions]
Globals: { Api: { Cors: '*' } }
Resources:
  Fn::ForEach::Queues: [Name, [A, B], { '${Name}Queue': { Type: AWS::SQS::Queue } }]
  Strange: { Type: Custom::Thing, Properties: { ServiceToken: !GetAtt Missing.Arn, Deep: !Select [9, !Split [',', a]] } }
  Machine: { Type: AWS::Serverless::StateMachine, Properties: { DefinitionUri: x.json } }
  Empty: { Type: AWS::SQS::Queue }
  Rule: { Type: AWS::Events::Rule, Properties: { EventPattern: { source: [aws.s3] }, Targets: [] } }
Outputs: { Out: { Value: !Transform { Name: AWS::Include, Parameters: { Location: x } } } }
";
    assert_eq!(findings(template).len(), 0);
    let unchecked = unchecked(&stack(template)).join("\n");
    assert!(unchecked.contains("Fn::ForEach::Queues"), "{unchecked}");
}

#[test]
fn a_variable_for_all_functions_asks_for_no_permission() {
    let template = "
Transform: AWS::Serverless-2016-10-31
Globals: { Function: { Environment: { Variables: { TABLE: !Ref Table } }, LoggingConfig: { LogGroup: x } } }
Resources:
  Table: { Type: AWS::Serverless::SimpleTable }
  Reader:
    Type: AWS::Serverless::Function
    Properties: { Policies: [DynamoDBReadPolicy: { TableName: !Ref Table }] }
  Other: { Type: AWS::Serverless::Function }
  Careless:
    Type: AWS::Serverless::Function
    Properties: { Environment: { Variables: { TABLE: !GetAtt Table.Arn } } }
";
    let found: Vec<String> = findings(template).iter().map(shown).collect();
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(
        found[0].starts_with("table-permissions error line 10: Careless lacks"),
        "{found:?}"
    );
}

/// A queue, its dead-letter queue and a function, without anything that tells of them.
const QUIET: &str = "
Transform: AWS::Serverless-2016-10-31
Parameters: { AlarmTopic: { Type: String } }
Resources:
  Queue:
    Type: AWS::SQS::Queue
    Properties:
      VisibilityTimeout: 18
      MessageRetentionPeriod: 1209600
      RedrivePolicy: { deadLetterTargetArn: !GetAtt Dead.Arn, maxReceiveCount: 5 }
  Dead: { Type: AWS::SQS::Queue, Properties: { MessageRetentionPeriod: 1209600 } }
  Orders:
    Type: AWS::Serverless::Function
    Properties:
      Events:
        New: { Type: SQS, Properties: { Queue: !GetAtt Queue.Arn, FunctionResponseTypes: [ReportBatchItemFailures] } }
  Nightly:
    Type: AWS::Events::Rule
    Properties: { ScheduleExpression: rate(1 day), Targets: [{ Id: queue, Arn: !GetAtt Queue.Arn }] }
";

#[test]
fn a_resource_that_is_offered_as_a_fix_mends_what_was_found() {
    let mut template = QUIET.to_owned();
    for rule in [
        "dead-letter-alarm",
        "age-alarm",
        "log-group",
        "schedule-permissions",
    ] {
        let found = findings(&template);
        let found = found.iter().find(|finding| finding.rule.id == rule);
        let fix = &found.unwrap_or_else(|| panic!("{rule}")).fix;
        template.extend(fix.lines().flat_map(|line| ["  ", line, "\n"]));
        let left: Vec<String> = findings(&template).iter().map(shown).collect();
        let still = left.iter().any(|finding| finding.starts_with(rule));
        assert!(!still, "{template}\n{left:?}");
    }
}

/// A way out by IPv6 and one by a NAT gateway, in place of the endpoint for SQS.
#[test]
fn each_way_out_of_a_network_is_one() {
    let base = fs::read_to_string(folder().join("clean/network.yaml")).unwrap();
    let closed = base.replace(".sqs\" # endpoint", ".s3\"");
    let is_closed = |text: &str| {
        findings(text)
            .iter()
            .any(|finding| finding.rule.id == "vpc-way-out")
    };
    assert!(is_closed(&closed));
    let route = |target: &str| {
        let route = format!(
            "\n  Route:\n    Type: AWS::EC2::Route\n    Properties: {{ RouteTableId: !Ref RouteTable, {target} }}\n"
        );
        format!("{closed}{route}")
    };
    assert!(!is_closed(&route("NatGatewayId: nat-1")));
    assert!(
        is_closed(&route("GatewayId: igw-1")),
        "a function has no public address"
    );
    let by_ipv6 = route("EgressOnlyInternetGatewayId: eigw-1");
    assert!(is_closed(&by_ipv6), "the function is not told");
    let told = by_ipv6
        .replace(
            "      VpcConfig:\n",
            "      VpcConfig:\n        Ipv6AllowedForDualStack: true\n",
        )
        .replace(
            "OUT: !Ref Out }",
            "OUT: !Ref Out, AWS_USE_DUALSTACK_ENDPOINT: \"true\" }",
        );
    assert!(!is_closed(&told));
}

#[test]
fn an_endpoint_that_its_condition_leaves_out_is_no_way() {
    let base = fs::read_to_string(folder().join("clean/network.yaml")).unwrap();
    let with = |condition: &str| {
        base.replace(
            "Resources:\n",
            &format!("Conditions:\n  Wanted: {condition}\nResources:\n"),
        )
        .replace(
            "  QueueEndpoint:\n",
            "  QueueEndpoint:\n    Condition: Wanted\n",
        )
    };
    let is_closed = |text: &str| {
        findings(text)
            .iter()
            .any(|finding| finding.rule.id == "vpc-way-out")
    };
    assert!(!is_closed(&with("!Equals [a, a]")));
    assert!(is_closed(&with("!Equals [a, b]")));
    assert!(
        !is_closed(&with("!Equals [!Ref VpcId, '']")),
        "nobody knows"
    );
}

#[test]
fn an_alarm_that_is_part_of_another_needs_no_action() {
    let alarm = "
Resources:
  Part: { Type: AWS::CloudWatch::Alarm, Properties: { MetricName: Errors } }
  Whole:
    Type: AWS::CloudWatch::CompositeAlarm
    Properties: { AlarmActions: [topic], AlarmRule: !Sub 'ALARM(${Part})' }
";
    assert_eq!(findings(alarm).len(), 0);
    assert_eq!(findings(&alarm.replace("${Part}", "other")).len(), 1);
}

/// Takes the messages of the dead-letter queue.
const BURY: &str = "
  Bury:
    Type: AWS::Serverless::Function
    Properties:
      LoggingConfig: { LogGroup: x }
      Events:
        Dead: { Type: SQS, Properties: { Queue: !GetAtt Dead.Arn, FunctionResponseTypes: [ReportBatchItemFailures] } }
";

#[test]
fn a_dead_letter_queue_that_is_worked_off_needs_none_of_its_own() {
    let found = findings(&format!("{QUIET}{BURY}"));
    assert!(
        found
            .iter()
            .all(|finding| finding.rule.id != "dead-letter-queue")
    );
}

#[test]
fn an_alarm_on_the_first_dead_letter_goes_off_before_it_is_old() {
    let aged = |text: &str| {
        findings(text)
            .iter()
            .any(|finding| finding.rule.id == "age-alarm" && shown(finding).contains("Dead has"))
    };
    let worked_off = format!("{QUIET}{BURY}");
    assert!(aged(&worked_off));
    let alarm = "
  Arrived:
    Type: AWS::CloudWatch::Alarm
    Properties: { MetricName: ApproximateNumberOfMessagesVisible, Dimensions: [{ Name: QueueName, Value: !GetAtt Dead.QueueName }], AlarmActions: [x] }
";
    assert!(!aged(&format!("{worked_off}{alarm}")));
}
