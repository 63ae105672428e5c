"""A throw-away stack of template.yaml, what it shows of AWS, and its removal: `make verify-aws`, and `make -C tests verify-offline` on an emulator.

    run.py --built target/lambda [--region REGION] [--yes]      in the account that is signed in to
    run.py --debug target --emulator PROGRAM                    on ministack, which it starts
    run.py --remove NAME [--region REGION]                      what a run left that was killed

On an emulator the same is deployed and the same is looked at; what it cannot do is listed.
"""
import argparse
import datetime
import os
import secrets
import shutil
import signal
import sys
import time

import checks
import cost
import emulator
import network
from account import Account
from seen import DIFFERS, HOLDS
from stack import Stack, packaged
from world import QUEUES, World

GATHERED = "target/verify"


def options():
    parser = argparse.ArgumentParser()
    parser.add_argument("--built", help="the folder that `make build` fills")
    parser.add_argument("--debug", help="Cargo's folder: the newest build of each function is taken")
    parser.add_argument("--region")
    parser.add_argument("--emulator", help="ministack's program, which is started")
    parser.add_argument("--endpoint", help="an emulator that is there already, with root's keys in the environment")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.add_argument("--remove", metavar="NAME", help="remove what a run of this name left, and do nothing else")
    parser.add_argument("--only", action="append", metavar="CHECK", choices=[name for name, _, _ in checks.ALL])
    return parser.parse_args()


def gathered(target):
    """The newest build of each function in one folder; what they are, for the report."""
    release = []
    for name in QUEUES:
        built = [path for path in (f"{target}/debug/{name}", f"{target}/lambda/{name}/bootstrap") if os.path.exists(path)]
        newest = max(built, key=os.path.getmtime)
        os.makedirs(f"{GATHERED}/{name}", exist_ok=True)
        shutil.copy2(newest, f"{GATHERED}/{name}/bootstrap")
        release += [name] if "/lambda/" in newest else []
    debug = [name for name in QUEUES if name not in release]
    return GATHERED, [
        f"as `make build` made them for Lambda: {', '.join(release) or 'none'}",
        f"as `cargo build` made them, unoptimised, for this machine: {', '.join(debug) or 'none'}",
    ]


def agreed(account, name):
    """Whether whoever sits here wants it."""
    number, arn = account.who()
    print(
        f"This makes the stack {name} and a bucket of the same name in the account {number}, region {account.region}, as\n{arn}.\n"
        "It runs some hundred jobs, takes about fifteen minutes, costs a few cents, and removes everything afterwards."
    )
    try:
        return input("Go on? [y/N] ").strip().lower() in ("y", "yes")
    except EOFError:
        return False


def deployed(account, stack, templates, log):
    stack.prepare()
    templates = stack.uploaded(templates)
    began = time.monotonic()
    if account.endpoint:
        log += ["SAM's translator expands the templates here; AWS does it itself", "nested stacks are stacks of their own: it knows none"]

        def spare(template):
            log.extend(line for line in emulator.spared(template, account.endpoint) if line not in log)

        count = stack.create_on_emulator(templates, spare)
    else:
        count = stack.create(templates)
    print(f"deployed: {count} resources in {time.monotonic() - began:.0f} s\n", flush=True)


def looked_at(world, wanted):
    """Runs the checks; returns those whose answer is not the hoped-for one, and those that say nothing on an emulator."""
    wrong, unseen = [], []
    for name, title, check in checks.ALL:
        if wanted and name not in wanted:
            continue
        began = time.monotonic()
        try:
            seen = check(world)
            verdict, what = seen.verdict, seen.what
        except Exception as error:  # One check that cannot be made says nothing of the others.
            verdict, what = "NOT SEEN", f"{type(error).__name__}: {error}"
        emulated = checks.EMULATED.get(name) if world.account.endpoint else None
        if emulated and verdict == DIFFERS:
            verdict = "not here"
            unseen.append(name)
            what += f" ({emulated})"
        elif emulated and verdict == HOLDS:
            verdict, what = "NEW", what + ": take it from EMULATED in checks.py"
        print(f"{verdict:9} {name}: {title}\n          {what} [{time.monotonic() - began:.0f} s]", flush=True)
        wrong += [name] if verdict not in (HOLDS, "not here") else []
    return wrong, unseen


def removed(stack):
    print("\nremoving everything …", flush=True)
    # A second Ctrl-C would leave the half of it.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: print("still removing; wait for it", flush=True))
    left = stack.remove()
    if left:
        print("\n".join(["NOT removed, and it costs money until it is:", *left, f"try `make verify-aws FLAGS=\"--remove {stack.name} --region {stack.account.region}\"`"]))
    else:
        print(f"removed: the stack and the bucket {stack.name}")
    return not left


def interrupted(*_):
    raise KeyboardInterrupt


def bill(account, stack, began, started):
    lines, region = cost.of(account, stack, began, time.monotonic() - started)
    about = "What AWS would have asked for this; what functions run is not counted" if account.endpoint else "What it cost; Lambda as CloudWatch has counted it by now"
    print(f"\n{about} (at most, without the free tier, at the prices of {region}):")
    for what, count, usd in lines:
        print(f"  {what:45} {count:14,.3f}   {usd:.5f} USD")
    print(f"  {'together':45} {'':14}   {sum(usd for *_, usd in lines):.4f} USD")


def verify(account, stack, templates, wanted):
    """Whether everything was as hoped for, and is gone again."""
    began, started, log, wrong, unseen = datetime.datetime.now(datetime.timezone.utc), time.monotonic(), [], ["deploying"], []
    try:
        deployed(account, stack, templates, log)
        wrong, unseen = looked_at(World(account, stack), wanted)
    except KeyboardInterrupt:
        print("\ninterrupted", flush=True)
        wrong = ["interrupted"]
    finally:
        gone = removed(stack)
    bill(account, stack, began, started)
    if log:
        print("\nWhat the emulator could not do, and was done instead:")
        print("\n".join(f"  {line}" for line in log + emulator.OTHERWISE))
    besides = f"; only AWS can show: {', '.join(unseen)}" if unseen else ""
    print(f"\n{'NOT as assumed: ' + ', '.join(wrong) if wrong else 'everything that was seen is as assumed'}{besides}")
    return gone and not wrong


def main():
    asked = options()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, interrupted)
    name = asked.remove or f"hikyaku-verify-{secrets.token_hex(4)}"
    if asked.remove:
        if not name.startswith("hikyaku-verify-"):
            sys.exit(f"{name} is no name of a run: they begin with hikyaku-verify-")
        return removed(Stack(Account(asked.region, asked.endpoint), name))
    if asked.emulator:
        return on_emulator(asked, name)
    account = Account(asked.region, asked.endpoint)
    templates = packaged(asked.built or "target/lambda")
    if not asked.yes and not agreed(account, name):
        sys.exit("nothing was done")
    return verify(account, Stack(account, name), templates, asked.only)


def on_emulator(asked, name):
    built, kinds = gathered(asked.debug)
    print(f"ministack {emulator.version(os.path.dirname(os.path.dirname(asked.emulator)), 'ministack')}, roles' permissions in force. The functions:\n  " + "\n  ".join(kinds), flush=True)
    os.makedirs("target", exist_ok=True)
    with open("target/verify-emulator.log", "w", encoding="utf-8") as log:
        process, url = emulator.start(os.path.abspath(asked.emulator), log)
        try:
            account = Account("us-east-1", url, emulator.KEYS)
            holds = verify(account, Stack(account, name), packaged(built), asked.only)
            return network.deployed(account, f"{name}-network") and holds
        finally:
            process.terminate()
            process.wait()


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
