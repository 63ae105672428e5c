"""A proxy before an S3 server, which can answer by itself or make a request wait."""
import contextlib
import http.client
import http.server
import threading
import time
from urllib.parse import urlsplit

HOP_BY_HOP = {"connection", "transfer-encoding"}


class Proxy:
    """Hands requests on, as `rule(method, path)` says: `None`, `("wait", seconds)`, or `("answer", status, code)`."""

    def __init__(self, server):
        self.current, address = None, urlsplit(server)
        proxy = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def hand_on(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                rule = proxy.current and proxy.current(self.command, self.path)
                if rule and rule[0] == "wait":
                    time.sleep(rule[1])
                if rule and rule[0] == "answer":
                    _, status, code = rule
                    text = f"<Error><Code>{code}</Code><Message>words of {code}</Message></Error>".encode()
                    return self.answer(status, [("Content-Type", "application/xml")], text)
                server = http.client.HTTPConnection(address.hostname, address.port)
                server.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
                for name, value in self.headers.items():
                    server.putheader(name, value)
                server.endheaders(body)
                answer = server.getresponse()
                headers = [(name, value) for name, value in answer.getheaders() if name.lower() not in HOP_BY_HOP | {"content-length"}]
                self.answer(answer.status, headers, answer.read(), answer.getheader("Content-Length"))
                server.close()

            do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = hand_on

            def answer(self, status, headers, body, length=None):
                self.send_response_only(status)
                for name, value in [*headers, ("Content-Length", str(len(body)) if self.command != "HEAD" else length or "0")]:
                    self.send_header(name, value)
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.http.server_port}"

    def __enter__(self):
        threading.Thread(target=self.http.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.http.shutdown()

    @contextlib.contextmanager
    def rule(self, rule):
        self.current = rule
        try:
            yield
        finally:
            self.current = None
