"""`make lint-template` on templates that are wrong in one way each, and on clean ones.

    run.py HIKYAKU LINT_TEMPLATE_FOLDER

Every case of violations/ must fail with a finding that names its rule on its line; cfn-lint's cases with one of cfn-lint's or SAM's. What
is wrong beside a template (Cargo.toml, binaries, jobs) is made in temporary workspaces. The clean templates must pass.
"""
import json
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
HIKYAKU, LINT = sys.argv[1:3]
sys.path.insert(0, LINT)
REGION = "ap-northeast-1"


def cases():
    """Title, base, text and line of each case: the same that the tests in Rust read."""
    for name in sorted(os.listdir(f"{HERE}/violations")):
        base_name = name.removesuffix(".txt")
        base = read(f"{HERE}/clean/{base_name}")
        for case in ("\n" + read(f"{HERE}/violations/{name}")).split("\n=== ")[1:]:
            head, changes = case.split("\n---\n", 1)
            title, *lines = head.splitlines()
            keys = dict(line.split(": ", 1) for line in lines)
            text = base
            for change in changes.split("\n---\n"):
                before, after = change.removesuffix("\n").split("\n+++", 1)
                after = after.removeprefix("\n")
                assert text.count(before) == 1, title
                text = text.replace(before, after) if after else text.replace(before + "\n", "")
            yield f"{base_name}: {title}", text, marked(text, keys), base_name


def marked(text, keys):
    lines = text.splitlines()
    if "at" not in keys:
        return next(number for number, line in enumerate(lines, 1) if line.endswith("#!"))
    fits = [number for number, line in enumerate(lines, 1) if line.strip().removeprefix("- ").startswith(keys["at"])]
    return fits[int(keys.get("nth", 1)) - 1]


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def judge(case):
    """What is wrong with the way a case is found; None if nothing is."""
    import lint_template

    title, text, line, base_name = case
    rule, severity = title.split(": ")[1].split(" ")[:2]
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, base_name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text.replace("CodeUri: ../../..", f"CodeUri: {ROOT}"))
        if rule == "cfn-lint":
            found = lint_template.linted(path, REGION)
        else:
            answer = doctor(path)
            found = json.loads(answer.stdout)["findings"]
            if (answer.returncode != 0) != (severity != "note"):
                return f"{title}: the doctor exits with {answer.returncode}"
    hits = [one for one in found if one["line"] == line and one["severity"] == severity]
    hits = [one for one in hits if one["rule"].split(" ")[0] in ((rule, "sam") if rule == "cfn-lint" else (rule,))]
    return None if hits else f"{title}: not on line {line} in {[(one['rule'], one['severity'], one['line']) for one in found]}"


def doctor(path):
    return subprocess.run([HIKYAKU, "doctor", "--strict", "--ignore", "not-looked-at", "--json", "--template", path], capture_output=True, text=True)


PROJECT = """Resources:
  Orders:
    Type: AWS::Serverless::Function
    Metadata: { BuildMethod: rust-cargolambda, BuildProperties: { Binary: BINARY } }
    Properties:
      CodeUri: CODE
      Timeout: 60
      Role: arn:aws:iam::123456789012:role/orders
      LoggingConfig: { LogGroup: orders }
      Environment: { Variables: { HIKYAKU_APPLICATION: shop } }
      Events:
        Messages:
          Type: SQS
          Properties: { Queue: !GetAtt Queue.Arn, FunctionResponseTypes: [ReportBatchItemFailures] }
  Queue:
    Type: AWS::SQS::Queue
    Properties:
      VisibilityTimeout: 360
      MessageRetentionPeriod: 1209600
      RedrivePolicy: { deadLetterTargetArn: "arn:aws:sqs:eu-west-1:123456789012:dead", maxReceiveCount: 100 }
"""
JOB = {"name": "orders", "tries": 3, "timeout": 50, "backoff": [10]}
UNWIND = 'panic = "unwind"'


