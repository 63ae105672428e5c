//! Templates of nested stacks, read into the one that names them.

use std::fs;
use std::path::Path;

use tempfile::TempDir;

use super::super::*;
use super::environment;

const OUTER: &str = r#"Transform: AWS::Serverless-2016-10-31
Parameters:
  Url: { Type: String, Default: "" }
  Subnets: { Type: CommaDelimitedList, Default: "subnet-1,subnet-2" }
Conditions:
  HasLane: !Not [!Equals [!Ref Url, ""]]
Globals:
  Function:
    Timeout: 99
    Environment: { Variables: { OUTER: outer } }
Resources:
  Jobs:
    Type: AWS::SQS::Queue
    Properties: { VisibilityTimeout: 120 }
  LaneLog:
    Type: AWS::SQS::Queue
    Condition: HasLane
  Own:
    Type: AWS::Serverless::Function
    Metadata: { BuildMethod: rust-cargolambda, BuildProperties: { Binary: own } }
    Properties:
      Runtime: provided.al2023
      Handler: bootstrap
      CodeUri: .
      Environment:
        Variables:
          LANE: !If [HasLane, !GetAtt Lane.Outputs.Name, ""]
          SAID: !If [HasLane, !Sub "${Lane.Outputs.Name} and ${Jobs}", ""]
  Lane:
    Type: AWS::Serverless::Application
    Condition: HasLane
    Properties:
      Location: nested/lane.yaml
      Parameters:
        Queue: !GetAtt Jobs.Arn
        Log: !GetAtt LaneLog.QueueName
        Url: !Ref Url
        Subnets: !Join [",", !Ref Subnets]
"#;

const LANE: &str = r#"Transform: AWS::Serverless-2016-10-31
Parameters:
  Queue: { Type: String }
  Url: { Type: String }
  Subnets: { Type: CommaDelimitedList, Default: "" }
  Log: { Type: String }
  Loud: { Type: String, Default: "no", AllowedValues: ["yes", "no"] }
Conditions:
  IsLoud: !Equals [!Ref Loud, "yes"]
  HasLog: !Not [!Equals [!Ref Log, ""]]
Mappings:
  Words: { told: { word: hello } }
Globals:
  Function:
    Runtime: provided.al2023
    Handler: bootstrap
    CodeUri: ..
Resources:
  Function:
    Type: AWS::Serverless::Function
    Metadata: { BuildMethod: rust-cargolambda, BuildProperties: { Binary: lane } }
    Properties:
      Timeout: 20
      Environment:
        Variables:
          URL: !Sub "${Url}/${Word}?first=${First}&stack=${AWS::StackName}"
          WORD: !FindInMap [Words, told, word]
          VOLUME: !If [IsLoud, loud, quiet]
          TABLE: !Ref Table
          FIRST: !Select [0, !Ref Subnets]
          QUEUE_NAME: !Select [5, !Split [":", !Ref Queue]]
      Events:
        Messages:
          Type: SQS
          Properties: { Queue: !Ref Queue, BatchSize: 1, FunctionResponseTypes: [ReportBatchItemFailures] }
  Table:
    Type: AWS::DynamoDB::Table
    Properties:
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{ AttributeName: pk, AttributeType: S }]
      KeySchema: [{ AttributeName: pk, KeyType: HASH }]
  Second:
    Type: AWS::SQS::Queue
    Condition: IsLoud
  Logged:
    Type: AWS::SQS::Queue
    Condition: HasLog
Outputs:
  Name: { Value: !Ref Function }
"#;

fn write(folder: &TempDir, file: &str, text: &str) {
    let path = folder.path().join(file);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// A folder with both templates, the inner one changed.
fn folder(inner: impl Fn(&str) -> String) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    write(&folder, "template.yaml", OUTER);
    let inner = inner(LANE).replace("${Word}?first=${First}", "jobs");
    write(&folder, "nested/lane.yaml", &inner);
    folder
}

fn read(folder: &TempDir) -> Result<Template, TemplateError> {
    Template::read(folder.path().join("template.yaml"))
}

/// The line on which a text first contains some words.
fn line_of(text: &str, words: &str) -> usize {
    let line = text.lines().position(|line| line.contains(words));
    line.unwrap() + 1
}

fn with_lane() -> Environment {
    Environment {
        parameters: [("Url".to_owned(), "https://app".to_owned())].into(),
        ..environment()
    }
}

