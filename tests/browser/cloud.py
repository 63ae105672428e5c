"""`hikyaku dev` with a queue, a table, a function and an application, and what has happened in it."""
import json
import os
import re
import stat
import subprocess
import time
import urllib.parse
import urllib.request

SECONDS = 60

TEMPLATE = """
Resources:
  Jobs: { Type: AWS::SQS::Queue, Properties: { QueueName: jobs } }
  ToPhp: { Type: AWS::SQS::Queue, Properties: { QueueName: to-php, VisibilityTimeout: 60 } }
  Rows:
    Type: AWS::DynamoDB::Table
    Properties:
      TableName: rows
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{ AttributeName: id, AttributeType: S }]
      KeySchema: [{ AttributeName: id, KeyType: HASH }]
  Echo:
    Type: AWS::Serverless::Function
    Metadata: { BuildProperties: { Binary: echo } }
    Properties:
      FunctionName: echo
      CodeUri: .
      Handler: bootstrap
      Runtime: provided.al2023
      Timeout: 60
      Environment: { Variables: { HIKYAKU_PHP_URL: x } }
      Events: { Jobs: { Type: SQS, Properties: { Queue: !GetAtt ToPhp.Arn } } }
"""

# A function's process: it notes each event.
ECHO = """#!/usr/bin/env python3
import os, urllib.request
api = f"http://{os.environ['AWS_LAMBDA_RUNTIME_API']}/2018-06-01/runtime/invocation/"
while True:
    with urllib.request.urlopen(api + "next") as work:
        event, request = work.read(), work.headers["Lambda-Runtime-Aws-Request-Id"]
    with open(os.path.join(os.path.dirname(__file__), "ran"), "ab") as file:
        file.write(event + b"\\n")
    urllib.request.urlopen(urllib.request.Request(f"{api}{request}/response", data=b"{}")).close()
"""

INDEX = """<?php
$path = strtok($_SERVER['REQUEST_URI'], '?');
if ($path === '/hit') {
    file_put_contents(__DIR__ . '/../hits', "x\\n", FILE_APPEND | LOCK_EX);
    echo '<title>posted</title>';
} elseif ($path === '/form') {
    echo '<title>form</title><form method=post action=/hit></form>';
} elseif ($path === '/api') {
    header('Access-Control-Allow-Origin: *');
    echo 'allowed';
}
"""

KEYS = {"Authorization": "AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0",
        "X-Amz-Date": "20260101T000000Z", "Content-Type": "application/x-amz-json-1.0"}


def targets_at(port):
    """What would have an effect, wherever it is sent: the page does not know which service a port is."""
    dynamodb = KEYS | {"X-Amz-Target": "DynamoDB_20120810.PutItem"}
    return {
        "base": f"http://127.0.0.1:{port}",
        "queue": "/000000000000/jobs",
        "form": urllib.parse.urlencode({"Action": "SendMessage", "Version": "2012-11-05", "MessageBody": "x"}),
        "invoke": "/2015-03-31/functions/echo/invocations",
        "event": '{"do":"x"}',
        "next": "/2018-06-01/runtime/invocation/next",
        "sqs": {"X-Amz-Target": "AmazonSQS.SendMessage", "Content-Type": "application/x-amz-json-1.0"},
        "send": json.dumps({"QueueUrl": "http://127.0.0.1/000000000000/jobs", "MessageBody": "x"}),
        "dynamodb": dynamodb,
        "put": json.dumps({"TableName": "rows", "Item": {"id": {"S": "x"}}}),
        "scan": dynamodb | {"X-Amz-Target": "DynamoDB_20120810.Scan"},
        "rows": '{"TableName":"rows"}',
    }


class Cloud:
    def __init__(self, hikyaku, folder):
        self.hikyaku, self.folder = hikyaku, folder

    def __enter__(self):
        binaries = self.folder / "target/debug"
        binaries.mkdir(parents=True)
        (binaries / "echo").write_text(ECHO)
        (binaries / "echo").chmod(stat.S_IRWXU)
        (self.folder / "template.yaml").write_text(TEMPLATE)
        application = self.folder / "application"
        (application / "public").mkdir(parents=True)
        (application / "artisan").write_text("<?php\n")
        (application / "public/index.php").write_text(INDEX)
        environment = {name: value for name, value in os.environ.items() if name != "CARGO_TARGET_DIR"}
        words = ["dev", "--no-build", "--sqs-port=0", "--dynamodb-port=0", "--lambda-port=0", "--php=application", "--php-port=0", "--php-workers=2"]
        self.log = open(self.folder / "log", "wb")
        self.process = subprocess.Popen([self.hikyaku, *words], cwd=self.folder, env=environment, stdout=self.log, stderr=self.log)
        end = time.monotonic() + SECONDS
        while "Lambda answers" not in (said := self.said()):
            if self.process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"`hikyaku dev` did not start: {said}")
            time.sleep(0.1)
        port = lambda pattern: int(re.search(pattern + r".*?:(\d+)", said)[1])
        self.sqs, self.dynamodb = port("AWS_ENDPOINT_URL_SQS=http://"), port("AWS_ENDPOINT_URL_DYNAMODB=http://")
        self.lambda_, self.php_port = port("Lambda answers at http://"), port("The application answers at http://")
        # A process of the function, with a server of its own.
        self.invoke()
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        self.log.close()

    def said(self):
        return (self.folder / "log").read_text()

    def named_ports(self):
        return [("SQS", self.sqs), ("DynamoDB", self.dynamodb), ("Lambda", self.lambda_), ("the application", self.php_port)]

    def ports(self):
        """Every port that `hikyaku dev` listens on."""
        sockets = set()
        for entry in os.scandir(f"/proc/{self.process.pid}/fd"):
            sockets.update(re.findall(r"^socket:\[(\d+)\]$", os.readlink(entry.path)))
        with open("/proc/net/tcp", encoding="ascii") as table:
            rows = [line.split() for line in table.readlines()[1:]]
        found = sorted(int(row[1].split(":")[1], 16) for row in rows if row[3] == "0A" and row[9] in sockets)
        # The function's own server is the fifth.
        if len(found) < 5 or not {port for _, port in self.named_ports()} <= set(found):
            raise RuntimeError(f"only {found} are listened on")
        return found

    def targets(self, port):
        return targets_at(port)

    def post(self, port, path, body, headers):
        request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", data=body.encode(), headers=headers, method="POST")
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:
            return json.load(answer)

    def invoke(self):
        self.post(self.lambda_, "/2015-03-31/functions/echo/invocations", '{"do":"mine"}', {})

    def hits(self):
        file = self.folder / "application/hits"
        return len(file.read_text().splitlines()) if file.exists() else 0

    def effects(self):
        """How much of each thing has happened."""
        asked = {"X-Amz-Target": "AmazonSQS.GetQueueAttributes", "Content-Type": "application/x-amz-json-1.0"}
        queue = {"QueueUrl": "http://127.0.0.1/000000000000/jobs", "AttributeNames": ["ApproximateNumberOfMessages"]}
        answer = self.post(self.sqs, "/", json.dumps(queue), asked)
        scan = targets_at(0)
        rows = self.post(self.dynamodb, "/", scan["rows"], scan["scan"])["Count"]
        ran = (self.folder / "target/debug/ran").read_text().count("\n")
        return {"messages": answer["Attributes"]["ApproximateNumberOfMessages"], "rows": rows, "invocations": ran, "hits": self.hits()}
