"""The assumptions that docs/reliability.md lists, each with what is done to see whether it holds.

A check returns what it saw. `EMULATED` are those that an emulator answers otherwise than AWS should; there they have to differ, so that
an emulator that has learned it is noticed.
"""
import datetime
import json
import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import jobs
from botocore.exceptions import ClientError
from seen import differs, holds, judged, until
from world import PATIENCE, QUEUES

EMULATED = {"freeze": "it freezes nobody", "tables": "its CloudFormation leaves both out", "loops": "it looks for no loops"}
LINKS = 20
HIDDEN = 12
APART = 10


def end_to_end(world):
    """A message of Laravel's with a chain of three: three pictures, their ends in the ledger, nothing left."""
    began = time.monotonic()
    identity = send_chain(world, "end", 3)
    made = until(lambda: len(found := pictures(world, "end")) == 3 and found, PATIENCE)
    seconds = time.monotonic() - began
    # The last link has no successor, so it keeps the job's own guarantee, at least once, which needs no record.
    ended = until(lambda: [row for row in world.records("App\\Jobs\\ResizeImage") if row["s"] == "D"], 30)
    empty = until(lambda: world.waiting("resize-image") == 0, 30)
    first = world.record(identity) or {}
    what = f"{len(pictures(world, 'end'))} of 3 pictures after {seconds:.0f} s, {len(ended)} of 2 links with a successor are done in the ledger, the queue is {'empty' if empty else 'NOT empty'}"
    return judged(made and len(ended) == 2 and empty and first.get("s") == "D", what)


def send_chain(world, name, links):
    """Sends a chain that makes a picture each; returns its first job's uuid."""
    urls = []
    for number in range(links):
        world.put(f"images/{name}-{number}.png", jobs.picture())
        urls.append(f"s3://{world.stack.bucket}/images/{name}-{number}.png")
    identity, body = jobs.resize(urls, world.queue("resize-image"))
    world.send("resize-image", body)
    return identity


def pictures(world, name):
    return [key for key in world.objects("variants") if key.startswith(f"variants/{name}-")]


def failed_jobs(world):
    """What is no job, to each function: each has to write the failed row, with its own role."""
    marks = {name: str(uuid.uuid4()) for name in QUEUES}
    for name, mark in marks.items():
        world.send(name, json.dumps({"uuid": mark, "this": "is no job"}))
    until(lambda: all(is_failed(world, mark) for mark in marks.values()), PATIENCE)
    missing = [name for name, mark in marks.items() if not is_failed(world, mark)]
    what = f"{len(marks) - len(missing)} of {len(marks)} wrote a failed job" + (f"; not {', '.join(missing)}" if missing else "")
    return judged(not missing, what)


def is_failed(world, uuid):
    """Whether the failed store has a job with that uuid, or a message that names it."""
    return any(uuid in row.get("payload", "") for row in world.rows("FailedJobsTable"))


def retry(world):
    """An import into a database that has no such table: the engine hides the message for the job's backoff, not for the queue's 75 minutes."""
    world.put("imports/customers.csv", b"email,name\na@example.com,A\n")
    identity, body = jobs.message("App\\Jobs\\ImportCsv", {"url": f"s3://{world.stack.bucket}/imports/customers.csv", "table": "customers"})
    began = time.monotonic()
    world.send("import-csv", body)
    again = until(lambda: int((world.record(identity) or {}).get("a", 0)) >= 2, PATIENCE)
    record = world.record(identity) or {}
    return judged(again, f"attempt {record.get('a', 0)} after {time.monotonic() - began:.0f} s; the ledger has `{record.get('e', 'nothing')}`")


def hidden(world):
    """A message that is hidden and reported as failed in the same invocation comes back when it was hidden until."""
    mark = f"hide-{uuid.uuid4()}"
    world.probe_messages({"id": mark, "again": 1, "hide": HIDDEN})
    seen = until(lambda: len(rows := world.probed(mark)) >= 2 and rows, PATIENCE + HIDDEN)
    if not seen:
        return differs(f"hidden for {HIDDEN} s and reported: it did not come back within {PATIENCE + HIDDEN} s (the queue's own time is 180 s)")
    gap = seen[1][2] - seen[0][3]
    return judged(HIDDEN - 1 <= gap < 60, f"hidden for {HIDDEN} s and reported: back after {gap:.1f} s (the queue's own time is 180 s)")


