#!/usr/bin/env python3
"""A PostgreSQL server for tests: made in a temporary folder on a free port, and gone at the end.

    python3 tests/postgres/cluster.py -- cargo test

starts one that does not wait for the disk, names it to the command in COPYDESK_TEST_SERVER
(`postgres://copydesk@127.0.0.1:PORT`), stops it and returns the command's exit code. Without PostgreSQL on the machine
it says how to install it, and exits with 3.

Other scripts use `Cluster`: with a streaming replica, synchronous, and with the faults that a server can have.
Needs Linux (/proc), and the programs of PostgreSQL (14 or later), in PATH or where Debian puts them.
PostgreSQL refuses to run as root: root runs it as the user `postgres`.
"""

import argparse
import contextlib
import glob
import os
import pathlib
import pwd
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

USER = "copydesk"
ACCOUNT = "postgres"
NO_POSTGRES = 3
# A start, a stop or a promotion that takes longer hangs.
PATIENCE = 60.0
# The advisory lock that Copydesk's writers take turns by (src/db/postgres/keeper.rs).
WRITERS_LOCK = 1128551243


class NoPostgres(Exception):
    """There is no PostgreSQL on this machine."""

    def __init__(self):
        super().__init__("no PostgreSQL on this machine (initdb is neither in PATH nor in /usr/lib/postgresql/*/bin);"
                         " on Debian and Ubuntu: apt-get install postgresql")


def programs() -> pathlib.Path:
    """The folder of initdb, postgres and the others."""
    found = shutil.which("initdb")
    if found:
        # A link, as a package manager makes it, has no `postgres` beside it.
        return pathlib.Path(found).resolve().parent
    folders = glob.glob("/usr/lib/postgresql/*/bin/initdb")
    if not folders:
        raise NoPostgres
    return pathlib.Path(max(folders, key=lambda path: [int(number) for number in re.findall(r"\d+", path)])).parent


def free_port() -> int:
    # Below the ports that the system gives to clients: none may take it before, or while the server restarts.
    while True:
        port = random.randrange(20000, 32000)
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


def until(condition, what: str, patience: float = PATIENCE) -> None:
    end = time.monotonic() + patience
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"{what}: not within {patience:.0f} s")
        time.sleep(0.01)


def unprivileged() -> dict:
    """Options of subprocess with which PostgreSQL runs."""
    if os.geteuid() != 0:
        return {}
    try:
        account = pwd.getpwnam(ACCOUNT)
    except KeyError:
        raise SystemExit(f"PostgreSQL does not run as root, and there is no user `{ACCOUNT}`") from None
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


def children(pid: int) -> list[int]:
    """The processes that this one has started."""
    found = []
    for path in glob.glob("/proc/[0-9]*/stat"):
        with contextlib.suppress(OSError):
            # After the name, which may have blanks and brackets in it: state, parent.
            fields = pathlib.Path(path).read_text().rpartition(")")[2].split()
            if int(fields[1]) == pid:
                found.append(int(path.split("/")[2]))
    return found


def send(pids: list[int], number: signal.Signals) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


