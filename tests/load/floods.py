#!/usr/bin/env python3
"""Slow and many clients: what a healthy reader notices, and what the server holds meanwhile.

    cargo build --release
    python3 tests/load/floods.py [--program PATH] [--only WORDS] [--articles 2000]

Each scenario starts a server on a file of its own, and takes up to a minute. A healthy client, a process of its own,
reads an article and a list 100 times a second (half of it over connections that are kept, half over fresh ones), and
writes a comment a second. The attackers come from 127.0.0.2, so that a limit by address does not meet that client.

The healthy latencies are those of reads, counted from the moment at which a request was due: a reader that had to wait
delays its own next ones, and they count as late. `write` is the slowest write.
`answers` is what the attackers were told: statuses, `closed` and `reset` by the server, `open` to the end.
`freed` is the time from the first connection until the server held none of the attackers' any more.
`RSS` is the server's peak in MB before and during, `fds` its open files before, at most, and at the end.

A row that misses a target ends with `!` and the reason, and the exit code is then 1. Targets of all: the 99th
percentile of healthy reads under 50 ms, no healthy request failed, all freed in 15 s (35 s where the limit is one for a
whole body or for a reader), no 5xx but 503. `--only idle,keys` runs the scenarios whose names hold one of these words.
"""

import argparse
import collections
import contextlib
import dataclasses
import errno
import functools
import itertools
import json
import os
import pathlib
import re
import resource
import secrets
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import typing
import zlib

import filled
import reading

ATTACKERS_FROM = "127.0.0.2"
FILES = 20_000
P99_MS = 50
READS_A_SECOND = 100
# Half of them: so many keep their connection, and as many do not. One that waits delays its own reads alone.
READERS = 10
CALM_SECONDS = 5
# How long a flood is watched after its connections should have been freed.
GRACE_SECONDS = 20
# Until the server has noticed that the attackers went away.
SETTLING_SECONDS = 1
# A healthy request that takes longer has failed.
PATIENCE = 10
SAMPLE_EVERY = 0.25
LIMIT_OF_CONNECTIONS = 500
ARTICLE, LIST = "/v1/articles/article-17", "/v1/articles"
COMMENTS = ARTICLE + "/comments"
# Of what an attacker is told, enough for a whole problem.
KEPT_OF_ANSWER = 4096


# The healthy client


class Healthy:
    """Readers and a writer in a process of their own, which nothing here makes wait."""

    def __init__(self, host, fresh):
        self.ours, theirs = reading.PROCESSES.Pipe()
        self.process = reading.PROCESSES.Process(target=live, args=(host, theirs, fresh), daemon=True)
        self.process.start()

    def seen(self):
        """Ends the client: what it did as (kind, due, seconds, status)."""
        self.ours.send("end")
        seen = self.ours.recv() if self.ours.poll(4 * PATIENCE) else sys.exit("the healthy client hangs")
        self.process.join()
        return seen


def live(host, theirs, fresh):
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    seen, ended = [], threading.Event()
    paths = [reading.request("GET", path) for path in (ARTICLE, LIST)]
    readers = [Kept(host, itertools.cycle(paths)) for _ in range(READERS)]
    readers += [Fresh(host, itertools.cycle(paths)) for _ in range(READERS if fresh else 0)]
    works = [functools.partial(paced, READS_A_SECOND / len(readers), "read", reader) for reader in readers]
    works.append(functools.partial(paced, 1, "write", Kept(host, (comment(number) for number in itertools.count()))))
    threads = [threading.Thread(target=work, args=(seen, ended)) for work in works]
    for thread in threads:
        thread.start()
    theirs.recv()
    ended.set()
    for thread in threads:
        thread.join()
    theirs.send(seen)


def comment(number):
    body = {"author_name": "Sam", "body": f"Is the bridge still open? {number}"}
    return reading.request("POST", COMMENTS, body, reading.KEY)