def at_once(world):
    """MaximumConcurrency: ten messages of 2 s on a mapping that may start two at a time."""
    mark = f"once-{uuid.uuid4()}"
    world.probe_messages(*({"id": f"{mark}-{number}", "work": 2} for number in range(10)))
    seen = until(lambda: len(rows := world.probed(mark)) >= 10 and rows, PATIENCE)
    spans = [(began, ended) for _, _, began, ended in world.probed(mark)]
    most = max((sum(began <= start < ended for began, ended in spans) for start, _ in spans), default=0)
    return judged(seen and most <= 2, f"{len(spans)} of 10 were worked off, at most {most} at a time")


def mapped(world):
    """Each mapping as the template has it."""
    wrong, most = [], 0
    for name, found in world.mappings().items():
        if len(found) != 1 or found[0]["State"] != "Enabled" or found[0].get("FunctionResponseTypes") != ["ReportBatchItemFailures"]:
            wrong.append(f"{name}: {[(one['State'], one.get('FunctionResponseTypes')) for one in found]}")
        most += sum(one.get("ScalingConfig", {}).get("MaximumConcurrency", 0) for one in found)
    return judged(not wrong and most, "; ".join(wrong) or f"five are enabled and take reports of single messages; together they may start {most} functions at a time")


def concurrency(world):
    """The account's concurrency against what the mappings may start. A new account has 10."""
    limit = world.account("lambda").get_account_settings()["AccountLimit"]
    most = sum(one["ScalingConfig"]["MaximumConcurrency"] for found in world.mappings().values() for one in found)
    free = limit["UnreservedConcurrentExecutions"]
    return judged(free >= most, f"the account has {limit['ConcurrentExecutions']}, {free} of them unreserved; the stack may use {most}")


