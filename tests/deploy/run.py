"""What `make deploy` packages and refuses. Nothing is deployed, and nothing is asked of AWS."""
import json
import os
import shutil
import subprocess
import sys
import tempfile

DEPLOY = os.path.abspath(".ci/deploy.py")
NOBODY = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "AWS_EC2_METADATA_DISABLED": "true"}
BINARIES = ["import-csv", "resize-image"]
TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Globals: { Function: { Architectures: [x86_64], CodeUri: . } }
Resources:
  A:
    Type: AWS::Serverless::Function
    Metadata: { BuildMethod: rust-cargolambda, BuildProperties: { Binary: import-csv } }
    Properties: { Environment: { Variables: { URL: !Ref Queue } } }
  B:
    Type: AWS::Serverless::Function
    Metadata: { BuildMethod: rust-cargolambda, BuildProperties: { Binary: resize-image } }
    Properties: { Timeout: 3 }
  Queue: { Type: AWS::SQS::Queue }
"""
MACHINES = {"x86_64": 62, "arm64": 183, "riscv": 243}


def project(built):
    """A folder with a template, and with binaries for these machines."""
    folder = tempfile.mkdtemp()
    with open(f"{folder}/template.yaml", "w") as file:
        file.write(TEMPLATE)
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


for kind in ["x86_64", "arm64"]:
    folder = project({binary: kind for binary in BINARIES})
    code, said = deploy(folder, "--only-package")
    assert code == 0, said
    with open(f"{folder}/target/deploy/template.json") as file:
        packaged = json.load(file)
    assert packaged["Globals"]["Function"]["Architectures"] == [kind], packaged
    for name, binary in zip("AB", BINARIES):
        function = packaged["Resources"][name]
        assert os.path.samefile(function["Properties"]["CodeUri"], f"{folder}/target/lambda/{binary}"), function
        assert function["Metadata"] == {"SkipBuild": True}, function
    assert packaged["Resources"]["A"]["Properties"]["Environment"]["Variables"]["URL"] == {"Ref": "Queue"}
    print(f"ok: what was built for {kind} is deployed for {kind}, as it was built")

both = dict.fromkeys(BINARIES, "x86_64")
refuses("a binary that is not built", project({"import-csv": "x86_64"}), saying="make build")
refuses("binaries for two architectures", project({**both, "import-csv": "arm64"}), saying="import-csv for arm64, resize-image for x86_64")
refuses("a binary for another machine", project({**both, "import-csv": "riscv"}), saying="no Linux binary")
refuses("another architecture asked for", project(both), "--parameter-overrides", "Architecture=arm64", saying="the binaries are for x86_64")
configured = project(both)
with open(f"{configured}/samconfig.toml", "w") as file:
    file.write('[default.deploy.parameters]\nparameter_overrides = "TimeZone=UTC Architecture=\\"arm64\\""\n')
refuses("another architecture in samconfig.toml", configured, saying="the binaries are for x86_64")
refuses("nobody signed in", project(both), saying="aws sso login")

# With credentials SAM gets as far as AWS, whose address is a port here that nobody listens on: so it has read its stack from samconfig.toml.
SOMEBODY = {**NOBODY, "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_ENDPOINT_URL": "http://127.0.0.1:1", "AWS_MAX_ATTEMPTS": "1"}
configured = project(both)
shutil.copy("samconfig.toml", configured)
code, said = deploy(configured, env=SOMEBODY)
assert code != 0 and "Could not connect to the endpoint URL" in said, f"samconfig.toml is not read: exit {code}\n{said}"
print("ok: samconfig.toml says which stack")
print("make deploy packages what was built, and refuses what does not fit")