class Kept:
    """Requests over one connection, which is opened anew only after it failed."""

    def __init__(self, host, requests):
        self.host, self.requests, self.connection = host, requests, None

    def __call__(self):
        request = next(self.requests)
        if not self.connection:
            self.connection = connected(self.host)
        try:
            return self.connection.exchange(request)[0]
        except OSError:
            self.connection = None
            raise


class Fresh(Kept):
    """Each over a connection of its own."""

    def __call__(self):
        connection = connected(self.host)
        with connection.socket:
            return connection.exchange(next(self.requests))[0]


def connected(host):
    connection = reading.Connection(host)
    connection.socket.settimeout(PATIENCE)
    return connection


def paced(rate, kind, work, seen, ended):
    due = time.monotonic()
    while not ended.wait(max(0, due - time.monotonic())):
        try:
            status = work()
        except (OSError, ValueError):
            status = 0
        seen.append((kind, due, time.monotonic() - due, status))
        # After a failure of ten seconds the next one is due now: the failed are counted, not repeated.
        due = max(due + 1 / rate, time.monotonic() - PATIENCE)


# The attackers


@dataclasses.dataclass
class Scenario:
    name: str
    clients: int
    first: typing.Callable[[], bytes]
    # Sent once an answer has begun to arrive.
    then: bytes = b""
    # Sent at this interval, from this function, for so many seconds.
    every: float = 0
    more: typing.Callable[[], bytes] = None
    seconds: float = 0
    # After so many answers a client goes away by itself; 0 is one that stays.
    answers: int = 0
    reads: bool = True
    freed_in: float = 15
    # Megabytes that the server may take more than before.
    memory: int = 0
    flags: tuple = ()
    # For how many seconds to look, where nothing should be freed.
    sample: float = 0
    fresh: bool = True
    verdict: typing.Callable = lambda flood: None


class Attacker:
    __slots__ = ("socket", "out", "tail", "text", "answered", "end", "then")

    def __init__(self, host, scenario):
        self.socket = socket.socket()
        self.socket.setblocking(False)
        if not scenario.reads:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.socket.bind((ATTACKERS_FROM, 0))
        name, port = host.rsplit(":", 1)
        connected = self.socket.connect_ex((name, int(port)))
        if connected not in (0, errno.EINPROGRESS):
            raise OSError(connected, os.strerror(connected))
        self.out, self.then = memoryview(scenario.first()), scenario.then
        self.tail, self.text, self.answered, self.end = b"", b"", 0, "open"


