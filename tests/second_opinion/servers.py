"""Servers that others wrote, on loopback: where they answer, and which version they are."""
import re
import socket
import subprocess
import urllib.error
import urllib.request


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


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
