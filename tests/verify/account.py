"""The clients of an account, and what was asked through them."""
import collections

import boto3
import botocore.config
import botocore.session

NOBODY = (
    "nobody is signed in to AWS, so nothing was verified. Run `aws sso login` or `aws configure`, or set AWS_PROFILE or\n"
    "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY. `make -C tests verify-offline` runs the same checks on an emulator, without an account."
)


class Account:
    def __init__(self, region, endpoint=None, keys=None):
        self.endpoint, self.requests = endpoint, collections.Counter()
        keys = keys or {}
        self.session = boto3.Session(
            aws_access_key_id=keys.get("AWS_ACCESS_KEY_ID"), aws_secret_access_key=keys.get("AWS_SECRET_ACCESS_KEY"), region_name=region
        )
        if self.session.get_credentials() is None:
            raise SystemExit(NOBODY)
        self.region = self.session.region_name
        if self.region is None:
            raise SystemExit("no region is said: give one with --region, or set AWS_REGION")
        self.clients = {}

    def __call__(self, service):
        """The client of a service, made once."""
        if service not in self.clients:
            # Checks wait for themselves, and a thread each asks at once.
            config = botocore.config.Config(retries={"mode": "standard"}, max_pool_connections=50, read_timeout=120)
            made = self.session.client(service, endpoint_url=self.endpoint, config=config)
            made.meta.events.register("before-send", lambda **_: self.requests.update([service]))
            self.clients[service] = made
        return self.clients[service]

    def without_tls(self, service):
        """A client that speaks to AWS in the clear, which a queue's policy has to refuse."""
        address = self.endpoint or f"http://{service}.{self.region}.amazonaws.com"
        return self.session.client(service, endpoint_url=address, config=botocore.config.Config(retries={"total_max_attempts": 1}))

    def who(self):
        caller = self("sts").get_caller_identity()
        return caller["Account"], caller["Arn"]
