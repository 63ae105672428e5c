//! Every intrinsic function, in its short and its long form.

use super::*;

/// The value of an expression, as an environment variable of a function shows it.
#[track_caller]
fn evaluated(expression: &str) -> String {
    let text = with(expression);
    let stack = stack(&text);
    stack.functions[0]
        .environment
        .get("VALUE")
        .cloned()
        .unwrap_or_else(|| "(none)".to_owned())
}

#[track_caller]
fn unresolved(expression: &str, words: &str) {
    refused(&with(expression), 1, words);
}

/// The expression on line 1, so that errors are easily placed.
fn with(expression: &str) -> String {
    format!(
        "Globals: {{Function: {{Environment: {{Variables: {{VALUE: {expression}}}}}}}}}
Parameters:
  Stage: {{Type: String, Default: staging}}
  Subnets: {{Type: CommaDelimitedList, Default: 'a, b,c'}}
  Image: {{Type: 'AWS::SSM::Parameter::Value<String>', Default: /images/latest}}
  Secret: {{Type: String}}
Mappings:
  Sizes: {{staging: {{Memory: 128, Zones: [x, y]}}}}
Conditions:
  Yes: !Equals [!Ref Stage, staging]
  No: !Not [!Condition Yes]
Resources:
  F: {{Type: AWS::Serverless::Function, Properties: {{AutoPublishAlias: live}}}}
  Plain: {{Type: AWS::SQS::Queue, Properties: {{QueueName: plain}}}}
  Fifo: {{Type: AWS::SQS::Queue, Properties: {{FifoQueue: true}}}}
  Ledger: {{Type: AWS::DynamoDB::Table, Properties: {{KeySchema: [{{AttributeName: k, KeyType: HASH}}], AttributeDefinitions: [{{AttributeName: k, AttributeType: S}}]}}}}
  Alarm: {{Type: AWS::CloudWatch::Alarm}}
  Absent: {{Type: AWS::SQS::Queue, Condition: No}}
"
    )
}

#[test]
fn references() {
    let values = [
        ("!Ref Stage", "staging"),
        ("{Ref: Stage}", "staging"),
        ("!Ref Image", "/images/latest"),
        ("!Ref Plain", "http://127.0.0.1:9324/000000000000/plain"),
        (
            "!Ref Fifo",
            "http://127.0.0.1:9324/000000000000/shop-Fifo.fifo",
        ),
        ("!Ref F", "shop-F"),
        (
            "!Ref F.Alias",
            "arn:aws:lambda:us-east-1:000000000000:function:shop-F:live",
        ),
        ("!Ref Ledger", "shop-Ledger"),
        ("!Ref Alarm", "Alarm"),
        ("!Ref FRole", "FRole"),
        ("!Ref AWS::Region", "us-east-1"),
        ("!Ref AWS::AccountId", "000000000000"),
        ("!Ref AWS::StackName", "shop"),
        ("!Ref AWS::Partition", "aws"),
        ("!Ref AWS::URLSuffix", "amazonaws.com"),
        ("!Ref AWS::NoValue", "(none)"),
    ];
    for (expression, expected) in values {
        assert_eq!(evaluated(expression), expected, "{expression}");
    }
    unresolved(
        "!Ref Nowhere",
        "`Nowhere` is neither a parameter nor a resource",
    );
    unresolved(
        "!Ref Secret",
        "the parameter `Secret` (line 6) has no default",
    );
    unresolved(
        "!Ref Absent",
        "the condition of `Absent` (line 18) is false",
    );
    unresolved("!Ref Subnets", "text is needed here, not a list");
}

#[test]
fn attributes() {
    let values = [
        (
            "!GetAtt Plain.Arn",
            "arn:aws:sqs:us-east-1:000000000000:plain",
        ),
        (
            "!GetAtt [Plain, Arn]",
            "arn:aws:sqs:us-east-1:000000000000:plain",
        ),
        (
            "{'Fn::GetAtt': [Plain, Arn]}",
            "arn:aws:sqs:us-east-1:000000000000:plain",
        ),
        ("{'Fn::GetAtt': Plain.QueueName}", "plain"),
        (
            "!GetAtt Plain.QueueUrl",
            "http://127.0.0.1:9324/000000000000/plain",
        ),
        (
            "!GetAtt F.Arn",
            "arn:aws:lambda:us-east-1:000000000000:function:shop-F",
        ),
        (
            "!GetAtt Ledger.Arn",
            "arn:aws:dynamodb:us-east-1:000000000000:table/shop-Ledger",
        ),
        (
            "!GetAtt Alarm.Anything",
            "arn:aws:cloudwatch:us-east-1:000000000000:Alarm",
        ),
        (
            "!GetAtt FRole.Arn",
            "arn:aws:generated:us-east-1:000000000000:FRole",
        ),
    ];
    for (expression, expected) in values {
        assert_eq!(evaluated(expression), expected, "{expression}");
    }
    unresolved("!GetAtt Plain.Nothing", "has no attribute `Nothing`");
    unresolved("!GetAtt Nowhere.Arn", "`Nowhere` is neither");
    unresolved("!GetAtt Plain", "takes a resource and an attribute");
    unresolved("!GetAtt [a, b, c]", "takes a resource and an attribute");
}

