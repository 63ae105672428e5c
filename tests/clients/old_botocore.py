"""Every action of SQS through AWS's own Python client, and what the client made of the answers.

    python old_botocore.py http://127.0.0.1:9324 query

The second argument is the protocol that this botocore must speak: `query` before 1.31.81, `json` since. It prints one line
for each observation, without what differs from run to run, so that the lines of two protocols can be compared.
"""
import hashlib
import json
import sys
import threading
import time

import botocore.session
from botocore.config import Config
from botocore.exceptions import ClientError

URL, PROTOCOL = sys.argv[1:]
# What is another value at each run.
VOLATILE = {
    "MessageId", "ReceiptHandle", "SequenceNumber", "TaskHandle", "NextToken", "StartedTimestamp", "SentTimestamp",
    "ApproximateFirstReceiveTimestamp", "CreatedTimestamp", "LastModifiedTimestamp",
}
BODY = "<a href=\"x\">&amp; 'tricky' ]]></a>\r\n\t宅配便 📦 + % = & ; \u0085\u00a0\u2028 end\r"


def client(**settings):
    made = botocore.session.get_session().create_client(
        "sqs", endpoint_url=URL, region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x",
        config=Config(retries={"max_attempts": 1}, **settings))
    spoken = made.meta.service_model.metadata["protocol"]
    assert spoken == PROTOCOL, f"this botocore speaks {spoken}"
    return made


def stable(value, name=None):
    """A value with what differs from run to run made equal. XML cannot tell an empty list or map from none."""
    if isinstance(value, dict):
        return {key: stable(inner, key) for key, inner in sorted(value.items())
                if key != "ResponseMetadata" and inner not in ([], {})}
    if isinstance(value, list):
        return [stable(inner) for inner in value]
    if isinstance(value, bytes):
        return f"bytes {value.hex()}"
    if name in VOLATILE:
        assert value, name
        return f"{type(value).__name__}"
    return value.replace(URL, "URL") if isinstance(value, str) else value


def see(what, value):
    print(what, json.dumps(stable(value), ensure_ascii=True))


sqs = client()


def do(action, **parameters):
    """The answer to an action that has to succeed."""
    answer = getattr(sqs, action)(**parameters)
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200
    see(action, answer)
    return answer


def refused(code, action, **parameters):
    """An action that has to fail with this code, by which applications tell errors apart."""
    try:
        getattr(sqs, action)(**parameters)
    except ClientError as error:
        answer, status = error.response["Error"], error.response["ResponseMetadata"]["HTTPStatusCode"]
        assert answer["Code"] == code, f"{action}: {answer}, not {code}"
        assert answer["Message"], action
        message = answer["Message"].replace(parameters.get("ReceiptHandle", "no handle"), "HANDLE")
        see(f"{action} refused", [status, answer["Code"], answer["Type"], message])
        return error
    raise AssertionError(f"{action} succeeded: {code} was expected")


def queue(name, **attributes):
    return do("create_queue", QueueName=name, Attributes=attributes)["QueueUrl"]


def arn(url):
    answer = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    return answer["Attributes"]["QueueArn"]


def receive(url, **parameters):
    messages = do("receive_message", QueueUrl=url, **parameters).get("Messages", [])
    for message in messages:
        assert message["MD5OfBody"] == hashlib.md5(message["Body"].encode()).hexdigest()
    return messages


def md5_of_attributes(attributes):
    """Written down from the SQS Developer Guide, "Calculating the MD5 message digest for message attributes"."""
    measured = lambda part: len(part).to_bytes(4, "big") + part
    whole = b""
    for name, value in sorted(attributes.items()):
        binary = value["DataType"].startswith("Binary")
        content = value["BinaryValue"] if binary else value["StringValue"].encode()
        whole += measured(name.encode()) + measured(value["DataType"].encode())
        whole += (b"\x02" if binary else b"\x01") + measured(content)
    return hashlib.md5(whole).hexdigest()


