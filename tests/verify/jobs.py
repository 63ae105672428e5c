"""Bodies of messages as Laravel writes them, and a picture."""
import json
import struct
import uuid
import zlib


def php(value):
    """PHP's serialize() of texts, whole numbers, lists and maps."""
    if isinstance(value, str):
        return f's:{len(value.encode())}:"{value}";'
    if isinstance(value, int):
        return f"i:{value};"
    pairs = list(enumerate(value)) if isinstance(value, list) else list(value.items())
    return f"a:{len(pairs)}:{{" + "".join(php(key) + php(item) for key, item in pairs) + "}"


def instance(name, fields):
    body = "".join(php(key) + php(value) for key, value in fields.items())
    return f'O:{len(name)}:"{name}":{len(fields)}:{{{body}}}'


def message(name, fields, chained=()):
    """A dispatched object, with the rest of its chain; returns its uuid and the body."""
    identity = str(uuid.uuid4())
    command = instance(name, {**fields, "chained": list(chained)} if chained else fields)
    asked = dict.fromkeys(["maxTries", "maxExceptions", "backoff", "timeout", "retryUntil"]) | {"failOnTimeout": False}
    job = {"uuid": identity, "displayName": name, "job": "Illuminate\\Queue\\CallQueuedHandler@call", **asked}
    return identity, json.dumps({**job, "data": {"commandName": name, "command": command}})


def resize(urls, queue):
    """ResizeImage in one width, for each picture after the other: a chain, on the queue that the class names."""
    name = "App\\Jobs\\ResizeImage"
    first, *rest = [{"url": url, "widths": [8], "formats": ["png"], "queue": queue} for url in urls]
    return message(name, first, [instance(name, fields) for fields in rest])


def picture():
    """A PNG of 16 by 16 grey points."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + bytes([40 + row * 8] * 16) for row in range(16))
    head = struct.pack(">IIBBBBB", 16, 16, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
