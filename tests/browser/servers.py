"""Servers of the test's own: where the page lies, and one that takes everything."""
import http.server
import socket
import threading
import urllib.parse
from pathlib import Path

HERE = Path(__file__).parent


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


class Server:
    """Serves in the background while the block runs."""

    def __enter__(self):
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self.handler())
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


class Elsewhere(Server):
    """The page."""

    def handler(self):
        class Handler(http.server.SimpleHTTPRequestHandler):
            def __init__(self, *arguments):
                super().__init__(*arguments, directory=HERE)

            def log_message(self, *_):
                pass

        return Handler

    def url(self, host, path):
        return f"http://{host}:{self.port}/{path}"


class Listening(Server):
    """Takes every request, allows all to everybody, and notes the names of attempts."""

    def __enter__(self):
        self.heard = []
        return super().__enter__()

    def has_heard(self, attempt):
        return attempt in self.heard

    def handler(self):
        heard = self.heard

        class Handler(http.server.BaseHTTPRequestHandler):
            def take(self):
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                query = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query)
                if self.command != "OPTIONS":
                    heard.extend(query.get("attempt", []))
                self.send_response(200)
                for name, value in (("Origin", "*"), ("Headers", self.headers.get("Access-Control-Request-Headers", "x")), ("Methods", "*")):
                    self.send_header(f"Access-Control-Allow-{name}", value)
                self.send_header("Content-Length", "0")
                self.end_headers()

            do_GET = do_POST = do_OPTIONS = take

            def log_message(self, *_):
                pass

        return Handler
