#!/usr/bin/env python3
"""What the data on PostgreSQL costs, beside SQLite and beside a transaction a request in the same run.

    cargo build --release
    python3 tests/load/postgres.py [--program PATH] [--before PATH] [--rounds 3] [--seconds 3] [--only WORD]
    python3 tests/load/postgres.py --statements

It starts a PostgreSQL of its own, durable, and ends it. wrk asks (Debian: apt install wrk, postgresql). Comments are
durable everywhere (`synchronous=full`); `pgbench` is a transaction a request on the same PostgreSQL by clients of its
own: a row like a comment, one of its history, and a counter. `ratio` is to SQLite, and to pgbench. Every round asks
each server for each kind of request in turn; rates are medians of the rounds, latencies the median and the 99th
percentile of all requests. The machine's two cores are shared by PostgreSQL, servers and clients: on SQLite there is
one process less.

--before PATH asks an older build (on SQLite), too.
--statements lists the statements instead that a request sends to PostgreSQL, in their order, on prepared connections.
"""

import argparse
import collections
import contextlib
import os
import pathlib
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

import reading
import speed

sys.path.insert(0, str(speed.ROOT / "tests/postgres"))
import cluster 

CLIENTS = 16
SERVERS = 3
ARTICLES = 500
STARTS = 3
# Nothing that limits comments: what is measured is how fast they are written.
UNLIMITED = ["--comments-per-minute", "0", "--article-comments-per-minute", "0"]
YARDSTICK = f"""
create table yard_articles (id bigint primary key, comment_count bigint not null);
create table yard_comments (id bigserial primary key, public_id text not null unique, article_id bigint not null,
    author_name text not null, body text not null, body_html text not null, created_at bigint not null);
create index yard_thread on yard_comments (article_id, id);
create table yard_history (comment_id bigint not null, version bigint not null, state text not null, at bigint not null,
    primary key (comment_id, version));
insert into yard_articles select number, 0 from generate_series(1, {ARTICLES}) as number;
"""
TRANSACTION = f"""
\\set article random(1, {ARTICLES})
begin;
insert into yard_comments (public_id, article_id, author_name, body, body_html, created_at)
    values (gen_random_uuid()::text, :article, 'Reader', 'Is the bridge still open?', '<p>Is it open?</p>', 1)
    returning id \\gset
insert into yard_history (comment_id, version, state, at) values (:id, 1, 'published', 1);
update yard_articles set comment_count = comment_count + 1 where id = :article;
commit;
"""


# PostgreSQL


def postgres(**settings):
    """For a `with`."""
    made = cluster.Cluster(durable=True)
    made.settings |= settings
    return made


@contextlib.contextmanager
def copydesk(program, folder, where, *more):
    command = [program, "serve", "--listen", "127.0.0.1:0", "--database-url", where, "--admin-key", reading.KEY,
               *UNLIMITED, *more]
    with reading.running([str(one) for one in command], folder, stdout=subprocess.PIPE) as server:
        line = server.stdout.readline().decode().strip()
        if not line:
            sys.exit(f"{program} did not start on {where}")
        yield line.removeprefix("http://")


# How fast


class Pgbench:
    def __init__(self, server, folder):
        self.url, self.folder, self.program = server.create_database("yard"), folder, server.binaries / "pgbench"
        server.primary.sql(YARDSTICK, "yard")
        self.script = folder / "transaction.sql"
        self.script.write_text(TRANSACTION)

    def run(self, clients, seconds, *more):
        command = ["taskset", "-c", speed.LOAD_CORE, self.program, "-n", "-M", "prepared", f"-c{clients}",
                   f"-T{seconds}", "-f", self.script, *more, self.url]
        done = subprocess.run([str(one) for one in command], cwd=self.folder, capture_output=True, text=True)
        found = re.search(r"tps = ([\d.]+)", done.stdout)
        if not found:
            sys.exit(f"pgbench: {done.stdout}{done.stderr}")
        return float(found[1])

    def latencies(self, seconds):
        """Milliseconds of each transaction of one client alone."""
        self.run(1, seconds, "-l", "--log-prefix=alone")
        taken = []
        for log in self.folder.glob("alone.*"):
            taken += [int(line.split()[2]) / 1000 for line in log.read_text().splitlines()]
            log.unlink()
        return taken


def rate(running):
    """Answers a second. Any that is no success would be a measurement of something else."""
    text = running.communicate()[0]
    found = re.search(r"Requests/sec:\s+([\d.]+)", text)
    if not found or "Non-2xx" in text or "Socket errors" in text:
        sys.exit(f"wrk: {text}")
    return float(found[1])


