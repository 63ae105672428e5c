//! What a message may contain.

use super::*;

#[track_caller]
fn refused(body: &str, message_attributes: &[(&str, MessageAttribute)]) -> SqsError {
    let (sqs, queue) = with_queue("jobs", []);
    let attributes = message_attributes
        .iter()
        .map(|(name, value)| ((*name).to_owned(), value.clone()))
        .collect();
    sqs.send(SendRequest {
        attributes,
        ..SendRequest::new(queue, body)
    })
    .unwrap_err()
}

fn typed(data_type: &str, value: &str) -> MessageAttribute {
    MessageAttribute {
        data_type: data_type.to_owned(),
        value: AttributeValue::String(value.to_owned()),
    }
}

#[tokio::test(start_paused = true)]
async fn a_body_of_one_mebibyte_is_accepted_and_one_byte_more_is_not() {
    let (sqs, queue) = with_queue("jobs", []);
    send(&sqs, &queue, &"x".repeat(1_048_576));
    let error = sqs
        .send(SendRequest::new(queue.clone(), "x".repeat(1_048_577)))
        .unwrap_err();
    assert_eq!(
        error.message(),
        "One or more parameters are invalid. Reason: Message must be shorter than 1048576 bytes."
    );
    let attribute = ("n".to_owned(), MessageAttribute::string("v"));
    let with_attribute = |length: usize| SendRequest {
        attributes: BTreeMap::from([attribute.clone()]),
        ..SendRequest::new(queue.clone(), "x".repeat(length))
    };
    sqs.send(with_attribute(1_048_576 - 8)).unwrap();
    sqs.send(with_attribute(1_048_576 - 7)).unwrap_err();
}

#[tokio::test(start_paused = true)]
async fn a_queue_may_allow_less() {
    let (sqs, queue) = with_queue("jobs", [("MaximumMessageSize", "1024")]);
    send(&sqs, &queue, &"x".repeat(1024));
    let error = sqs
        .send(SendRequest::new(queue, "é".repeat(513)))
        .unwrap_err();
    assert!(
        error.to_string().ends_with("shorter than 1024 bytes"),
        "{error}"
    );
}

#[tokio::test(start_paused = true)]
async fn characters_that_xml_does_not_allow_are_refused() {
    for body in [
        "\u{0}", "a\u{8}b", "\u{b}", "\u{1f}", "\u{fffe}", "\u{ffff}",
    ] {
        assert_eq!(
            refused(body, &[]),
            SqsError::InvalidMessageContents,
            "{body:?}"
        );
    }
    let (sqs, queue) = with_queue("jobs", []);
    send(
        &sqs,
        &queue,
        "\t\n\r \u{7f}\u{d7ff}\u{e000}\u{fffd}\u{10000}\u{10ffff}",
    );
    assert_eq!(refused("", &[]), SqsError::MissingParameter("MessageBody"));
}

#[tokio::test(start_paused = true)]
async fn attributes_must_have_a_proper_name_type_and_value() {
    let text = || MessageAttribute::string("v");
    for name in [
        "",
        "AWS.x",
        "amazon.x",
        ".x",
        "x.",
        "x..y",
        "x y",
        &"x".repeat(257),
    ] {
        assert_eq!(
            refused("a", &[(name, text())]).code(),
            "InvalidParameterValue",
            "{name:?}"
        );
    }
    let wrong = [
        typed("String", ""),
        typed("Text", "v"),
        typed("Number", "ten"),
        typed("Binary", "v"),
        MessageAttribute {
            data_type: "String".to_owned(),
            value: AttributeValue::Binary(vec![1]),
        },
        typed(&format!("String.{}", "x".repeat(256)), "v"),
    ];
    for attribute in wrong {
        assert_eq!(
            refused("a", &[("n", attribute.clone())]).code(),
            "InvalidParameterValue",
            "{attribute:?}"
        );
    }
    let error = refused("a", &[("ErrorDetails", typed("String", ""))]);
    let expected =
        "Message (user) attribute 'ErrorDetails' must contain a non-empty value of type 'String'.";
    assert_eq!(error.message(), expected);
    let (sqs, queue) = with_queue("jobs", []);
    let good = [
        ("a.b-c_1", typed("String.mine", "v")),
        ("n", typed("Number.int", "-12.5e3")),
        ("b", MessageAttribute::binary([0, 255])),
    ];
    let attributes = good
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect();
    sqs.send(SendRequest {
        attributes,
        ..SendRequest::new(queue, "a")
    })
    .unwrap();
}

