"""Runs every test of a ledger on DynamoDB servers that others wrote: `make -C tests second-opinion`.

    cargo test … --no-run --message-format=json | python3 run.py ENVIRONMENTS

ENVIRONMENTS is the folder of the virtual environments, one a server. Each test has to pass, but for those named in DEFECTS:
they have to fail, with the words that are named there, so that a defect that was mended is noticed as well.
"""
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

from servers import answers, free_port, version

ENVIRONMENTS = Path(sys.argv[1]).resolve()
START_SECONDS = 180
TEST_SECONDS = 900

# What a server does otherwise than DynamoDB: test, what its failure says, and why that is the server's defect.
DEFECTS = {
    "ministack": {
        "ledger::rows::a_number_in_the_cache_is_nobodys_lock_to_take_over_and_no_text": (
            "Incorrect operand type for operator or function; operator or function: begins_with",
            "it takes an item's number under begins_with for an operand of the wrong type; the two others find the condition false",
        ),
    },
    "moto": {
        "ledger::batches::a_row_that_is_full_before_that_counts_without_ids_too": (
            "Item size has exceeded the maximum allowed size",
            "it refuses items beyond 405,000 bytes; DynamoDB takes 409,600",
        ),
        "ledger::dynamodb::what_is_larger_than_an_item_on_dynamodb_is_refused_for_good": (
            "not refused with a record",
            "it refuses an update that makes an item too large, and has made it by then",
        ),
        "ledger::batches::a_row_that_nobody_can_count_in_does_not_keep_a_job_from_ending": (
            "Incorrect operand type for operator or function; operator or function: -, operand type: S",
            "it refuses a transaction whose arithmetic fails as a malformed request; DynamoDB cancels it, with reasons",
        ),
    },
}


def test_binary(lines):
    """The integration tests, as cargo has just built them."""
    built = (json.loads(line) for line in lines if line.startswith("{"))
    paths = [message["executable"] for message in built if message.get("target", {}).get("name") == "integration"]
    if not paths:
        sys.exit("cargo built no integration tests")
    return paths[-1]


def command(server, port):
    """How a server is started on loopback, and what it is told."""
    if server == "moto":
        return [ENVIRONMENTS / "moto/bin/moto_server", "-H", "127.0.0.1", "-p", str(port)], {}
    told = {"BIND_HOST": "127.0.0.1", "GATEWAY_PORT": str(port), "IOT_MTLS_ENABLED": "0"}
    return [ENVIRONMENTS / "ministack/bin/ministack"], told


def start(server, log):
    port = free_port()
    line, told = command(server, port)
    process = subprocess.Popen(line, env={**os.environ, **told}, stdout=log, stderr=log)
    url = f"http://127.0.0.1:{port}"
    end = time.monotonic() + START_SECONDS
    while not answers(url):
        if process.poll() is not None or time.monotonic() > end:
            process.kill()
            sys.exit(f"{server} does not answer; see {log.name}")
        time.sleep(0.2)
    return process, url


def tests(binary, url):
    """What became of each test, and what all of them printed."""
    line = [binary, "ledger::", "--test-threads=1", "--color=never"]
    environment = {**os.environ, "HIKYAKU_TEST_DYNAMODB": url, "RUST_BACKTRACE": "0"}
    ran = subprocess.run(line, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=TEST_SECONDS)
    results = dict(re.findall(r"^test (\S+) \.\.\. (ok|FAILED)$", ran.stdout, re.M))
    failures = dict(re.findall(r"^---- (\S+) stdout ----\n(.*?)(?=^---- |^failures:|\Z)", ran.stdout, re.M | re.S))
    return results, failures, ran.stdout


def judge(server, results, failures):
    """Complaints about a server's results; none if they are as expected."""
    complaints = []
    for test, result in results.items():
        words, _why = DEFECTS[server].get(test, (None, None))
        if words is None and result != "ok":
            complaints.append(f"{test} fails on {server}:\n{failures.get(test, '')}")
        elif words is not None and result == "ok":
            complaints.append(f"{test} passes on {server} now: take it from DEFECTS in {Path(__file__).name}")
        elif words is not None and words not in failures.get(test, ""):
            complaints.append(f"{test} fails on {server}, but not with `{words}`:\n{failures.get(test, '')}")
    unknown = set(DEFECTS[server]) - set(results)
    complaints.extend(f"DEFECTS names {test}, which is no test" for test in unknown)
    return complaints


def ask(binary, server):
    log_path = ENVIRONMENTS / f"{server}.log"
    began = time.monotonic()
    with open(log_path, "w") as log:
        process, url = start(server, log)
        try:
            results, failures, output = tests(binary, url)
        finally:
            process.terminate()
            process.wait()
    if len(results) < 2:
        print(output)
        sys.exit(f"no tests ran on {server}")
    complaints = judge(server, results, failures)
    passed = sum(result == "ok" for result in results.values())
    print(f"{server} {version(ENVIRONMENTS / server, server)}: {passed} of {len(results)} tests of the ledger pass, in {time.monotonic() - began:.0f} s")
    for test, (_words, why) in DEFECTS[server].items():
        print(f"  fails, as expected: {test}: {why}")
    return complaints


def main():
    binary = test_binary(sys.stdin)
    complaints = [complaint for server in DEFECTS for complaint in ask(binary, server)]
    if complaints:
        sys.exit("\n" + "\n\n".join(complaints))


main()
