"""What a run cost: counted, or as much as it can have been at most, times the prices that `hikyaku cost` has."""
import datetime
import json
from decimal import Decimal

PRICES = "crates/hikyaku-cli/src/cost/prices.json"
# Five pollers of Lambda's ask an empty queue every 20 s (docs/costs.md); the probe's queue is the sixth.
POLLS_A_SECOND = Decimal(6 * 5) / 20
# Metrics that the stack's alarms watch, and hours of a month.
ALARM_METRICS, MONTH_HOURS = 15, 730
DASHBOARD_USD = Decimal(3)


def of(account, stack, began, seconds):
    """Lines (what, how many, USD), and where the prices are from."""
    with open(PRICES, encoding="utf-8") as file:
        regions = json.load(file)["regions"]
    region = account.region if account.region in regions else "ap-northeast-1"
    price = {name: Decimal(entry["usd"]) for name, entry in regions[region].items()}
    invocations, gb_seconds = Decimal(0), Decimal(0)
    for logical in [name for name in stack.ids if name.endswith("Function")]:
        count, milliseconds = duration(account, stack.ids[logical], began)
        memory = {"ResizeImageFunction": 1769, "ImportCsvFunction": 512}.get(logical, 256)
        invocations += count
        gb_seconds += milliseconds / 1000 * memory / 1024
    share = Decimal(seconds) / 3600 / MONTH_HOURS
    counted = [
        ("Lambda, GB-seconds", gb_seconds, price["lambda.x86_64_gb_second"]),
        ("Lambda, invocations", invocations, price["lambda.request"]),
        ("SQS, requests", account.requests["sqs"] + 4 * invocations + POLLS_A_SECOND * Decimal(seconds), price["sqs.request"]),
        ("DynamoDB, requests (as if all were writes)", account.requests["dynamodb"] + 4 * invocations, price["dynamodb.write_request_unit"]),
        ("alarms, their part of a month", ALARM_METRICS * share, price["cloudwatch.alarm_month"]),
        ("a dashboard, its part of a month", share, DASHBOARD_USD),
    ]
    return [(what, count, count * usd) for what, count, usd in counted], region


def duration(account, function, began):
    """How often a function ran, and for how many milliseconds."""
    found = account("cloudwatch").get_metric_statistics(
        Namespace="AWS/Lambda", MetricName="Duration", Dimensions=[{"Name": "FunctionName", "Value": function}], StartTime=began,
        EndTime=datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(minutes=1), Period=3600, Statistics=["Sum", "SampleCount"],
    )["Datapoints"]
    return tuple(sum((Decimal(str(point[key])) for point in found), Decimal(0)) for key in ("SampleCount", "Sum"))
