#!/usr/bin/env python3
"""The change feed: followed from zero while others write, by a thousand streams, by readers that sleep, and over kills.

    cargo build --release
    python3 tests/load/changes.py [--short] [--program PATH] [--changes 1000000] [--streams 1000] [--only PARTS]

Parts (`--only feed,kills` runs those whose names are given):

- `feed`: writers make changes (see writers.py): comments, edits, moderation, articles that are hidden and shown with
  all of their comments, articles that the clock publishes and ends. Meanwhile one follower reads pages and another a
  stream, both from zero, all types. In the end both must have been told exactly what the writers did, in their order;
  both the same, in one order (ids are cursors, and each consumer has its own); and what they hold then must be what
  the lists of the API show to everybody.
- `rates`: the same log read alone, beside pages of lists. All that reads is one connection of this script, which does
  not parse what it reads.
- `behind`: streams from zero that are read as fast as they come, and what ordinary requests wait meanwhile: each tenth
  writes, and each second has a connection of its own.
- `sleepers`: streams from zero whose clients never read, while others write. They must be disconnected, the server's
  memory must stay, and a healthy stream is told of a write as soon as before.
- `streams`: idle streams. Memory, heartbeats, and a write that all of them are told of.
- `writes`: comments a second without streams and with 100, that follow articles, or are told of every comment.
- `kills`: `feed` with a server that is killed (SIGKILL) and started again while both follow and all write. A follower
  goes on with its cursor, a stream with Last-Event-ID.

`ratio` is to the row that it names, of the same run. Memory is from /proc/PID/smaps_rollup, in MB: RSS, Pss (what it
shares with others in parts), and what is its own and from no file. A change that is lost, doubled, out of order or
false, a stream that misses something, and memory beyond a limit end with exit code 1; nothing else does: figures depend
on the machine, and on what else it does. --short is for tests: 20,000 changes and 100 streams, in less than a minute.
"""

import argparse
import collections
import contextlib
import json
import os
import pathlib
import pickle
import re
import resource
import select
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

import floods
import reading
import writers
from followers import END, FEED, PATIENCE, STREAM, TYPES, Follower, listed, pages, shown, streamed
from reading import KEY, PROCESSES, request

FILES = 20_000
WRITING, LANES = 2, 16
# Memory that so many streams may take: 30 MB for 1,000, and what a few take at least, as the heap grows in pieces.
STREAM_MB, STREAMS_LEAST_MB = 0.03, 6
# The clients that never read: so many, and what the server may take more for each of them. SQLite's pages are in that;
# a queue without bound would be forty times as much.
SLEEPERS, SLEEPER_MB, SLEEPER_LIMIT = 50, 1, 90
# Changes that are there for them, and for those who catch up: more than the kernel takes (tcp_wmem, 4 MB).
LOG = 20_000
HEARTBEAT_LIMIT = 40


# The server


class Server:
    """On a file of its own, which outlives it."""

    def __init__(self, program, folder, name, *flags):
        self.folder, self.name, self.port, self.made = folder, name, 0, None
        self.log = open(folder / f"{name}.log", "ab")
        self.command = [program, "--database-url", folder / f"{name}.db", "--admin-key", KEY,
                        "--comments-per-minute", "0", *flags]
        self.start()

    def start(self):
        command = [*map(str, self.command), "--listen", f"127.0.0.1:{self.port}"]
        self.process = subprocess.Popen(command, cwd=self.folder, env=reading.environment() | {"RUST_LOG": "warn"},
                                        stdout=subprocess.PIPE, stderr=self.log)
        self.host = self.process.stdout.readline().decode().strip().removeprefix("http://")
        if not self.host:
            sys.exit(f"no start: {self.told()}")
        self.pid, self.port = self.process.pid, int(self.host.rsplit(":", 1)[1])

    def kill(self):
        self.process.kill()
        self.process.wait()

    def told(self):
        return (self.folder / f"{self.name}.log").read_text().strip()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.kill()
        self.log.close()


class Memory(collections.namedtuple("Memory", "rss pss own")):
    @classmethod
    def of(cls, pid):
        text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
        return cls(*(int(re.search(rf"(?m)^{name}:\s+(\d+)", text)[1]) / 1024 for name in ("Rss", "Pss", "Anonymous")))

    def __str__(self):
        return f"RSS {self.rss:.1f}, Pss {self.pss:.1f}, own {self.own:.1f}"