fn refused(folder: &TempDir) -> String {
    let stack = read(folder).and_then(|template| template.resolve(&with_lane()));
    let error = stack.expect_err("it should be refused").to_string();
    error.replace(&folder.path().display().to_string(), "…")
}

#[test]
fn a_nested_stack_is_read_as_if_its_resources_stood_in_the_outer_template() {
    let folder = folder(str::to_owned);
    let stack = read(&folder).unwrap().resolve(&with_lane()).unwrap();
    let lane = stack.function("LaneFunction").unwrap();
    assert_eq!(lane.name, "shop-LaneFunction");
    let wanted = [
        ("URL", "https://app/jobs&stack=shop-Lane"),
        ("WORD", "hello"),
        ("VOLUME", "quiet"),
        ("TABLE", "shop-LaneTable"),
        ("FIRST", "subnet-1"),
        ("QUEUE_NAME", "shop-Jobs"),
    ];
    for (name, value) in wanted {
        assert_eq!(
            lane.environment.get(name).map(String::as_str),
            Some(value),
            "{name}"
        );
    }
    let own = &stack.function("Own").unwrap().environment;
    assert_eq!(own["LANE"], "shop-LaneFunction");
    let url = &stack.queue("Jobs").unwrap().url;
    assert_eq!(own["SAID"], format!("shop-LaneFunction and {url}"));
    let mapping = &stack.mappings[0];
    assert_eq!(
        (&*mapping.queue, &*mapping.function),
        ("shop-Jobs", "shop-LaneFunction")
    );
    assert!(
        stack.queue("LaneSecond").is_none(),
        "its condition does not hold"
    );
    assert!(stack.ignored.is_empty(), "{:?}", stack.ignored);
}

#[test]
fn globals_reach_the_functions_of_their_own_template() {
    let folder = folder(str::to_owned);
    let stack = read(&folder).unwrap().resolve(&with_lane()).unwrap();
    let lane = stack.function("LaneFunction").unwrap();
    assert_eq!(lane.timeout.as_secs(), 20);
    assert!(!lane.environment.contains_key("OUTER"));
    assert_eq!(stack.function("Own").unwrap().timeout.as_secs(), 99);
}

#[test]
fn code_lies_where_the_nested_template_says() {
    let folder = folder(str::to_owned);
    let template = read(&folder).unwrap();
    let lane = template
        .root()
        .get("Resources")
        .unwrap()
        .get("LaneFunction")
        .unwrap();
    let code = lane.get("Properties").unwrap().get("CodeUri").unwrap();
    assert_eq!(code.text(), Some("."));
}

#[test]
fn a_nested_stack_whose_condition_does_not_hold_has_nothing() {
    let folder = folder(|inner| inner.replace("Default: \"no\"", "Default: \"yes\""));
    let template = read(&folder).unwrap();
    let without = template.resolve(&environment()).unwrap();
    assert_eq!(
        (
            without.functions.len(),
            without.queues.len(),
            without.tables.len()
        ),
        (1, 1, 0)
    );
    let with = template.resolve(&with_lane()).unwrap();
    assert!(with.queue("LaneSecond").is_some());
    assert!(
        with.queue("LaneLogged").is_some(),
        "its condition is about a queue that is there only together with it"
    );
    let inspected = template.inspect(&environment()).unwrap();
    let left_out: Vec<&str> = inspected.left_out.iter().map(String::as_str).collect();
    assert_eq!(
        left_out,
        [
            "Lane",
            "LaneFunction",
            "LaneLog",
            "LaneLogged",
            "LaneSecond",
            "LaneTable"
        ]
    );
}

#[test]
fn an_error_names_the_nested_file_and_its_line() {
    let folder = folder(|inner| inner.replace("BatchSize: 1", "BatchSize: 0"));
    let said = refused(&folder);
    let line = line_of(LANE, "BatchSize");
    let wanted = format!("…/nested/lane.yaml:{line}: LaneFunction.Events.Messages.BatchSize");
    assert!(said.starts_with(&wanted), "{said}");
    let folder = self::folder(|inner| inner.replace("    Type: AWS::SQS::Queue", "   Type: oops"));
    let said = refused(&folder);
    assert!(said.starts_with("…/nested/lane.yaml:"), "{said}");
}

#[test]
fn a_line_of_another_file_is_named_with_its_file() {
    let folder = folder(|inner| inner.replace("Timeout: 20", "Timeout: 200"));
    let said = refused(&folder);
    let line = line_of(LANE, "BatchSize");
    assert!(
        said.starts_with(&format!("…/nested/lane.yaml:{line}: ")),
        "{said}"
    );
    let line = line_of(OUTER, "  Jobs:");
    assert!(
        said.contains(&format!("(120 s, …/template.yaml:{line})")),
        "{said}"
    );
}

