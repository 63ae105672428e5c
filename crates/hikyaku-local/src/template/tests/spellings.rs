//! Valid templates in the spellings that CloudFormation and SAM know.

use super::*;
use crate::template::Target;

const QUEUE: &str = "
  Q: { Type: AWS::SQS::Queue, Properties: { QueueName: q, VisibilityTimeout: 60 } }
";

fn function(properties: &str) -> String {
    format!(
        "
  F:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: f
      Timeout: 60
{properties}"
    )
}

fn resources(parts: &[&str]) -> String {
    format!(
        "Transform: AWS::Serverless-2016-10-31\nResources:{}",
        parts.concat()
    )
}

#[test]
fn truth_is_written_in_the_words_of_yaml() {
    let enabled = |word: &str| {
        let event = format!(
            "      Events: {{ E: {{ Type: SQS, Properties: {{ Queue: !GetAtt Q.Arn, Enabled: {word} }} }} }}\n"
        );
        resources(&[QUEUE, &function(&event)])
    };
    for (words, expected) in [
        (
            [
                "yes", "Yes", "YES", "on", "On", "ON", "true", "True", "TRUE",
            ],
            true,
        ),
        (
            [
                "no", "No", "NO", "off", "Off", "OFF", "false", "False", "FALSE",
            ],
            false,
        ),
    ] {
        for word in words {
            assert_eq!(
                stack(&enabled(word)).mappings[0].enabled,
                expected,
                "{word}"
            );
        }
    }
    for text in ["'true'", "\"false\""] {
        stack(&enabled(text));
    }
    for text in ["'no'", "\"yes\"", "nope", "y", "0"] {
        let error = resolve(&enabled(text)).expect_err(text).to_string();
        assert!(error.contains("neither true nor false"), "{text}: {error}");
    }
}

#[test]
fn a_word_of_truth_is_true_or_false_wherever_it_stands() {
    let text = format!(
        "
Parameters: {{ Asked: {{ Type: String, Default: no, AllowedValues: [yes, no] }} }}
Conditions: {{ Never: !Equals [!Ref Asked, yes] }}
{}",
        resources(&[
            "
  N: { Type: AWS::SQS::Queue, Condition: Never }
  Q: { Type: AWS::SQS::Queue, Properties: { FifoQueue: yes } }
",
            &function(
                "      Environment: { Variables: { DEBUG: On, WORD: 'on', COUNTRY: \"no\", TEXT: !Ref Asked } }\n"
            ),
        ])
    );
    let stack = stack(&text);
    assert_eq!(stack.queues.len(), 1);
    assert_eq!(stack.queues[0].name, "shop-Q.fifo");
    let told = &stack.functions[0].environment;
    let told = ["DEBUG", "WORD", "COUNTRY", "TEXT"].map(|name| told[name].as_str());
    assert_eq!(told, ["true", "on", "no", "false"]);
}

#[test]
fn each_word_of_a_list_is_one_of_the_allowed_values() {
    let with = |parameter: &str| {
        format!(
            "Parameters: {{ P: {{ {parameter} }} }}\n{}",
            resources(&[&function(
                "      Environment: { Variables: { LIST: !Join ['|', !Ref P] } }\n"
            )])
        )
    };
    for (parameter, joined) in [
        (
            "Type: CommaDelimitedList, Default: 'one, two', AllowedValues: [one, two, three]",
            "one|two",
        ),
        (
            "Type: CommaDelimitedList, Default: 'one,two,one', AllowedValues: [one, two]",
            "one|two|one",
        ),
        (
            "Type: CommaDelimitedList, Default: ' two ', AllowedValues: [one, two]",
            "two",
        ),
        (
            "Type: List<Number>, Default: '1, 2', AllowedValues: [1, 2, 3]",
            "1|2",
        ),
        ("Type: List<String>, Default: 'a, b'", "a|b"),
    ] {
        let stack = stack(&with(parameter));
        assert_eq!(
            stack.functions[0].environment["LIST"], joined,
            "{parameter}"
        );
    }
    refused(
        &with("Type: CommaDelimitedList, Default: 'one, four', AllowedValues: [one, two]"),
        1,
        "`four` is not one of its AllowedValues",
    );
    let text = with("Type: CommaDelimitedList, AllowedValues: [one, two]");
    let mut given = environment();
    given
        .parameters
        .insert("P".to_owned(), "two, one".to_owned());
    let template = Template::parse(&text, "template.yaml").unwrap();
    assert_eq!(
        template.resolve(&given).unwrap().functions[0].environment["LIST"],
        "two|one"
    );
    // Text is no list, whatever it looks like.
    let text = "Parameters: { P: { Type: String, Default: 'one, two', AllowedValues: [one, two] } }\nResources: {}\n";
    refused(text, 1, "`one, two` is not one of its AllowedValues");
}

