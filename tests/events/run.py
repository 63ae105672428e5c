"""Every sample of events/ sent to its function by `make invoke`, that is by `cargo lambda invoke`: `make -C tests events`.

    run.py BUILT        the folder with the binaries

The local cloud is started as `make dev` starts it, on ports of its own. What the functions answer is looked at by the test
process::events; here it has to be an answer, and no error.
"""
import glob
import json
import os
import re
import subprocess
import sys
import threading

BUILT = os.path.abspath(sys.argv[1])
FILES = "/tmp/hikyaku"
FLAGS = ["--no-build", "--sqs-port=0", "--dynamodb-port=0", "--lambda-port=0"]
# The PHP lane's function is there only with an application.
NOT_HERE = "courier"


def started():
    """The local cloud, and the port of its Lambda."""
    cloud = subprocess.Popen([f"{BUILT}/hikyaku", "dev", *FLAGS], stdout=subprocess.PIPE, text=True)
    for line in cloud.stdout:
        if found := re.match(r"# Lambda answers at http://127\.0\.0\.1:(\d+);", line):
            # It says more, and would wait for somebody to read it.
            threading.Thread(target=cloud.stdout.read, daemon=True).start()
            return cloud, found[1]
    sys.exit("the local cloud did not start")


def main():
    subprocess.run([f"{BUILT}/demo", "--prepare", FILES], check=True)
    cloud, port = started()
    samples = [path for path in sorted(glob.glob("events/*/*.json")) if NOT_HERE not in path]
    try:
        for event in samples:
            job = os.path.basename(event).removesuffix(".json")
            make = ["make", "--no-print-directory", "invoke", f"JOB={job}", f"EVENT={event}", f"LAMBDA_PORT={port}"]
            done = subprocess.run(make, env={**os.environ, "MAKEFLAGS": "", "MAKELEVEL": ""}, capture_output=True, text=True, timeout=120)
            if done.returncode != 0:
                sys.exit(f"{event}: exit {done.returncode}\n{done.stdout}{done.stderr}")
            answer = json.loads(done.stdout)
            if isinstance(answer, dict) and (answer.get("batchItemFailures") or "errorType" in answer):
                sys.exit(f"{event}: it failed, or would come again: {answer}")
            print("ok:", event, "->", done.stdout.strip()[:100], flush=True)
    finally:
        cloud.terminate()
        cloud.wait()
    print(f"{len(samples)} samples, each answered")


main()
