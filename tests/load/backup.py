#!/usr/bin/env python3
"""A backup of a large file that is written to all the while: how long it takes, and what the writers notice.

    cargo build --release
    python3 tests/load/backup.py [--program PATH] [--size-mb 1000] [--rate 1000] [--keep FILE] [--compare]

Fills a database of about that size, serves it, and posts so many comments a second: each has its moment, whether the
ones before it are answered or not, and its latency counts from that moment. After 20 s of that, `copydesk backup` runs.
`before` and `during` are those writes. `log` is the largest size that the -wal file had.
`copy` is what was found out about the copy: that `copydesk check` passes, that its mode is 0600, that its .sha256 is
right, and how many of the comments it has that were answered before the backup began: it must have all of them.

--compare does the same with `VACUUM INTO` and with SQLite's online backup (100 pages, a pause of 0.25 s), which is
given up after 25 s.
--keep FILE fills FILE only if it is not there yet. What is served is a copy of it, in the same folder.
Give --keep or TMPDIR on a disk: in memory, a commit takes no time. It needs four times the size.
"""

import argparse
import collections
import contextlib
import hashlib
import pathlib
import select
import shutil
import signal
import socket
import sqlite3
import stat
import subprocess
import sys
import tempfile
import threading
import time

import filled
import reading

# What an article of `filled` takes in the file, with its comments and its part of the search index.
MB_EACH = 0.0165
CLIENTS = 128
WARM_SECONDS = 3
BEFORE_SECONDS = 20
GIVEN_UP_SECONDS = 25
ENDS_SECONDS = 10
# Most articles that are commented on.
ARTICLES_MAX = 1_000


# The writers


def post(number, articles):
    body = {"author_name": f"Reader {number % 5000}", "body": f"{mark(number)}: is the bridge still open?"}
    return reading.request("POST", f"/v1/articles/article-{number % min(articles, ARTICLES_MAX)}/comments", body)


def mark(number):
    return f"Load {number:09}"


class Client:
    """A connection with at most one request on its way."""

    def __init__(self, host):
        name, port = host.rsplit(":", 1)
        self.socket = socket.create_connection((name, int(port)))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.number, self.due, self.rest = None, None, b""

    def answered(self):
        """The status once the answer is whole."""
        more = self.socket.recv(1 << 16)
        if not more:
            raise ConnectionError("closed by the server")
        self.rest += more
        head, end, body = self.rest.partition(b"\r\n\r\n")
        if not end:
            return None
        length = int(head.lower().split(b"content-length:", 1)[1].split(b"\r\n", 1)[0])
        if len(body) < length:
            return None
        self.rest = b""
        return int(head[9:12])


