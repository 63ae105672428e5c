"""templates/network.yaml in a VPC of its own: on the emulator alone, since an endpoint of AWS costs by the hour."""
import time

from botocore.exceptions import ClientError

TEMPLATE = "templates/network.yaml"
WANTED = ["com.amazonaws.us-east-1.dynamodb", "com.amazonaws.us-east-1.s3", "com.amazonaws.us-east-1.sqs"]


def deployed(account, name):
    """Whether the stack makes the three endpoints, and refuses one for SQS without the VPC's addresses."""
    ec2, cloudformation = account("ec2"), account("cloudformation")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.1.0/24")["Subnet"]["SubnetId"]
    table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    whole = {"VpcId": vpc, "RouteTableIds": table, "SqsSubnetIds": subnet, "VpcCidr": "10.0.0.0/16"}
    try:
        create(cloudformation, f"{name}-refused", {**whole, "VpcCidr": ""})
        refused = status(cloudformation, f"{name}-refused") != "CREATE_COMPLETE"
    except ClientError as error:
        refused = "needs VpcCidr" in str(error)
    create(cloudformation, name, whole)
    made = status(cloudformation, name)
    endpoints = sorted(endpoint["ServiceName"] for endpoint in ec2.describe_vpc_endpoints()["VpcEndpoints"] if endpoint["VpcId"] == vpc)
    holds = made == "CREATE_COMPLETE" and endpoints == WANTED and refused
    print(f"{'holds' if holds else 'DIFFERS':9} network: {TEMPLATE} makes a VPC's ways out")
    print(f"          {made}, {', '.join(endpoints)}; without VpcCidr {'refused' if refused else 'NOT refused'}", flush=True)
    return holds


def create(cloudformation, name, parameters):
    with open(TEMPLATE, encoding="utf-8") as file:
        body = file.read()
    given = [{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()]
    cloudformation.create_stack(StackName=name, TemplateBody=body, Parameters=given)


def status(cloudformation, name):
    end = time.monotonic() + 60
    while True:
        found = cloudformation.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"]
        if found != "CREATE_IN_PROGRESS" or time.monotonic() > end:
            return found
        time.sleep(0.2)
