"""Runs each file of docs/producers against the local SQS and looks at the messages that arrive."""
import json
import os
import shutil
import subprocess
import time
import urllib.request
import uuid
from pathlib import Path

FILES = Path(__file__).parent.parent.parent / "docs/producers"
# What the producers import. Python's packages are installed by the Makefile.
JAVASCRIPT = ["@aws-sdk/client-sqs@3.1169.0"]
# Go's and PHP's are Debian's packages (golang-github-aws-aws-sdk-go-v2-dev, golang-github-google-uuid-dev,
# php-async-aws-sqs): old, but one need not reach their registries.
GO = Path("/usr/share/gocode")
PHP = Path("/usr/share/php/AsyncAws/Sqs/autoload.php")
# What they delay a message by, in seconds.
DELAY = 5


def check(url, clients, seconds):
    """Runs every producer whose runtime is there; the others' names, each with what it lacks."""
    producers = {
        "producer.sh": (["python3"], lambda: (clients, ["sh", FILES / "producer.sh"])),
        "producer.py": (["python3"], lambda: (clients, [clients / "bin/python", FILES / "producer.py"])),
        "producer.mjs": (["node", "npm"], lambda: javascript(clients / "node")),
        "producer.go": (["go", GO / "src/github.com/aws/aws-sdk-go-v2"], lambda: go(clients / "go")),
        "producer.php": (["php", PHP], lambda: php(clients / "php")),
    }
    unknown = {path.name for path in FILES.iterdir()} ^ set(producers)
    assert not unknown, f"docs/producers and this list differ: {unknown}"
    ran, missing = [], []
    for name, (runtimes, prepare) in producers.items():
        absent = [runtime for runtime in runtimes if not is_there(runtime)]
        if absent:
            missing.append((name, " and no ".join(map(str, absent))))
            continue
        folder, command = prepare()
        for fifo in [False, True]:
            ran.append((name, fifo, send(url, name, fifo, folder, command, clients, seconds)))
    # Every message is delayed by five seconds: sent first, awaited together.
    for name, fifo, queue in ran:
        look_at(url, name, fifo, queue)
        print(f"docs/producers/{name}: its message arrived in a {'FIFO' if fifo else 'standard'} queue")
    return missing


def send(url, name, fifo, folder, command, clients, seconds):
    """Runs one producer as a person would, told by nothing but the environment where to send; the queue's URL."""
    attributes = {"FifoQueue": "true"} if fifo else {}
    queue_name = name.replace(".", "-") + (".fifo" if fifo else "")
    queue = call(url, "CreateQueue", QueueName=queue_name, Attributes=attributes)["QueueUrl"]
    environment = os.environ | {
        "PATH": f"{clients / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "QUEUE_URL": queue, "AWS_ENDPOINT_URL_SQS": url, "AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x", "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }
    subprocess.run(command, cwd=folder, env=environment, stdout=subprocess.DEVNULL, timeout=seconds, check=True)
    delayed = call(url, "GetQueueAttributes", QueueUrl=queue, AttributeNames=["All"])["Attributes"]["ApproximateNumberOfMessagesDelayed"]
    # Whoever took longer to end than its message was delayed has an old one there.
    ended = delayed == "0" and not fifo and age(url, queue) >= DELAY
    assert delayed == ("0" if fifo else "1") or ended, f"{name}: {delayed} delayed messages in {queue}"
    return queue


def age(url, queue):
    """How many seconds ago the message in a queue was sent; it can be received again."""
    answer = call(url, "ReceiveMessage", QueueUrl=queue, VisibilityTimeout=0, AttributeNames=["SentTimestamp"])
    message, = answer["Messages"]
    return time.time() - int(message["Attributes"]["SentTimestamp"]) / 1000


def look_at(url, name, fifo, queue):
    answer = call(url, "ReceiveMessage", QueueUrl=queue, WaitTimeSeconds=20, MaxNumberOfMessages=10, AttributeNames=["All"])
    message, = answer["Messages"]
    body = json.loads(message["Body"])
    assert sorted(body) == ["data", "job", "uuid"], f"{name}: {body}"
    assert body["job"] == "App\\Jobs\\ImportCsv", f"{name}: {body}"
    assert body["data"] == {"url": "s3://imports/customers.csv", "table": "customers"}, f"{name}: {body}"
    parsed = uuid.UUID(body["uuid"])
    assert str(parsed) == body["uuid"] and parsed.version == 4 and parsed.variant == uuid.RFC_4122, f"{name}: {body}"
    if fifo:
        attributes = message["Attributes"]
        assert attributes["MessageGroupId"] == "customers", f"{name}: {attributes}"
        assert attributes["MessageDeduplicationId"] == body["uuid"], f"{name}: {attributes}"


def call(url, action, **parameters):
    headers = {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": f"AmazonSQS.{action}"}
    request = urllib.request.Request(url, json.dumps(parameters).encode(), headers)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def javascript(folder):
    folder.mkdir(exist_ok=True)
    install(["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", folder, *JAVASCRIPT], folder)
    return folder, ["node", placed("producer.mjs", folder)]


def go(folder):
    folder.mkdir(exist_ok=True)
    without_modules = ["env", "GO111MODULE=off", f"GOPATH={GO}"]
    return folder, [*without_modules, "go", "run", placed("producer.go", folder)]


def php(folder):
    vendor = folder / "vendor"
    vendor.mkdir(parents=True, exist_ok=True)
    (vendor / "autoload.php").write_text(f"<?php require '{PHP}';")
    return folder, ["php", placed("producer.php", folder)]


def is_there(runtime):
    return runtime.exists() if isinstance(runtime, Path) else shutil.which(runtime)


def install(command, folder):
    subprocess.run(command, cwd=folder, timeout=600, check=True)


def placed(name, folder):
    """The file beside what it imports, where its language looks for that."""
    return shutil.copy(FILES / name, folder / name)
