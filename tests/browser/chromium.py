"""Chromium, driven over WebDriver (W3C, "WebDriver") by Python's own library."""
import json
import subprocess
import time
import urllib.error
import urllib.request

from servers import free_port

# As root, and where the network beyond this machine is closed, it needs the first and looks for hosts without the rest.
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync", "--host-resolver-rules=MAP evil.example 127.0.0.1"]
SECONDS = 60


class Chromium:
    """A browser with an empty profile, to which evil.example is this machine."""

    def __init__(self, profile):
        self.profile = profile

    def __enter__(self):
        port = free_port()
        self.driver = subprocess.Popen(["chromedriver", f"--port={port}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.base = f"http://127.0.0.1:{port}"
        self.session = None
        self.await_driver()
        options = {"args": [*FLAGS, f"--user-data-dir={self.profile}"], "binary": "/usr/bin/chromium"}
        answer = self.call("POST", "/session", {"capabilities": {"alwaysMatch": {"browserName": "chrome", "goog:chromeOptions": options}}})
        self.session = answer["sessionId"]
        self.call("POST", "/timeouts", {"script": SECONDS * 1000, "pageLoad": SECONDS * 1000})
        return self

    def __exit__(self, *_):
        try:
            if self.session:
                self.call("DELETE", "")
        finally:
            self.driver.terminate()
            self.driver.wait()

    def await_driver(self):
        end = time.monotonic() + SECONDS
        while True:
            try:
                return self.call("GET", "/status")
            except (urllib.error.URLError, ConnectionError):
                if time.monotonic() > end:
                    raise
                time.sleep(0.1)

    def call(self, method, path, body=None):
        path = f"/session/{self.session}{path}" if self.session else path
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base + path, data=data, method=method, headers={"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=SECONDS) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise RuntimeError(error.read().decode()) from error

    def open(self, url):
        self.call("POST", "/url", {"url": url})

    def run(self, script, *arguments):
        """What a script answers, or its promise."""
        return self.call("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def until(self, script):
        end = time.monotonic() + SECONDS
        while not self.run(script):
            if time.monotonic() > end:
                raise TimeoutError(script)
            time.sleep(0.1)
