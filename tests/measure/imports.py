"""Imports beside Laravel's own and the database's loader.

The three take turns; what is compared is the median of the ratios of one turn. Each is a process of its own and measured from its start to
its end. It needs Debian's postgresql, mariadb-server, sqlite3 and php-cli php-laravel-framework php-mysql php-pgsql php-sqlite3.
"""
import json
import statistics
import subprocess
import sys
import tempfile
import uuid
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "tests/databases"))
import servers
from process import spent

CURSORS = ROOT / "crates/import-csv/database/sql"
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
        self.run("DROP TABLE IF EXISTS hikyaku_cursors; DROP TABLE IF EXISTS hikyaku_rejects;" + (CURSORS / f"hikyaku_cursors.{cursors}.sql").read_text())

    def loader(self, shape, file):
        names = ",".join(name for name, _ in SHAPES[shape])
        if self.name == "SQLite":
            return [*self.client, ".mode csv", f".import --skip 1 {file} {shape}"]
        if self.name == "MariaDB":
            return [*self.client, "-e", f"LOAD DATA LOCAL INFILE '{file}' INTO TABLE {shape} CHARACTER SET utf8mb4 FIELDS TERMINATED BY ',' "
                    f"OPTIONALLY ENCLOSED BY '\"' LINES TERMINATED BY '\\n' IGNORE 1 LINES ({names})"]
        return [*self.client, "-c", f"\\copy {shape} ({names}) from '{file}' csv header"]

    def laravel(self, shape, file):
        return ["php", ROOT / "tests/databases/laravel.php", self.url, "import", shape, file, "1000"]

    def ours(self, binary, shape, file):
        event = self.folder / "event.json"
        data = {"url": f"file://{file}", "table": shape}
        event.write_text(json.dumps({"uuid": str(uuid.uuid4()), "job": "App\\Jobs\\ImportCsv", "data": data}))
        return [binary, "run", "--event", event]

    def settings(self, shape):
        columns = {name: {"type": KINDS[kind]} for name, kind in SHAPES[shape]}
        return {"DATABASE_URL": self.url, "IMPORT_SOURCES": f"file://{self.folder}/", "IMPORT_TABLES": json.dumps({shape: {"columns": columns}})}


def lines(binary, rows, rounds):
    """Of the table: a line for each shape of the rows and each database."""
    written = []
    with tempfile.TemporaryDirectory() as folder, servers.both({}, {}) as environment:
        folder = Path(folder)
        for shape in SHAPES:
            file = folder / f"{shape}.csv"
            write(file, shape, rows)
            for name in TYPES:
                database = Database(name, folder, environment)
                print(f"{name}, {len(SHAPES[shape])} columns", file=sys.stderr)
                written.append([f"{name}, {len(SHAPES[shape])} columns", *compared(database, binary, shape, file, rows, rounds)])
            file.unlink()
    return written


def compared(database, binary, shape, file, rows, rounds):
    measured = {"ours": [], "laravel": [], "loader": []}
    commands = {"laravel": database.laravel(shape, file), "ours": database.ours(binary, shape, file), "loader": database.loader(shape, file)}
    for _ in range(rounds):
        for who, command in commands.items():
            database.empty(shape)
            measured[who].append(spent(command, database.settings(shape) if who == "ours" else {}))
            if database.run(f"SELECT COUNT(*) FROM {shape};") != str(rows):
                sys.exit(f"{who} did not import every row into {database.name}")
    seconds, cpu = ([statistics.median(one[place] for one in all) for all in measured.values()] for place in (0, 1))
    memory = [max(one[2] for one in all) for all in measured.values()]
    ratio = {who: statistics.median(b[0] / a[0] for a, b in zip(measured["ours"], measured[who])) for who in ("laravel", "loader")}
    return [*(f"{rows / of:,.0f} rows/s" for of in seconds), f"{ratio['laravel']:.1f} ×", f"{ratio['loader']:.2f} ×",
            ", ".join(f"{of:.1f}" for of in cpu) + " s", ", ".join(f"{of:.0f}" for of in memory) + " MiB"]