def latencies(host, seconds, mark):
    """Milliseconds of each comment of one client alone."""
    connection, taken, end = reading.Connection(host), [], time.monotonic() + seconds
    while time.monotonic() < end:
        number = len(taken)
        body = {"author_name": f"Reader {number}", "body": f"Is the bridge still open? {mark} {number}"}
        path = f"/v1/articles/article-{number % ARTICLES}/comments"
        asked = reading.request("POST", path, body)
        began = time.perf_counter()
        status, text = connection.send(asked)
        taken.append((time.perf_counter() - began) * 1000)
        if status != 201:
            sys.exit(f"POST {path}: {status} {text[:300].decode(errors='replace')}")
    return taken


class Measured:
    """What was measured, by row and column."""

    def __init__(self, only):
        self.only, self.all = only, collections.defaultdict(list)

    def add(self, row, column, what):
        """`what` is a function: it is not called for a row that was not asked for."""
        if self.only in row:
            taken = what()
            self.all[row, column] += taken if isinstance(taken, list) else [taken]

    def table(self, columns):
        lines = [["", *columns, "to SQLite", "to pgbench"]]
        for row in dict.fromkeys(row for row, _ in self.all):
            for name, value, unit in self.figures(row):
                of = {column: value(self.all[row, column]) for column in columns if self.all.get((row, column))}
                places = {column: 0 if of[column] >= 100 else 2 for column in of}
                cells = [f"{of[column]:,.{places[column]}f}{unit}" if column in of else "" for column in columns]
                ratios = [f"{of['PostgreSQL'] / of[column]:.2f}" if column in of and "PostgreSQL" in of else ""
                          for column in ("SQLite", "pgbench")]
                lines.append([name, *cells, *ratios])
        widths = [max(map(len, column)) for column in zip(*lines)]
        for line in lines:
            print("  ".join([line[0].ljust(widths[0]), *map(str.rjust, line[1:], widths[1:])]).rstrip())

    @staticmethod
    def figures(row):
        if row.endswith("alone"):
            yield f"{row}, median", statistics.median, " ms"
            yield f"{row}, 99th", lambda taken: reading.percentile(taken, 99), " ms"
        else:
            yield row, statistics.median, " s" if row.startswith("start") else "/s"


def syncs(server):
    return int(server.primary.sql("select wal_sync from pg_stat_wal"))


def comments(given, measured, load, server, on_server, on_file, yard, turn):
    paths = speed.posts(ARTICLES)

    def posts(hosts):
        running = [load.start(host, paths, given.seconds, connections=CLIENTS, mark=f"{turn} {len(hosts)} {number}")
                   for number, host in enumerate(hosts)]
        return sum(map(rate, running))

    for count in range(1, SERVERS + 1):
        def counted():
            before = syncs(server)
            rate_of = posts(on_server[:count])
            # Statistics come a moment later.
            time.sleep(1)
            together[count].append(rate_of * given.seconds / max(1, syncs(server) - before))
            return rate_of
        measured.add(f"comments, {count} server{'s' * (count > 1)}, {CLIENTS} clients each", "PostgreSQL", counted)
    row = f"comments, 1 server, {CLIENTS} clients each"
    for name, host in on_file.items():
        measured.add(row, name, lambda: posts([host]))
    measured.add(row, "pgbench", lambda: yard.run(CLIENTS, given.seconds))
    row = "a comment by one client alone"
    for name, host in {"PostgreSQL": on_server[0], **on_file}.items():
        measured.add(row, name, lambda: latencies(host, given.seconds, f"{turn} alone"))
    measured.add(row, "pgbench", lambda: yard.latencies(given.seconds))


# Comments for each sync of the log, by the number of servers.
together = collections.defaultdict(list)


def reads(given, measured, load, kept, not_kept):
    articles = [f"/v1/articles/article-{number * 7919 % ARTICLES}" for number in range(ARTICLES)]
    for what, paths in {"GET an article by slug": articles, "GET the newest 20": ["/v1/articles"]}.items():
        for cached, servers in {"from memory": kept, "no cache": not_kept}.items():
            for name, host in servers.items():
                measured.add(f"{what}, {cached}", name, lambda: rate(load.start(host, paths, given.seconds)))


