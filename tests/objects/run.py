"""Runs import-csv and resize-image on an S3 that others wrote: moto's server.

    python3 run.py FUNCTIONS ENVIRONMENT

FUNCTIONS is the folder of the two binaries, ENVIRONMENT the virtual environment with moto's server, whose Python runs this. A
proxy stands between the functions and the server, so that a request can be made to hang.
"""
import json
import os
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import unicodedata
import urllib.parse
import zlib
from contextlib import closing
from pathlib import Path

import boto3
from proxy import Proxy

FUNCTIONS, ENVIRONMENT = (Path(argument).resolve() for argument in sys.argv[1:])
HERE = Path(__file__).parent
SECONDS = 120  # far more than any step takes
CURSORS = (HERE / "../../crates/import-csv/database/sql/hikyaku_cursors.sqlite.sql").read_text()
TABLES = {"customers": {"columns": {"email": {"type": "string", "required": True}, "age": {"type": "integer"}}}}
KEYS = {"AWS_ACCESS_KEY_ID": "none", "AWS_SECRET_ACCESS_KEY": "none", "AWS_REGION": "us-east-1"}


def main():
    with tempfile.TemporaryDirectory() as scratch, moto() as server, Proxy(server) as proxy:
        world = World(Path(scratch), server, proxy)
        failed = 0
        for check in [
            keys_are_read_as_they_are_encoded,
            objects_have_their_type,
            a_list_of_rejected_rows_is_one_object,
            s3_s_words_are_kept,
            no_transaction_waits_for_an_object,
            no_route_is_said_within_seconds,
        ]:
            try:
                check(world)
                print(f"ok      {check.__name__}")
            except AssertionError as error:
                failed += 1
                print(f"FAILED  {check.__name__}: {error}")
        sys.exit(1 if failed else 0)


class moto:
    """The server's address; it ends with the block."""

    def __enter__(self):
        port = free_port()
        command = [ENVIRONMENT / "bin/moto_server", "-H", "127.0.0.1", "-p", str(port)]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(SECONDS * 10):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return f"http://127.0.0.1:{port}"
            time.sleep(0.1)
        sys.exit("moto's server does not answer")

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()


def free_port():
    with socket.socket() as any_port:
        any_port.bind(("127.0.0.1", 0))
        return any_port.getsockname()[1]


class World:
    """Two buckets, a database, and the functions."""

    def __init__(self, folder, server, proxy):
        self.folder, self.proxy = folder, proxy
        self.s3 = boto3.client(
            "s3", endpoint_url=server, region_name="us-east-1", aws_access_key_id="none", aws_secret_access_key="none"
        )
        for bucket in ["shop", "rejects"]:
            self.s3.create_bucket(Bucket=bucket)
        self.database = folder / "application.db"
        with closing(sqlite3.connect(self.database)) as database:
            database.executescript(CURSORS + "CREATE TABLE customers (email text, age int);")

    def put(self, key, body, **more):
        self.s3.put_object(Bucket="shop", Key=key, Body=body, **more)
        return "s3://shop/" + urllib.parse.quote(key)

    def run(self, function, data, endpoint=None, **settings):
        """Exit status and what was said, with the seconds it took."""
        environment = KEYS | {
            "PATH": os.environ["PATH"],
            "AWS_ENDPOINT_URL_S3": endpoint or self.proxy.url,
            "DATABASE_URL": f"sqlite://{self.database}",
            "IMPORT_SOURCES": "s3://shop/ s3://missing/",
            "IMPORT_TABLES": json.dumps(TABLES),
            "IMPORT_REJECTS_URL": "s3://rejects/out",
            "RESIZE_SOURCE_URLS": "s3://shop/",
            **settings,
        }
        command = [FUNCTIONS / function, "run", "--data", json.dumps(data)]
        began = time.monotonic()
        ran = subprocess.run(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=SECONDS)
        return ran.returncode, ran.stdout, time.monotonic() - began


def png(width, height):
    """A picture without any library."""
    row = b"\0" + bytes(column * 3 % 256 for column in range(3 * width))
    chunk = lambda name, data: len(data).to_bytes(4) + name + data + zlib.crc32(name + data).to_bytes(4)
    head = width.to_bytes(4) + height.to_bytes(4) + b"\x08\x02\0\0\0"
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(row * height)) + chunk(b"IEND", b"")


