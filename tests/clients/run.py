"""Runs AWS's own clients against the local SQS: `make -C tests clients`.

    python3 run.py SQS_BINARY OLD NEW

SQS_BINARY is the example `sqs` of hikyaku-local. OLD and NEW are virtual environments of botocore; what the other producers
need is installed beside NEW.
"""
import contextlib
import subprocess
import sys
from pathlib import Path

import producers

HERE = Path(__file__).parent
BINARY, OLD, NEW = (Path(path).resolve() for path in sys.argv[1:])
SECONDS = 120  # far more than any step takes


@contextlib.contextmanager
def local_sqs():
    """The URL of an SQS of its own, which ends with the block."""
    process = subprocess.Popen([BINARY, "0"], stdout=subprocess.PIPE, text=True)
    try:
        url = process.stdout.readline().strip()
        if not url.startswith("http://"):
            sys.exit(f"{BINARY} printed no URL")
        yield url
    finally:
        process.terminate()
        process.wait()


def observations(environment, protocol):
    """What a botocore saw, line by line."""
    with local_sqs() as url:
        command = [environment / "bin/python", HERE / "old_botocore.py", url, protocol]
        ran = subprocess.run(command, stdout=subprocess.PIPE, text=True, timeout=SECONDS)
    if ran.returncode != 0:
        print(ran.stdout)
        sys.exit(f"botocore over {protocol} saw something else than expected, above")
    return ran.stdout.splitlines()


def compare(query, json):
    """Both protocols have to tell the same."""
    for line, (old, new) in enumerate(zip(query, json), 1):
        if old != new:
            sys.exit(f"observation {line} differs\n  query: {old}\n  json:  {new}")
    if len(query) != len(json):
        sys.exit(f"{len(query)} observations over query, {len(json)} over json")


def main():
    query, json = observations(OLD, "query"), observations(NEW, "json")
    compare(query, json)
    print(f"botocore over Query and over JSON: the same {len(query)} observations")
    with local_sqs() as url:
        missing = producers.check(url, NEW, SECONDS)
    for name, runtime in missing:
        print(f"NOT RUN: docs/producers/{name}: this machine has no {runtime}")


main()
