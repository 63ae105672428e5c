"""The stack that is there, in the words of the checks: send, look into tables and buckets, ask the probe."""
import json

from boto3.dynamodb.types import TypeDeserializer

PLAIN = TypeDeserializer()
QUEUES = {"import-csv": "ImportCsv", "resize-image": "ResizeImage", "report-jobs": "ReportJobs", "courier": "Courier", "bury-dead-letters": "BuryDeadLetters"}
# Of a job's message on AWS: a cold start, and Lambda's pollers, which begin a minute after their mapping.
PATIENCE = 180


class World:
    def __init__(self, account, stack):
        self.account, self.stack = account, stack

    def id(self, logical):
        return self.stack.ids[logical]

    def function(self, name):
        return self.id("PhpLaneFunction" if name == "courier" else f"{QUEUES[name]}Function")

    def role(self, name):
        return self.id("PhpLaneRole" if name == "courier" else f"Roles{QUEUES[name]}Role")

    def queue(self, name):
        return self.id("DeadLetterQueue" if name == "bury-dead-letters" else f"{QUEUES[name]}Queue")

    def clear_queue(self):
        """One that has the template's policy for queues; on an emulator, to which all speak in the clear, one that nobody needs."""
        return self.id("SilentQueue") if self.account.endpoint else self.queue("courier")

    def send(self, name, body):
        return self.account("sqs").send_message(QueueUrl=self.queue(name), MessageBody=body)["MessageId"]

    def rows(self, table):
        pages = self.account("dynamodb").get_paginator("scan").paginate(TableName=self.id(table), ConsistentRead=True)
        return [{key: PLAIN.deserialize(value) for key, value in item.items()} for page in pages for item in page["Items"]]

    def record(self, uuid):
        """The ledger's record of a job; None if there is none."""
        key = {"pk": {"S": f"J#{uuid}"}, "sk": {"S": "."}}
        item = self.account("dynamodb").get_item(TableName=self.id("LedgerTable"), Key=key, ConsistentRead=True).get("Item")
        return item and {name: PLAIN.deserialize(value) for name, value in item.items()}

    def records(self, job):
        return [row for row in self.rows("LedgerTable") if row.get("j") == job]

    def objects(self, folder):
        found = self.account("s3").list_objects_v2(Bucket=self.stack.bucket, Prefix=f"{folder}/")
        return [entry["Key"] for entry in found.get("Contents", [])]

    def put(self, key, body):
        self.account("s3").put_object(Bucket=self.stack.bucket, Key=key, Body=body)

    def waiting(self, name):
        """Messages in a queue, visible or not."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible", "ApproximateNumberOfMessagesDelayed"]
        found = self.account("sqs").get_queue_attributes(QueueUrl=self.queue(name), AttributeNames=names)["Attributes"]
        return sum(int(found[name]) for name in names)

    def probe(self, do):
        answer = self.account("lambda").invoke(FunctionName=self.id("ProbeFunction"), Payload=json.dumps({"do": do}))
        body = answer["Payload"].read()
        if "FunctionError" in answer:
            raise RuntimeError(f"the probe failed: {body.decode()}")
        return json.loads(body)

    def probe_messages(self, *bodies):
        for body in bodies:
            self.account("sqs").send_message(QueueUrl=self.id("ProbeQueue"), MessageBody=json.dumps(body))

    def probed(self, prefix):
        """When the probe had the messages whose id begins with `prefix`: (id, receive, began, ended)."""
        rows = [row for row in self.rows("LedgerTable") if row["pk"].startswith(prefix)]
        return sorted((row["pk"], int(row["sk"]), float(row["began"]), float(row["ended"])) for row in rows)

    def mappings(self):
        found = {}
        for name in QUEUES:
            found[name] = self.account("lambda").list_event_source_mappings(FunctionName=self.function(name))["EventSourceMappings"]
        return found