def measure(given, folder, stack):
    builds = {"SQLite": given.program.resolve()}
    if given.before:
        builds["before"] = given.before.resolve()
    measured, load = Measured(given.only), speed.Load(folder)
    print(f"load average {os.getloadavg()[0]:.1f}", flush=True)
    workers = ["--workers", given.workers] if given.workers else []
    server = stack.enter_context(postgres())
    yard, url = Pgbench(server, folder), server.create_database("news")
    on_server = [stack.enter_context(copydesk(builds["SQLite"], folder, url, *workers)) for _ in range(SERVERS)]
    reading.fill(on_server[0], ARTICLES)
    kept, not_kept = {"PostgreSQL": on_server[0]}, {}
    other = copydesk(builds["SQLite"], folder, url, "--cache-size", "0", *workers)
    not_kept["PostgreSQL"] = stack.enter_context(other)
    for name, build in builds.items():
        file = folder / f"{name}.db"
        with copydesk(build, folder, file) as host:
            reading.fill(host, ARTICLES)
        shutil.copy(file, folder / f"{name}-not-kept.db")
        kept[name] = stack.enter_context(copydesk(build, folder, file))
        other = copydesk(build, folder, folder / f"{name}-not-kept.db", "--cache-size", "0")
        not_kept[name] = stack.enter_context(other)
    server.primary.sql("analyze", "news")
    on_file = {name: kept[name] for name in builds}
    for turn in range(given.rounds):
        reads(given, measured, load, kept, not_kept)
        comments(given, measured, load, server, on_server, on_file, yard, turn)
        print(f"round {turn + 1} of {given.rounds}, load average {os.getloadavg()[0]:.1f}", flush=True)
    starts(given, measured, folder, builds)
    print(f"\n{ARTICLES} articles; {given.rounds} rounds of {given.seconds} s")
    measured.table(["PostgreSQL", *builds, "pgbench"])
    for count, of in together.items():
        print(f"{count} servers: {statistics.median(of):.1f} comments for each sync of PostgreSQL's log")


def starts(given, measured, folder, builds):
    """How long PostgreSQL takes to start, and a server on it."""
    def timed(what):
        began = time.monotonic()
        what()
        return time.monotonic() - began

    def served(build, where):
        with copydesk(build, folder, where):
            pass

    for number in range(STARTS):
        with postgres() as made:
            measured.add("start of a cluster: initdb and start", "PostgreSQL", lambda: made.took)
            url, file = made.create_database("news"), folder / f"start-{number}.db"
            for row in ("start and stop of a server, new database", "start and stop of a server, again"):
                measured.add(row, "PostgreSQL", lambda: timed(lambda: served(builds["SQLite"], url)))
                for name, build in builds.items():
                    measured.add(row, name, lambda: timed(lambda: served(build, file.with_suffix(f".{name}"))))
            measured.add("start of a synchronous replica", "PostgreSQL", lambda: timed(made.attach))


# What is sent


class Log:
    """The statements that PostgreSQL was sent since the last look."""

    LINE = re.compile(r"(\d+)\|LOG:  duration: ([\d.]+) ms  (?:(parse|bind|execute) (\S+)|(statement)): (.*)",
                      re.DOTALL)

    def __init__(self, path):
        self.path, self.at, self.idle = path, 0, set()

    def entries(self):
        # It is written at once, but the answer may be here before.
        time.sleep(0.3)
        with open(self.path, errors="replace") as log:
            log.seek(self.at)
            text = log.read()
            self.at = log.tell()
        for line in re.split(r"\n(?=\d+\|)", text):
            if found := self.LINE.match(line.rstrip()):
                pid, took, kind, _, simple, sql = found.groups()
                yield pid, kind or simple, short(sql), float(took)

    def round_trips(self):
        """One entry for each: how it was sent, what, and how long the server took."""
        open_in, waiting, made = set(), collections.Counter(), []
        for pid, kind, sql, took in self.entries():
            if kind == "bind":
                waiting[pid] += took
                continue
            took += waiting.pop(pid, 0)
            if sql.lower().startswith("begin"):
                open_in.add(pid)
            # The writer looks for other processes' writes again and again.
            if pid in open_in or sql not in self.idle:
                made.append((pid, kind, sql, took))
            if re.search(r"(^|; )(commit|rollback)$", sql.lower()):
                open_in.discard(pid)
        return made


def short(sql):
    sql = re.sub(r"\s+", " ", sql.replace('"', "")).strip()
    sql = re.sub(r"\b\w+\.(\w+)", r"\1", sql)
    sql = re.sub(r"\b(select|returning) ((?:\w+, ){4})(?:\w+, )*\w+", r"\1 \2..", sql)
    sql = re.sub(r"\((\w+, \w+, \w+), (?:\w+, )+\w+\)", r"(\1, ..)", sql)
    sql = re.sub(r"\((\$\d+), (?:(?:\$\d+|DEFAULT), )+(?:\$\d+|DEFAULT)\)", r"(\1, ..)", sql)
    return sql if len(sql) <= 150 else sql[:149] + "…"


