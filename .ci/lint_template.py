"""What `make lint-template` runs: cfn-lint on the expanded template and on those of its nested stacks, and `hikyaku doctor` on all together.

    lint_template.py TEMPLATE --doctor PATH [--region REGION] [--ignore RULE]…

SAM's own language hides mistakes from cfn-lint: half of them are seen only in the CloudFormation that SAM makes of a template. So it is
expanded first, by SAM's translator, on this machine; what cfn-lint then finds is led back to the lines that somebody wrote.
"""
import argparse
import datetime
import json
import os
import subprocess
import sys
from contextlib import redirect_stderr
from io import StringIO

import cfnlint.api
import cfnlint.decode
from samtranslator.internal.managed_policies import get_bundled_managed_policy_map
from samtranslator.model.exceptions import InvalidDocumentException
from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse

import nested

SAM = "AWS::Serverless-2016-10-31"

# The translator demands that code lies in S3, where `sam build` and `sam package` would have put it.
CODE = {
    "AWS::Serverless::Function": "CodeUri",
    "AWS::Serverless::LayerVersion": "ContentUri",
    "AWS::Serverless::StateMachine": "DefinitionUri",
    "AWS::Serverless::Api": "DefinitionUri",
    "AWS::Serverless::HttpApi": "DefinitionUri",
    "AWS::Serverless::Application": "Location",
}

# SAM replaces references to parameters by their values, so parameters and conditions look unused afterwards.
OF_EXPANSION = {"W2001", "W8001"}


class Bundled:
    """The ARNs of managed policies by name, as SAM ships them: IAM is not asked."""

    def load(self):
        return get_bundled_managed_policy_map("aws") or {}


class Source:
    """The text that somebody wrote, by its lines."""

    def __init__(self, path):
        self.path = path
        self.template, self.faults = cfnlint.decode.decode(path)

    def is_sam(self):
        transforms = self.template.get("Transform", [])
        return SAM in (transforms if isinstance(transforms, list) else [transforms])

    def resources(self):
        return self.template.get("Resources", {})

    def line(self, path):
        """The line of what CloudFormation calls `path`, or of what SAM made it from."""
        if len(path) > 1 and path[0] == "Resources" and path[1] not in self.resources():
            path = self.origin(path)
        node, line = self.template, 1
        for step in self.with_globals(path):
            if isinstance(node, dict) and step in node:
                line = begins(next(key for key in node if key == step), line)
            elif isinstance(node, list) and isinstance(step, int) and step < len(node):
                line = begins(node[step], line)
            else:
                break
            node = node[step]
        return line

    def origin(self, path):
        """SAM names what it makes after the resource, then the event: `Orders` and `Messages` give `OrdersMessages`."""
        made = path[1]
        owners = [name for name in self.resources() if made.startswith(name)]
        if not owners:
            return path[:1]
        owner = max(owners, key=len)
        events = self.resources()[owner].get("Properties", {}).get("Events", {})
        rest = made[len(owner):]
        event = next((name for name in events if rest.startswith(name)), None)
        if event is None:
            return ["Resources", owner, "Properties"]
        step = {"EventSourceArn": "Queue"}.get(path[3] if len(path) > 3 else "", None)
        return ["Resources", owner, "Properties", "Events", event, "Properties", *([step] if step else path[3:])]

    def with_globals(self, path):
        """A property that the resource does not have comes from `Globals`."""
        if len(path) < 4 or path[0] != "Resources" or path[2] != "Properties":
            return path
        resource = self.resources().get(path[1], {})
        shared = self.template.get("Globals", {}).get(resource.get("Type", "").split("::")[-1], {})
        if path[3] in shared and path[3] not in resource.get("Properties", {}):
            return ["Globals", resource["Type"].split("::")[-1], *path[3:]]
        return path


def begins(node, otherwise):
    """The line of a node; what stands for a tag, such as `Fn::GetAtt` for `!GetAtt`, has none."""
    mark = getattr(node, "start_mark", None)
    return otherwise if mark is None else mark.line + 1


def finding(rule, severity, line, what, page=None):
    return {"rule": rule, "severity": severity, "line": line, "what": what, "page": page}


def values(template):
    """A value for each parameter without a default: SAM needs some, and which does not matter."""
    found = {}
    for name, parameter in template.get("Parameters", {}).items():
        if "Default" in parameter or parameter.get("Type", "").startswith("AWS::SSM"):
            continue
        allowed = parameter.get("AllowedValues")
        found[name] = str(allowed[0]) if allowed else ("1" if parameter.get("Type") == "Number" else name.lower())
    return found