#[tokio::test(start_paused = true)]
async fn ten_attributes_are_allowed_and_eleven_are_not() {
    let names: Vec<String> = (0..11).map(|number| format!("n{number}")).collect();
    let eleven: Vec<_> = names
        .iter()
        .map(|name| (name.as_str(), MessageAttribute::string("v")))
        .collect();
    assert_eq!(refused("a", &eleven).code(), "InvalidParameterValue");
    let (sqs, queue) = with_queue("jobs", []);
    let attributes = eleven[..10]
        .iter()
        .map(|(name, value)| ((*name).to_owned(), value.clone()))
        .collect();
    sqs.send(SendRequest {
        attributes,
        ..SendRequest::new(queue, "a")
    })
    .unwrap();
}

#[tokio::test(start_paused = true)]
async fn delays_and_ids_have_limits() {
    let (sqs, queue) = with_queue("jobs", []);
    let delayed = SendRequest {
        delay_seconds: Some(901),
        ..SendRequest::new(queue.clone(), "a")
    };
    assert_eq!(
        sqs.send(delayed).unwrap_err().code(),
        "InvalidParameterValue"
    );
    for group in ["", "with space", "é", &"g".repeat(129)] {
        let grouped = SendRequest {
            message_group_id: Some(group.to_owned()),
            ..SendRequest::new(queue.clone(), "a")
        };
        assert_eq!(
            sqs.send(grouped).unwrap_err().code(),
            "InvalidParameterValue",
            "{group:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_batch_of_more_than_one_mebibyte_is_refused_as_a_whole() {
    let (sqs, queue) = with_queue("jobs", []);
    let half = |id: &str, extra: usize| {
        (
            id.to_owned(),
            SendRequest::new(queue.clone(), "x".repeat(524_288 + extra)),
        )
    };
    sqs.send_batch(vec![half("a", 0), half("b", 0)]).unwrap();
    let refused = sqs.send_batch(vec![half("a", 0), half("b", 1)]);
    assert_eq!(
        refused,
        Err(SqsError::BatchRequestTooLong {
            limit: 1_048_576,
            sent: 1_048_577
        })
    );
}

#[tokio::test(start_paused = true)]
async fn a_batch_needs_one_to_ten_entries_with_distinct_proper_ids() {
    let (sqs, queue) = with_queue("jobs", []);
    let batch = |ids: &[&str]| {
        let entry = |id: &&str| ((*id).to_owned(), SendRequest::new(queue.clone(), "a"));
        sqs.send_batch(ids.iter().map(entry).collect())
            .map(|outcome| outcome.successful.len())
    };
    assert_eq!(
        batch(&[]),
        Err(SqsError::EmptyBatchRequest("SendMessageBatchRequestEntry"))
    );
    assert_eq!(
        batch(&["1", "2", "3", "4", "5", "6", "7", "8", "9", "10"]),
        Ok(10)
    );
    assert_eq!(
        batch(&["x"; 11]),
        Err(SqsError::TooManyEntriesInBatchRequest(11))
    );
    assert_eq!(
        batch(&["a", "b", "a"]),
        Err(SqsError::BatchEntryIdsNotDistinct("a".to_owned()))
    );
    for id in ["", "a:b", "é", &"i".repeat(81)] {
        assert_eq!(batch(&[id]), Err(SqsError::InvalidBatchEntryId), "{id:?}");
    }
}