def requests():
    """What is asked: a name, and the request that is the number-th of its kind."""
    def post(path, key=None, **members):
        return lambda number: reading.request("POST", path, {
            name: f"{value} {number}" if name in ("body", "title") else value for name, value in members.items()}, key)

    def once_only(make):
        return lambda number: make(number).replace(b"\r\n", f"\r\nIdempotency-Key: key-{number}\r\n".encode(), 1)

    def get(path, key=None):
        return lambda _: reading.request("GET", path, key=key)

    one, key = "/v1/articles/article-7", reading.KEY
    comment = post(f"{one}/comments", author_name="Sam", body="Is the bridge still open?")
    article = post("/v1/articles", key, title="Flood warning", body="The river rises.", state="published",
                   section="local", tags=["river", "weather"], source={"name": "Valley Wire"})
    yield "POST a comment", comment
    yield "POST a comment, Idempotency-Key", once_only(lambda number: comment(number + 1000))
    yield "POST an article", article
    yield "POST an article, Idempotency-Key", once_only(lambda number: article(number + 1000))
    yield "PATCH an article's title", lambda number: reading.request("PATCH", one, {"title": f"Flood {number}"}, key)
    yield "PATCH an article's body", lambda number: reading.request("PATCH", one, {"body": f"It rises {number}."}, key)
    yield "GET an article by slug", get(one)
    yield "GET an article by slug, with a key", get(one, key)
    yield "GET an article with its comments", get(f"{one}?include=comments")
    yield "GET the newest 20", get("/v1/articles")
    yield "GET the newest 20 with count", get("/v1/articles?count=true")
    yield "GET a search", get("/v1/articles?q=river")
    yield "GET a thread", get(f"{one}/comments")
    yield "404", get("/v1/articles/no-such-article")
    yield "healthz", get("/healthz")


def statements(given, folder, stack):
    """Each request is sent three times first: its statements are prepared then."""
    server = stack.enter_context(postgres(
        log_min_duration_statement=0, log_line_prefix="%p|", log_parameter_max_length=0, jit="off"))
    url = server.create_database("news")
    host = stack.enter_context(copydesk(given.program.resolve(), folder, url, "--cache-size", "0"))
    reading.fill(host, 40)
    log, connection = Log(server.primary.log), reading.Connection(host)
    collections.deque(log.entries(), 0)
    time.sleep(2)
    idle = list(log.round_trips())
    log.idle = {sql for _, _, sql, _ in idle}
    print(f"\nidle: {len(idle) / 2.3:.0f} round trips a second: {'; '.join(sorted(log.idle))}")
    counts = []
    for name, make in requests():
        if given.only not in name:
            continue
        for number in range(3):
            status, text = connection.send(make(number))
        if status >= 300 and name != "404":
            sys.exit(f"{name}: {status} {text[:300].decode(errors='replace')}")
        log.round_trips()
        connection.send(make(3))
        made = log.round_trips()
        names = {pid: f"{chr(65 + number)}" for number, pid in enumerate(dict.fromkeys(pid for pid, *_ in made))}
        counts.append((name, len(made), sum(kind == "parse" for _, kind, _, _ in made), sum(took for *_, took in made)))
        print(f"\n{name}: {len(made)} round trips (connection, way, server's ms)")
        for number, (pid, kind, sql, took) in enumerate(made, 1):
            print(f"  {number:2} {names[pid]} {kind:9} {took:6.3f}  {sql}")
    print(f"\n{'':36} round trips  of these to prepare  server's ms")
    for name, trips, prepared, took in counts:
        print(f"{name:36} {trips:11} {prepared:20} {took:12.2f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", type=pathlib.Path, default=reading.PROGRAM)
    parser.add_argument("--before", type=pathlib.Path, metavar="PATH", help="an older build to ask on SQLite, too")
    parser.add_argument("--workers", help="of servers on PostgreSQL, if not their default")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--only", default="", help="only rows whose names hold this")
    parser.add_argument("--statements", action="store_true", help="list what requests send to PostgreSQL instead")
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    # The pool that fills ends its processes in this way, and one that is about to wait would not notice.
    os.register_at_fork(after_in_child=lambda: signal.signal(signal.SIGTERM, signal.SIG_DFL))
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as stack:
        (statements if given.statements else measure)(given, pathlib.Path(name), stack)


if __name__ == "__main__":
    main()
