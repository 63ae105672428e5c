//! One queue feeds one function.

use super::{Finding, Rule, Severity, Stack};

pub(super) static RULE: Rule = Rule {
    id: "one-function",
    severity: Severity::Error,
    title: "Two functions take messages from one queue",
    why: "A message goes to one of them, whichever asks first. Half of the jobs reach a function that does not know them.",
    page: "https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html",
    fix: "# A queue for each function; the producer chooses the queue.",
    check,
};

pub(super) static ARN: Rule = Rule {
    id: "queue-arn",
    severity: Severity::Error,
    title: "A mapping names its queue by URL",
    why: "`!Ref` of a queue is its URL. A mapping takes the ARN, and the stack is not deployed.",
    page: "https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-function-sqs.html",
    fix: "Queue: !GetAtt OrdersQueue.Arn",
    check: check_arn,
};

fn check(stack: &Stack) -> Vec<Finding> {
    let mut found = Vec::new();
    for (index, queue) in stack.queues.iter().enumerate() {
        let mut mappings = stack
            .mappings
            .iter()
            .filter(|mapping| mapping.queue == Some(index));
        let first = mappings.next();
        for mapping in mappings {
            let what = format!(
                "{} takes messages of {} beside {}",
                mapping.part.id,
                queue.id(),
                first.map_or("", |first| &first.part.id)
            );
            found.push(RULE.found(&mapping.part.id, mapping.part.line, what));
        }
    }
    found
}

fn check_arn(stack: &Stack) -> Vec<Finding> {
    let named = stack.mappings.iter().filter_map(|mapping| {
        let queue = &stack.queues[mapping.queue?];
        let key = if mapping.is_event {
            "Queue"
        } else {
            "EventSourceArn"
        };
        (mapping.source != queue.arn).then(|| {
            let what = format!(
                "`{key}` is the URL or the name of {}, not its ARN",
                queue.id()
            );
            ARN.found(&mapping.part.id, mapping.part.line_of(key), what)
                .fix(format!("{key}: !GetAtt {}.Arn", queue.id()))
        })
    });
    named.collect()
}