class Node:
    """One PostgreSQL server: a primary or a replica. `settings` are written before each start."""

    def __init__(self, name: str, folder: pathlib.Path, binaries: pathlib.Path, settings: dict, port: int | None):
        self.name, self.folder, self.binaries = name, folder, binaries
        self.port = port or free_port()
        self.data, self.log = folder / name, folder / f"{name}.log"
        self.settings = settings | {"port": self.port}
        self.process = None

    def run(self, program: str, *arguments) -> str:
        """What one of PostgreSQL's programs prints."""
        done = subprocess.run([self.binaries / program, *map(str, arguments)], cwd=self.folder, capture_output=True,
                              text=True, timeout=PATIENCE, stdin=subprocess.DEVNULL, **unprivileged())
        if done.returncode:
            raise RuntimeError(f"{program} exits {done.returncode}: {done.stderr.strip()[-600:]}")
        return done.stdout

    def initialise(self) -> None:
        self.run("initdb", "-D", self.data, "-U", USER, "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync")
        with (self.data / "postgresql.conf").open("a") as file:
            file.write("include 'cluster.conf'\n")

    def copy(self, primary: "Node") -> None:
        """Makes this one a replica of another, from a copy of its files."""
        self.run("pg_basebackup", "-D", self.data, "-h", "127.0.0.1", "-p", primary.port, "-U", USER, "-R",
                 "--wal-method=stream", "--checkpoint=fast", "--no-sync")

    def write_settings(self) -> None:
        lines = [f"{name} = '{value}'\n" for name, value in self.settings.items()]
        path = self.data / "cluster.conf"
        path.write_text("".join(lines))
        # The copy of a replica has the primary's file; root must not take it away from the account.
        shutil.chown(path, *self.owner())

    def owner(self) -> tuple:
        status = self.data.stat()
        return status.st_uid, status.st_gid

    def start(self) -> None:
        """Returns when connections are accepted."""
        self.write_settings()
        with self.log.open("ab") as log:
            self.process = subprocess.Popen([self.binaries / "postgres", "-D", self.data], cwd=self.folder, stdout=log,
                                            stderr=log, stdin=subprocess.DEVNULL, **unprivileged())
        until(self.is_ready, f"the start of the {self.name}")

    def is_ready(self) -> bool:
        if self.process.poll() is not None:
            raise RuntimeError(f"the {self.name} ended with {self.process.returncode}: {self.log.read_text()[-600:]}")
        lines = []
        with contextlib.suppress(OSError):
            lines = (self.data / "postmaster.pid").read_text().splitlines()
        # A file of a server that was killed has another pid.
        return len(lines) > 7 and lines[0] == str(self.process.pid) and lines[7].strip() in ["ready", "standby"]

    def pids(self) -> list[int]:
        """The postmaster and all that serve for it."""
        return [self.process.pid, *children(self.process.pid)]

    def pause(self) -> None:
        # The postmaster first: it starts no others after that.
        send([self.process.pid], signal.SIGSTOP)
        send(children(self.process.pid), signal.SIGSTOP)

    def resume(self) -> None:
        send(children(self.process.pid), signal.SIGCONT)
        send([self.process.pid], signal.SIGCONT)

    def stop(self, mode: str = "immediate") -> None:
        """`immediate` is as if it was killed: nothing is written, and the next start reads the log."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal({"immediate": signal.SIGQUIT, "fast": signal.SIGINT}[mode])

        def has_ended():
            # What is paused cannot end; the signal to end comes before all that it would go on with.
            self.resume()
            return self.process.poll() is not None

        until(has_ended, f"the stop of the {self.name}")

    def reload(self, **settings) -> None:
        self.settings |= settings
        self.write_settings()
        send([self.process.pid], signal.SIGHUP)

    def sql(self, statement: str, database: str = "postgres") -> str:
        return self.run("psql", "-h", "127.0.0.1", "-p", self.port, "-U", USER, "-d", database, "-XAtqw",
                        "-v", "ON_ERROR_STOP=1", "-c", statement).strip()


class Cluster:
    """A primary, and a replica if wanted, for the time of a `with`.

    durable: wait for the disk, as in production; without it a test suite is several times as fast.
    replica: stream to a second server. A commit waits for it (synchronous replication) as `synchronous_commit` says.
    """

    def __init__(self, durable: bool = False, replica: bool = False, synchronous_commit: str = "on",
                 max_connections: int = 100):
        self.binaries, self.has_replica = programs(), replica
        self.settings = {
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "max_connections": max_connections,
            "fsync": "on" if durable else "off",
            "full_page_writes": "on" if durable else "off",
            "synchronous_commit": synchronous_commit,
            "synchronous_standby_names": "",
            "shared_buffers": "64MB",
            # A replica that comes back soon must find the log that it lacks, and must not wait for 5 s to ask for it.
            "wal_keep_size": "256MB",
            "wal_retrieve_retry_interval": "100ms",
            # Before it reads the log a start syncs file by file, some seconds of which nothing is learnt here.
            "recovery_init_sync_method": "syncfs",
            "lc_messages": "C",
            "log_line_prefix": "%m [%p] %a ",
        }
        self.primary = self.replica = self.gone = None
        self.made = 0
        self.took = 0.0

    def __enter__(self) -> "Cluster":
        began = time.monotonic()
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="copydesk-postgres-"))
        if os.geteuid() == 0:
            shutil.chown(self.folder, ACCOUNT, ACCOUNT)
        try:
            self.primary = self.node("primary")
            self.primary.initialise()
            self.primary.start()
            if self.has_replica:
                self.attach()
        except BaseException:
            self.__exit__()
            raise
        self.took = time.monotonic() - began
        return self

    def __exit__(self, *_) -> None:
        for node in [self.replica, self.primary]:
            if node is not None:
                node.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def node(self, name: str, port: int | None = None) -> Node:
        self.made += 1
        return Node(f"{name}-{self.made}", self.folder, self.binaries, dict(self.settings), port)

    def ports(self) -> list[int]:
        nodes = [node for node in [self.primary, self.replica] if node is not None]
        return sorted(node.port for node in nodes)

    def url(self, database: str = "", hosts: list[int] | None = None) -> str:
        """The URL of a database, or without one of the server; of a cluster with a replica it has both."""
        places = ",".join(f"127.0.0.1:{port}" for port in hosts or self.ports())
        return f"postgres://{USER}@{places}" + (f"/{database}" if database else "")

    def create_database(self, name: str) -> str:
        self.primary.sql(f'create database "{name}"')
        if self.replica is not None:
            # A client that comes to the replica first is refused for good where it is not known yet.
            exists = f"select count(*) from pg_database where datname = '{name}'"
            until(lambda: self.replica.sql(exists) == "1", "the database on the replica")
        return self.url(name)

    def stop(self) -> None:
        """Ends the primary as a kill would."""
        self.primary.stop("immediate")

    def start(self) -> None:
        self.primary.start()

    def pause(self) -> None:
        """Stops all processes of the primary where they are: connections stay open, and nothing answers."""
        self.primary.pause()

    def resume(self) -> None:
        self.primary.resume()

    def cut_replication(self) -> None:
        """The primary sends nothing more to the replica, as if the line between them were cut."""
        pids = self.primary.sql("select pid from pg_stat_replication")
        send([int(pid) for pid in pids.split()], signal.SIGSTOP)

    def promote(self) -> None:
        """The replica becomes the primary. The old one must have been stopped; it does not come back."""
        self.primary.stop("immediate")
        self.gone, self.primary, self.replica = self.primary, self.replica, None
        self.primary.sql(f"select pg_promote(true, {PATIENCE:.0f})")

    def attach(self) -> None:
        """Makes a replica, and lets commits wait for it from then on. It has the port of the primary that is gone."""
        if self.gone:
            shutil.rmtree(self.gone.data, ignore_errors=True)
        self.replica = self.node("replica", self.gone and self.gone.port)
        self.replica.copy(self.primary)
        self.replica.start()
        self.primary.reload(synchronous_standby_names="*")
        until(self.is_synchronous, "a synchronous replica")

    def is_synchronous(self) -> bool:
        return self.primary.sql("select count(*) from pg_stat_replication where sync_state = 'sync'") == "1"

    def terminate_backends(self, application_name: str, writers_only: bool = False) -> int:
        """Ends connections from the server's side; `writers_only` those that write or wait for it."""
        pids = f"(select pid from pg_locks where locktype = 'advisory' and objid = {WRITERS_LOCK})"
        condition = f" and pid in {pids}" if writers_only else ""
        return int(self.primary.sql("select count(*) filter (where pg_terminate_backend(pid)) from pg_stat_activity"
                                    f" where application_name = '{application_name}'{condition}"))


def end_with_sigterm() -> None:
    """Lets a `with` end what it has started also where the script is told to stop."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))


def beside(command: list[str], max_connections: int) -> int:
    """The exit code of a command that runs with a server beside it."""
    with Cluster(max_connections=max_connections) as cluster:
        said = f"PostgreSQL on port {cluster.primary.port}, started in {cluster.took:.2f} s"
        print(said, file=sys.stderr, flush=True)
        code = subprocess.run(command, env=os.environ | {"COPYDESK_TEST_SERVER": cluster.url()}).returncode
    return code if code >= 0 else 128 - code


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--max-connections", type=int, default=400)
    parser.add_argument("command", nargs="+", help="what to run, after --")
    given = parser.parse_args()
    end_with_sigterm()
    try:
        sys.exit(beside(given.command, given.max_connections))
    except NoPostgres as error:
        print(f"cluster.py: {error}", file=sys.stderr)
        sys.exit(NO_POSTGRES)


if __name__ == "__main__":
    main()
