"""The throw-away stack: template.yaml with the binaries that are built, and the probe."""
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

    def parameters(self):
        """Everything lies in the stack's own bucket; no database and no PHP application is there."""
        folder = f"s3://{self.bucket}"
        return {
            "DataBucket": self.bucket,
            "DatabaseUrl": "sqlite:///tmp/verify.db?mode=rwc",
            "ImportSources": f"{folder}/imports/",
            "ImportRejectsUrl": f"{folder}/rejects/",
            "ImageSources": f"{folder}/images/",
            "ImageOutputUrl": f"{folder}/variants/",
            "ReportUrl": f"{folder}/reports/",
            "PhpUrl": "http://127.0.0.1:9/hikyaku/jobs",
            "PhpKey": os.urandom(32).hex(),
            "LogRetentionDays": "1",
        }

    def make_bucket(self):
        where = self.account.region
        place = {} if where == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": where}}
        self.account("s3").create_bucket(Bucket=self.bucket, **place)

    def uploaded(self, template):
        """The packaged template with the probe, and with its code in the bucket."""
        with open(os.path.join(HERE, "probe.yaml"), encoding="utf-8") as file:
            template["Resources"] |= yaml_parse(file.read())["Resources"]
        template["Globals"]["Function"].pop("CodeUri", None)
        for name, resource in template["Resources"].items():
            if resource["Type"] == "AWS::Serverless::Function":
                properties = resource["Properties"]
                file = os.path.join(properties["CodeUri"], "bootstrap") if "CodeUri" in properties else os.path.join(HERE, "probe.py")
                self.account("s3").put_object(Bucket=self.bucket, Key=f"code/{name}.zip", Body=zipped(file))
                properties["CodeUri"] = f"s3://{self.bucket}/code/{name}.zip"
        return template

    def create(self, template):
        """Asks for the stack and waits until it is there; returns how many resources it has."""
        self.account("s3").put_object(Bucket=self.bucket, Key="template.json", Body=json.dumps(template).encode())
        url = f"{self.account.endpoint or f'https://s3.{self.account.region}.amazonaws.com'}/{self.bucket}/template.json"
        parameters = [{"ParameterKey": key, "ParameterValue": value} for key, value in self.parameters().items() if key in template["Parameters"]]
        cloudformation = self.account("cloudformation")
        cloudformation.create_stack(StackName=self.name, TemplateURL=url, Parameters=parameters, Capabilities=CAPABILITIES, OnFailure="DO_NOTHING")
        status = self.settled("CREATE_IN_PROGRESS")
        if status != "CREATE_COMPLETE":
            raise SystemExit(f"the stack is {status}:\n" + "\n".join(self.reasons()))
        pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=self.name)
        resources = [resource for page in pages for resource in page["StackResourceSummaries"]]
        self.ids = {resource["LogicalResourceId"]: resource["PhysicalResourceId"] for resource in resources}
        return len(resources)

    def settled(self, busy):
        """Waits until the stack is not `busy` any more; None if there is none."""
        end = time.monotonic() + WAIT_SECONDS
        while True:
            try:
                status = self.account("cloudformation").describe_stacks(StackName=self.name)["Stacks"][0]["StackStatus"]
            except ClientError as error:
                if "does not exist" in str(error):
                    return None
                raise
            if status != busy or time.monotonic() > end:
                return status
            time.sleep(0.5 if self.account.endpoint else 5)

    def reasons(self):
        events = self.account("cloudformation").describe_stack_events(StackName=self.name)["StackEvents"]
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
        try:
            self.account("cloudformation").delete_stack(StackName=self.name)
            status = self.settled("DELETE_IN_PROGRESS")
            if status not in (None, "DELETE_COMPLETE"):
                left += [f"the stack {self.name} is {status}:", *self.reasons()]
        except ClientError as error:
            left.append(f"the stack {self.name}: {error}")
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
    """The SAM template whose functions are the binaries of that folder. Ends if one is not there."""
    done = subprocess.run([sys.executable, "-B", ".ci/deploy.py", "--lambda", built, "--only-package"], stdout=subprocess.DEVNULL)
    if done.returncode:
        sys.exit(done.returncode)
    with open(PACKAGED, encoding="utf-8") as file:
        return json.load(file)


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