def with_texts(node):
    """The template with texts for what YAML takes for dates: the `Version` of policies, where it is not in quotes."""
    if isinstance(node, dict):
        return {key: with_texts(value) for key, value in node.items()}
    if isinstance(node, list):
        return [with_texts(value) for value in node]
    return node.isoformat() if isinstance(node, datetime.date) else node


def expanded(path):
    """The CloudFormation that SAM makes of a template."""
    with open(path, encoding="utf-8") as file:
        template = with_texts(yaml_parse(file.read()))
    for name, shared in template.get("Globals", {}).items():
        shared.pop(CODE.get(f"AWS::Serverless::{name}", ""), None)
    for resource in template.get("Resources", {}).values():
        key = CODE.get(resource.get("Type", ""))
        properties = resource.setdefault("Properties", {}) if key else {}
        inline = ("InlineCode", "ImageUri", "Definition", "DefinitionBody")
        if key and properties.get("PackageType") != "Image" and not any(word in properties for word in inline):
            if key != "DefinitionUri" or key in properties:
                properties[key] = "s3://bucket/key"
        elif key == "CodeUri" and properties.get("PackageType") == "Image":
            properties.setdefault("ImageUri", "123456789012.dkr.ecr.us-east-1.amazonaws.com/image:tag")
    transforms = template.get("Transform", [])
    others = [one for one in ([transforms] if isinstance(transforms, str) else transforms) if not one.startswith("AWS::Serverless")]
    # The translator has remarks of its own metrics for stderr.
    with redirect_stderr(StringIO()):
        made = transform(template, values(template), Bundled())
    # It takes all of them out, and does only its own.
    return made | ({"Transform": others} if others else {})


def linted(path, region):
    """What SAM's translator and cfn-lint find, on the lines of the source."""
    # The translator asks for a region and uses it for partitions only.
    os.environ["AWS_DEFAULT_REGION"] = region
    source = Source(path)
    if source.faults:
        return [finding(fault.rule.id, "error", fault.linenumber, fault.message) for fault in source.faults]
    if not source.is_sam():
        with open(path, encoding="utf-8") as file:
            text = file.read()
    else:
        try:
            text = json.dumps(expanded(path))
        except InvalidDocumentException as invalid:
            return [refused(source, cause) for cause in invalid.causes]
    found = []
    for match in cfnlint.api.lint(text, regions=[region]):
        where = list(getattr(match, "path", None) or [])
        line = source.line(where) if source.is_sam() else match.linenumber
        if match.rule.id in OF_EXPANSION and source.is_sam() or is_sams_own(source, match.rule.id, where):
            continue
        severity = {"E": "error", "W": "warning"}.get(match.rule.id[0], "note")
        what = match.message + (f" (in {where[1]})" if len(where) > 1 else "")
        found.append(finding(f"cfn-lint {match.rule.id}", severity, line, what, match.rule.source_url))
    return sorted(found, key=lambda found: found["line"])


def is_sams_own(source, rule, path):
    """W3037 in a role that SAM makes: its policy templates name actions that IAM no longer lists."""
    return rule == "W3037" and len(path) > 1 and path[1] not in source.resources()


def refused(source, cause):
    """What SAM itself refuses, at the resource that it names."""
    text = getattr(cause, "message", str(cause))
    named = [name for name in source.resources() if f"[{name}]" in text]
    line = source.line(["Resources", *named[:1]])
    return finding("sam", "error", line, text)


def shown(path, found):
    page = f"\n  See: {found['page']}" if found["page"] else ""
    return f"{path}:{found['line']}: {found['severity']}: {found['rule']}\n  {found['what']}{page}\n"


def main():
    parser = argparse.ArgumentParser(description="cfn-lint on the expanded template, hikyaku doctor on the source")
    parser.add_argument("template")
    parser.add_argument("--doctor", required=True, help="the binary hikyaku")
    parser.add_argument("--region", default="ap-northeast-1")
    parser.add_argument("--ignore", action="append", default=[], help="what the doctor is not to look for")
    arguments = parser.parse_args()
    found = []
    for path in nested.files(arguments.template):
        for one in linted(path, arguments.region):
            print(shown(path, one))
            found.append(one)
    failing = [one for one in found if one["severity"] != "note"]
    count = f"{len(failing)} finding{'s' if len(failing) > 1 else ''}" if failing else "no findings"
    print(f"cfn-lint: {count}\n", flush=True)
    ignored = [word for rule in arguments.ignore for word in ("--ignore", rule)]
    doctor = subprocess.run([arguments.doctor, "doctor", "--strict", "--template", arguments.template, *ignored])
    sys.exit(1 if failing or doctor.returncode else 0)


if __name__ == "__main__":
    main()