class Flood:
    def __init__(self, server, host, scenario):
        self.server, self.host, self.scenario = server, host, scenario
        self.epoll, self.by_file, self.statuses = select.epoll(), {}, collections.Counter()
        self.all, self.freed, self.held, self.files = [], None, 0, 0

    def run(self):
        scenario = self.scenario
        began = time.monotonic()
        until = began + (scenario.sample or scenario.seconds + scenario.freed_in + GRACE_SECONDS)
        tick, sample = began, began
        while (now := time.monotonic()) < until and self.server.poll() is None:
            self.open_some()
            self.handle(self.epoll.poll(0.02))
            if scenario.every and now >= tick and not (scenario.seconds and now > began + scenario.seconds):
                tick += scenario.every
                self.send_more()
            if scenario.seconds and now > began + scenario.seconds:
                self.leave()
            if now >= sample and len(self.all) >= scenario.clients:
                sample = now + SAMPLE_EVERY
                self.files = max(self.files, files_of(self.server.pid))
                self.held = held(self.host)
                if not self.held:
                    self.freed = time.monotonic() - began
                    break
        self.leave()

    def open_some(self):
        for _ in range(min(100, self.scenario.clients - len(self.all))):
            self.open()

    def open(self):
        one = Attacker(self.host, self.scenario)
        self.all.append(one)
        self.by_file[one.socket.fileno()] = one
        self.epoll.register(one.socket, select.EPOLLOUT | self.reading)

    @property
    def reading(self):
        return select.EPOLLIN if self.scenario.reads else 0

    def handle(self, events):
        for number, event in events:
            one = self.by_file[number]
            try:
                if event & select.EPOLLIN:
                    self.receive(one)
                elif event & (select.EPOLLHUP | select.EPOLLERR):
                    self.ended(one, "reset")
                if event & select.EPOLLOUT and one.end == "open":
                    self.send(one)
            except BlockingIOError:
                continue
            except OSError:
                self.ended(one, "reset")

    def send(self, one):
        one.out = one.out[one.socket.send(one.out[:1 << 18]):]
        if not one.out:
            self.epoll.modify(one.socket, self.reading)

    def give(self, one, text):
        one.out = memoryview(text)
        self.epoll.modify(one.socket, self.reading | select.EPOLLOUT)

    def receive(self, one):
        got = one.socket.recv(1 << 18)
        if not got:
            return self.ended(one, "closed")
        one.text = (one.text + got)[:KEPT_OF_ANSWER] if len(one.text) < KEPT_OF_ANSWER else one.text
        # A head may arrive in two parts. What is left over is too short to be counted twice.
        told = re.findall(rb"HTTP/1\.1 (\d{3})", one.tail + got)
        one.tail = got[-11:] if len(got) >= 11 else (one.tail + got)[-11:]
        self.statuses.update(int(status) for status in told)
        one.answered += len(told)
        if told and one.then:
            self.give(one, one.then)
            one.then = b""
        if self.scenario.answers and one.answered >= self.scenario.answers:
            self.ended(one, "done")

    def send_more(self):
        for at, one in enumerate(self.all):
            if one.end == "open" and not one.out:
                self.give(one, self.scenario.more())
            elif one.end in ("closed", "reset") and self.scenario.seconds:
                # Whoever tries keys comes back. The one that was closed has been counted.
                self.all[at] = None
                self.open()
                self.all[at] = self.all.pop()

    def ended(self, one, how):
        if one.end != "open":
            return
        one.end = how
        if how != "done":
            self.statuses[how] += 1
        del self.by_file[one.socket.fileno()]
        self.epoll.unregister(one.socket)
        one.socket.close()

    def leave(self):
        """Ends what is still open."""
        for one in list(self.by_file.values()):
            self.ended(one, "done" if self.scenario.seconds else "open")

    def told(self):
        return " ".join(f"{count}x{what}" for what, count in sorted(self.statuses.items(), key=str)) or "none"


def held(host):
    """Connections with attackers that the server has, or has still to accept."""
    ours = f"0100007F:{int(host.rsplit(':', 1)[1]):04X}"
    theirs = "".join(f"{int(part):02X}" for part in reversed(ATTACKERS_FROM.split("."))) + ":"
    count = 0
    for line in pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]:
        _, local, remote, state, _, _, _, _, _, inode, *_ = line.split()
        # Without a process (inode 0) and neither established nor half closed, the kernel alone ends it.
        if local == ours and remote.startswith(theirs) and (inode != "0" or state in ("01", "08")):
            count += 1
    return count


def files_of(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def peak(pid):
    text = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+)", text)[1]) / 1024


# What is tried


def post(body, length=None, more=""):
    """A comment's request, of which `body` is what is sent."""
    head = (f"POST {COMMENTS} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n{more}"
            f"Content-Length: {len(body) if length is None else length}\r\n\r\n")
    return head.encode() + body


def zeros_packed(size):
    packer, block = zlib.compressobj(9, wbits=31), bytes(1 << 20)
    return b"".join([packer.compress(block) for _ in range(size >> 20)] + [packer.flush()])


def wrong_keys(count):
    """Keys of the right form that nobody has."""
    def one():
        key = f"cdk_{secrets.token_hex(6)}_{secrets.token_hex(22)[:43]}"
        return reading.request("GET", ARTICLE, key=key)
    return b"".join(one() for _ in range(count))


def needs(*wanted, only=False):
    """A verdict: these statuses were seen; with `only`, nothing else."""
    def verdict(flood):
        missing = [str(one) for one in wanted if not flood.statuses[one]]
        others = [str(one) for one in flood.statuses if only and one not in wanted]
        return "; ".join((["no " + " ".join(missing)] if missing else [])
                         + (["also " + " ".join(others)] if others else []))
    return verdict


