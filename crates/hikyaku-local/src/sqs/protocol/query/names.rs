//! What parameters and elements are called, and what stands behind a name. The protocol writes lists flat, under the name
//! of one element, and maps as lists of pairs.

/// What a parameter holds.
#[derive(Debug)]
pub(super) enum Shape {
    Text,
    Number,
    /// `Name.1`, `Name.2`, …
    List(&'static Shape),
    /// `Name.1.KEY` and `Name.1.Value`, `Name.2.KEY` and `Name.2.Value`, …
    Map {
        key: &'static str,
        of: &'static Shape,
    },
    /// `Name.Member`, for each of these.
    Structure(&'static [Parameter]),
}

/// A parameter's name on the wire, the input's field that it fills, and its shape.
#[derive(Debug)]
pub(super) struct Parameter {
    pub(super) name: &'static str,
    pub(super) field: &'static str,
    pub(super) shape: Shape,
}

/// The parameter of that name. What an action does not take is not looked at, as in the JSON protocol.
pub(super) fn parameter(action: &str, name: &str) -> Option<&'static Parameter> {
    if name.strip_suffix("RequestEntry") == Some(action) {
        return Some(&ENTRIES);
    }
    among(PARAMETERS, name)
}

/// The member of that name.
pub(super) fn among(parameters: &'static [Parameter], name: &str) -> Option<&'static Parameter> {
    parameters.iter().find(|parameter| parameter.name == name)
}

/// The entries of a batch: `SendMessageBatchRequestEntry.1.Id`.
const ENTRIES: Parameter = Parameter {
    name: "Entries",
    field: "Entries",
    shape: Shape::List(&Shape::Structure(PARAMETERS)),
};

/// Every parameter of every action and of a batch's entries: no name has two meanings.
const PARAMETERS: &[Parameter] = &[
    text("QueueUrl"),
    text("QueueName"),
    text("QueueNamePrefix"),
    text("QueueOwnerAWSAccountId"),
    text("Id"),
    text("MessageBody"),
    text("MessageDeduplicationId"),
    text("MessageGroupId"),
    text("ReceiptHandle"),
    text("ReceiveRequestAttemptId"),
    text("NextToken"),
    text("SourceArn"),
    text("DestinationArn"),
    text("TaskHandle"),
    number("DelaySeconds"),
    number("VisibilityTimeout"),
    number("WaitTimeSeconds"),
    number("MaxNumberOfMessages"),
    number("MaxNumberOfMessagesPerSecond"),
    number("MaxResults"),
    texts("AttributeName", "AttributeNames"),
    texts("MessageAttributeName", "MessageAttributeNames"),
    texts("MessageSystemAttributeName", "MessageSystemAttributeNames"),
    texts("TagKey", "TagKeys"),
    map("Attribute", "Attributes", "Name", &Shape::Text),
    map("Tag", "Tags", "Key", &Shape::Text),
    map("Tags", "Tags", "Key", &Shape::Text), // what the SDKs make of `TagQueue`
    map("MessageAttribute", "MessageAttributes", "Name", ATTRIBUTE),
    map(
        "MessageSystemAttribute",
        "MessageSystemAttributes",
        "Name",
        ATTRIBUTE,
    ),
];

/// The value of a message attribute.
const ATTRIBUTE: &Shape = &Shape::Structure(&[
    text("DataType"),
    text("StringValue"),
    text("BinaryValue"),
    texts("StringListValue", "StringListValues"),
    texts("BinaryListValue", "BinaryListValues"),
]);

const fn text(name: &'static str) -> Parameter {
    let shape = Shape::Text;
    Parameter {
        name,
        field: name,
        shape,
    }
}

const fn number(name: &'static str) -> Parameter {
    let shape = Shape::Number;
    Parameter {
        name,
        field: name,
        shape,
    }
}

const fn texts(name: &'static str, field: &'static str) -> Parameter {
    let shape = Shape::List(&Shape::Text);
    Parameter { name, field, shape }
}

const fn map(
    name: &'static str,
    field: &'static str,
    key: &'static str,
    of: &'static Shape,
) -> Parameter {
    let shape = Shape::Map { key, of };
    Parameter { name, field, shape }
}

/// How a field of an output is written.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Element {
    /// As an element of this name, for each element of a list.
    Named(String),
    /// As a pair of this name for each entry of a map, the key called so.
    Pairs(&'static str, &'static str),
}

/// How an output's field is written in the answer to that action.
pub(super) fn element(action: &str, field: &str) -> Element {
    match field {
        "Attributes" => Element::Pairs("Attribute", "Name"),
        "MessageAttributes" => Element::Pairs("MessageAttribute", "Name"),
        "Tags" => Element::Pairs("Tag", "Key"),
        "Messages" => Element::Named("Message".to_owned()),
        "QueueUrls" | "queueUrls" => Element::Named("QueueUrl".to_owned()),
        "Successful" | "Results" => Element::Named(format!("{action}ResultEntry")),
        "Failed" => Element::Named("BatchResultErrorEntry".to_owned()),
        _ => Element::Named(field.to_owned()),
    }
}

/// Whether the answer to that action has a result at all; an empty one is written, too.
pub(super) fn has_result(action: &str) -> bool {
    !matches!(
        action,
        "ChangeMessageVisibility"
            | "DeleteMessage"
            | "DeleteQueue"
            | "PurgeQueue"
            | "SetQueueAttributes"
            | "TagQueue"
            | "UntagQueue"
    )
}