def writes(world):
    """Forty conditional writes at once to one item, ten times: one is granted, and each refusal shows the winner."""
    client, table = world.account("dynamodb"), world.id("LedgerTable")

    def claim(round_, owner):
        try:
            client.put_item(
                TableName=table, Item={"pk": {"S": f"verify-{round_}"}, "sk": {"S": "."}, "o": {"S": str(owner)}},
                ConditionExpression="attribute_not_exists(pk)", ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except client.exceptions.ConditionalCheckFailedException as refused:
            return False, refused.response.get("Item", {}).get("o", {}).get("S")
        return True, str(owner)

    wrong = 0
    with ThreadPoolExecutor(40) as pool:
        for round_ in range(10):
            answers = list(pool.map(lambda owner: claim(round_, owner), range(40)))
            wrong += sum(granted for granted, _ in answers) != 1 or len({owner for _, owner in answers}) != 1
    return judged(not wrong, f"{10 - wrong} of 10 times one of 40 was granted, and the 39 others were shown it")


def expiry(world):
    """Both tables forget by themselves, and can be restored."""
    client, wrong = world.account("dynamodb"), []
    for table, attribute in [("LedgerTable", "x"), ("FailedJobsTable", "expires_at")]:
        found = client.describe_time_to_live(TableName=world.id(table))["TimeToLiveDescription"]
        restored = client.describe_continuous_backups(TableName=world.id(table))["ContinuousBackupsDescription"]
        status = restored.get("PointInTimeRecoveryDescription", {}).get("PointInTimeRecoveryStatus")
        if found.get("AttributeName") != attribute or found["TimeToLiveStatus"] not in ("ENABLED", "ENABLING") or status != "ENABLED":
            wrong.append(f"{table}: {found}, {status}")
    return judged(not wrong, "; ".join(wrong) or "both have their expiry and point-in-time recovery")


def roles(world):
    """IAM's own simulation: each role may receive from its queue, and from no other's."""
    iam, sqs, wrong = world.account("iam"), world.account("sqs"), []
    arns = {name: sqs.get_queue_attributes(QueueUrl=world.queue(name), AttributeNames=["QueueArn"])["Attributes"]["QueueArn"] for name in QUEUES}
    for name in QUEUES:
        role = iam.get_role(RoleName=world.role(name))["Role"]["Arn"]
        for other, arn in arns.items():
            answer = iam.simulate_principal_policy(PolicySourceArn=role, ActionNames=["sqs:ReceiveMessage"], ResourceArns=[arn])
            allowed = answer["EvaluationResults"][0]["EvalDecision"] == "allowed"
            if allowed != (name == other):
                wrong.append(f"{name} {'may' if allowed else 'may not'} receive from {other}'s queue")
    return judged(not wrong, "; ".join(wrong) or "each of five may receive from its own queue and from none of the four others")


def courier(world):
    """A job for PHP where no PHP answers: the courier takes it, and puts it off."""
    identity, body = jobs.message("App\\Jobs\\SendInvoice", {"invoice": 1})
    world.send("courier", body)
    seen = until(lambda: world.record(identity), PATIENCE) or {}
    buried = is_failed(world, identity)
    return judged(seen and not buried, f"the ledger has it as `{seen.get('s', 'nothing')}`, {'AND it is buried' if buried else 'and it is not given up'}")


def dead_letters(world):
    """A job that its queue has given up becomes a failed job."""
    identity, body = jobs.message("App\\Jobs\\SendInvoice", {"invoice": 2})
    world.send("bury-dead-letters", body)
    buried = until(lambda: is_failed(world, identity), PATIENCE)
    return judged(buried, "it is in the failed store" if buried else f"it is not in the failed store after {PATIENCE} s")


def schedule(world):
    """The report's schedule, once and soon, with the stack's role for it: through the queue to the report."""
    template = world.account("scheduler").get_schedule(Name=world.id("ReportJobsSchedule"))["Target"]
    ahead = 70
    if world.account.endpoint:
        ahead, template["Input"] = 5, template["Input"].replace("<aws.scheduler.scheduled-time>", f"{datetime.datetime.now(datetime.timezone.utc):%Y-%m-%dT%H:%M:%SZ}")
    at = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=ahead)
    world.account("scheduler").create_schedule(
        Name=world.stack.name, ScheduleExpression=f"at({at:%Y-%m-%dT%H:%M:%S})", FlexibleTimeWindow={"Mode": "OFF"},
        ActionAfterCompletion="DELETE", Target={key: template[key] for key in ("Arn", "RoleArn", "Input")},
    )
    made = until(lambda: world.objects("reports"), PATIENCE + 60)
    if made:
        return holds(f"{' '.join(made)} is there")
    failed = [row.get("exception", "")[:200] for row in world.rows("FailedJobsTable") if "report-jobs" in row.get("payload", "")]
    return differs(f"no report after {PATIENCE + 60} s; failed jobs: {failed}")


def rule(world):
    """The rule that calls the function itself, set to the next minute: the job's id is the rule and the time."""
    events, name = world.account("events"), world.id("ReportJobsFunctionNoon")
    found = events.describe_rule(Name=name)
    events.put_rule(Name=name, ScheduleExpression="rate(1 minute)", State="ENABLED")
    try:
        done = until(lambda: [row for row in world.records("report-jobs") if row["pk"].startswith(f"J#{found['Arn']}@") and row["s"] == "D"], PATIENCE)
    finally:
        events.put_rule(Name=name, ScheduleExpression=found["ScheduleExpression"], State=found["State"])
    return judged(done, f"{done[0]['pk'].rsplit('@')[-1]} is done" if done else f"no job of it is done after {PATIENCE} s")