#[test]
fn text_functions() {
    let values = [
        (
            "!Sub '${Stage}-${AWS::Region}-${Plain.QueueName}'",
            "staging-us-east-1-plain",
        ),
        (
            "!Sub ['${x}${Stage}', {x: !Ref AWS::AccountId}]",
            "000000000000staging",
        ),
        ("!Sub '${!Stage} $x {y} $'", "${Stage} $x {y} $"),
        ("{'Fn::Sub': '${ Stage }'}", "staging"),
        (
            "!Join ['-', [a, !Ref Stage, !Ref AWS::NoValue, c]]",
            "a-staging-c",
        ),
        ("!Join [',', !Ref Subnets]", "a,b,c"),
        ("!Select [1, [a, b]]", "b"),
        ("!Select ['2', !Ref Subnets]", "c"),
        ("!Select [1, !Split ['|', 'x|y']]", "y"),
        ("!Join ['', !Split ['-', 'a-b']]", "ab"),
        ("!Base64 hello", "aGVsbG8="),
        ("!FindInMap [Sizes, !Ref Stage, Memory]", "128"),
        ("!Select [0, !FindInMap [Sizes, staging, Zones]]", "x"),
        ("!FindInMap [Sizes, none, Memory, {DefaultValue: 64}]", "64"),
    ];
    for (expression, expected) in values {
        assert_eq!(evaluated(expression), expected, "{expression}");
    }
    unresolved("!Sub '${Stage'", "never closed");
    unresolved("!Sub '${Nowhere}'", "`Nowhere` is neither");
    unresolved("!Sub [a]", "takes a text, or a list of 2");
    unresolved("!Select [2, [a, b]]", "asks for item 2 of 2");
    unresolved("!Select [x, [a, b]]", "asks for item x");
    unresolved("!Split ['', a]", "needs a delimiter");
    unresolved("!Join [a]", "takes a list of 2");
    unresolved(
        "!FindInMap [Sizes, none, Memory]",
        "no `Sizes.none.Memory` in `Mappings`",
    );
    unresolved("!ImportValue x", "needs another stack's exports");
    unresolved("!Cidr [a, b, c]", "`Fn::Cidr` is not supported");
    unresolved("{'Fn::Sub': a, b: c}", "must stand alone");
}

#[test]
fn conditions() {
    let values = [
        ("!If [Yes, a, b]", "a"),
        ("!If [No, a, b]", "b"),
        ("{'Fn::If': [No, a, !Ref AWS::NoValue]}", "(none)"),
        ("!Equals [a, 'a']", "true"),
        ("!Equals [1, '1']", "true"),
        ("!And [!Condition Yes, !Equals [a, b]]", "false"),
        ("!Or [!Condition No, !Equals [a, a]]", "true"),
        ("!Not [!Or [!Condition Yes, !Condition No]]", "false"),
        (
            "{'Fn::And': [{Condition: Yes}, {'Fn::Not': [{Condition: No}]}]}",
            "true",
        ),
    ];
    for (expression, expected) in values {
        assert_eq!(evaluated(expression), expected, "{expression}");
    }
    unresolved("!If [Maybe, a, b]", "there is no condition `Maybe`");
    unresolved("!If [Yes, a]", "takes a list of 3");
    unresolved("!Not [maybe]", "`maybe` is not a condition");
    let stack = stack(&with("x"));
    assert!(stack.queue("Absent").is_none(), "its condition is false");
}

#[test]
fn parameters_given_must_exist_and_be_allowed() {
    let template = Template::parse(
        "Parameters:\n  Stage: {Type: String, AllowedValues: [a, b], Default: a}\n",
        "t.yaml",
    )
    .expect("parses");
    let mut environment = environment();
    environment
        .parameters
        .insert("Stage".to_owned(), "c".to_owned());
    let error = template
        .resolve(&environment)
        .expect_err("not allowed")
        .to_string();
    assert_eq!(
        error,
        "t.yaml:2: Stage: `c` is not one of its AllowedValues: a, b"
    );
    environment.parameters.clear();
    environment
        .parameters
        .insert("Stgae".to_owned(), "a".to_owned());
    let error = template
        .resolve(&environment)
        .expect_err("not declared")
        .to_string();
    assert_eq!(
        error,
        "t.yaml:1: Stgae: the template declares no such parameter"
    );
}

#[test]
fn regions_have_their_partition() {
    for (region, partition, suffix) in [
        ("cn-north-1", "aws-cn", "amazonaws.com.cn"),
        ("us-gov-west-1", "aws-us-gov", "amazonaws.com"),
        ("eu-west-1", "aws", "amazonaws.com"),
    ] {
        let environment = Environment {
            region: region.to_owned(),
            ..Environment::new("http://localhost/")
        };
        assert_eq!(
            (environment.partition(), environment.url_suffix()),
            (partition, suffix)
        );
        assert_eq!(
            environment.queue_url("q"),
            "http://localhost/000000000000/q"
        );
    }
}
