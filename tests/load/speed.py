#!/usr/bin/env python3
"""Requests a second, beside a bare actix handler in the same run.

    cargo build --release
    python3 tests/load/speed.py [--quick] [--articles 100000] [--keep FILE] [--pocketbase PATH] [--before PATH]

One core serves and the other asks: wrk (Debian: apt install wrk) with 32 connections. A round asks every server for
every kind of request in turn, so that whatever else the machine does meets them all; figures are medians of the rounds.
`ratio` is to `static`: the bare handler of `benches/bare.rs`, which answers 4 KB from memory. Writes are durable
(`synchronous=full`) and compared with the same handler's transaction a request.

--quick takes 2,000 articles and few rounds, and ends within five minutes.
--keep FILE fills FILE only if it is not there yet. Each build is given a copy of it.
--before PATH asks an older build of copydesk, too.
--pocketbase PATH asks PocketBase for articles and lists of its own (see reading.py for how to get it).
"""

import argparse
import collections
import contextlib
import json
import pathlib
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

import filled
import reading

ROOT = pathlib.Path(__file__).resolve().parents[2]
SERVER_CORE, LOAD_CORE = "0", "1"
CONNECTIONS = 32
WRITERS = 16
# Articles that are asked for in no order: more than any cache of answers holds.
ANY_MAX = 100_000
HOT = 17
# Rows between two looks at the yardstick.
STATIC_EVERY = 4

# Requests in turn; of those that write, each with a text of its own.
LUA = """
local paths = {}
for line in io.lines("%(file)s") do paths[#paths + 1] = line end
local made, at = {}, 0
function init(args)
  for i, path in ipairs(paths) do made[i] = wrk.format("GET", path) end
end
function request()
  at = at %% #made + 1
  return made[at]
end
"""
LUA_POST = """
local paths = {}
for line in io.lines("%(file)s") do paths[#paths + 1] = line end
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
local at = 0
function request()
  at = at + 1
  local body = '{"author_name": "Reader ' .. at .. '", "body": "Is the bridge still open? %(mark)s ' .. at .. '"}'
  return wrk.format(nil, paths[at %% #paths + 1], nil, body)
end
"""


class Load:
    """wrk, on a core of its own."""

    def __init__(self, folder):
        self.folder, self.number, self.scripts = folder, 0, {}

    def script(self, text, paths, **values):
        """A script is made once for the same paths: reading 100,000 of them takes a while."""
        known = (text, tuple(paths), tuple(values.items()))
        if known not in self.scripts:
            self.number += 1
            file, lua = (self.folder / f"{self.number}.{kind}" for kind in ("txt", "lua"))
            file.write_text("\n".join(paths) + "\n")
            lua.write_text(text % (values | {"file": file}))
            self.scripts[known] = lua
        return self.scripts[known]

    def start(self, host, paths, seconds, headers=(), connections=CONNECTIONS, mark=None):
        command = ["taskset", "-c", LOAD_CORE, "wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s"]
        for header in headers:
            command += ["-H", header]
        if mark:
            command += ["-s", self.script(LUA_POST, paths, mark=mark)]
        elif len(paths) > 1:
            command += ["-s", self.script(LUA, paths)]
        command.append(f"http://{host}{paths[0]}")
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)

    @staticmethod
    def rate(running):
        text = running.communicate()[0]
        found = re.search(r"Requests/sec:\s+([\d.]+)", text)
        if not found:
            sys.exit(f"wrk: {text}")
        return float(found[1])

    def run(self, *arguments, **named):
        return self.rate(self.start(*arguments, **named))


@contextlib.contextmanager
def pinned(command, folder, **streams):
    with reading.running(["taskset", "-c", SERVER_CORE, *map(str, command)], folder, **streams) as server:
        yield server


@contextlib.contextmanager
def copydesk(program, folder, database, cache=64):
    command = [program, "--listen", "127.0.0.1:0", "--database-url", database, "--admin-key", reading.KEY,
               "--comments-per-minute", "0", "--article-comments-per-minute", "0"]
    # Older builds have no such flag.
    command += ["--cache-size", str(cache)] if cache != 64 else []
    with pinned(command, folder, stdout=subprocess.PIPE) as server:
        line = server.stdout.readline().decode().strip()
        if not line:
            sys.exit(f"{program} did not start")
        yield server.pid, line.removeprefix("http://")


@contextlib.contextmanager
def bare(folder, program=None):
    program = program or built_bare()
    host = f"127.0.0.1:{reading.free_port()}"
    with pinned([program, host, folder / "bare.db"], folder) as server:
        wait(host, "/static")
        yield server.pid, host


def built_bare():
    built = subprocess.run(["cargo", "bench", "--locked", "--no-run", "--bench", "bare", "--message-format", "json"],
                           cwd=ROOT, stdout=subprocess.PIPE, check=True, text=True)
    return [one["executable"] for one in map(json.loads, built.stdout.splitlines()) if one.get("executable")][-1]


