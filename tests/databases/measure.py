"""Imports of a million rows beside Laravel's own and the database's loader, in one run: `measure.py IMPORT-CSV [ROWS [ROUNDS]]`.

The three take turns, ROUNDS times, on a quiet machine; what is compared is the median of the ratios of one round. Each is a process of
its own and measured from its start to its end. It prints the table of docs/performance.md. It needs Debian's postgresql,
mariadb-server, sqlite3 and php-cli php-laravel-framework php-mysql php-pgsql php-sqlite3.
"""
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path
from urllib.parse import urlsplit

import servers

HERE = Path(__file__).resolve().parent
CURSORS = HERE.parents[1] / "crates/import-csv/database/sql"
KINDS = {"s": "string", "i": "integer", "d": "decimal", "t": "dateTime", "f": "float", "b": "boolean"}
# Twelve texts, eight numbers, four decimals, three times, two floats and a boolean.
WIDE = [(f"c{place}", kind) for place, kind in enumerate("s" * 12 + "i" * 8 + "d" * 4 + "t" * 3 + "f" * 2 + "b")]
SHAPES = {"narrow": [("email", "s"), ("name", "s"), ("age", "i")], "wide": WIDE}
TYPES = {
    "SQLite": {"s": "varchar", "i": "integer", "d": "numeric", "t": "datetime", "f": "float", "b": "tinyint(1)"},
    "MariaDB": {"s": "varchar(255)", "i": "int", "d": "decimal(8,2)", "t": "datetime", "f": "double", "b": "tinyint(1)"},
    "PostgreSQL": {"s": "varchar(255)", "i": "integer", "d": "numeric(8,2)", "t": "timestamp(0)", "f": "double precision", "b": "boolean"},
}
# SQLite's loader wants a file's columns and no others.
IDS = {"SQLite": "", "MariaDB": "id bigint unsigned auto_increment primary key,", "PostgreSQL": "id bigserial primary key,"}


def value(kind, number):
    return {
        "s": lambda: f"商品{number % 99_991}-{number % 30}",
        "i": lambda: str(number % 1_000_003),
        "d": lambda: f"{number % 99_999}.{number % 100:02d}",
        "t": lambda: f"2026-{number % 12 + 1:02d}-{number % 28 + 1:02d} {number % 24:02d}:{number % 60:02d}:{number % 60:02d}",
        "f": lambda: f"{number % 1_000}.5",
        "b": lambda: str(number % 2),
    }[kind]()


def write(path, shape, rows):
    with open(path, "w") as file:
        file.write(",".join(name for name, _ in SHAPES[shape]) + "\n")
        for row in range(rows):
            if shape == "narrow":
                file.write(f"user{row}@example.jp,山田太郎{row},{row % 100}\n")
            else:
                file.write(",".join(value(kind, row * 31 + place) for place, (_, kind) in enumerate(WIDE)) + "\n")