def seconds_of_processor(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def ask(wire, method, path, body=None, key=KEY):
    status, text = wire.send(request(method, path, body, key))
    if status not in (200, 201, 204):
        sys.exit(f"{method} {path}: {status} {text[:300].decode(errors='replace')}")
    return json.loads(text) if text else None


class Report:
    """Rows as they come, and what is wrong."""

    def __init__(self, part, is_quiet=False):
        self.part, self.is_quiet, self.rates, self.lines, self.wrong = part, is_quiet, {}, [], []
        self.line(f"\n{part}")

    def line(self, text):
        if self.is_quiet:
            self.lines.append(text)
        else:
            print(text, flush=True)

    def row(self, name, text, wrong=""):
        self.line(f"  {name:52} {text}{f'  ! {wrong}' if wrong else ''}")
        if wrong:
            self.wrong.append(f"{self.part}: {name.strip()}: {wrong}")

    def rate(self, name, rate, to=None):
        self.rates[name] = rate
        ratio = f"   {rate / self.rates[to]:5.2f} of {to}" if to else ""
        self.row(name, f"{rate:12,.0f}/s{ratio}")


# Parts


def feed(report, server, target, kills, crowd):
    """All followers and all writers at once."""
    before, began = Memory.of(server.pid), time.monotonic()
    followers = [Follower("pages", pages, server.host), Follower("stream", streamed, server.host)]
    progress = PROCESSES.Array("q", WRITING, lock=False)
    files = [server.folder / f"told-{server.name}-{number}" for number in range(WRITING)]
    processes = []
    for number, file in enumerate(files):
        work = (server.host, number, LANES, target // WRITING, 0 if number else crowd, bool(kills), progress, file)
        processes.append(PROCESSES.Process(target=writers.write, args=work, daemon=True))
        processes[-1].start()
    most, away, killed = before, [], 0
    while any(process.is_alive() for process in processes):
        time.sleep(0.05)
        most = max(most, Memory.of(server.pid), key=lambda memory: memory.own)
        if killed < kills and sum(progress) > target * (killed + 1) / (kills + 1):
            killed, since = killed + 1, time.monotonic()
            server.kill()
            server.start()
            away.append(time.monotonic() - since)
    ended = time.monotonic()
    if any(process.exitcode for process in processes):
        report.row("writers", "failed", "a writer failed, see above")
        return
    files.append(marked(server))
    told = [pickle.loads(file.read_bytes()) for file in files]
    changes = sum(len(one) for all_of, _ in told for one in all_of)
    followed = [one.get() for one in followers]
    report.rate("requests of the writers", sum(requests for _, requests in told) / (ended - began))
    report.rate("changes written", changes / (ended - began))
    if kills:
        report.row("kills", f"{killed}, the server was away for {max(away):.1f} s at most",
                   "" if killed == kills else f"of {kills}")
    public = shown(server.host)
    for one, ends in zip(followers, followed):
        if not ends:
            report.row(f"followed by {one.name}", "-", "it never met the last change")
            continue
        report.rate(f"followed by {one.name}, writers running", ends[0] / (ends[1] - began), "changes written")
        one.ours.send(files)
        wrong, holds = one.get(10 * PATIENCE)
        report.row("  behind when the writers end", f"{ends[1] - ended:.2f} s")
        report.row(f"  of {changes:,} changes, {ends[0]:,} told", "lost 0, doubled 0, out of order 0, false 0"
                   if not wrong else "", str(wrong) if wrong else "")
        for what, theirs, of_lists in zip(("articles", "comments"), holds, public):
            missing, more = len(of_lists - theirs), len(theirs - of_lists)
            report.row(f"  {what} that are public by the lists: {len(of_lists):,}",
                       f"{missing} missing, {more} too many", "not the public set" if missing or more else "")
    if all(followed) and len({ends[2] for ends in followed}) > 1:
        report.row("both followers", "-", "they were told other changes, or in another order")
    if not kills:
        report.row("memory, MB: before", str(before))
        report.row("  at its most while written and followed", str(most))
        report.row("  after", str(Memory.of(server.pid)))


def marked(server):
    """The last change, once all that the clock did is told. Returns a file like those of the writers."""
    wire = writers.Wire(server.host)
    ask(wire, "GET", f"{FEED}?limit=1")
    made = ask(wire, "POST", "/v1/disclaimers", {"key": "the-end", "title": "The end", "body": "That was all."})
    ask(wire, "DELETE", f"/v1/disclaimers/{made['id']}")
    told = [writers.Told(0, kind, made["id"], 1, None) for kind in ("disclaimer.created", END)]
    file = server.folder / f"told-{server.name}-end"
    file.write_bytes(pickle.dumps(([told], 0)))
    return file


def rates(report, server, seconds, rounds):
    """The log alone, and lists."""
    wire, crowd = writers.Wire(server.host), most_commented(server.host)
    lists = {"comments, list pages of 100": f"/v1/articles/{crowd}/comments?limit=100",
             "articles, list pages of 100": "/v1/articles?limit=100",
             "articles, list pages of 100, ids and versions": "/v1/articles?limit=100&fields=version",
             "changes, pages of 100": f"{FEED}?limit=100&types={TYPES}"}
    taken = collections.defaultdict(list)
    for _ in range(rounds):
        for name, path in lists.items():
            taken[name].append(paged(wire, path, seconds))
        taken["changes, stream"].append(drained(server.host, seconds))
    yardstick = "comments, list pages of 100"
    for name, all_of in taken.items():
        report.rate(name, statistics.median(all_of), yardstick if name != yardstick else None)


def most_commented(host):
    wire = writers.Wire(host)
    counts = [(one["comment_count"], one["id"]) for one in listed(wire, "/v1/articles?fields=comment_count,access")
              if one["access"] == "public"]
    return max(counts)[1]


def paged(wire, path, seconds):
    """Items a second, again and again from the start. With a key: such answers are not kept."""
    count, more, began = 0, "", time.monotonic()
    while time.monotonic() < began + seconds:
        status, text = wire.send(request("GET", path + more, key=KEY))
        if status != 200:
            sys.exit(f"{path}: {status} {text[:300]}")
        count += text.count(b'"id":"')
        found = re.search(rb'"next":"([^"]+)"', text[-400:])
        is_last = not found or text.endswith(b'"has_more":false}')
        more = "" if is_last else f"&{'after' if FEED in path else 'cursor'}={found[1].decode()}"
    return count / (time.monotonic() - began)


def drained(host, seconds):
    """Changes a second of a stream from zero."""
    wire, count = writers.Wire(host), 0
    wire.socket.sendall(request("GET", f"{STREAM}?types={TYPES}"))
    wire.socket.settimeout(0.5)
    began = last = time.monotonic()
    with contextlib.suppress(TimeoutError), wire.socket:
        while time.monotonic() < began + seconds:
            count += wire.socket.recv(1 << 20).count(b"\nevent: ")
            last = time.monotonic()
    return count / (last - began)


class Streams:
    """Many streams of one process. Counts what each of them is told, and does not look at it."""

    # What is kept of the text before is shorter than both, so that nothing is counted twice.
    EVENT, BEAT, KEPT = b"\nevent: ", b": alive\n", 7

    def __init__(self, host, number, path):
        self.epoll, self.all, self.by_file = select.epoll(), [], {}
        self.events, self.beats, self.begun = [0] * number, [0] * number, [False] * number
        self.tails, self.ended, self.at = [b""] * number, 0, [0.0] * number
        name, port = host.rsplit(":", 1)
        for which in range(number):
            one = socket.create_connection((name, int(port)))
            one.sendall(request("GET", path))
            one.setblocking(False)
            self.by_file[one.fileno()] = which
            self.epoll.register(one, select.EPOLLIN)
            self.all.append(one)

    def pump(self, patience=0.05):
        for file, _ in self.epoll.poll(patience):
            which = self.by_file[file]
            try:
                got = self.all[which].recv(1 << 18)
            except BlockingIOError:
                continue
            except OSError:
                got = b""
            if not got:
                self.ended += 1
                self.epoll.unregister(file)
                continue
            text = self.tails[which] + got
            count = text.count(self.EVENT)
            if count:
                self.at[which] = time.monotonic()
            self.events[which] += count
            self.beats[which] += text.count(self.BEAT)
            self.begun[which] = self.begun[which] or (b"HTTP/1.1 200" in text)
            self.tails[which] = text[-self.KEPT:]

    def until(self, is_so, patience):
        """True once it is so."""
        until = time.monotonic() + patience
        while not is_so():
            if time.monotonic() > until:
                return False
            self.pump()
        return True

    def close(self):
        for one in self.all:
            one.close()


def end_of_log(wire):
    """The cursor of now. No page before the end has anything of this type."""
    page = ask(wire, "GET", f"{FEED}?limit=100&types={END}")
    while page["has_more"]:
        page = ask(wire, "GET", f"{FEED}?limit=100&types={END}&after={page['next']}")
    return page["next"]


def newsroom(server, articles=20):
    wire = writers.Wire(server.host)
    made = [ask(wire, "POST", "/v1/articles", {"title": f"Flood warning {number}", "state": "published"})
            for number in range(articles)]
    return wire, [one["id"] for one in made]


def idle(report, server, number):
    wire, articles = newsroom(server)
    path = f"{STREAM}?after={end_of_log(wire)}"
    # What one stream needs, all do: the task that looks for changes.
    first = Streams(server.host, 1, path)
    first.until(lambda: all(first.begun), PATIENCE)
    time.sleep(0.5)
    first.close()
    time.sleep(1)
    before, spent, began = Memory.of(server.pid), seconds_of_processor(server.pid), time.monotonic()
    streams = Streams(server.host, number, path)
    is_open = streams.until(lambda: all(streams.begun), PATIENCE)
    report.row(f"{number} streams opened in", f"{time.monotonic() - began:.2f} s",
               "" if is_open else f"only {sum(streams.begun)}")
    time.sleep(1)
    streams.pump()
    report.row("memory, MB: before", str(before))
    limits(report, f"  with {number} streams", server, before, number)
    spent, since = seconds_of_processor(server.pid), time.monotonic()
    beats = []
    for want in (1, number):
        streams.until(lambda: sum(count > 0 for count in streams.beats) >= want, HEARTBEAT_LIMIT)
        beats.append(time.monotonic() - began)
    count = sum(count > 0 for count in streams.beats)
    report.row("heartbeat: first, and by all", f"{beats[0]:.1f}, {beats[1]:.1f} s after opening",
               "" if count == number else f"only {count} of {number}")
    report.row("processor that they take while idle",
               f"{100 * (seconds_of_processor(server.pid) - spent) / (time.monotonic() - since):.1f} % of a core")
    firsts, lasts = [], []
    for turn in range(5):
        asked = time.monotonic()
        ask(wire, "PATCH", f"/v1/articles/{articles[turn]}", {"title": f"It rises {turn}"})
        streams.until(lambda: all(count > turn for count in streams.events), PATIENCE)
        firsts.append(1000 * (min(streams.at) - asked))
        lasts.append(1000 * (max(streams.at) - asked))
    report.row("a write is told to the first, and to the last",
               f"{statistics.median(firsts):.0f}, {statistics.median(lasts):.0f} ms (medians of 5)")
    time.sleep(0.3)
    streams.pump()
    wrong = sum(count != 5 for count in streams.events)
    report.row("streams that were told other than 5 of 5 writes", str(wrong), "lost or doubled" if wrong else "")
    report.row("streams that the server ended", str(streams.ended), "idle ones" if streams.ended else "")
    limits(report, f"  {number} streams, after that", server, before, number)
    streams.close()
    time.sleep(2)
    report.row("  once they are closed", str(Memory.of(server.pid)))


def limits(report, name, server, before, number):
    now, limit = Memory.of(server.pid), max(STREAM_MB * number, STREAMS_LEAST_MB)
    more = now.own - before.own
    report.row(name, f"{now}: {more:.1f} more, {1024 * more / number:.1f} KB a stream",
               f"more than {limit:.0f} MB" if more > limit else "")


def with_streams(report, server, seconds, rounds, number=100):
    """Comments a second, without and with streams."""
    wire, articles = newsroom(server)
    asked = {"no streams": None, f"{number} streams of articles": f"{STREAM}?types=article",
             f"{number} streams that are told of each comment": f"{STREAM}?types=comment"}
    taken, told, ends = collections.defaultdict(list), collections.Counter(), collections.Counter()
    for turn in range(rounds):
        for name, path in asked.items():
            path = path and f"{path}&after={end_of_log(wire)}"
            ours, theirs = PROCESSES.Pipe()
            reader = PROCESSES.Process(target=drain, args=(server.host, number, path, theirs), daemon=True)
            reader.start()
            ours.recv()
            count, rate = posted(server.host, articles, seconds, f"{turn} {name}")
            ours.send(count if "comment" in name else 0)
            missed, last = ours.recv()
            reader.join()
            taken[name].append(rate)
            told[name] += missed
            ends[name] = max(ends[name], last)
    for name, all_of in taken.items():
        report.rate(f"comments, {name}", statistics.median(all_of), "comments, no streams" if asked[name] else None)
        if asked[name]:
            report.row("  streams that missed some, or were told twice", f"{told[name]}; the last was told"
                       f" {ends[name]:.2f} s after the end", "lost or doubled" if told[name] else "")


def drain(host, number, path, theirs):
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    streams = Streams(host, number if path else 0, path)
    streams.until(lambda: all(streams.begun), PATIENCE)
    theirs.send("ready")
    while not theirs.poll():
        streams.pump()
    count, since = theirs.recv(), time.monotonic()
    streams.until(lambda: all(events >= count for events in streams.events), PATIENCE)
    last = time.monotonic() - since
    for _ in range(3):
        streams.pump(0.1)
    theirs.send((sum(events != count for events in streams.events), last))


def posted(host, articles, seconds, mark):
    """How many comments were written, and a second."""
    until = time.monotonic() + seconds
    all_of = [writers.Writer(f"{mark} {lane}", lambda: time.monotonic() > until, False) for lane in range(LANES)]

    def program(writer, article):
        while not writer.is_over():
            yield from writer.comment(article)
    targets = [writers.Thing("/v1/articles", {"id": articles[lane], "version": 1}) for lane in range(LANES)]
    began = time.monotonic()
    writers.drive(host, [program(*pair) for pair in zip(all_of, targets)])
    count = sum(writer.step for writer in all_of)
    return count, count / (time.monotonic() - began)


def with_log(server, calm):
    """An article, one with a crowd of comments, and a log of some length."""
    if server.made:
        return server.made
    wire, (own, crowd) = newsroom(server, 2)
    comments, _ = posted(server.host, [crowd] * LANES, calm / 2, "crowd")

    def flip(turn):
        """The crowd's article is hidden or shown, with all of its comments."""
        ask(wire, "POST", f"/v1/articles/{crowd}/{'publish' if turn % 2 else 'withdraw'}", {})
    for turn in range(2 * (LOG // comments // 2 + 1)):
        flip(turn)
    server.made = wire, own, flip
    return server.made


def behind(report, server, calm, number):
    """Streams that catch up: so many, and one alone."""
    _, own, _ = with_log(server, calm)
    count, after = 0, ""
    while after is not None:
        page = ask(writers.Wire(server.host), "GET", f"{FEED}?limit=100&types={TYPES}{after}")
        count, after = count + len(page["items"]), f"&after={page['next']}" if page["has_more"] else None
    kept = [writers.Wire(server.host) for _ in range(LANES)]
    for clients in (0, 1, number):
        ours, theirs = PROCESSES.Pipe()
        reader = PROCESSES.Process(target=catch_up, args=(server.host, clients, count, theirs), daemon=True)
        reader.start()
        ours.recv()
        taken, until = [], time.monotonic() + calm / 2
        while time.monotonic() < until if not clients else not ours.poll():
            turn = len(taken)
            wire = kept[turn // 2 % LANES] if turn % 2 else writers.Wire(server.host)
            began = time.monotonic()
            if turn % 10:
                ask(wire, "GET", f"/v1/articles/{own}")
            else:
                # Drafts are not told of: each stream is to come to the same end.
                ask(wire, "POST", "/v1/articles", {"title": f"Draft {turn}"})
            taken.append(1000 * (time.monotonic() - began))
        took, wrong = ours.recv()
        reader.join()
        figures = [reading.percentile(taken, percent) for percent in (50, 99)]
        if clients:
            report.rate(f"changes, {clients} stream{'s' * (clients > 1)} from zero", clients * count / took,
                        "changes, 1 stream from zero" if clients > 1 else None)
            report.row(f"  that were told other than {count:,} changes", str(wrong), "lost or doubled" if wrong else "")
        report.row(f"  requests {'meanwhile' if clients else 'without them'}, p50/p99/max",
                   f"{figures[0]:.1f}/{figures[1]:.1f}/{max(taken):.0f} ms, {len(taken)} one after the other")


def catch_up(host, number, count, theirs):
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    theirs.send("ready")
    began = time.monotonic()
    streams = Streams(host, number, f"{STREAM}?types={TYPES}")
    streams.until(lambda: all(events >= count for events in streams.events), 2 * PATIENCE)
    took = time.monotonic() - began
    streams.pump(0.1)
    theirs.send((took, sum(events != count for events in streams.events)))


def asleep(report, server, calm):
    """Clients that never read."""
    wire, own, flip = with_log(server, calm)
    healthy = Streams(server.host, 1, f"{STREAM}?types=article.updated&after={end_of_log(wire)}")
    healthy.until(lambda: all(healthy.begun), PATIENCE)
    delays, least, alone = collections.defaultdict(list), None, None
    sleepers, began, opened, gone, most, turn, kernel = [], time.monotonic(), None, [], None, 0, 0
    while True:
        now = time.monotonic()
        if opened is None and now > began + calm:
            opened, least = now, Memory.of(server.pid)
            most = least
            sleepers = [sleeper(server.host) for _ in range(SLEEPERS)]
            # Nothing is written meanwhile.
            time.sleep(1.5)
            alone = Memory.of(server.pid)
        flip(turn)
        told = healthy.events[0]
        asked = time.monotonic()
        ask(wire, "PATCH", f"/v1/articles/{own}", {"title": f"It rises {turn}"})
        if not healthy.until(lambda: healthy.events[0] > told, 10):
            report.row("healthy stream", "-", f"it was not told of write {turn} within 10 s")
            break
        delays["with" if opened else "before"].append(1000 * (healthy.at[0] - asked))
        healthy.until(lambda: False, 0.1)
        turn += 1
        if opened:
            most = max(most, Memory.of(server.pid), key=lambda memory: memory.own)
            left, bytes_queued = queued(server.host)
            kernel = max(kernel, bytes_queued)
            gone += [time.monotonic() - opened] * (SLEEPERS - len(gone) - left)
            if not left or now > opened + SLEEPER_LIMIT:
                break
    healthy.close()
    for one in sleepers:
        one.close()
    more = most.own - least.own
    report.row(f"memory, MB: before {SLEEPERS} that never read", str(least))
    report.row("  with them", f"{alone}: {1024 * (alone.own - least.own) / SLEEPERS:.1f} KB for each")
    report.row("  at its most while others write", f"{most}: {more:.1f} more",
               f"more than {SLEEPERS * SLEEPER_MB:.0f} MB" if more > SLEEPERS * SLEEPER_MB else "")
    report.row("  that the kernel holds for each of them", f"{kernel / SLEEPERS / 1e6:.2f} MB at most")
    report.row("disconnected by the server", f"{len(gone)} of {SLEEPERS}, after {gone[0]:.0f} to {gone[-1]:.0f} s"
               if gone else "none", "" if len(gone) == SLEEPERS else f"not within {SLEEPER_LIMIT} s")
    wrong = healthy.events[0] != turn
    report.row(f"another stream was told of {healthy.events[0]} of {turn} writes", "",
               "lost or doubled" if wrong else "")
    for when, all_of in delays.items():
        figures = [reading.percentile(all_of, percent) for percent in (50, 99)]
        report.row(f"  {when} them, p50/p99/max", f"{figures[0]:.0f}/{figures[1]:.0f}/{max(all_of):.0f} ms")


def queued(host):
    """Connections of clients that never read which the server has, and the bytes that the kernel has still to send."""
    ours, count, size = f"0100007F:{int(host.rsplit(':', 1)[1]):04X}", floods.held(host), 0
    for line in pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]:
        _, local, remote, _, queues, *_ = line.split()
        # 127.0.0.2, where `sleeper` comes from.
        if local == ours and remote.startswith("0200007F:"):
            size += int(queues.split(":")[0], 16)
    return count, size


def sleeper(host):
    one = socket.socket()
    one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    one.bind((floods.ATTACKERS_FROM, 0))
    name, port = host.rsplit(":", 1)
    one.connect((name, int(port)))
    one.sendall(request("GET", f"{STREAM}?types={TYPES}"))
    return one


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", type=pathlib.Path, default=reading.PROGRAM)
    parser.add_argument("--changes", type=int, default=1_000_000)
    parser.add_argument("--streams", type=int, default=1_000)
    parser.add_argument("--only", default="", metavar="PARTS")
    parser.add_argument("--short", action="store_true")
    given = parser.parse_args()
    given.behind = 5 if given.short else 50
    given.kills, given.seconds, given.rounds, given.crowd, given.calm = 5, 2, 3, 5_000, 5
    if given.short:
        given.changes, given.streams = 20_000, 100
        given.kills, given.seconds, given.rounds, given.crowd, given.calm = 2, 0.3, 2, 1_100, 2
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    resource.setrlimit(resource.RLIMIT_NOFILE, (FILES, max(FILES, resource.getrlimit(resource.RLIMIT_NOFILE)[1])))
    with tempfile.TemporaryDirectory() as name:
        sys.exit(run(given, given.program.resolve(), pathlib.Path(name)))


class Parts:
    """Runs those that are asked for."""

    def __init__(self, given):
        self.wanted, self.wrong, self.beside_others = given.only.split(",") if given.only else None, [], []

    def run(self, name, server, work, *arguments):
        if self.wanted is None or name in self.wanted:
            report = Report(name)
            work(report, server, *arguments)
            self.wrong += report.wrong

    def begin(self, *works):
        """Beside those that come next, in a process of its own."""
        ours, theirs = PROCESSES.Pipe()

        def of_its_own():
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            for name, server, work, *arguments in works:
                if self.wanted is None or name in self.wanted:
                    report = Report(name, is_quiet=True)
                    work(report, server, *arguments)
                    theirs.send((report.lines, report.wrong))
            theirs.send(None)
        # Not a daemon: those have no processes of their own.
        PROCESSES.Process(target=of_its_own).start()
        theirs.close()
        self.beside_others.append(ours)

    def end(self):
        for ours in self.beside_others:
            try:
                for lines, wrong in iter(ours.recv, None):
                    print("\n".join(lines), flush=True)
                    self.wrong += wrong
            except EOFError:
                self.wrong.append("behind or sleepers: it failed, see above")

    def look_at_log(self, server):
        told = [line for line in server.told().splitlines() if "ERROR" in line or "panicked" in line]
        self.wrong += [f"the server's log: {line}" for line in told[:5]]


def run(given, program, folder):
    parts, began = Parts(given), time.monotonic()
    print(f"{given.changes:,} changes, {given.streams} streams; load average {os.getloadavg()[0]:.1f}")
    with contextlib.ExitStack() as stack:
        names = ("asleep", "feed", "idle", "kills")
        server = {name: stack.enter_context(Server(program, folder, name)) for name in names}
        besides = [("behind", server["asleep"], behind, given.calm, given.behind),
                   ("sleepers", server["asleep"], asleep, given.calm)]
        if given.short:
            # Half a minute passes until they are disconnected. The rest is done meanwhile.
            parts.begin(*besides)
        else:
            for one in besides:
                parts.run(*one)
        parts.run("feed", server["feed"], feed, given.changes, 0, given.crowd)
        parts.run("rates", server["feed"], rates, given.seconds, given.rounds)
        parts.run("streams", server["idle"], idle, given.streams)
        parts.run("writes", server["idle"], with_streams, given.seconds, given.rounds)
        parts.run("kills", server["kills"], feed, given.changes // 5, given.kills, 0)
        parts.end()
        for one in server.values():
            parts.look_at_log(one)
    print(f"\n{time.monotonic() - began:.0f} s; load average {os.getloadavg()[0]:.1f}")
    for one in parts.wrong:
        print(f"WRONG {one}")
    return 1 if parts.wrong else 0


if __name__ == "__main__":
    main()