@contextlib.contextmanager
def pocketbase(program, folder, articles):
    """PocketBase with the same articles, without comments: it has none of its own."""
    reading.set_up_pocketbase(program, folder)
    reading.fill_pocketbase(folder, articles)
    host = f"127.0.0.1:{reading.free_port()}"
    command = [program, "serve", "--http", host, *reading.in_folder(folder)]
    with pinned(command, folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        wait(host, "/api/health")
        yield server.pid, host


def pocketbase_rows(articles):
    numbers = range(0, articles, max(1, articles // ANY_MAX))
    records = [f"/api/collections/articles/records/{reading.pocketbase_id(number)}" for number in numbers]
    yield Row("GET any article", [records[number * 7919 % len(records)] for number in range(len(records))], [])
    yield Row("newest 20", [reading.pocketbase_page()], [])
    yield Row("newest 20 with count", [reading.pocketbase_page(total=True)], [])


def wait(host, path):
    for _ in range(600):
        with contextlib.suppress(OSError):
            if reading.Connection(host).send(reading.request("GET", path))[0] == 200:
                return
        time.sleep(0.05)
    sys.exit(f"{host} does not answer {path}")


def resident(pid):
    text = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", text)[1]) / 1024


def get(connection, path, key=None):
    status, text = connection.send(reading.request("GET", path, key=key))
    if status != 200:
        sys.exit(f"GET {path}: {status} {text[:300].decode(errors='replace')}")
    return json.loads(text)


def tag_of(host, path, headers=()):
    """The entity tag of an answer, for a 304."""
    head = subprocess.run(["curl", "-sI", *(f"-H{one}" for one in headers), f"http://{host}{path}"],
                          stdout=subprocess.PIPE, text=True, check=True).stdout
    return re.search(r"(?im)^etag: *(\S+)", head)[1]


Row = collections.namedtuple("Row", "name paths headers")


def rows(host, articles):
    """What is asked: a name, paths and headers."""
    some = [f"article-{number}" for number in range(0, articles, max(1, articles // ANY_MAX))]
    # A prime stride: neighbours in the file are asked for far from each other.
    some = [some[number * 7919 % len(some)] for number in range(len(some))]
    hot, newest = f"/v1/articles/article-{HOT}", "/v1/articles"
    connection = reading.Connection(host)
    deep, left = newest + "?limit=100", min(articles // 2, 50_000)
    while left > 0:
        page = get(connection, deep)
        deep, left = f"{newest}?limit=100&cursor={page['next']}", left - 100
    deep_20 = deep.replace("limit=100", "limit=20")
    yield Row("GET one article, hot", [hot], [])
    yield Row("its 304", [hot], [f"If-None-Match: {tag_of(host, hot)}"])
    yield Row("with gzip", [hot], ["Accept-Encoding: gzip"])
    yield Row("with br", [hot], ["Accept-Encoding: br"])
    yield Row("GET any article", [f"/v1/articles/{one}" for one in some], [])
    yield Row("newest 20, hot", [newest], [])
    yield Row("its 304", [newest], [f"If-None-Match: {tag_of(host, newest)}"])
    yield Row("newest 20, cold", cold(articles), [])
    yield Row("page 50,000 deep", [deep_20], [])
    yield Row("newest 20 with count", [newest + "?count=true"], [])
    yield Row("newest 20, titles", [newest + "?fields=title"], [])
    yield Row("state=expired, with a key", [newest + "?state=expired"], [f"Authorization: Bearer {reading.KEY}"])
    yield Row("newest 20, with a key", [newest], [f"Authorization: Bearer {reading.KEY}"])
    yield Row("thread of any article", [f"/v1/articles/{one}/comments" for one in some], [])
    yield Row("GET any with its comments", [f"/v1/articles/{one}?include=comments" for one in some], [])
    yield Row("GET one with its comments, hot", [hot + "?include=comments"], [])
    yield Row("404", ["/v1/articles/no-such-article"], [])
    yield Row("healthz", ["/healthz"], [])


def cold(articles):
    """First pages of 20 that nobody has asked for: what was published before any of many instants."""
    first = filled.micros_of("2020-01-10T00:00:00Z") // filled.MICROS
    last = filled.micros_of("2024-12-20T00:00:00Z") // filled.MICROS
    count = min(articles, 50_000)
    step = (last - first) // count
    at = [time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(first + number * step)) for number in range(count)]
    return [f"/v1/articles?published_before={at[number * 7919 % count]}" for number in range(count)]


def posts(articles):
    return [f"/v1/articles/article-{number}/comments" for number in range(min(articles, 1000))]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", type=pathlib.Path, default=reading.PROGRAM)
    parser.add_argument("--before", type=pathlib.Path, metavar="PATH", help="another build to ask, too")
    parser.add_argument("--articles", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=2)
    parser.add_argument("--bare", type=pathlib.Path, metavar="PATH", help="the yardstick, if it is built already")
    parser.add_argument("--cache-size", type=int, default=64, help="MiB; 0 measures what the database costs")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", default="", help="only rows whose names hold this")
    parser.add_argument("--no-writes", action="store_true")
    parser.add_argument("--keep", type=pathlib.Path, metavar="FILE")
    parser.add_argument("--pocketbase", type=pathlib.Path, metavar="PATH")
    given = parser.parse_args()
    if given.quick:
        given.articles, given.rounds, given.seconds = 2_000, 2, 1
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as stack:
        folder = pathlib.Path(name)
        program = given.program.resolve()
        source = given.keep.absolute() if given.keep else folder / "newsroom.db"
        filled.filled(program, source, given.articles)
        measure(given, program, source, folder, stack)


def measure(given, program, source, folder, stack):
    builds = {"copydesk": program}
    if given.before:
        builds["before"] = given.before.resolve()
    servers, idle = {}, {}
    for name, build in builds.items():
        shutil.copy(source, folder / f"{name}.db")
        servers[name] = stack.enter_context(copydesk(build, folder, folder / f"{name}.db", given.cache_size))
        time.sleep(1)
        idle[name] = resident(servers[name][0])
    servers["bare"] = stack.enter_context(bare(folder, given.bare and given.bare.absolute()))
    theirs = []
    if given.pocketbase:
        (folder / "pocketbase").mkdir()
        other = pocketbase(given.pocketbase.absolute(), folder / "pocketbase", given.articles)
        servers["pocketbase"] = stack.enter_context(other)
        theirs = list(pocketbase_rows(given.articles))
    load = Load(folder)
    asked = [row for row in rows(servers["copydesk"][1], given.articles) if given.only in row.name]
    rates = collections.defaultdict(list)
    for _ in range(given.rounds):
        for at, row in enumerate(asked):
            # The yardstick again and again: a busy moment of the machine must not be all that it is measured by.
            if at % STATIC_EVERY == 0:
                rates["static", "bare"].append(load.run(servers["bare"][1], ["/static"], given.seconds))
            for name in builds:
                rates[at, name].append(load.run(servers[name][1], row.paths, given.seconds, row.headers))
        for row in theirs:
            rates[row.name, "pocketbase"].append(load.run(servers["pocketbase"][1], row.paths, given.seconds))
    static = statistics.median(rates["static", "bare"])
    print(f"\n{given.articles} articles, {given.articles * filled.COMMENTS_EACH} comments; {CONNECTIONS} connections,"
          f" medians of {given.rounds} rounds of {given.seconds} s")
    print(f"{'static, bare actix':34}{static:10.0f}/s  {1e6 / static:8.1f} us")
    for at, row in enumerate(asked):
        line = f"{row.name:34}"
        for name in builds:
            rate = statistics.median(rates[at, name])
            line += f"{rate:10.0f}/s  {1e6 / rate:8.1f} us  {rate / static:6.3f}   "
        print(line.rstrip(), flush=True)
    for row in theirs:
        rate = statistics.median(rates[row.name, "pocketbase"])
        print(f"{'PocketBase: ' + row.name:34}{rate:10.0f}/s  {1e6 / rate:8.1f} us  {rate / static:6.3f}")
    if not given.no_writes:
        writes(given, load, builds, servers)
    for name, build in builds.items():
        print(f"{name}: resident {idle[name]:.0f} MB idle, {resident(servers[name][0]):.0f} MB after;"
              f" binary {build.stat().st_size / 1e6:.1f} MB")


def writes(given, load, builds, servers):
    """Comments, and reads beside them."""
    paths, rates, turn = posts(given.articles), collections.defaultdict(list), 0
    reads = [f"/v1/articles/article-{number}" for number in range(HOT, 20 * HOT + HOT, HOT)]
    for _ in range(given.rounds):
        turn += 1
        for clients in (1, 16, 64):
            rates[clients, "bare"].append(load.run(servers["bare"][1], ["/comments"], given.seconds,
                                                   connections=clients, mark=f"{turn} {clients}"))
            for name in builds:
                rates[clients, name].append(load.run(servers[name][1], paths, given.seconds, connections=clients,
                                                     mark=f"{turn} {clients}"))
        for name in builds:
            rates["alone", name].append(load.run(servers[name][1], reads, given.seconds))
            beside = load.start(servers[name][1], paths, given.seconds + 1, connections=WRITERS, mark=f"{turn} beside")
            time.sleep(0.5)
            rates["beside", name].append(load.run(servers[name][1], reads, given.seconds))
            rates["posts beside", name].append(load.rate(beside))
    median = {key: statistics.median(all_of) for key, all_of in rates.items()}
    print("\ncomments, durable, to a transaction a request")
    for clients in (1, 16, 64):
        line = f"{clients:3} clients: bare {median[clients, 'bare']:8.0f}/s"
        for name in builds:
            line += f"   {name} {median[clients, name]:8.0f}/s  {median[clients, name] / median[clients, 'bare']:5.2f}"
        print(line)
    for name in builds:
        print(f"reads of 20 articles beside {WRITERS} that write, {name}: {median['beside', name]:.0f}/s of"
              f" {median['alone', name]:.0f}/s alone, {median['beside', name] / median['alone', name]:.2f}"
              f" ({median['posts beside', name]:.0f} comments/s)")


if __name__ == "__main__":
    main()
