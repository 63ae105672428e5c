//! What a file tells without a deployment.

use super::*;

const TEMPLATE: &str = "
Parameters:
  Stage: { Type: String, AllowedValues: [dev, prod] }
  Topic: { Type: AWS::SSM::Parameter::Value<String>, Default: /topic }
  Seconds: { Type: Number, Default: 30 }
Conditions:
  IsProduction: !Equals [!Ref Stage, prod]
  IsSlow: !Equals [!Ref Seconds, 31]
Resources:
  Queue:
    Type: AWS::SQS::Queue
    Condition: IsSlow
    Properties:
      QueueName: !Sub '${Stage}-queue'
      VisibilityTimeout: !Ref Seconds
      DelaySeconds: !If [IsProduction, 1, 2]
      MessageRetentionPeriod: !If [IsSlow, !ImportValue never, 60]
      Topic: !Ref Topic
      Gone: !Ref AWS::NoValue
      Strange: !Transform { Name: AWS::Include }
  Reader: { Type: Other::Thing, Properties: { Name: !Sub '${Stage}-queue', Arn: !GetAtt Queue.Arn } }
";

fn inspected(parameters: &[(&str, &str)]) -> Result<Inspected, TemplateError> {
    let pairs = parameters.iter().copied();
    let mut environment = environment();
    environment.parameters = pairs
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    Template::parse(TEMPLATE, "template.yaml")?.inspect(&environment)
}

fn property(inspected: &Inspected, resource: &str, name: &str) -> Option<String> {
    let resources = inspected.root.get("Resources")?;
    let properties = resources.get(resource)?.get("Properties")?;
    properties.get(name)?.text().map(str::to_owned)
}

#[test]
fn what_is_known_is_evaluated_and_what_is_not_is_marked() {
    let inspected = inspected(&[]).unwrap();
    let queue = |name| property(&inspected, "Queue", name);
    assert_eq!(queue("VisibilityTimeout").as_deref(), Some("30"));
    assert_eq!(queue("MessageRetentionPeriod").as_deref(), Some("60"));
    assert_eq!(queue("Gone"), None);
    for name in ["QueueName", "DelaySeconds", "Topic", "Strange"] {
        assert!(is_unknown(&queue(name).unwrap()), "{name}");
    }
}

#[test]
fn what_is_not_known_is_equal_to_itself() {
    let inspected = inspected(&[]).unwrap();
    let name = property(&inspected, "Reader", "Name").unwrap();
    assert_eq!(
        Some(&name),
        property(&inspected, "Queue", "QueueName").as_ref()
    );
    assert_eq!(with_unknowns_as(&name, "*"), "*-queue");
    assert_eq!(
        property(&inspected, "Reader", "Arn").as_ref(),
        inspected.arns.get("Queue")
    );
}

#[test]
fn a_given_parameter_is_known_and_must_exist() {
    let inspected_with = inspected(&[("Stage", "prod")]).unwrap();
    let queue = |name| property(&inspected_with, "Queue", name);
    assert_eq!(queue("QueueName").as_deref(), Some("prod-queue"));
    assert_eq!(queue("DelaySeconds").as_deref(), Some("1"));
    assert!(inspected(&[("Stage", "test")]).is_err());
    assert!(inspected(&[("Nobody", "x")]).is_err());
}