#[test]
fn parameters_are_those_that_the_nested_template_declares() {
    let folder = folder(|inner| inner.replace("  Url: { Type: String }\n", ""));
    let said = refused(&folder);
    let line = line_of(OUTER, "Url: !Ref Url");
    let wanted =
        format!("…/template.yaml:{line}: Lane.Parameters.Url: its template declares no such");
    assert!(said.starts_with(&wanted), "{said}");
    let folder = self::folder(|inner| inner.replace("Default: \"no\", ", ""));
    let said = refused(&folder);
    let line = line_of(OUTER, "  Lane:");
    let wanted = format!("…/template.yaml:{line}: Lane: its template needs the parameter `Loud`");
    assert!(said.starts_with(&wanted), "{said}");
    let folder = self::folder(str::to_owned);
    write(
        &folder,
        "template.yaml",
        &OUTER.replace(
            "        Url: !Ref Url\n",
            "        Url: !Ref Url\n        Loud: perhaps\n",
        ),
    );
    let said = refused(&folder);
    assert!(
        said.contains("Lane.Parameters.Loud: `perhaps` is not one of its AllowedValues: yes, no"),
        "{said}"
    );
}

#[test]
fn a_template_that_nests_itself_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let circle = "Resources:\n  Again: { Type: AWS::CloudFormation::Stack, Properties: { TemplateURL: template.yaml } }\n";
    write(&folder, "template.yaml", circle);
    assert!(refused(&folder).contains("does a template nest itself?"));
}

#[test]
fn a_nested_template_that_is_not_there_is_named() {
    let folder = folder(str::to_owned);
    fs::remove_file(folder.path().join("nested/lane.yaml")).unwrap();
    assert_eq!(
        refused(&folder),
        "reading the template `…/nested/lane.yaml`"
    );
}

#[test]
fn a_template_that_is_no_file_stays_a_resource_that_is_not_run() {
    let folder = tempfile::tempdir().unwrap();
    for location in [
        "s3://bucket/lane.yaml",
        "https://bucket.s3.amazonaws.com/lane.yaml",
    ] {
        write(
            &folder,
            "template.yaml",
            &format!(
                "Resources:\n  Far: {{ Type: AWS::CloudFormation::Stack, Properties: {{ TemplateURL: \"{location}\" }} }}\n"
            ),
        );
        let stack = read(&folder).unwrap().resolve(&environment()).unwrap();
        assert_eq!(stack.ignored[0].logical_id, "Far");
    }
}

#[test]
fn nested_stacks_nest() {
    let folder = tempfile::tempdir().unwrap();
    write(
        &folder,
        "template.yaml",
        "Parameters: { Name: { Type: String, Default: deep } }\nResources:\n  A: { Type: AWS::CloudFormation::Stack, Properties: { TemplateURL: a/a.yaml, Parameters: { Name: !Ref Name } } }\nOutputs: { Found: { Value: !GetAtt A.Outputs.Found } }\n",
    );
    write(
        &folder,
        "a/a.yaml",
        "Parameters: { Name: { Type: String } }\nResources:\n  B: { Type: AWS::CloudFormation::Stack, Properties: { TemplateURL: b.yaml, Parameters: { Name: !Sub \"${Name}er\" } } }\nOutputs: { Found: { Value: !GetAtt [B, Outputs.Found] } }\n",
    );
    write(
        &folder,
        "a/b.yaml",
        "Parameters: { Name: { Type: String } }\nResources:\n  C: { Type: AWS::SQS::Queue, Properties: { QueueName: !Ref Name } }\nOutputs: { Found: { Value: !GetAtt C.Arn } }\n",
    );
    let template = read(&folder).unwrap();
    let stack = template.resolve(&environment()).unwrap();
    assert_eq!(stack.queue("ABC").unwrap().name, "deeper");
    let inspected = template.inspect(&environment()).unwrap();
    let found = inspected.root.get("Outputs").unwrap().get("Found").unwrap();
    assert_eq!(
        found.get("Value").unwrap().text(),
        Some(&*stack.queue("ABC").unwrap().arn)
    );
    let place = template.place(stack.queue("ABC").unwrap().line);
    assert!(Path::new(&place.source).ends_with("a/b.yaml"));
    assert_eq!(place.line, 3);
}
