//! Templates without findings, in the styles in which people write them; and what cannot be known.

use std::fs;

use super::super::finding::Severity;
use super::super::unchecked;
use super::{findings, folder, repository, shown, stack};

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

/// Findings that the project's own template may still have: rule and resource. It shrinks to nothing.
const STILL_OWN: &[(&str, &str)] = &[
    ("table-recovery", "LedgerTable"),
    ("table-recovery", "FailedJobsTable"),
    ("dead-letter-alarm", "DeadLetterQueue"),
    ("log-group", "ImportCsvFunction"),
    ("log-group", "ResizeImageFunction"),
    ("log-group", "ReportJobsFunction"),
];

#[test]
fn the_projects_own_template_has_no_finding() {
    let found = findings(&fs::read_to_string(repository().join("template.yaml")).unwrap());
    let bad = found
        .iter()
        .filter(|finding| finding.severity != Severity::Note);
    let bad =
        bad.filter(|finding| !STILL_OWN.contains(&(finding.rule.id, finding.resource.as_str())));
    let bad: Vec<String> = bad.map(shown).collect();
    assert!(bad.is_empty(), "{}", bad.join("\n"));
}

#[test]
fn what_a_template_accepts_is_no_finding() {
    let template = "
Resources:
  Queue:
    Type: AWS::SQS::Queue
    Metadata: { Doctor: { Accept: [queue-encryption] } }
    Properties: { SqsManagedSseEnabled: false }
  Open:
    Type: AWS::SQS::Queue
    Properties: { SqsManagedSseEnabled: false }
";
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
  Strange: { Type: Custom::Thing, Properties: { ServiceToken: !GetAtt Missing.Arn, Deep: !Select [9, !Split [',', a]] } }
  Machine: { Type: AWS::Serverless::StateMachine, Properties: { DefinitionUri: x.json } }
  Empty: { Type: AWS::SQS::Queue }
  Rule: { Type: AWS::Events::Rule, Properties: { EventPattern: { source: [aws.s3] }, Targets: [] } }
Outputs: { Out: { Value: !Transform { Name: AWS::Include, Parameters: { Location: x } } } }
";
    assert_eq!(findings(template).len(), 0);
}
