"""What `make -C tests new` runs: a project that `hikyaku new` makes is built, tested, run, and looked at by the doctor and cfn-lint.

    run.py HIKYAKU TARGET [--lint LINT]

It is built into this workspace's own target folder, from this workspace's Cargo.lock, without a network: nothing is downloaded, and most
crates are built already. LINT is the folder with cfn-lint; without it that part fails.
"""
import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time

parser = argparse.ArgumentParser()
parser.add_argument("hikyaku")
parser.add_argument("target")
parser.add_argument("--lint", required=True)
options = parser.parse_args()

ENVIRONMENT = os.environ | {
    "CARGO_TARGET_DIR": options.target,
    "CARGO_NET_OFFLINE": "true",
    "CARGO_TERM_COLOR": "never",
    # `make -C tests new` hands its own words down to every other make.
    "MAKEFLAGS": "",
    "MAKELEVEL": "",
}

# Of the doctor; what it could not look at would stand above it.
CONTENT = "doctor --strict\ntemplate.yaml: 0 errors, 0 warnings, 0 notes"

MAIN = """
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), hikyaku::Error> {
    hikyaku::serve(Worker::new(()).register::<ImportProducts>()).await
}
"""


def run(*words, cwd, fails=False):
    """What a command says; ends everything if it did not end as expected."""
    done = subprocess.run(words, cwd=cwd, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if (done.returncode != 0) != fails:
        sys.exit(f"{' '.join(words)} in {cwd}: exit {done.returncode}\n{done.stdout}")
    return done.stdout


def says(what, text, *parts):
    for part in parts:
        if part not in text:
            sys.exit(f"{what}: it does not say {part!r}:\n{text}")
    print("ok:", what, flush=True)


def event(folder, name, **data):
    path = os.path.join(folder, "events", f"{name}.json")
    with open(path, encoding="utf-8") as file:
        message = json.load(file)
    message["data"] |= data
    with open(path, "w", encoding="utf-8") as file:
        json.dump(message, file)


def replace(path, old, new):
    with open(path, encoding="utf-8") as file:
        text = file.read()
    if text.count(old) != 1:
        sys.exit(f"{path} has {old!r} {text.count(old)} times")
    with open(path, "w", encoding="utf-8") as file:
        file.write(text.replace(old, new))


def beside_another_cloud(folder):
    """`make run` while `hikyaku dev` runs in the same folder."""
    words = [options.hikyaku, "dev", "--sqs-port", "0", "--dynamodb-port", "0", "--lambda-port", "0"]
    with subprocess.Popen(words, cwd=folder, env=ENVIRONMENT, stdout=subprocess.PIPE, text=True) as cloud:
        try:
            while "Lambda answers" not in (line := cloud.stdout.readline()):
                if not line:
                    sys.exit("`hikyaku dev` has ended")
            with open(f"{folder}/.hikyaku/local.json", encoding="utf-8") as file:
                before = file.read()
            said = run("make", "run", cwd=folder)
            with open(f"{folder}/.hikyaku/local.json", encoding="utf-8") as file:
                after = file.read()
            # It was another cloud that the job ran on.
            left = run(options.hikyaku, "monitor", "--local", "--json", cwd=folder)
            return said, before == after, json.loads(left)
        finally:
            cloud.terminate()


def add_a_job(folder):
    """What the project's README says under "Another job"."""
    with open(f"{folder}/src/send_invoice.rs", encoding="utf-8") as file:
        text = file.read()
    with open(f"{folder}/src/notify_customer.rs", "w", encoding="utf-8") as file:
        file.write(text.replace("SendInvoice", "NotifyCustomer"))
    with open(f"{folder}/src/main.rs", encoding="utf-8") as file:
        text = file.read()
    text = text.replace("mod send_invoice;", "mod notify_customer;\nmod send_invoice;")
    text = text.replace("use send_invoice", "use notify_customer::NotifyCustomer;\nuse send_invoice")
    text = text.replace(".register::<SendInvoice>()", ".register::<SendInvoice>().register::<NotifyCustomer>()")
    with open(f"{folder}/src/main.rs", "w", encoding="utf-8") as file:
        file.write(text)
    with open(f"{folder}/events/notify-customer.json", "w", encoding="utf-8") as file:
        json.dump({"job": "App\\Jobs\\NotifyCustomer", "data": {"id": 8}}, file)
    run("cargo", "fmt", cwd=folder)


def add_a_function(folder):
    """What the project's README says under "A function of its own", with the command that it prints."""
    with open(f"{folder}/src/send_invoice.rs", encoding="utf-8") as file:
        job = file.read().replace("SendInvoice", "ImportProducts").replace("pub struct", "struct")
    job, tests = job.replace("JobError};", "JobError, Worker};").split("#[cfg(test)]")
    os.mkdir(f"{folder}/src/bin")
    with open(f"{folder}/src/bin/import-products.rs", "w", encoding="utf-8") as file:
        file.write(f"{job}{MAIN}\n#[cfg(test)]{tests}")
    with open(f"{folder}/events/import-products.json", "w", encoding="utf-8") as file:
        json.dump({"job": "App\\Jobs\\ImportProducts", "data": {"id": 9}}, file)
    with open(f"{folder}/README.md", encoding="utf-8") as file:
        command = next(line for line in file if line.strip().startswith("$ sed")).strip().removeprefix("$ ")
    block = run("bash", "-c", command, cwd=folder)
    alarms = run("bash", "-c", command.replace("/^  JobsQueue:/,/^  # ---/", "/^  JobsAgeAlarm:/,/^Outputs/"), cwd=folder)
    alarms = alarms.replace("JobsAge", "ImportProductsAge").replace("JobsErrors", "ImportProductsErrors").replace("JobsThrottles", "ImportProductsThrottles")
    with open(f"{folder}/template.yaml", encoding="utf-8") as file:
        template = file.read()
    template = template.replace("[!Ref JobsQueue,", "[!Ref JobsQueue, !Ref ImportProductsQueue,")
    template = template.replace("[!GetAtt JobsQueue.Arn]", "[!GetAtt JobsQueue.Arn, !GetAtt ImportProductsQueue.Arn]")
    before, policies = template.split("  # ---------------------------------------------------------------- who may send")
    template = f"{before}{block}  # ---------------------------------------------------------------- who may send{policies}"
    with open(f"{folder}/template.yaml", "w", encoding="utf-8") as file:
        file.write(template.replace("Outputs:", f"{alarms}Outputs:"))
    run("cargo", "fmt", cwd=folder)


def add_a_courier(folder):
    """What docs/lane.md says under "In a project of your own"."""
    with open("docs/lane.md", encoding="utf-8") as file:
        page = file.read()
    function = page.split("```rust\n")[1].split("```")[0]
    section = page.split("\n### In a project of your own\n")[1].split("\n## ")[0]
    toml, parameters, variables = (block.split("```")[0] for block in re.split("```(?:toml|yaml)\n", section)[1:])
    timeout = re.search(r"`Timeout: (\d+)`", section)[1]

    def change(path, *changes):
        with open(f"{folder}/{path}", encoding="utf-8") as file:
            text = file.read()
        for old, new in changes:
            if text.count(old) != 1:
                sys.exit(f"{path} has {old!r} {text.count(old)} times")
            text = text.replace(old, new)
        with open(f"{folder}/{path}", "w", encoding="utf-8") as file:
            file.write(text)

    change("Cargo.toml", ("[dependencies]\n", "[dependencies]\n" + toml.replace("/home/me/hikyaku", os.getcwd())))
    with open(f"{folder}/src/main.rs", "w", encoding="utf-8") as file:
        file.write(f"//! Both sides.\n\nmod import_csv;\nuse import_csv::ImportCsv;\n\n{function}")
    change(
        "template.yaml",
        ("Parameters:\n", f"Parameters:\n{parameters}"),
        ("          HIKYAKU_QUEUE_URL: !Ref JobsQueue\n", f"          HIKYAKU_QUEUE_URL: !Ref JobsQueue\n{variables}"),
        ("      Timeout: 60\n", f"      Timeout: {timeout}\n"),
    )
    run("cargo", "fmt", cwd=folder)


began = time.monotonic()
with tempfile.TemporaryDirectory() as above:
    project = os.path.join(above, "shop")
    said = run(options.hikyaku, "new", "shop", cwd=above)
    says("a project is made, and says where hikyaku comes from", said, "src/send_invoice.rs", "crates.io yet", "make run")
    said = run(options.hikyaku, "new", "shop", cwd=above, fails=True)
    says("a folder that is used is refused", said, "is not empty", "--path")

    said = run("make", "check", cwd=project)
    says("formatting, clippy, its tests and the doctor are content", said, "2 passed", CONTENT)
    said = run("make", "run", cwd=project)
    says("one job runs end to end on the local cloud", said, "state       done", "id=7", "Done.")
    event(project, "send-invoice", id=0)
    said = run("make", "run", cwd=project, fails=True)
    says("a job that fails says so, and why", said, "state       failed", "there is no number 0")

    event(project, "send-invoice", id=7)
    said, is_left_alone, seen = beside_another_cloud(project)
    says("it runs beside `make dev`", said, "Done.")
    if not is_left_alone or any(queue["waiting"] + queue["inFlight"] for queue in seen["queues"]):
        sys.exit(f"`make run` has taken the place of `make dev`: {seen}")

    replace(f"{project}/src/send_invoice.rs", "Guarantee::Once;", "Guarantee::AtLeastOnce;")
    said = run("make", "run", cwd=project)
    says("a job that keeps no ledger runs too", said, "state       done", "keeps no ledger", "Done.")
    event(project, "send-invoice", id=0)
    said = run("make", "run", cwd=project, fails=True)
    says("and fails as others do", said, "state       failed", "there is no number 0")
    replace(f"{project}/src/send_invoice.rs", "Guarantee::AtLeastOnce;", "Guarantee::Once;")

    variable = "          HIKYAKU_QUEUE_URL: !Ref JobsQueue\n"
    replace(f"{project}/template.yaml", variable, f"{variable}          HIKYAKU_CONCURRENCY: none\n")
    said = run("make", "run", cwd=project, fails=True)
    says("a function that cannot start says why", said, "did not start", "HIKYAKU_CONCURRENCY")
    replace(f"{project}/template.yaml", "          HIKYAKU_CONCURRENCY: none\n", "")

    add_a_job(project)
    said = run("make", "check", cwd=project)
    says("a second job, as its README says, is tested too", said, "4 passed", CONTENT)
    said = run("make", "run", "EVENT=events/notify-customer.json", cwd=project)
    says("and runs in the same function", said, "App\\Jobs\\NotifyCustomer", "state       done")

    add_a_function(project)
    said = run("make", "check", cwd=project)
    says("a function of its own, as its README says, is tested too", said, "4 passed", "2 passed", CONTENT)
    said = run("make", "run", "EVENT=events/import-products.json", "QUEUE=ImportProductsQueue", cwd=project)
    says("and runs beside the first", said, "App\\Jobs\\ImportProducts", "state       done")

    lint = [f"{options.lint}/bin/python", "-B", os.path.abspath(".ci/lint_template.py")]
    said = run(*lint, "template.yaml", "--doctor", options.hikyaku, cwd=project)
    says("cfn-lint finds nothing in what SAM makes of its template", said, "cfn-lint: no findings")

    project = os.path.join(above, "both")
    run(options.hikyaku, "new", "both", "--job", "ImportCsv", cwd=above)
    add_a_courier(project)
    said = run("make", "check", cwd=project)
    says("a function with both sides, as docs/lane.md says, is tested too", said, "2 passed", CONTENT)
    said = run("make", "run", cwd=project)
    says("and runs what it has in Rust there", said, "App\\Jobs\\ImportCsv", "state       done", "side=rust")
print(f"{time.monotonic() - began:.0f} s")
