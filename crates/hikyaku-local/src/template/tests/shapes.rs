//! Small templates whose lines are known.

/// Queue `Q`, FIFO queue `F`, function `Work` and a topic (lines 1 to 13), then more resources from line 14 on.
pub(super) fn with(more: &str) -> String {
    format!(
        "Resources:
  Q:
    Type: AWS::SQS::Queue
    Properties: {{ VisibilityTimeout: 60 }}
  F:
    Type: AWS::SQS::Queue
    Properties: {{ FifoQueue: true, VisibilityTimeout: 60 }}
  Work:
    Type: AWS::Lambda::Function
    Properties:
      Timeout: 10
  Topic:
    Type: AWS::SNS::Topic
{more}"
    )
}

fn indented(properties: &str) -> String {
    properties
        .lines()
        .fold(String::new(), |text, line| text + "      " + line + "\n")
}

/// An event source mapping from line 14 on: its properties begin on line 17.
pub(super) fn mapping(properties: &str) -> String {
    let lines = indented(properties);
    with(&format!(
        "  M:\n    Type: AWS::Lambda::EventSourceMapping\n    Properties:\n{lines}      FunctionName: !Ref Work\n"
    ))
}

/// A queue alone: its properties begin on line 5.
pub(super) fn queue(properties: &str) -> String {
    let lines = indented(properties);
    format!("Resources:\n  Q:\n    Type: AWS::SQS::Queue\n    Properties:\n{lines}")
}

/// A function alone: its properties begin on line 5.
pub(super) fn function(properties: &str) -> String {
    let lines = indented(properties);
    format!("Resources:\n  Work:\n    Type: AWS::Serverless::Function\n    Properties:\n{lines}")
}

/// A Scheduler schedule from line 14 on: its properties begin on line 17, its target's on line 19.
pub(super) fn schedule(expression: &str, target: &str) -> String {
    with(&format!(
        "  S:\n    Type: AWS::Scheduler::Schedule\n    Properties:\n      {expression}\n      Target:\n        {target}\n"
    ))
}

/// A rule from line 14 on: its expression is on line 17, its targets on line 18.
pub(super) fn rule(expression: &str, target: &str) -> String {
    with(&format!(
        "  R:\n    Type: AWS::Events::Rule\n    Properties:\n      {expression}\n      Targets: [{target}]\n"
    ))
}
