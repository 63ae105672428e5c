"""What a process takes."""
import os
import subprocess
import sys

# A small process starts it, so that what this one has in memory is not counted.
LAUNCHER = """
import os, subprocess, sys, time
began = time.monotonic()
process = subprocess.Popen(sys.argv[1:], stdout=sys.stderr)
_, status, used = os.wait4(process.pid, 0)
print(os.waitstatus_to_exitcode(status), time.monotonic() - began, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)
"""


def spent(command, environment):
    """Seconds, the processor's seconds, and the most MiB of memory."""
    command = [*map(str, command)]
    launched = subprocess.run([sys.executable, "-S", "-c", LAUNCHER, *command], env={"PATH": os.environ["PATH"], **environment},
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    status, *taken = launched.stdout.split() or ["1"]
    if status != "0":
        sys.exit(f"{command[0]} failed: {launched.stderr[-1000:]}")
    return [float(amount) for amount in taken]
