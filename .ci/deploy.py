"""What `make deploy` runs: `sam deploy` of exactly the binaries that `make build` left in target/lambda.

    deploy.py [--template template.yaml] [--lambda target/lambda] [--only-package] [SAM DEPLOY'S OWN ARGUMENTS]

`sam build` would compile everything again, for whatever machine it runs on. So it is left out: each function's CodeUri becomes the folder
of its binary, and its architecture is read from the binary. The templates of nested stacks are treated alike.
"""
import argparse
import json
import os
import subprocess
import sys

import nested

# ELF's e_machine, at byte 18 of the file: 62 and 183 in the generic ABI's list of machines.
MACHINES = {62: "x86_64", 183: "arm64"}
PACKAGED = "target/deploy"
# SAM looks for it beside the template that it is given, which is not ours.
CONFIG = "samconfig.toml"
# The template of the stack that is named there.
TEMPLATE = "template.yaml"


def machine(binary):
    """What `binary` was built for, in Lambda's word."""
    try:
        with open(binary, "rb") as file:
            header = file.read(20)
    except FileNotFoundError:
        sys.exit(f"{binary} is not there: run `make build` first")
    kind = MACHINES.get(int.from_bytes(header[18:20], "little"))
    if header[:4] != b"\x7fELF" or kind is None:
        sys.exit(f"{binary} is no Linux binary for x86_64 or arm64: run `make build` again")
    return kind


def functions(template):
    """The template's functions: their logical ids, the names of their binaries, and what the template says of them."""
    for name, resource in template["Resources"].items():
        if resource["Type"] == "AWS::Serverless::Function":
            try:
                yield name, resource["Metadata"]["BuildProperties"]["Binary"], resource
            except KeyError:
                sys.exit(f"{name} in the template has no Metadata with the name of its Binary")


def package(path, built):
    """Points every function of a template and of its nested stacks to its binary. Returns the templates by their paths."""
    templates = {file: nested.read(file) for file in nested.files(path)}
    kinds = {}
    for template in templates.values():
        for _, binary, function in functions(template):
            folder = os.path.join(built, binary)
            kinds[binary] = machine(os.path.join(folder, "bootstrap"))
            function["Properties"]["CodeUri"] = os.path.abspath(folder)
            function["Properties"]["Architectures"] = [kinds[binary]]
            function["Metadata"] = {"SkipBuild": True}
        template.get("Globals", {}).get("Function", {}).pop("Architectures", None)
    if len(set(kinds.values())) > 1:
        listed = ", ".join(f"{binary} for {kind}" for binary, kind in sorted(kinds.items()))
        sys.exit(f"not all functions are built for the same architecture ({listed}): run `make build` once more")
    return templates, next(iter(kinds.values()), None)


def written(templates):
    """Writes the templates as JSON, each where its path says, below a folder of ours. Returns the outermost one's path."""
    paths = {path: os.path.join(PACKAGED, os.path.splitext(path)[0] + ".json") for path in templates}
    for path, template in templates.items():
        for name, key, file in nested.stacks(template, path):
            template["Resources"][name]["Properties"][key] = os.path.abspath(paths[file])
        os.makedirs(os.path.dirname(paths[path]), exist_ok=True)
        with open(paths[path], "w", encoding="utf-8") as file:
            json.dump(template, file, indent=1)
    return paths[next(iter(templates))]


def credentials():
    """Ends with what to do if nobody has told AWS's tools who is deploying."""
    import botocore.session

    if botocore.session.Session().get_credentials() is None:
        sys.exit(
            "nobody is signed in to AWS, so nothing was deployed. Run `aws sso login` or `aws configure`, or set AWS_PROFILE or\n"
            "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; `aws sts get-caller-identity` then says who you are. docs/deploy.md"
        )


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--template", default=TEMPLATE)
    parser.add_argument("--lambda", dest="built", default="target/lambda")
    parser.add_argument("--only-package", action="store_true")
    options, rest = parser.parse_known_args()
    # Everything in a stack that its template does not name is deleted.
    if os.path.relpath(options.template) != TEMPLATE and not any(word.startswith("--stack-name") for word in rest):
        sys.exit(f"say which stack {options.template} is, as FLAGS=\"--stack-name hikyaku-network …\": {CONFIG} names that of {TEMPLATE}")
    templates, kind = package(os.path.relpath(options.template), options.built)
    path = written(templates)
    print(f"{path}: the binaries of {options.built}, for {kind}" if kind else f"{path}: no functions", flush=True)
    if options.only_package:
        return
    credentials()
    sam = os.path.join(os.path.dirname(sys.executable), "sam")
    sys.exit(subprocess.call([sam, "deploy", "--template-file", path, "--config-file", os.path.abspath(CONFIG), *rest]))


if __name__ == "__main__":
    main()
