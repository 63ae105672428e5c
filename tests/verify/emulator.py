"""AWS as ministack (PyPI) plays it: how it is started, and what it is spared because it cannot do it."""
import os
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../second_opinion"))

from servers import answers, free_port, version  # noqa: E402

START_SECONDS = 180
# The key that it takes for the account's root; nothing of it is secret.
KEYS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}

# What it does otherwise than AWS, beyond what is replaced in the template: said in every report.
OTHERWISE = [
    "its scheduler leaves <aws.scheduler.scheduled-time> as it stands: the time is written into the schedule's input",
    "its CloudFormation makes tables without expiry and without point-in-time recovery",
    "it does not look for loops: a chain is cut nowhere, whatever RecursiveLoop says",
    "it freezes no process between two invocations, and all of them have the clock of this machine",
    "it starts binaries as they are: they are not limited to MemorySize, nor to Amazon Linux's libraries",
    "it applies the roles' policies as its makers understand IAM",
    "it fills no metrics, so no alarm was seen going off",
]


def start(program, log):
    """The process, and where it answers: on loopback, with the roles' permissions in force."""
    port = free_port()
    told = {"BIND_HOST": "127.0.0.1", "GATEWAY_PORT": str(port), "IOT_MTLS_ENABLED": "0", "LAMBDA_EXECUTOR": "local", "AUTH": "true"}
    # The functions of the last run would be found again.
    told |= {"PERSIST_STATE": "0", "MINISTACK_REGION": "us-east-1", **KEYS}
    process = subprocess.Popen([program], env={**os.environ, **told}, stdout=log, stderr=log, start_new_session=True)
    url = f"http://127.0.0.1:{port}"
    end = time.monotonic() + START_SECONDS
    while not answers(url):
        if process.poll() is not None or time.monotonic() > end:
            process.kill()
            raise SystemExit(f"ministack does not answer; see {log.name}")
        time.sleep(0.2)
    return process, url


def spared(template, url):
    """Takes from the expanded template what the emulator cannot do; returns what was done, in sentences."""
    resources = template["Resources"]
    for resource in resources.values():
        if resource["Type"] == "AWS::Lambda::Function":
            variables = resource["Properties"].setdefault("Environment", {}).setdefault("Variables", {})
            variables["AWS_ENDPOINT_URL"] = url
    if "QueuePolicy" in resources:
        resources["SilentQueue"] = {"Type": "AWS::SQS::Queue"}
        resources["QueuePolicy"]["Properties"]["Queues"] = [{"Ref": "SilentQueue"}]
    for name in [name for name, resource in resources.items() if "Metrics" in resource.get("Properties", {})]:
        del resources[name]
    return [
        "QueuePolicy is on a queue that nobody uses: it refuses whoever speaks in the clear, and here everybody does",
        "the alarm on dead letters is left out: its metric is a sum of two, and there are no sums here",
        "each function is told by AWS_ENDPOINT_URL where the emulator is",
    ]
