//! Text that means harm, or that is merely broken.

use std::fmt::Write as _;

use proptest::prelude::*;

use super::*;

#[test]
fn deep_nesting_is_refused_before_it_costs_anything() {
    // The parser has a limit of its own for brackets.
    refused(&"[".repeat(100_000), 1, "recursion limit exceeded");
    refused(&"{a: ".repeat(100_000), 1, "recursion limit exceeded");
    refused(&"{a: ".repeat(100), 1, "levels of nesting");
    refused(&"- ".repeat(100_000), 1, "levels of nesting");
    refused(
        &format!("Resources: {}{}", "[".repeat(64), "]".repeat(64)),
        1,
        "levels of nesting",
    );
}

#[test]
fn aliases_are_refused() {
    let laughs = "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n";
    refused(laughs, 2, "aliases are refused");
    refused("Resources: &all\n  Queue: *all\n", 2, "aliases are refused");
    refused(
        "Base: {}\nResources:\n  <<: {}\n",
        3,
        "merge keys are refused",
    );
}

#[test]
fn aliases_can_be_read_within_bounds() {
    let read = |text: &str| Template::parse(text, "template.yaml");
    let small = "Base: &base { a: 1, b: 2 }\nOwn: { <<: *base, b: 3, c: *base }\n";
    let template = read(small).unwrap();
    assert_eq!(template.alias_line(), Some(2));
    let own = template.root().get("Own").unwrap();
    let texts = ["a", "b"].map(|key| own.get(key).and_then(Node::text).unwrap());
    assert_eq!(texts, ["1", "3"]);
    assert_eq!(own.get("c"), template.root().get("Base"));
    // Ten lists of ten of the one before: 10,000,000,000 values. And a list in a list in a list: too deep to walk through.
    let laughs: Vec<String> = (1..10)
        .map(|level| {
            format!(
                "a{level}: &a{level} [{}]\n",
                format!("*a{},", level - 1).repeat(10)
            )
        })
        .collect();
    assert!(read(&format!("a0: &a0 [x]\n{}", laughs.concat())).is_err());
    let tower: Vec<String> = (1..500)
        .map(|level| format!("a{level}: &a{level} [[*a{}]]\n", level - 1))
        .collect();
    assert!(read(&format!("a0: &a0 [x]\n{}", tower.concat())).is_err());
}

#[test]
fn broken_text_is_refused_with_its_line() {
    refused("", 1, "empty");
    refused("# only a comment\n", 1, "empty");
    refused("just text", 1, "a template is a mapping");
    refused("[1, 2]", 1, "a template is a mapping");
    refused("Resources:\n  Queue: {Type: a\n", 3, "this is not YAML");
    refused("Resources:\n\tQueue: 1\n", 2, "this is not YAML");
    refused(
        "Resources: {}\n---\nResources: {}\n",
        2,
        "a second document",
    );
    refused(
        "Resources:\n  A: {Type: x}\n  B: {Type: x}\n  A: {Type: x}\n",
        4,
        "`A` stands here twice, first on line 2",
    );
    refused(
        "Resources:\n  ? [a]\n  : b\n",
        2,
        "a key must be a single value",
    );
    refused(
        "Resources:\n  Queue:\n    Properties: {}\n",
        2,
        "`Queue` has no `Type`",
    );
    refused(
        "Resources:\n  Fn::ForEach::Queues: []\n",
        2,
        "is not supported",
    );
    refused(
        "Resources:\n  A: !Wrong x\n",
        2,
        "`!Wrong` is not a tag of CloudFormation",
    );
    refused("Parameters: [a]\n", 1, "`Parameters` must be a mapping");
    let large = format!("Description: {}\n", "x".repeat(1_048_576));
    refused(&large, 1, "CloudFormation takes 1048576");
}

#[test]
fn a_byte_order_mark_is_no_part_of_the_text() {
    assert_eq!(stack("\u{feff}Resources: {}").functions.len(), 0);
}

#[test]
fn names_that_need_themselves_are_refused() {
    let text = "Resources:
  A:
    Type: AWS::SQS::Queue
    Properties: { QueueName: !Sub '${B.QueueName}x' }
  B:
    Type: AWS::SQS::Queue
    Properties: { QueueName: !GetAtt A.QueueName }
";
    refused(text, 2, "it depends on itself: A -> B -> A");
    let conditions = "Conditions:
  A: !Not [!Condition B]
  B: !And [!Condition A, !Condition A]
Resources:
  Q: { Type: AWS::SQS::Queue, Condition: A }
";
    refused(
        conditions,
        2,
        "Conditions.A -> Conditions.B -> Conditions.A",
    );
}

#[test]
fn long_chains_end_in_an_error_and_not_in_an_overflow() {
    let mut text = "Resources:\n".to_owned();
    for index in 0..400 {
        let next = index + 1;
        writeln!(text, "  Q{index}: {{Type: AWS::SQS::Queue, Properties: {{QueueName: !GetAtt Q{next}.QueueName}}}}").expect("written");
    }
    text.push_str("  Q400: {Type: AWS::SQS::Queue}\n");
    let error = resolve(&text).expect_err("too deep").to_string();
    assert!(
        error.contains("depend on each other over 128 levels"),
        "{error}"
    );
}

#[test]
fn many_entries_are_read_quickly_or_refused() {
    let keys = (0..60_000).fold("Mappings:\n".to_owned(), |text, index| {
        text + &format!("  k{index}: 1\n")
    });
    assert_eq!(stack(&keys).queues.len(), 0);
    let queues = (0..501).fold("Resources:\n".to_owned(), |text, index| {
        text + &format!("  Q{index}: {{Type: AWS::SQS::Queue}}\n")
    });
    refused(&queues, 502, "CloudFormation takes 500 resources");
}

#[test]
fn exponential_chains_are_answered_quickly() {
    let mut text = "Conditions:\n  C0: !Equals [a, a]\n".to_owned();
    for index in 1..60 {
        let before = index - 1;
        writeln!(
            text,
            "  C{index}: !And [!Condition C{before}, !Condition C{before}, !Condition C{before}]"
        )
        .expect("written");
    }
    text.push_str("Resources:\n  Q: {Type: AWS::SQS::Queue, Condition: C59}\n");
    assert_eq!(stack(&text).queues.len(), 1);
    let mut names =
        "Resources:\n  Q0: {Type: AWS::Events::Rule, Properties: {Name: aaaaaaaaaaaaaaaa}}\n"
            .to_owned();
    for index in 1..60 {
        let before = index - 1;
        writeln!(names, "  Q{index}: {{Type: AWS::Events::Rule, Properties: {{Name: !Sub '${{Q{before}}}${{Q{before}}}'}}}}").expect("written");
    }
    names
        .push_str("  F: {Type: AWS::Serverless::Function, Properties: {FunctionName: !Ref Q59}}\n");
    let error = resolve(&names)
        .expect_err("it grows without end")
        .to_string();
    assert!(error.contains("`Fn::Sub` makes more than"), "{error}");
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in "(?s).{0,200}") {
        let _ = resolve(&text);
    }

    #[test]
    fn any_value_in_any_property_is_read_or_refused(
        value in "[-0-9a-zA-Z!{}\\[\\]:,.'$ ]{0,30}",
        property in prop::sample::select(vec!["QueueName", "RedrivePolicy", "RedriveAllowPolicy", "FifoQueue", "VisibilityTimeout"]),
    ) {
        let _ = resolve(&format!("Resources:\n  Q:\n    Type: AWS::SQS::Queue\n    Properties:\n      {property}: {value}\n"));
    }
}