const ALIAS: &str = "
  V: { Type: AWS::Lambda::Version, Properties: { FunctionName: !Ref F } }
  A: { Type: AWS::Lambda::Alias, Properties: { Name: live, FunctionName: !GetAtt F.Arn, FunctionVersion: !GetAtt V.Version } }
";

#[test]
fn a_mapping_finds_its_function_by_an_alias_or_a_version() {
    for named in [
        "!Ref A",
        "!GetAtt A.AliasArn",
        "!Ref V",
        "!GetAtt V.FunctionArn",
        "!Ref F.Alias",
        "!Ref F.Version",
        "!Sub '${F.Arn}:live'",
        "!Sub '${F}:live'",
        "f:live",
    ] {
        let mapping = format!(
            "
  M: {{ Type: AWS::Lambda::EventSourceMapping, Properties: {{ FunctionName: {named}, EventSourceArn: !GetAtt Q.Arn }} }}
"
        );
        let function = function("      AutoPublishAlias: live\n");
        let stack = stack(&resources(&[QUEUE, &function, ALIAS, &mapping]));
        assert_eq!(stack.mappings[0].function, "f", "{named}");
    }
}

#[test]
fn schedules_and_destinations_find_a_function_by_an_alias() {
    let schedule = "
  S:
    Type: AWS::Scheduler::Schedule
    Properties:
      ScheduleExpression: rate(1 day)
      FlexibleTimeWindow: { Mode: 'OFF' }
      Target: { Arn: !Ref A, RoleArn: 'arn:aws:iam::000000000000:role/x' }
  R:
    Type: AWS::Events::Rule
    Properties:
      ScheduleExpression: rate(1 day)
      Targets: [{ Id: a, Arn: !Ref A }]
";
    let stack = stack(&resources(&[&function(""), ALIAS, schedule]));
    assert_eq!(stack.schedules.len(), 2);
    for schedule in &stack.schedules {
        assert_eq!(schedule.target, Target::Function("f".to_owned()));
    }
}

#[test]
fn an_alias_of_nothing_is_no_function() {
    for alias in [
        "{ Name: live, FunctionName: gone, FunctionVersion: '1' }",
        "{ Name: live, FunctionName: !Ref A, FunctionVersion: '1' }",
        "{ Name: live, FunctionVersion: '1' }",
    ] {
        let rest = format!(
            "
  A: {{ Type: AWS::Lambda::Alias, Properties: {alias} }}
  M: {{ Type: AWS::Lambda::EventSourceMapping, Properties: {{ FunctionName: A, EventSourceArn: !GetAtt Q.Arn }} }}
"
        );
        let error = resolve(&resources(&[QUEUE, &function(""), &rest])).unwrap_err();
        assert!(
            error
                .to_string()
                .contains("is no function of this template"),
            "{error}"
        );
    }
}

#[test]
fn a_function_is_told_the_level_and_the_format_of_its_logs() {
    let told = |logging: &str, variables: &str| {
        let text = format!(
            "      LoggingConfig: {logging}\n      Environment: {{ Variables: {{ {variables} }} }}\n"
        );
        let stack = stack(&resources(&[&function(&text)]));
        let told = &stack.functions[0].environment;
        ["AWS_LAMBDA_LOG_LEVEL", "AWS_LAMBDA_LOG_FORMAT"]
            .map(|name| told.get(name).cloned().unwrap_or_default())
    };
    let json = "{ LogFormat: JSON, ApplicationLogLevel: DEBUG, SystemLogLevel: WARN, LogGroup: x }";
    assert_eq!(told(json, ""), ["DEBUG", "JSON"]);
    assert_eq!(told("{ LogFormat: JSON }", ""), ["", "JSON"]);
    assert_eq!(told("{ LogFormat: Text }", ""), ["", "Text"]);
    assert_eq!(
        told("{ LogGroup: x }", "AWS_LAMBDA_LOG_LEVEL: ERROR"),
        ["ERROR", ""]
    );
    let parameter = format!(
        "Parameters: {{ Level: {{ Type: String, Default: ERROR }} }}\n{}",
        resources(&[&function(
            "      LoggingConfig: { LogFormat: JSON, ApplicationLogLevel: !Ref Level }\n"
        )])
    );
    assert_eq!(
        stack(&parameter).functions[0].environment["AWS_LAMBDA_LOG_LEVEL"],
        "ERROR"
    );
    for (logging, words) in [
        ("{ LogFormat: Json }", "`Json` is none of Text, JSON"),
        (
            "{ LogFormat: JSON, ApplicationLogLevel: LOUD }",
            "`LOUD` is none of",
        ),
        (
            "{ LogFormat: Text, ApplicationLogLevel: INFO }",
            "`LogFormat: JSON`",
        ),
        ("{ ApplicationLogLevel: INFO }", "`LogFormat: JSON`"),
    ] {
        let text = resources(&[&function(&format!("      LoggingConfig: {logging}\n"))]);
        let error = resolve(&text).unwrap_err().to_string();
        assert!(error.contains(words), "{logging}: {error}");
    }
}