def loops(world):
    """A chain of twenty in a function that is not allowed to loop is cut, and in one that is allowed it is not."""
    name = world.function("resize-image")
    client = world.account("lambda")
    reached = {}
    try:
        for word in ["Terminate", "Allow"]:
            client.put_function_recursion_config(FunctionName=name, RecursiveLoop=word)
            # Lambda says nothing of how long it takes until it goes by it.
            time.sleep(0 if world.account.endpoint else 20)
            send_chain(world, word, LINKS)
            reached[word] = at_rest(world, word)
    finally:
        client.put_function_recursion_config(FunctionName=name, RecursiveLoop="Allow")
    what = f"of {LINKS} links {reached['Terminate']} ran where loops are cut, {reached['Allow']} where they are allowed"
    if reached["Allow"] != LINKS:
        # Where not even the allowed chain is through, nothing was learned about the other.
        raise RuntimeError(what)
    return judged(reached["Terminate"] < LINKS, what)


def at_rest(world, name):
    """How many links have run when none has for half a minute, or all have."""
    last, since = 0, time.monotonic()
    while last < LINKS and time.monotonic() - since < 30 + (60 if last == 0 else 0):
        now = len(pictures(world, name))
        if now != last:
            last, since = now, time.monotonic()
        time.sleep(0.5)
    return last


def clocks(world):
    """Five processes at once, against the clock here: by how much two of them may differ at most."""
    def ask(_):
        sent = time.time()
        answer = world.probe("clock")
        return answer["process"], answer["now"] - sent, answer["now"] - (time.time() - 2)

    with ThreadPoolExecutor(5) as pool:
        # Twice: what the start of a process takes, on a slow machine many seconds, is not known to be no difference of clocks.
        answers = [*pool.map(ask, range(5)), *pool.map(ask, range(5))]
    closest = {process: (late, early) for process, late, early in sorted(answers, key=lambda seen: seen[2] - seen[1])}
    apart = max(late for late, _ in closest.values()) - min(early for _, early in closest.values())
    return judged(apart < APART, f"{len(closest)} processes differ by less than {apart:.1f} s")


def freeze(world):
    """A thread of the probe between two invocations: does it stand still, and go on afterwards?"""
    world.probe("tick")
    time.sleep(6)
    answers = [world.probe("gap")]
    # Lambda may have answered from another process.
    while not answers[-1]["before"] and len(answers) < 10:
        answers.append(world.probe("gap"))
    seen = answers[-1]
    if not seen["before"]:
        raise RuntimeError("none of ten invocations met the process with the thread")
    return judged(seen["longest"] > 4 and seen["after"] > seen["before"], f"6 s between two invocations: it stood still for {seen['longest']:.1f} s and then went on")


def tls(world):
    """A queue spoken to in the clear, by somebody with every permission."""
    try:
        world.account.without_tls("sqs").get_queue_attributes(QueueUrl=world.clear_queue(), AttributeNames=["QueueArn"])
    except ClientError as refused:
        code = refused.response["Error"]["Code"]
        return judged("AccessDenied" in code, f"refused: {code}")
    return differs("it answered")


# The freeze comes first: later there are several processes of the probe.
ALL = [
    ("freeze", "a process stands still between two invocations", freeze),
    ("mappings", "the mappings are as the template has them", mapped),
    ("concurrency", "the account's concurrency is enough for the stack", concurrency),
    ("job", "a message of Laravel's is worked off, with its chain", end_to_end),
    ("failed", "every function's role may take messages and write failed jobs", failed_jobs),
    ("dead letters", "a dead letter becomes a failed job", dead_letters),
    ("courier", "the courier takes what PHP has to run, and puts it off when PHP is away", courier),
    ("roles", "each role is for its own queue", roles),
    ("schedule", "the schedule's role sends, and the report is written", schedule),
    ("rule", "the rule calls its function", rule),
    ("retry", "a retry comes after the job's backoff", retry),
    ("hidden", "ChangeMessageVisibility holds for a message that is reported", hidden),
    ("at once", "MaximumConcurrency is kept", at_once),
    ("writes", "conditional writes are serialised, and a refusal shows what stood there", writes),
    ("tables", "the tables forget, and can be restored", expiry),
    ("tls", "a queue refuses whoever speaks in the clear", tls),
    ("clocks", f"clocks differ by less than {APART} s", clocks),
    ("loops", "chains of functions in Rust are taken for loops", loops),
]