def projects():
    """What is wrong beside a template: rule, file and line; then binary, code, profile and job."""
    yield None, None, None, "orders", ".", UNWIND, {}
    yield "panic-abort", "Cargo.toml", 4, "orders", ".", 'panic = "abort"', {}
    yield "panic-abort", "Cargo.toml", 3, "orders", ".", "lto = true", {}
    yield "binary", "template.yaml", 4, "order", ".", UNWIND, {}
    yield "stale-build", "template.yaml", 6, "orders", "jobs", UNWIND, {}
    yield "job-timeout", "template.yaml", 7, "orders", ".", UNWIND, {"timeout": 60}
    yield "job-tries", "template.yaml", 20, "orders", ".", UNWIND, {"tries": 101}
    yield "target-cpu", ".cargo/config.toml", 2, "orders", ".", UNWIND, {}
    yield "job-backoff", "template.yaml", 2, "orders", ".", UNWIND, {"backoff": [50000], "guarantee": "at-least-once"}


def judge_project(rule, file, line, binary, code, profile, job):
    with tempfile.TemporaryDirectory() as folder:
        def write(path, text, mode=0o644):
            path = os.path.join(folder, path)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w", encoding="utf-8") as out:
                out.write(text)
            os.chmod(path, mode)

        write("Cargo.toml", f'[workspace]\nmembers = ["jobs"]\n[profile.release]\n{profile}\n')
        write("jobs/Cargo.toml", '[package]\nname = "jobs"\nversion = "0.1.0"\n')
        write("jobs/src/bin/orders.rs", "fn main() {}")
        write("jobs/src/bin/invoices.rs", "fn main() {}")
        write("target/debug/orders", f"#!/bin/sh\necho '{json.dumps({'jobs': [JOB | job]})}'\n", 0o755)
        if rule == "target-cpu":
            write(".cargo/config.toml", '[build]\nrustflags = ["-C", "target-cpu=native"]\n')
        write("template.yaml", PROJECT.replace("BINARY", binary).replace("CODE", code))
        environment = {name: value for name, value in os.environ.items() if name != "CARGO_TARGET_DIR"}
        answer = subprocess.run(
            [HIKYAKU, "doctor", "--strict", "--ignore", "not-looked-at", "--json"], capture_output=True, text=True, cwd=folder, env=environment)
        found = [(one["rule"], one["file"], one["line"]) for one in json.loads(answer.stdout)["findings"]
                 if one["severity"] != "note"]
    expected = [] if rule is None else [(rule, file, line)]
    if found != expected or (answer.returncode == 0) != (rule is None):
        return f"beside the template: {expected} wanted, {found} found, exit {answer.returncode}: {answer.stderr}"
    return None


def make(template):
    return subprocess.run(
        ["make", "--silent", "lint-template", f"TEMPLATE={template}", "IGNORE=not-looked-at"], capture_output=True, text=True, cwd=ROOT)


def main():
    all_cases = list(cases())
    with ProcessPoolExecutor(2) as pool:
        wrong = [one for one in pool.map(judge, all_cases, chunksize=4) if one]
    beside = list(projects())
    wrong += [one for one in (judge_project(*project) for project in beside) if one]
    clean = sorted(os.listdir(f"{HERE}/clean"))
    for name in clean:
        answer = make(f"tests/doctor/clean/{name}")
        if answer.returncode:
            wrong.append(f"{name} is clean, and make says:\n{answer.stdout}{answer.stderr}")
    # The whole command, once for each of the two that look.
    for rule in ("cfn-lint error: a timeout", "visibility-timeout error"):
        title, text, line, _ = next(case for case in all_cases if rule in case[0])
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            file.write(text.replace("CodeUri: ../../..", f"CodeUri: {ROOT}"))
            file.flush()
            answer = make(file.name)
            if not answer.returncode or f"{file.name}:{line}: error: {rule.split(' ')[0]}" not in answer.stdout:
                wrong.append(f"make lint-template: {title}:\n{answer.stdout}{answer.stderr}")
    print("\n".join(wrong))
    print(f"{len(all_cases)} violations, {len(beside)} workspaces, {len(clean)} clean templates: {len(wrong)} wrong")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
