"""What `make deploy` runs: `sam deploy` of exactly the binaries that `make build` left in target/lambda.

    deploy.py [--lambda target/lambda] [--only-package] [SAM DEPLOY'S OWN ARGUMENTS]

`sam build` would compile everything again, for whatever machine it runs on. So it is left out: each function's CodeUri becomes the folder
of its binary, and the stack's architecture is read from the binaries.
"""
import argparse
import json
import os
import re
import subprocess
import sys
import tomllib

from samtranslator.yaml_helper import yaml_parse

# ELF's e_machine, at byte 18 of the file: 62 and 183 in the generic ABI's list of machines.
MACHINES = {62: "x86_64", 183: "arm64"}
PACKAGED = "target/deploy/template.json"
# SAM looks for it beside the template that it is given, which is not ours.
CONFIG = "samconfig.toml"


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
    """The template's functions, by the names of their binaries."""
    found = {}
    for name, resource in template["Resources"].items():
        if resource["Type"] == "AWS::Serverless::Function":
            try:
                found[resource["Metadata"]["BuildProperties"]["Binary"]] = resource
            except KeyError:
                sys.exit(f"{name} in the template has no Metadata with the name of its Binary")
    return found


def package(template, built):
    """Points every function to its binary; returns what they were all built for."""
    kinds = {}
    for binary, function in functions(template).items():
        folder = os.path.join(built, binary)
        kinds[binary] = machine(os.path.join(folder, "bootstrap"))
        function["Properties"]["CodeUri"] = os.path.abspath(folder)
        function["Properties"].pop("Architectures", None)
        function["Metadata"] = {"SkipBuild": True}
    if len(set(kinds.values())) > 1:
        listed = ", ".join(f"{binary} for {kind}" for binary, kind in sorted(kinds.items()))
        sys.exit(f"not all functions are built for the same architecture ({listed}): run `make build` once more")
    kind = next(iter(kinds.values()))
    template.setdefault("Globals", {}).setdefault("Function", {})["Architectures"] = [kind]
    return kind


def asked_architectures(arguments):
    """Every `Architecture=…` of the command line and of samconfig.toml."""
    texts = list(arguments)
    if os.path.exists(CONFIG):
        with open(CONFIG, "rb") as file:
            texts.append(json.dumps(tomllib.load(file)))
    return re.findall(r"\bArchitecture=\\?\"?(\w+)", "\n".join(texts))


def refuse_mismatch(kind, asked):
    for other in asked:
        if other != kind:
            flag = " FLAGS=--arm64" if other == "arm64" else ""
            sys.exit(f"Architecture={other} is asked for, but the binaries are for {kind}: run `make build{flag}`, or take the parameter away")


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
    parser.add_argument("--lambda", dest="built", default="target/lambda")
    parser.add_argument("--only-package", action="store_true")
    options, rest = parser.parse_known_args()
    with open("template.yaml", encoding="utf-8") as file:
        template = yaml_parse(file.read())
    kind = package(template, options.built)
    refuse_mismatch(kind, asked_architectures(rest))
    os.makedirs(os.path.dirname(PACKAGED), exist_ok=True)
    with open(PACKAGED, "w", encoding="utf-8") as file:
        json.dump(template, file, indent=1)
    print(f"{PACKAGED}: the binaries of {options.built}, for {kind}", flush=True)
    if options.only_package:
        return
    credentials()
    sam = os.path.join(os.path.dirname(sys.executable), "sam")
    sys.exit(subprocess.call([sam, "deploy", "--template-file", PACKAGED, "--config-file", os.path.abspath(CONFIG), *rest]))


if __name__ == "__main__":
    main()
