"""The function that looks at Lambda from inside. It is put into the throw-away stack beside the project's own functions.

Invoked with {"do": …} it answers. Invoked with messages it writes into its table when each arrived and when it was through, hides what
is to come again for the seconds that the message asks for, and reports it as failed.
"""
import json
import os
import threading
import time

import botocore.session

SESSION = botocore.session.Session()
TICKS = []


def client(service):
    return SESSION.create_client(service, region_name=os.environ["AWS_REGION"], endpoint_url=os.environ.get("AWS_ENDPOINT_URL"))


def handler(event, _context):
    return messages(event["Records"]) if "Records" in event else {"clock": clock, "tick": tick, "gap": gap}[event["do"]]()


def clock():
    """Long enough that all who are asked at once are asked in processes of their own."""
    began = time.time()
    time.sleep(2)
    return {"now": began, "process": f"{os.environ.get('AWS_LAMBDA_LOG_STREAM_NAME')} {os.getpid()}"}


def tick():
    """Begins to write the time down every 0.2 s, in a thread that goes on when the invocation is over."""
    TICKS.clear()

    def go():
        while len(TICKS) < 1000:
            TICKS.append(time.time())
            time.sleep(0.2)

    threading.Thread(target=go, daemon=True).start()
    time.sleep(1)
    return {}


def gap():
    """The longest time in which the thread did not run, and whether it runs again."""
    before = len(TICKS)
    time.sleep(1)
    longest = max((later - earlier for earlier, later in zip(TICKS, TICKS[1:])), default=0)
    return {"longest": longest, "before": before, "after": len(TICKS)}


def messages(records):
    table, sqs, failed = client("dynamodb"), client("sqs"), []
    for record in records:
        asked = json.loads(record["body"])
        count = int(record["attributes"]["ApproximateReceiveCount"])
        began = time.time()
        time.sleep(asked.get("work", 0))
        again = count <= asked.get("again", 0)
        if again:
            if "hide" in asked:
                sqs.change_message_visibility(
                    QueueUrl=os.environ["PROBE_QUEUE"], ReceiptHandle=record["receiptHandle"], VisibilityTimeout=asked["hide"]
                )
            failed.append({"itemIdentifier": record["messageId"]})
        times = {"began": {"N": str(began)}, "ended": {"N": str(time.time())}}
        table.put_item(TableName=os.environ["PROBE_TABLE"], Item={"pk": {"S": asked["id"]}, "sk": {"S": str(count)}, **times})
    return {"batchItemFailures": failed}
