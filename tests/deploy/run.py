"""What `make deploy` packages and refuses. Nothing is deployed, and nothing is asked of AWS."""
import json
import os
import shutil
import subprocess
import sys
import tempfile

DEPLOY = os.path.abspath(".ci/deploy.py")
NOBODY = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "AWS_EC2_METADATA_DISABLED": "true"}
BINARIES = ["import-csv", "courier"]
TEMPLATES = {
    "template.yaml": """
Transform: AWS::Serverless-2016-10-31
Globals: { Function: { Architectures: [x86_64], CodeUri: . } }
Resources:
  A:
    Type: AWS::Serverless::Function
    Metadata: { BuildMethod: rust-cargolambda, BuildProperties: { Binary: import-csv } }
    Properties: { Environment: { Variables: { URL: !Ref Queue } } }
  Lane:
    Type: AWS::Serverless::Application
    Properties: { Location: templates/lane.yaml, Parameters: { Queue: !Ref Queue } }
  Far:
    Type: AWS::CloudFormation::Stack
    Properties: { TemplateURL: "https://bucket.s3.amazonaws.com/far.yaml" }
  Queue: { Type: AWS::SQS::Queue }
""",
    "templates/lane.yaml": """
Transform: AWS::Serverless-2016-10-31
Parameters: { Queue: { Type: String } }
Resources:
  B:
    Type: AWS::Serverless::Function
    Metadata: { BuildMethod: rust-cargolambda, BuildProperties: { Binary: courier } }
    Properties: { CodeUri: .., Architectures: [x86_64] }
""",
}
MACHINES = {"x86_64": 62, "arm64": 183, "riscv": 243}


def project(built):
    """A folder with a template and that of a nested stack, and with binaries for these machines."""
    folder = tempfile.mkdtemp()
    for path, text in TEMPLATES.items():
        os.makedirs(os.path.dirname(f"{folder}/{path}"), exist_ok=True)
        with open(f"{folder}/{path}", "w") as file:
            file.write(text)
    for binary, machine in built.items():
        os.makedirs(f"{folder}/target/lambda/{binary}")
        with open(f"{folder}/target/lambda/{binary}/bootstrap", "wb") as file:
            file.write(b"\x7fELF" + bytes(14) + MACHINES[machine].to_bytes(2, "little"))
    return folder


def deploy(folder, *arguments, env=NOBODY):
    done = subprocess.run([sys.executable, "-B", DEPLOY, *arguments], cwd=folder, env=env, capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def refuses(what, folder, *arguments, saying):
    code, said = deploy(folder, *arguments)
    assert code != 0 and saying in said, f"{what}: exit {code}\n{said}"
    print("ok:", what)


def packaged(folder, path):
    with open(f"{folder}/target/deploy/{path}.json") as file:
        return json.load(file)


for kind in ["x86_64", "arm64"]:
    folder = project({binary: kind for binary in BINARIES})
    code, said = deploy(folder, "--only-package")
    assert code == 0, said
    outer, inner = (packaged(folder, path) for path in ["template", "templates/lane"])
    for binary, function in zip(BINARIES, [outer["Resources"]["A"], inner["Resources"]["B"]]):
        assert os.path.samefile(function["Properties"]["CodeUri"], f"{folder}/target/lambda/{binary}"), function
        assert function["Properties"]["Architectures"] == [kind], function
        assert function["Metadata"] == {"SkipBuild": True}, function
    assert outer["Resources"]["A"]["Properties"]["Environment"]["Variables"]["URL"] == {"Ref": "Queue"}
    assert os.path.samefile(outer["Resources"]["Lane"]["Properties"]["Location"], f"{folder}/target/deploy/templates/lane.json")
    assert outer["Resources"]["Far"]["Properties"]["TemplateURL"] == "https://bucket.s3.amazonaws.com/far.yaml"
    print(f"ok: what was built for {kind} is deployed for {kind}, as it was built")

both = dict.fromkeys(BINARIES, "x86_64")
refuses("a binary that is not built", project({"import-csv": "x86_64"}), saying="make build")
refuses("binaries for two architectures", project({**both, "import-csv": "arm64"}), saying="courier for x86_64, import-csv for arm64")
refuses("a binary for another machine", project({**both, "import-csv": "riscv"}), saying="no Linux binary")
refuses("another template in the stack of template.yaml", project(both), "--template", "templates/lane.yaml", saying="--stack-name")
refuses("nobody signed in", project(both), saying="aws sso login")

# With credentials SAM gets as far as AWS, whose address is a port here that nobody listens on: so it has read its stack from samconfig.toml.
SOMEBODY = {**NOBODY, "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_ENDPOINT_URL": "http://127.0.0.1:1", "AWS_MAX_ATTEMPTS": "1"}
configured = project(both)
shutil.copy("samconfig.toml", configured)
code, said = deploy(configured, env=SOMEBODY)
assert code != 0 and "Could not connect to the endpoint URL" in said, f"samconfig.toml is not read: exit {code}\n{said}"
print("ok: samconfig.toml says which stack")
print("make deploy packages what was built, and refuses what does not fit")
