"""Servers that others wrote, on loopback: where they answer, and which version they are."""
import random
import re
import socket
import subprocess
import urllib.error
import urllib.request


# Below those that a system gives to whoever asks for any (Linux: from 32768 on): until the server listens there, nobody gets it by chance.
PORTS = range(10_000, 32_000)


def free_port():
    while True:
        port = random.choice(PORTS)
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)):
                return port


def answers(url):
    try:
        urllib.request.urlopen(url, timeout=2)
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


def version(environment, package):
    """Of a package in a virtual environment."""
    shown = subprocess.run([f"{environment}/bin/pip", "show", package], stdout=subprocess.PIPE, text=True, check=True).stdout
    return re.search(r"^Version: (\S+)", shown, re.M)[1]