def all_kept(flood):
    gone = flood.statuses["closed"] + flood.statuses["reset"]
    return f"{gone} closed too early" if gone else ""


def refused_in_words(flood):
    """Whoever is one too many gets a whole problem, and never a reset."""
    wrong, whole, served = flood.statuses["reset"], 0, 0
    for one in flood.all:
        head, _, body = one.text.partition(b"\r\n\r\n")
        served += head.startswith(b"HTTP/1.1 200")
        if head.startswith(b"HTTP/1.1 503"):
            with contextlib.suppress(ValueError):
                whole += json.loads(body)["status"] == 503 and b"application/problem+json" in head.lower()
    beyond = len(flood.all) - served
    if served > LIMIT_OF_CONNECTIONS or beyond != whole or wrong:
        return f"{served} served of {LIMIT_OF_CONNECTIONS}, {whole} of {beyond} others told why, {wrong} reset"
    return ""


def scenarios():
    get = reading.request("GET", ARTICLE)
    head = f"GET {LIST} HTTP/1.1\r\nHost: x\r\nAccept: appl".encode()
    drip = {"every": 1, "more": lambda: b"a"}
    large = reading.request("GET", "/v1/articles?limit=100") + reading.request("GET", "/openapi.json")
    yield Scenario("stalled bodies", 3_000, lambda: post(b'{"body": "', 1_000), verdict=needs(408))
    yield Scenario("dripping bodies", 3_000, lambda: post(b'{"body": "', 1_000), **drip, freed_in=35,
                   verdict=needs(408))
    yield Scenario("stalled first heads", 3_000, lambda: head)
    yield Scenario("stalled heads on kept connections", 3_000, lambda: get, head)
    yield Scenario("idle kept connections", 1_000, lambda: get, sample=20, verdict=all_kept)
    yield Scenario("slow readers", 500, lambda: large * 20, reads=False, freed_in=35)
    yield Scenario("1.9 MB but for a byte", 200, lambda: post(b"{" + b" " * 1_900_000, 1_900_002), verdict=needs(503))
    yield Scenario("connections beyond the limit", 700, lambda: get, sample=8, fresh=False,
                   flags=("--max-connections", str(LIMIT_OF_CONNECTIONS)), verdict=refused_in_words)
    bomb = functools.cache(lambda: post(zeros_packed(1 << 30), more="Content-Encoding: gzip\r\n"))
    yield Scenario("gzip bombs", 8, bomb, answers=1, memory=20, verdict=needs(415, only=True))
    yield Scenario("1 MB of [", 50, lambda: post(b"[" * 1_000_000), answers=1, verdict=needs(400, only=True))
    yield Scenario("wrong keys, 10,000/s", 20, lambda: b"", every=0.05, more=lambda: wrong_keys(25), seconds=10,
                   verdict=needs(401, 429))
    yield Scenario("heads of 100 KB", 200, lambda: get[:-2] + b"X-Filler: " + b"a" * 100_000 + b"\r\n\r\n", answers=1)
    yield Scenario("10,000 requests pipelined", 1, lambda: get * 10_000, answers=10_000,
                   verdict=needs(200, only=True))


COLUMNS = ["", "clients", "before p50/p99/max ms", "during p50/p99/max ms", "write ms", "answers", "freed s",
           "RSS MB", "fds"]
WIDTHS = [34, 7, 21, 23, 9, 44, 7, 11, 14]


def line(cells):
    return "  ".join([cells[0].ljust(WIDTHS[0]), *map(str.rjust, cells[1:], WIDTHS[1:])])


def figures(reads):
    taken = [seconds * 1000 for _, _, seconds, _ in reads]
    if not taken:
        return "-", float("inf")
    p50, p99 = (reading.percentile(taken, percent) for percent in (50, 99))
    return f"{p50:.1f}/{p99:.1f}/{max(taken):.0f}", p99