def queues():
    attributes = {"VisibilityTimeout": "40", "DelaySeconds": "0", "Policy": '{"Statement":[{"Sid":"<&>"}]}'}
    url = do("create_queue", QueueName="jobs", Attributes=attributes, tags={"team": "a & b", "stage": ""})["QueueUrl"]
    do("create_queue", QueueName="jobs", Attributes=attributes)  # the same queue again
    refused("QueueAlreadyExists", "create_queue", QueueName="jobs", Attributes={"VisibilityTimeout": "41"})
    refused("InvalidParameterValue", "create_queue", QueueName="no spaces")
    assert do("get_queue_url", QueueName="jobs")["QueueUrl"] == url
    error = refused("AWS.SimpleQueueService.NonExistentQueue", "get_queue_url", QueueName="none")
    assert isinstance(error, sqs.exceptions.QueueDoesNotExist), type(error)
    shown = do("get_queue_attributes", QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert shown["Policy"] == attributes["Policy"]
    do("get_queue_attributes", QueueUrl=url, AttributeNames=["VisibilityTimeout", "QueueArn"])
    do("get_queue_attributes", QueueUrl=url)
    refused("InvalidAttributeName", "get_queue_attributes", QueueUrl=url, AttributeNames=["Colour<"])
    do("set_queue_attributes", QueueUrl=url, Attributes={"VisibilityTimeout": "0", "ReceiveMessageWaitTimeSeconds": "0"})
    do("get_queue_attributes", QueueUrl=url, AttributeNames=["VisibilityTimeout"])
    refused("InvalidAttributeValue", "set_queue_attributes", QueueUrl=url, Attributes={"DelaySeconds": "901"})
    do("tag_queue", QueueUrl=url, Tags={"owner": "<me>", "stage": "test"})
    do("untag_queue", QueueUrl=url, TagKeys=["team", "unknown"])
    assert do("list_queue_tags", QueueUrl=url)["Tags"] == {"owner": "<me>", "stage": "test"}
    for name in ["list-a", "list-b", "list-c"]:
        queue(name)
    page = do("list_queues", QueueNamePrefix="list-", MaxResults=2)
    assert len(page["QueueUrls"]) == 2
    page = do("list_queues", QueueNamePrefix="list-", MaxResults=2, NextToken=page["NextToken"])
    assert len(page["QueueUrls"]) == 1 and "NextToken" not in page
    do("list_queues", QueueNamePrefix="nothing-is-called-so")
    refused("AWS.SimpleQueueService.UnsupportedOperation", "add_permission", QueueUrl=url, Label="a",
            AWSAccountIds=["1"], Actions=["SendMessage"])
    return url


def messages(url):
    attributes = {
        "Text": {"DataType": "String", "StringValue": BODY},
        "Count.of": {"DataType": "Number.int", "StringValue": "-17"},
        "Bytes": {"DataType": "Binary.gz", "BinaryValue": bytes(range(256))},
    }
    trace = {"AWSTraceHeader": {"DataType": "String", "StringValue": "Root=1-5e1b4151-5ac6c58d;Sampled=1"}}
    sent = do("send_message", QueueUrl=url, MessageBody=BODY, MessageAttributes=attributes, MessageSystemAttributes=trace)
    assert sent["MD5OfMessageBody"] == hashlib.md5(BODY.encode()).hexdigest()
    assert sent["MD5OfMessageAttributes"] == md5_of_attributes(attributes)
    assert sent["MD5OfMessageSystemAttributes"] == md5_of_attributes(trace)
    got, = receive(url, AttributeNames=["All"], MessageAttributeNames=["All"])
    assert got["MessageId"] == sent["MessageId"] and got["Body"] == BODY
    assert got["MessageAttributes"] == attributes
    assert got["MD5OfMessageAttributes"] == md5_of_attributes(attributes)
    assert got["Attributes"]["AWSTraceHeader"] == trace["AWSTraceHeader"]["StringValue"]
    got, = receive(url, AttributeNames=["ApproximateReceiveCount"], MessageAttributeNames=["Te.*", "Bytes"], VisibilityTimeout=30)
    assert got["Attributes"] == {"ApproximateReceiveCount": "2"}
    assert set(got["MessageAttributes"]) == {"Text", "Bytes"}
    assert receive(url) == []
    do("change_message_visibility", QueueUrl=url, ReceiptHandle=got["ReceiptHandle"], VisibilityTimeout=0)
    got, = receive(url, MaxNumberOfMessages=10)
    do("change_message_visibility", QueueUrl=url, ReceiptHandle=got["ReceiptHandle"], VisibilityTimeout=1)
    got, = receive(url, MaxNumberOfMessages=10)
    do("delete_message", QueueUrl=url, ReceiptHandle=got["ReceiptHandle"])
    assert receive(url) == []
    refused("InvalidParameterValue", "change_message_visibility", QueueUrl=url,
            ReceiptHandle=got["ReceiptHandle"], VisibilityTimeout=1)
    refused("ReceiptHandleIsInvalid", "delete_message", QueueUrl=url, ReceiptHandle="made <up>")
    refused("InvalidMessageContents", "send_message", QueueUrl=url, MessageBody="a\u0001b")
    refused("InvalidMessageContents", "send_message", QueueUrl=url, MessageBody="\uffff")
    refused("InvalidParameterValue", "send_message", QueueUrl=url, MessageBody="a", DelaySeconds=901)
    refused("InvalidParameterValue", "send_message", QueueUrl=url, MessageBody="x" * 1_048_577)
    refused("InvalidParameterValue", "send_message", QueueUrl=url, MessageBody="a",
            MessageAttributes={"AWS.mine": {"DataType": "String", "StringValue": "a"}})
    refused("AWS.SimpleQueueService.UnsupportedOperation", "send_message", QueueUrl=url, MessageBody="a",
            MessageAttributes={"list": {"DataType": "String", "StringListValues": ["a", "b"]}})
    refused("InvalidParameterValue", "receive_message", QueueUrl=url, MaxNumberOfMessages=11)
    refused("MissingParameter", "send_message", QueueUrl=url, MessageBody="")
    # Each character is three bytes of text and nine of a form.
    long = "宅" * 349_525
    sqs.send_message(QueueUrl=url, MessageBody=long)
    answer = sqs.receive_message(QueueUrl=url, VisibilityTimeout=30)["Messages"][0]
    assert answer["Body"] == long
    sqs.delete_message(QueueUrl=url, ReceiptHandle=answer["ReceiptHandle"])


def batches(url):
    entries = [
        {"Id": "one", "MessageBody": BODY, "MessageAttributes": {"a": {"DataType": "Binary", "BinaryValue": b"\0\xff"}}},
        {"Id": "two", "MessageBody": "late", "DelaySeconds": 901},
        {"Id": "three", "MessageBody": "\u0000"},
        {"Id": "four", "MessageBody": "four"},
    ]
    answer = do("send_message_batch", QueueUrl=url, Entries=entries)
    assert [entry["Id"] for entry in answer["Successful"]] == ["one", "four"]
    assert [(entry["Id"], entry["Code"], entry["SenderFault"]) for entry in answer["Failed"]] == [
        ("two", "InvalidParameterValue", True), ("three", "InvalidMessageContents", True)]
    got = receive(url, MaxNumberOfMessages=10, VisibilityTimeout=30, MessageAttributeNames=["a"])
    assert [message["Body"] for message in got] == [BODY, "four"]
    handles = [message["ReceiptHandle"] for message in got]
    changes = [{"Id": "a", "ReceiptHandle": handles[0], "VisibilityTimeout": 40},
               {"Id": "b", "ReceiptHandle": handles[1], "VisibilityTimeout": 43_201},
               {"Id": "c", "ReceiptHandle": "made up", "VisibilityTimeout": 1}]
    answer = do("change_message_visibility_batch", QueueUrl=url, Entries=changes)
    assert [entry["Id"] for entry in answer["Successful"]] == ["a"] and len(answer["Failed"]) == 2
    deletes = [{"Id": "a", "ReceiptHandle": handles[0]}, {"Id": "b", "ReceiptHandle": "made up"},
               {"Id": "c", "ReceiptHandle": handles[1]}]
    answer = do("delete_message_batch", QueueUrl=url, Entries=deletes)
    assert [entry["Id"] for entry in answer["Successful"]] == ["a", "c"] and len(answer["Failed"]) == 1
    many = [{"Id": f"id-{number}", "MessageBody": "a"} for number in range(11)]
    prefix = "AWS.SimpleQueueService."
    refused(prefix + "TooManyEntriesInBatchRequest", "send_message_batch", QueueUrl=url, Entries=many)
    refused(prefix + "BatchEntryIdsNotDistinct", "send_message_batch", QueueUrl=url, Entries=many[:1] * 2)
    refused(prefix + "InvalidBatchEntryId", "delete_message_batch", QueueUrl=url, Entries=[{"Id": "<", "ReceiptHandle": "x"}])
    refused(prefix + "EmptyBatchRequest", "send_message_batch", QueueUrl=url, Entries=[])
    refused(prefix + "BatchRequestTooLong", "send_message_batch", QueueUrl=url,
            Entries=[{"Id": str(number), "MessageBody": "x" * 600_000} for number in range(2)])


def waits(url):
    started = time.monotonic()
    assert receive(url, WaitTimeSeconds=1) == []
    assert time.monotonic() - started >= 0.9, "an empty queue was not waited for"
    do("send_message", QueueUrl=url, MessageBody="delayed", DelaySeconds=3)
    assert receive(url) == []
    got, = receive(url, WaitTimeSeconds=20)
    assert 2.9 <= time.monotonic() - started < 19 and got["Body"] == "delayed"
    do("delete_message", QueueUrl=url, ReceiptHandle=got["ReceiptHandle"])
    found = []
    other = client(read_timeout=30)
    waiting = threading.Thread(
        target=lambda: found.extend(other.receive_message(QueueUrl=url, WaitTimeSeconds=20).get("Messages", [])))
    waiting.start()
    started = time.monotonic()
    do("send_message", QueueUrl=url, MessageBody="awaited")
    waiting.join()
    assert time.monotonic() - started < 15 and [message["Body"] for message in found] == ["awaited"]
    do("purge_queue", QueueUrl=url)
    refused("AWS.SimpleQueueService.PurgeQueueInProgress", "purge_queue", QueueUrl=url)


def fifo():
    url = queue("orders.fifo", FifoQueue="true", ContentBasedDeduplication="true")
    first = do("send_message", QueueUrl=url, MessageBody="1", MessageGroupId="g", MessageDeduplicationId="d-1")
    again = do("send_message", QueueUrl=url, MessageBody="other", MessageGroupId="g", MessageDeduplicationId="d-1")
    assert (first["MessageId"], first["SequenceNumber"]) == (again["MessageId"], again["SequenceNumber"])
    entries = [{"Id": "a", "MessageBody": "2", "MessageGroupId": "g"},
               {"Id": "b", "MessageBody": "a\u0001b", "MessageGroupId": "g"},
               {"Id": "c", "MessageBody": "3", "MessageGroupId": "g", "MessageDeduplicationId": "d-3"}]
    refused("InvalidParameterValue", "send_message_batch", QueueUrl=url, Entries=[*entries, {"Id": "d", "MessageBody": "no group"}])
    answer = do("send_message_batch", QueueUrl=url, Entries=entries)
    assert [entry["Id"] for entry in answer["Failed"]] == ["b"] and answer["Successful"][0]["SequenceNumber"]
    got = receive(url, MaxNumberOfMessages=10, AttributeNames=["All"], ReceiveRequestAttemptId="attempt-1")
    assert [message["Body"] for message in got] == ["1", "2", "3"]
    assert got[0]["Attributes"]["MessageGroupId"] == "g" and got[2]["Attributes"]["MessageDeduplicationId"] == "d-3"
    assert receive(url) == []
    repeated = receive(url, MaxNumberOfMessages=10, ReceiveRequestAttemptId="attempt-1")
    assert [message["MessageId"] for message in repeated] == [message["MessageId"] for message in got]
    refused("MissingParameter", "send_message", QueueUrl=url, MessageBody="a")
    refused("InvalidParameterValue", "send_message", QueueUrl=url, MessageBody="a", MessageGroupId="g", DelaySeconds=1)


def dead_letters():
    dead = queue("dead")
    policy = json.dumps({"deadLetterTargetArn": arn(dead), "maxReceiveCount": 1})
    source = queue("source", RedrivePolicy=policy, VisibilityTimeout="0")
    assert do("list_dead_letter_source_queues", QueueUrl=dead)["queueUrls"] == [source]
    do("list_dead_letter_source_queues", QueueUrl=source)
    # One a second is moved: as many as leave time to look while the move is under way.
    for body in "abcdefghij":
        do("send_message", QueueUrl=source, MessageBody=body)
    assert len(receive(source, MaxNumberOfMessages=10)) == 10
    assert receive(source) == []
    got = receive(dead, MaxNumberOfMessages=10, VisibilityTimeout=0, AttributeNames=["DeadLetterQueueSourceArn"])
    assert [message["Attributes"]["DeadLetterQueueSourceArn"] for message in got] == [arn(source)] * 10
    task = do("start_message_move_task", SourceArn=arn(dead), DestinationArn=arn(source), MaxNumberOfMessagesPerSecond=1)
    shown = sqs.list_message_move_tasks(SourceArn=arn(dead))["Results"]
    assert [(one["Status"], one["TaskHandle"]) for one in shown] == [("RUNNING", task["TaskHandle"])]
    assert shown[0]["MaxNumberOfMessagesPerSecond"] == 1 and shown[0]["ApproximateNumberOfMessagesToMove"] == 10
    moved = sqs.cancel_message_move_task(TaskHandle=task["TaskHandle"])
    assert moved["ApproximateNumberOfMessagesMoved"] < 10
    refused("ResourceNotFoundException", "cancel_message_move_task", TaskHandle=task["TaskHandle"])
    refused("InvalidParameterValue", "cancel_message_move_task", TaskHandle="made up")
    refused("ResourceNotFoundException", "list_message_move_tasks", SourceArn=arn(dead) + "-not")
    do("start_message_move_task", SourceArn=arn(dead))
    got = []
    while len(got) < 10:
        more = sqs.receive_message(QueueUrl=source, MaxNumberOfMessages=10, VisibilityTimeout=30, WaitTimeSeconds=20)
        assert more.get("Messages"), "the messages did not come back"
        got += more["Messages"]
    see("moved back", sorted(message["Body"] for message in got))
    latest, before = sqs.list_message_move_tasks(SourceArn=arn(dead), MaxResults=10)["Results"]
    assert (latest["Status"], before["Status"]) == ("COMPLETED", "CANCELLED")
    see("tasks", [latest["SourceArn"], before["DestinationArn"], latest["StartedTimestamp"] > 1_600_000_000_000])


def endings(url):
    do("delete_queue", QueueUrl=url)
    gone = "AWS.SimpleQueueService.NonExistentQueue"
    refused(gone, "send_message", QueueUrl=url, MessageBody="a")
    refused(gone, "receive_message", QueueUrl=url)
    refused(gone, "delete_queue", QueueUrl=url)
    refused("AWS.SimpleQueueService.QueueDeletedRecently", "create_queue", QueueName="jobs")


jobs = queues()
messages(jobs)
batches(jobs)
waits(jobs)
fifo()
dead_letters()
endings(jobs)