class Database:
    """One of the three, and how SQL is run on it."""

    def __init__(self, name, folder, environment):
        self.name, self.folder = name, folder
        self.file = folder / "app.sqlite"
        self.url = {"SQLite": f"sqlite://{self.file}", "MariaDB": environment["TEST_MYSQL_URL"],
                    "PostgreSQL": environment["TEST_POSTGRES_URL"]}[name]
        place = urlsplit(self.url)
        self.client = {
            "SQLite": ["sqlite3", self.file],
            "MariaDB": ["mariadb", "--no-defaults", "-NB", "--ssl", "--local-infile=1", "-h", place.hostname or "", "-P", str(place.port),
                        f"-u{place.username}", f"-p{place.password}", "app"],
            "PostgreSQL": ["psql", "-qAt", "-v", "ON_ERROR_STOP=1", self.url],
        }[name]

    def run(self, sql):
        ran = subprocess.run(self.client, input=sql.encode(), capture_output=True)
        if ran.returncode:
            sys.exit(f"{self.name}: {ran.stderr.decode()[:500]}")
        return ran.stdout.decode().strip()

    def empty(self, shape):
        """Tables as Laravel's migrations make them, but for the keys."""
        cursors = {"SQLite": "sqlite", "MariaDB": "mysql", "PostgreSQL": "postgres"}[self.name]
        columns = ",".join(f"{name} {TYPES[self.name][kind]}" for name, kind in SHAPES[shape])
        self.run(f"DROP TABLE IF EXISTS {shape}; CREATE TABLE {shape} ({IDS[self.name]}{columns});")
        self.run("DROP TABLE IF EXISTS hikyaku_cursors;" + (CURSORS / f"hikyaku_cursors.{cursors}.sql").read_text())

    def loader(self, shape, file):
        names = ",".join(name for name, _ in SHAPES[shape])
        if self.name == "SQLite":
            return [*self.client, ".mode csv", f".import --skip 1 {file} {shape}"]
        if self.name == "MariaDB":
            return [*self.client, "-e", f"LOAD DATA LOCAL INFILE '{file}' INTO TABLE {shape} CHARACTER SET utf8mb4 FIELDS TERMINATED BY ',' "
                    f"OPTIONALLY ENCLOSED BY '\"' LINES TERMINATED BY '\\n' IGNORE 1 LINES ({names})"]
        return [*self.client, "-c", f"\\copy {shape} ({names}) from '{file}' csv header"]

    def laravel(self, shape, file):
        return ["php", HERE / "laravel.php", self.url, "import", shape, file, "1000"]

    def ours(self, binary, shape, file):
        event = self.folder / "event.json"
        data = {"url": f"file://{file}", "table": shape}
        event.write_text(json.dumps({"uuid": str(uuid.uuid4()), "job": "App\\Jobs\\ImportCsv", "data": data}))
        return [binary, "run", "--event", event]

    def settings(self, shape):
        columns = {name: {"type": KINDS[kind]} for name, kind in SHAPES[shape]}
        return {"DATABASE_URL": self.url, "IMPORT_SOURCES": f"file://{self.folder}/", "IMPORT_TABLES": json.dumps({shape: {"columns": columns}})}


def timed(command, settings):
    """Seconds, seconds of its processor, and the most megabytes of its memory."""
    began = time.monotonic()
    process = subprocess.Popen(command, env={**os.environ, **settings}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    output = process.stdout.read()
    _, status, used = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"{command[0]} failed: {output.decode()[-1000:]}")
    return time.monotonic() - began, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def main():
    binary, rows, rounds = Path(sys.argv[1]).resolve(), int((sys.argv[2:] or [1_000_000])[0]), int((sys.argv[3:] or [3])[0])
    print(f"load {os.getloadavg()[0]:.1f} before, {os.cpu_count()} cores, {rows:,} rows, {rounds} rounds", file=sys.stderr)
    print("| | columns | import-csv | Laravel | loader | beside Laravel | beside the loader | CPU, import-csv and Laravel | memory |")
    print("|---|---|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder, servers.both({}, {}) as environment:
        folder = Path(folder)
        for shape in SHAPES:
            file = folder / f"{shape}.csv"
            write(file, shape, rows)
            for name in TYPES:
                database = Database(name, folder, environment)
                measured = {"ours": [], "laravel": [], "loader": []}
                for _ in range(rounds):
                    for who, command in (("laravel", database.laravel(shape, file)), ("ours", database.ours(binary, shape, file)),
                                         ("loader", database.loader(shape, file))):
                        database.empty(shape)
                        measured[who].append(timed(command, database.settings(shape) if who == "ours" else {}))
                        if database.run(f"SELECT COUNT(*) FROM {shape};") != str(rows):
                            sys.exit(f"{who} did not import every row into {name}")
                seconds = {who: statistics.median(one[0] for one in all) for who, all in measured.items()}
                ratio = {who: statistics.median(b[0] / a[0] for a, b in zip(measured["ours"], measured[who])) for who in ("laravel", "loader")}
                cpu = {who: statistics.median(one[1] for one in measured[who]) for who in ("ours", "laravel")}
                speed = " | ".join(f"{rows / seconds[who]:,.0f}/s" for who in ("ours", "laravel", "loader"))
                print(f"| {name} | {len(SHAPES[shape])} | {speed} | {ratio['laravel']:.1f} × | {ratio['loader']:.2f} × | "
                      f"{cpu['ours']:.1f} s, {cpu['laravel']:.1f} s | {max(one[2] for one in measured['ours']):.0f} MB |", flush=True)
            file.unlink()
    print(f"load {os.getloadavg()[0]:.1f} after", file=sys.stderr)


if __name__ == "__main__":
    main()