def serving(program, folder, database, flags):
    command = [program, "--listen", "127.0.0.1:0", "--database-url", database, "--admin-key", reading.KEY, *flags]
    return reading.running(command, folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def attempt(program, folder, source, scenario):
    """A row, and what is wrong with it."""
    database = folder / "flooded.db"
    shutil.copy(source, database)
    # Made before: packing a gigabyte takes longer than the calm.
    scenario.first()
    with serving(program, folder, database, scenario.flags) as server:
        host = server.stdout.readline().decode().strip().removeprefix("http://")
        if not host:
            why = server.stderr.read().decode().strip().splitlines() or ["it ended"]
            return [scenario.name, str(scenario.clients), *"-------"], f"no start: {why[0]}"
        healthy = Healthy(host, scenario.fresh)
        time.sleep(CALM_SECONDS)
        pathlib.Path(f"/proc/{server.pid}/clear_refs").write_text("5")
        memory, files = peak(server.pid), files_of(server.pid)
        flood, began = Flood(server, host, scenario), time.monotonic()
        flood.run()
        over = time.monotonic()
        seen = healthy.seen()
        time.sleep(SETTLING_SECONDS)
        if server.poll() is not None:
            return [scenario.name, str(scenario.clients), *"-------"], f"the server ended with {server.returncode}"
        memory_peak, files_left = peak(server.pid), files_of(server.pid)
    # The first second of the calm is that of empty caches.
    reads = [one for one in seen if one[0] == "read"]
    calm = [one for one in reads if began - CALM_SECONDS + 1 < one[1] < began]
    during = [one for one in reads if began <= one[1] < over]
    writes = [one for one in seen if one[0] == "write" and began - 1 <= one[1] < over]
    before, (text, p99) = figures(calm)[0], figures(during)
    wrong = [scenario.verdict(flood)]
    if p99 >= P99_MS:
        wrong.append(f"p99 {p99:.0f} ms")
    if failed := collections.Counter(status for _, _, _, status in seen if status not in (200, 201)):
        wrong.append(f"healthy failed: {dict(failed)}")
    limit = scenario.seconds + scenario.freed_in
    if not scenario.sample and (flood.freed is None or flood.freed > limit):
        wrong.append(f"freed in {flood.freed:.0f} s" if flood.freed else f"{flood.held} never freed")
    if scenario.memory and memory_peak - memory > scenario.memory:
        wrong.append(f"{memory_peak - memory:.0f} MB more")
    wrong += [f"{count}x{status}" for status, count in flood.statuses.items()
              if isinstance(status, int) and status >= 500 and status != 503]
    freed = "-" if scenario.sample else f"{flood.freed:.1f}" if flood.freed else "never"
    return [scenario.name, str(scenario.clients), before, text,
            f"{max((one[2] for one in writes), default=0) * 1000:.0f}", flood.told(), freed,
            f"{memory:.0f}>{memory_peak:.0f}", f"{files}>{flood.files}>{files_left}"], "; ".join(filter(None, wrong))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", type=pathlib.Path, default=reading.PROGRAM)
    parser.add_argument("--only", default="", metavar="WORDS", help="scenarios whose names hold one of them")
    parser.add_argument("--articles", type=int, default=2_000)
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    resource.setrlimit(resource.RLIMIT_NOFILE, (FILES, max(FILES, resource.getrlimit(resource.RLIMIT_NOFILE)[1])))
    program, missed = given.program.resolve(), 0
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        source = folder / "newsroom.db"
        filled.filled(program, source, given.articles)
        print(line(COLUMNS))
        for scenario in scenarios():
            if any(word in scenario.name for word in given.only.split(",")):
                cells, wrong = attempt(program, folder, source, scenario)
                print(line(cells) + (f"  ! {wrong}" if wrong else ""), flush=True)
                missed += bool(wrong)
    print(f"{missed} of the rows miss a target" if missed else "every target is met")
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
