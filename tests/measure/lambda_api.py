"""Lambda's Runtime API for one batch of messages, to see what a function takes of memory."""
import http.server
import json
import re
import subprocess
import sys
import threading
from pathlib import Path

SECONDS = 300


def most_memory(function, pictures, folder):
    """Hands `pictures` to the function in one invocation: the most memory it took, in MiB."""
    records = [record(index, picture) for index, picture in enumerate(pictures)]
    done, answers = threading.Event(), []

    class Api(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            if answers:
                threading.Event().wait()  # nothing more to do: it is ended
            self.answer(200, json.dumps({"Records": records}).encode())

        def do_POST(self):
            answers.append((self.path, self.rfile.read(int(self.headers.get("Content-Length", 0)))))
            self.answer(202, b"{}")
            done.set()

        def answer(self, status, body):
            self.send_response(status)
            for name, value in [
                ("Lambda-Runtime-Aws-Request-Id", "one"),
                ("Lambda-Runtime-Deadline-Ms", "9999999999999"),
                ("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:ap-northeast-1:000000000000:function:resize-image"),
                ("Content-Length", str(len(body))),
            ]:
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Api)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    environment = {
        "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{server.server_port}",
        "AWS_LAMBDA_FUNCTION_NAME": "resize-image",
        "AWS_LAMBDA_FUNCTION_VERSION": "1",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "2048",
        "AWS_REGION": "ap-northeast-1",
        "AWS_ACCESS_KEY_ID": "none",
        "AWS_SECRET_ACCESS_KEY": "none",
        "HIKYAKU_LOCAL_FILES": "1",
        "RESIZE_SOURCE_URLS": pictures[0].parent.as_uri(),
        "RESIZE_OUTPUT_URL": folder.as_uri(),
    }
    process = subprocess.Popen([function], env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    said = []
    threading.Thread(target=lambda: said.extend(process.stdout), daemon=True).start()
    finished = done.wait(SECONDS)
    status = Path(f"/proc/{process.pid}/status").read_text()
    process.terminate()
    process.wait()
    if not finished or not answers[0][0].endswith("/response") or json.loads(answers[0][1]).get("batchItemFailures"):
        sys.exit(f"the function failed: {answers} {b''.join(said[-20:]).decode()}")
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) / 1024


def record(index, picture):
    body = {"uuid": f"picture-{index}", "job": "App\\Jobs\\ResizeImage", "data": {"url": picture.as_uri(), "widths": [320]}}
    return {
        "messageId": f"message-{index}",
        "receiptHandle": f"handle-{index}",
        "body": json.dumps(body),
        "attributes": {"ApproximateReceiveCount": "1", "SentTimestamp": "1790000000000"},
        "messageAttributes": {},
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:ap-northeast-1:000000000000:images",
        "awsRegion": "ap-northeast-1",
    }
