"""The throw-away stack: template.yaml and its nested stacks with the binaries that are built, and the probe."""
import copy
import io
import json
import os
import subprocess
import sys
import time
import zipfile
from contextlib import redirect_stderr

from botocore.exceptions import ClientError
from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../../.ci"))

import nested  # noqa: E402
import nesting  # noqa: E402
from lint_template import Bundled  # noqa: E402

PACKAGED = "target/deploy/template.json"
CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]
# AWS takes two to four minutes for either.
WAIT_SECONDS = 1800


class Stack:
    def __init__(self, account, name):
        self.account, self.name = account, name
        self.bucket = name
        self.ids = {}
        # Those that were asked for, the outermost first; AWS makes nested ones itself.
        self.stacks = []

    def parameters(self):
        """Everything lies in the stack's own bucket; no database and no PHP application is there."""
        where = self.account.region
        number, _ = self.account.who()
        return {
            "DataUrl": f"s3://{self.bucket}/",
            "DatabaseUrl": "sqlite:///tmp/verify.db?mode=rwc",
            "PhpUrl": "http://127.0.0.1:9/hikyaku/jobs",
            "PhpKeyFrom": f"arn:aws:ssm:{where}:{number}:parameter{self.key}",
        }

    @property
    def key(self):
        """The parameter of the account that has the application's key."""
        return f"/{self.name}/php-key"

    def prepare(self):
        """What the stack does not make itself."""
        where = self.account.region
        place = {} if where == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": where}}
        self.account("s3").create_bucket(Bucket=self.bucket, **place)
        self.account("ssm").put_parameter(Name=self.key, Type="SecureString", Value=os.urandom(32).hex())

    def upload(self, key, body):
        """Puts it into the bucket; answers with its URL."""
        self.account("s3").put_object(Bucket=self.bucket, Key=key, Body=body)
        return f"{self.account.endpoint or f'https://s3.{self.account.region}.amazonaws.com'}/{self.bucket}/{key}"

    def uploaded(self, templates):
        """The packaged templates, the outermost with the probe, with their code in the bucket."""
        outermost = next(iter(templates.values()))
        with open(os.path.join(HERE, "probe.yaml"), encoding="utf-8") as file:
            outermost["Resources"] |= yaml_parse(file.read())["Resources"]
        for template in templates.values():
            template.get("Globals", {}).get("Function", {}).pop("CodeUri", None)
            for resource in template["Resources"].values():
                # A stack that is thrown away keeps nothing.
                resource.pop("DeletionPolicy", None)
                resource.pop("UpdateReplacePolicy", None)
                if resource["Type"] == "AWS::Serverless::Function":
                    properties = resource["Properties"]
                    file = os.path.join(properties["CodeUri"], "bootstrap") if "CodeUri" in properties else os.path.join(HERE, "probe.py")
                    key = f"code/{os.path.basename(os.path.dirname(file))}.zip"
                    self.upload(key, zipped(file))
                    properties["CodeUri"] = f"s3://{self.bucket}/{key}"
                if resource["Type"] == "AWS::Logs::LogGroup":
                    resource["Properties"]["RetentionInDays"] = 1
        return templates

    def create(self, templates):
        """Asks AWS for the stack and waits until it is there; returns how many resources it has."""
        urls = {}
        # Those inside come last, and have to be there first.
        for path, template in reversed(templates.items()):
            for name, key, file in list(nested.stacks(template, path)):
                template["Resources"][name]["Properties"][key] = urls[file]
            urls[path] = self.upload(f"templates/{os.path.basename(path)}", json.dumps(template).encode())
        outermost = next(iter(templates))
        self.ask(self.name, urls[outermost], self.parameters(), templates[outermost])
        self.find(self.name, "")
        return len(self.ids)

    def create_on_emulator(self, templates, spare):
        """The same on an emulator that knows no nested stacks. `spare` takes out of a template what it cannot do either."""
        for path, template in templates.items():
            for name, _, file in list(nested.stacks(template, path)):
                template["Resources"][name]["nested"] = file

        def put(name, path, template, parameters):
            template = expanded(template, self.account.region)
            spare(template)
            url = self.upload(f"templates/{name}-{len(self.stacks)}.json", json.dumps(template).encode())
            return self.ask(name, url, parameters, template)

        outermost = next(iter(templates))
        nesting.deploy(outermost, self.name, self.parameters(), templates, put)
        for name in self.stacks:
            self.find(name, name.removeprefix(self.name).replace("-", ""))
        return len(self.ids)

    def ask(self, name, url, parameters, template):
        """Makes a stack, or changes it; waits until it is there, and answers with its outputs."""
        declared = template.get("Parameters", {})
        parameters = [{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items() if key in declared]
        cloudformation = self.account("cloudformation")
        asked = {"StackName": name, "TemplateURL": url, "Parameters": parameters, "Capabilities": CAPABILITIES}
        if name in self.stacks:
            cloudformation.update_stack(**asked)
            status = self.settled("UPDATE_IN_PROGRESS", name)
        else:
            self.stacks.append(name)
            cloudformation.create_stack(**asked, OnFailure="DO_NOTHING")
            status = self.settled("CREATE_IN_PROGRESS", name)
        if status not in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
            raise SystemExit(f"the stack {name} is {status}:\n" + "\n".join(self.reasons(name)))
        outputs = cloudformation.describe_stacks(StackName=name)["Stacks"][0].get("Outputs", [])
        return {output["OutputKey"]: output["OutputValue"] for output in outputs}

    def find(self, name, prefix):
        """The physical ids of a stack's resources and of those of its nested stacks, each with the nested stack's name before its own."""
        pages = self.account("cloudformation").get_paginator("list_stack_resources").paginate(StackName=name)
        for resource in [resource for page in pages for resource in page["StackResourceSummaries"]]:
            logical = prefix + resource["LogicalResourceId"]
            self.ids[logical] = resource["PhysicalResourceId"]
            if resource["ResourceType"] == "AWS::CloudFormation::Stack":
                self.find(resource["PhysicalResourceId"], logical)

    def settled(self, busy, name):
        """Waits until a stack is not `busy` any more; None if there is none."""
        end = time.monotonic() + WAIT_SECONDS
        while True:
            try:
                status = self.account("cloudformation").describe_stacks(StackName=name)["Stacks"][0]["StackStatus"]
            except ClientError as error:
                if "does not exist" in str(error):
                    return None
                raise
            if not status.startswith(busy) or time.monotonic() > end:
                return status
            time.sleep(0.5 if self.account.endpoint else 5)

    def reasons(self, name):
        events = self.account("cloudformation").describe_stack_events(StackName=name)["StackEvents"]
        failed = [event for event in events if event["ResourceStatus"].endswith("FAILED")]
        return [f"  {event['LogicalResourceId']}: {event.get('ResourceStatusReason')}" for event in reversed(failed)]

    def remove(self):
        """Removes all there may be of it. Returns what is left, none if nothing is."""
        left = []
        try:
            self.account("scheduler").delete_schedule(Name=self.name)
        except ClientError as error:
            # It removes itself when it has fired.
            if error.response["Error"]["Code"] != "ResourceNotFoundException":
                left.append(f"the schedule {self.name}: {error}")
        for name in self.stacks or [self.name]:
            try:
                self.account("cloudformation").delete_stack(StackName=name)
                status = self.settled("DELETE_IN_PROGRESS", name)
                if status not in (None, "DELETE_COMPLETE"):
                    left += [f"the stack {name} is {status}:", *self.reasons(name)]
            except ClientError as error:
                left.append(f"the stack {name}: {error}")
        try:
            self.account("ssm").delete_parameter(Name=self.key)
        except ClientError as error:
            if error.response["Error"]["Code"] != "ParameterNotFound":
                left.append(f"the parameter {self.key}: {error}")
        try:
            s3 = self.account("s3")
            for page in s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket):
                for entry in page.get("Contents", []):
                    s3.delete_object(Bucket=self.bucket, Key=entry["Key"])
            s3.delete_bucket(Bucket=self.bucket)
        except ClientError as error:
            if error.response["Error"]["Code"] != "NoSuchBucket":
                left.append(f"the bucket {self.bucket}: {error}")
        return left


def packaged(built):
    """The SAM templates whose functions are the binaries of that folder, the outermost first. Ends if one is not there."""
    done = subprocess.run([sys.executable, "-B", ".ci/deploy.py", "--lambda", built, "--only-package"], stdout=subprocess.DEVNULL)
    if done.returncode:
        sys.exit(done.returncode)
    return {os.path.abspath(path): nested.read(path) for path in nested.files(PACKAGED)}


def zipped(file):
    """A zip as Lambda takes it, with the file as something that can be run."""
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive, open(file, "rb") as source:
        entry = zipfile.ZipInfo(os.path.basename(file))
        entry.external_attr, entry.compress_type = 0o755 << 16, zipfile.ZIP_DEFLATED
        archive.writestr(entry, source.read())
    return body.getvalue()


def expanded(template, region):
    """The CloudFormation that SAM makes of it. Parameters stay references, as they do on AWS."""
    os.environ["AWS_DEFAULT_REGION"] = region
    template = copy.deepcopy(template)
    with redirect_stderr(io.StringIO()):
        return transform(template, {}, Bundled())