def write(host, rate, articles, ours):
    """Until told to end: what was sent, as (number, due, answered, status); status 0 is no answer."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    poll, by_file, free, seen = select.epoll(), {}, collections.deque(), []
    for _ in range(CLIENTS):
        client = Client(host)
        by_file[client.socket.fileno()] = client
        poll.register(client.socket, select.EPOLLIN)
        free.append(client)
    began, number, until = time.monotonic(), 0, None
    while until is None or (len(free) < len(by_file) and time.monotonic() < until):
        if until is None and ours.poll():
            until = time.monotonic() + ENDS_SECONDS
        while until is None and free and began + number / rate <= time.monotonic():
            client = free.popleft()
            client.number, client.due = number, began + number / rate
            client.socket.sendall(post(number, articles))
            number += 1
        for file, _ in poll.poll(0.001):
            client = by_file[file]
            try:
                status = client.answered()
            except OSError:
                status = 0
                poll.unregister(file)
                del by_file[file]
            if status is not None:
                seen.append((client.number, client.due, time.monotonic(), status))
                client.number = None
                if status:
                    free.append(client)
    # Whoever still waits has not been answered.
    waiting = [client for client in by_file.values() if client.number is not None]
    seen += [(client.number, client.due, time.monotonic(), 0) for client in waiting]
    ours.recv()
    ours.send(seen)


class Writers:
    """In a process of their own: they must keep their pace whatever is done here."""

    def __init__(self, host, rate, articles):
        self.ours, theirs = reading.PROCESSES.Pipe()
        self.process = reading.PROCESSES.Process(target=write, args=(host, rate, articles, theirs), daemon=True)
        self.process.start()

    def seen(self):
        self.ours.send("end")
        seen = self.ours.recv() if self.ours.poll(4 * ENDS_SECONDS) else sys.exit("the writers hang")
        self.process.join()
        return seen


class Largest:
    """The largest size that a file has, looked at all the while."""

    def __init__(self, file):
        self.file, self.bytes, self.ended = file, 0, threading.Event()
        self.thread = threading.Thread(target=self.look)

    def look(self):
        while not self.ended.wait(0.05):
            with contextlib.suppress(FileNotFoundError):
                self.bytes = max(self.bytes, self.file.stat().st_size)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        self.thread.join()


# Ways to make a copy. Each returns why there is none, or nothing.


def command(program, database, copy):
    done = subprocess.run([program, "backup", copy, "--database-url", database], env=reading.environment(),
                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    return done.stderr.strip().partition("\n")[0] if done.returncode else None


def vacuum(_, database, copy):
    with contextlib.closing(sqlite3.connect(database)) as connection:
        connection.execute("vacuum into ?", (str(copy),))


def online(_, database, copy):
    until = time.monotonic() + GIVEN_UP_SECONDS
    told = []

    def progress(_, remaining, total):
        told[:] = [f"{total - remaining} of {total} pages"]
        if time.monotonic() > until:
            raise TimeoutError
    with contextlib.closing(sqlite3.connect(database)) as source, contextlib.closing(sqlite3.connect(copy)) as target:
        try:
            source.backup(target, pages=100, progress=progress, sleep=0.25)
        except TimeoutError:
            return f"given up after {GIVEN_UP_SECONDS} s: {told[0]}"


# What came of it


def sha256(file):
    with open(file, "rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def copied(program, copy, seen, began):
    """What is true of the copy, and what is wrong with it."""
    facts, wrong = [], []
    mode = stat.S_IMODE(copy.stat().st_mode)
    facts.append(f"{copy.stat().st_size / 1e6:.0f} MB, mode {mode:04o}")
    if mode != 0o600:
        wrong.append(f"mode {mode:04o}")
    beside = copy.with_name(copy.name + ".sha256")
    if beside.exists():
        right = beside.read_text() == f"{sha256(copy)}  {copy.name}\n"
        facts.append("sha256 " + ("right" if right else "wrong"))
        wrong += [] if right else ["sha256"]
    else:
        wrong.append("no sha256")
    # Read only: SQLite would leave its files beside the copy, and change it.
    with contextlib.closing(sqlite3.connect(f"file:{copy}?immutable=1", uri=True)) as connection:
        bodies = connection.execute("select body from comments where body like 'Load %'")
        has = {body[:len(mark(0))] for body, in bodies}
    before = [number for number, _, answered, status in seen if status == 201 and answered < began]
    missing = [number for number in before if mark(number) not in has]
    there = len(before) - len(missing)
    facts.append(f"{there} of {len(before)} answered before it, {len(has) - there} later")
    wrong += [f"{len(missing)} missing"] if missing else []
    checked = subprocess.run([program, "check", "--database-url", copy], env=reading.environment(),
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    facts.append("check passes" if checked.returncode == 0 else "check fails")
    wrong += [f"check: {checked.stdout.strip()}"] if checked.returncode else []
    return "; ".join(facts), wrong


def figures(writes, seconds):
    """Answered a second, and latencies in milliseconds."""
    taken = [(answered - due) * 1000 for _, due, answered, status in writes if status == 201]
    if not taken:
        return ["0", "-"]
    p50, p99 = (reading.percentile(taken, percent) for percent in (50, 99))
    return [f"{len(taken) / seconds:.0f}", f"{p50:.1f}/{p99:.1f}/{max(taken):.0f}"]


COLUMNS = ["", "seconds", "before /s", "p50/p99/max ms", "during /s", "p50/p99/max ms", "log MB", "copy"]
WIDTHS = [18, 8, 9, 20, 9, 20, 7]


def line(cells):
    return "  ".join([cells[0].ljust(WIDTHS[0]), *map(str.rjust, cells[1:-1], WIDTHS[1:]), cells[-1]])


@contextlib.contextmanager
def serving(program, folder, database):
    command_line = [program, "--listen", "127.0.0.1:0", "--database-url", database, "--admin-key", reading.KEY,
                    "--comments-per-minute", "0", "--article-comments-per-minute", "0"]
    with reading.running(command_line, folder, stdout=subprocess.PIPE) as server:
        yield server.stdout.readline().decode().strip().removeprefix("http://") or sys.exit(f"{program} did not start")


def attempt(name, way, given, source, folder):
    """A row, and what is wrong with it."""
    database, copy = folder / "served.db", folder / "copy.db"
    shutil.copy(source, database)
    with serving(given.program, folder, database) as host:
        writers = Writers(host, given.rate, given.articles)
        time.sleep(WARM_SECONDS + BEFORE_SECONDS)
        with Largest(database.with_name(database.name + "-wal")) as log:
            began = time.monotonic()
            refused = way(given.program, database, copy)
            over = time.monotonic()
        seen = writers.seen()
    before = [one for one in seen if began - BEFORE_SECONDS <= one[1] < began]
    during = [one for one in seen if began <= one[1] < over]
    wrong = [f"{count}x{status or 'none'}" for status, count in
             collections.Counter(status for *_, status in seen).items() if status != 201]
    if refused:
        facts, wrong = refused, wrong + ["no copy"]
    else:
        facts, found = copied(given.program, copy, seen, began)
        wrong += found
    for left in folder.iterdir():
        left.unlink()
    return [name, f"{over - began:.2f}", *figures(before, BEFORE_SECONDS), *figures(during, over - began),
            f"{log.bytes / 1e6:.0f}", facts], wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", type=pathlib.Path, default=reading.PROGRAM)
    parser.add_argument("--size-mb", type=int, default=1_000)
    parser.add_argument("--rate", type=int, default=1_000, help="comments a second")
    parser.add_argument("--keep", type=pathlib.Path, metavar="FILE")
    parser.add_argument("--compare", action="store_true", help="with what SQLite has for it")
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    given.program = given.program.resolve()
    given.articles = max(1, round(given.size_mb / MB_EACH))
    ways = {"copydesk backup": command}
    if given.compare:
        ways |= {"VACUUM INTO": vacuum, "Connection.backup": online}
    failed = False
    with tempfile.TemporaryDirectory(dir=given.keep and given.keep.absolute().parent) as name:
        folder = pathlib.Path(name)
        (folder / "runs").mkdir()
        source = given.keep.absolute() if given.keep else folder / "newsroom.db"
        filled.filled(given.program, source, given.articles)
        print(f"a file of {source.stat().st_size / 1e6:.0f} MB; {given.rate} comments a second are due, over {CLIENTS}"
              " connections")
        print(line(COLUMNS))
        for name, way in ways.items():
            cells, wrong = attempt(name, way, given, source, folder / "runs")
            print(line(cells) + (f"  ! {'; '.join(wrong)}" if wrong else ""), flush=True)
            failed |= bool(wrong) and way is command
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
