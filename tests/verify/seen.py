"""What a check saw, and waiting for it."""
import time
from dataclasses import dataclass

HOLDS, DIFFERS = "holds", "DIFFERS"


@dataclass
class Seen:
    verdict: str
    what: str


def holds(what):
    return Seen(HOLDS, what)


def differs(what):
    return Seen(DIFFERS, what)


def judged(condition, what):
    return Seen(HOLDS if condition else DIFFERS, what)


def until(done, seconds):
    """Asks until the answer is true; what it answered last."""
    end = time.monotonic() + seconds
    while True:
        answer = done()
        if answer or time.monotonic() > end:
            return answer
        time.sleep(0.5)
