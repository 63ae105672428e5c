"""PostgreSQL and MariaDB on loopback, for one command: `servers.py COMMAND …`.

Both start empty in a folder of their own, on free ports, and are gone when the command ends. It finds them by TEST_POSTGRES_URL,
TEST_MYSQL_URL, TEST_MYSQL_NARROW_PORT (a port of MariaDB's that lets in two clients) and TEST_SERVERS (the folder: MariaDB's socket, and
authority.crt, which has signed both servers' certificate). As Debian packages them: postgresql mariadb-server openssl. Both speak TLS to whoever asks for it, as those of RDS do.
"""
import contextlib
import glob
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

START_SECONDS = 60


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def program(name):
    """Debian keeps PostgreSQL's programs out of the PATH."""
    found = shutil.which(name) or next(iter(sorted(glob.glob(f"/usr/lib/postgresql/*/bin/{name}"), reverse=True)), None)
    return found or sys.exit(f"{name} is not here: apt-get install postgresql mariadb-server")


def as_nobody_important(user):
    """PostgreSQL refuses to run as root."""
    return {"user": user, "group": pwd.getpwnam(user).pw_gid} if os.getuid() == 0 else {}


def wait(answers, server, log):
    end = time.monotonic() + START_SECONDS
    while not answers():
        if server.poll() is not None or time.monotonic() > end:
            sys.exit(f"{server.args[0]} did not start: {log.read_text() if log.exists() else ''}"[-2000:])
        time.sleep(0.1)


def certificate(folder, readers):
    """An authority, and a certificate of it for localhost; each server wants a key of its own user's."""
    def openssl(*arguments):
        subprocess.run([program("openssl"), *arguments], check=True, stderr=subprocess.DEVNULL, cwd=folder)
    key = ["-newkey", "rsa:2048", "-nodes"]
    openssl("req", "-x509", *key, "-days", "2", "-subj", "/CN=tests", "-keyout", "authority.key", "-out", "authority.crt")
    openssl("req", *key, "-subj", "/CN=localhost", "-keyout", "tls.key", "-out", "tls.csr")
    (folder / "names").write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\nbasicConstraints=CA:FALSE\n")
    openssl("x509", "-req", "-in", "tls.csr", "-days", "2", "-CA", "authority.crt", "-CAkey", "authority.key", "-CAcreateserial",
            "-extfile", "names", "-out", "tls.crt")
    for reader in readers:
        shutil.copy(folder / "tls.key", folder / f"{reader}.key")
        os.chmod(folder / f"{reader}.key", 0o600)
        if os.getuid() == 0:
            shutil.chown(folder / f"{reader}.key", reader, reader)


@contextlib.contextmanager
def stopping(server, with_signal):
    try:
        yield
    finally:
        server.send_signal(with_signal)
        server.wait(timeout=60)


@contextlib.contextmanager
def postgres(folder, options):
    data, log, port = folder / "postgres", folder / "postgres.log", free_port()
    who = as_nobody_important("postgres")
    data.mkdir(mode=0o700)
    if who:
        shutil.chown(data, "postgres", "postgres")
    subprocess.run([program("initdb"), "-D", data, "-U", "hikyaku", "--auth=trust", "-E", "UTF8", "--locale=C.UTF-8"],
                   check=True, stdout=subprocess.DEVNULL, cwd="/", **who)
    # A role that has to use TLS, as RDS asks of all if rds.force_ssl is set, and one that has to know its password.
    rules = data / "pg_hba.conf"
    rules.write_text("hostnossl all hikyaku_tls_only all reject\nhost all hikyaku_rotated all scram-sha-256\n" + rules.read_text())
    settings = {"listen_addresses": "127.0.0.1,127.0.0.2", "port": port, "unix_socket_directories": "", "ssl": "on",
                "ssl_cert_file": folder / "tls.crt", "ssl_key_file": folder / "postgres.key", **options}
    arguments = [argument for name, value in settings.items() for argument in ("-c", f"{name}={value}")]
    with open(log, "w") as output:
        server = subprocess.Popen([program("postgres"), "-D", data, *arguments], stderr=output, stdout=output, cwd="/", **who)
    url = f"postgres://hikyaku@127.0.0.1:{port}/postgres"
    with stopping(server, signal.SIGINT):
        wait(lambda: subprocess.run([program("pg_isready"), "-q", "-d", url]).returncode == 0, server, log)
        yield url


@contextlib.contextmanager
def mariadb(folder, options):
    data, log, port, narrow = folder / "mariadb", folder / "mariadb.log", free_port(), free_port()
    who = as_nobody_important("mysql")
    data.mkdir(mode=0o700)
    if who:
        shutil.chown(data, "mysql", "mysql")
    subprocess.run([program("mariadb-install-db"), "--no-defaults", f"--datadir={data}", "--auth-root-authentication-method=normal",
                    "--skip-test-db"], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/", **who)
    settings = {"bind-address": "127.0.0.1,127.0.0.2", "port": port, "socket": data / "socket", "pid-file": data / "pid",
                "ssl-cert": folder / "tls.crt", "ssl-key": folder / "mysql.key", "extra-port": narrow, "extra-max-connections": 1, **options}
    arguments = [f"--{name}={value}" for name, value in settings.items()]
    with open(log, "w") as output:
        server = subprocess.Popen([program("mariadbd"), "--no-defaults", f"--datadir={data}", *arguments],
                                  stderr=output, stdout=output, cwd="/", **who)
    client = [program("mariadb"), "--no-defaults", "-h", "127.0.0.1", "-P", str(port), "-u", "root"]
    made = "CREATE DATABASE app CHARACTER SET utf8mb4; CREATE USER hikyaku@'%' IDENTIFIED BY 'secret'; " \
           "GRANT ALL ON *.* TO hikyaku@'%' WITH GRANT OPTION"
    with stopping(server, signal.SIGTERM):
        wait(lambda: subprocess.run([*client, "-e", made], stderr=subprocess.DEVNULL).returncode == 0, server, log)
        yield f"mysql://hikyaku:secret@127.0.0.1:{port}/app", narrow


@contextlib.contextmanager
def both(postgres_options, mariadb_options):
    """The environment in which both are found."""
    with tempfile.TemporaryDirectory(prefix="hikyaku-databases-", ignore_cleanup_errors=True) as folder:
        os.chmod(folder, 0o755)
        certificate(Path(folder), ["postgres", "mysql"])
        with postgres(Path(folder), postgres_options) as postgres_url, mariadb(Path(folder), mariadb_options) as (mysql_url, narrow):
            yield {**os.environ, "TEST_POSTGRES_URL": postgres_url, "TEST_MYSQL_URL": mysql_url, "TEST_MYSQL_NARROW_PORT": str(narrow),
                   "TEST_SERVERS": folder}


if __name__ == "__main__":
    # What a test writes need not outlive the machine's power. Both are in Japan; MariaDB takes whatever it can make fit, and
    # small packets only.
    for_postgres = {"fsync": "off", "timezone": "Asia/Tokyo", "deadlock_timeout": "100ms"}
    for_mariadb = {"innodb-flush-log-at-trx-commit": 0, "default-time-zone": "+09:00", "sql-mode": "", "max-allowed-packet": "1M"}
    # Whoever ends this program ends the servers.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with both(for_postgres, for_mariadb) as environment, subprocess.Popen(sys.argv[1:], env=environment) as command:
        try:
            sys.exit(command.wait())
        finally:
            command.kill()