def keys_are_read_as_they_are_encoded(world):
    names = ["plain", "with space", "写真ガ", unicodedata.normalize("NFD", "ガ"), "50%", "a%20b", "a+b", "a#b", "a?b", "b&c=d;e", "[x]{y}|^~"]
    for name in names:
        status, said, _ = world.run("resize-image", {"url": world.put(f"i/{name}.png", png(70, 40)), "widths": [32]})
        assert status == 0, f"{name}: {said[-300:]}"
        stored = world.s3.list_objects_v2(Bucket="shop", Prefix=f"i/{name}-")
        assert [found["Key"] for found in stored.get("Contents", [])] == [f"i/{name}-32w.png"], name
    for url in ["s3://shop/i/../i/plain.png", "s3://shop/i//plain.png", "s3://shop//i/plain.png", "s3://shop/i/50%.png"]:
        status, said, _ = world.run("resize-image", {"url": url, "widths": [32]})
        assert status != 0 and "cannot be used" in said, f"{url}: {said[-300:]}"


def objects_have_their_type(world):
    url = world.put("t/cat.png", png(70, 40), Metadata={"camera": "none"})
    data = {"url": url, "widths": [32], "formats": ["jpeg", "png", "webp"]}
    status, said, _ = world.run("resize-image", data, RESIZE_CACHE_CONTROL="public, max-age=60")
    assert status == 0, said[-300:]
    for end, content_type in [("jpg", "image/jpeg"), ("png", "image/png"), ("webp", "image/webp")]:
        found = world.s3.head_object(Bucket="shop", Key=f"t/cat-32w.{end}")
        assert found["ContentType"] == content_type, found["ContentType"]
        assert found["CacheControl"] == "public, max-age=60", found.get("CacheControl")


def a_list_of_rejected_rows_is_one_object(world):
    rows = "".join(f"c{row}@e,{'x' if row % 3 == 0 else 1}\n" for row in range(5_000))
    status, said, _ = world.run("import-csv", {"url": world.put("in/some.csv", "email,age\n" + rows), "table": "customers"})
    assert status == 0, said[-300:]
    found = world.s3.list_objects_v2(Bucket="rejects")["Contents"]
    assert len(found) == 1, found
    listed = world.s3.get_object(Bucket="rejects", Key=found[0]["Key"])
    assert listed["ContentType"] == "text/csv; charset=utf-8", listed["ContentType"]
    assert listed["Body"].read().decode("utf-8-sig").count("\r\n") == 1 + 1_667


def s3_s_words_are_kept(world):
    archived = world.put("in/archived.csv", "email\na@e\n", StorageClass="GLACIER")
    for url, part in [
        (archived, "InvalidObjectState"),
        ("s3://missing/a.csv", "NoSuchBucket"),
        ("s3://shop/in/none.csv", "there is no such object"),
    ]:
        status, said, _ = world.run("import-csv", {"url": url, "table": "customers"})
        assert status != 0 and part in said, f"{url}: {said[-400:]}"
    url = world.put("in/small.csv", "email\na@e\n")
    for status, code in [(403, "AccessDenied"), (403, "RequestTimeTooSkewed"), (400, "KMS.DisabledException")]:
        with world.proxy.rule(lambda method, _: ("answer", status, code)):
            ended, said, _ = world.run("import-csv", {"url": url, "table": "customers"})
        assert ended != 0 and f"{code}" in said and f"words of {code}" in said, said[-400:]


def no_transaction_waits_for_an_object(world):
    url = world.put("in/bad.csv", "email,age\na@e,x\nb@e,1\n")
    locked, ended = [], threading.Event()

    def watch():
        while not ended.is_set():
            with closing(sqlite3.connect(world.database, timeout=2)) as database:
                try:
                    database.execute("BEGIN IMMEDIATE")
                    database.execute("ROLLBACK")
                except sqlite3.OperationalError as error:
                    locked.append(error)
            time.sleep(0.2)

    watcher = threading.Thread(target=watch)
    with world.proxy.rule(lambda method, _: ("wait", 8) if method == "PUT" else None):
        watcher.start()
        status, said, _ = world.run("import-csv", {"url": url, "table": "customers"})
    ended.set()
    watcher.join()
    assert status == 0, said[-300:]
    assert not locked, locked


def no_route_is_said_within_seconds(world):
    """A port whose queue of connections is full lets others wait, as a network without a route does."""
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        waiting = [socket.socket() for _ in range(4)]
        for connection in waiting:
            connection.setblocking(False)
            connection.connect_ex(full.getsockname())
        time.sleep(0.5)
        endpoint = f"http://127.0.0.1:{full.getsockname()[1]}"
        for function, data in [
            ("import-csv", {"url": "s3://shop/in/bad.csv", "table": "customers"}),
            ("resize-image", {"url": "s3://shop/i/plain.png"}),
        ]:
            status, said, seconds = world.run(function, data, endpoint)
            assert status != 0 and "no connection to S3" in said, said[-300:]
            assert seconds < 30, f"{seconds:.0f} s"
        for connection in waiting:
            connection.close()


main()
