#!/usr/bin/env python3
"""Injected faults with PostgreSQL: servers and the database die, are cut off or hang, while four writers go on.

    COPYDESK_BINARY=target/release/copydesk python3 tests/postgres/faults.py [--rounds N] [--short] [--only NAME,..]

Three servers stand on a primary with a synchronous replica. The faults are taken in turn:

    kill-server     kill -9 of one server in the middle of its writes; it is started again
    end-writers     the database ends the connections that write (every second time: all connections)
    stop-primary    the primary ends at once, and starts again after up to 3 s
    pause-primary   no process of the primary runs for 1 to 7 s
    promote         the primary is gone for good and the replica takes its place
    cut-promote     the same, after the primary has for a moment sent nothing to the replica
    cut-end-promote the same, and the connections that waited for the replica were ended before

One row for each fault:

    rounds      how often it was injected
    answered    writes that were answered with 2xx
    refused     those that were answered with 503 and did not happen
    lost        answered writes that are not there after the round, or at the end
    doubled     writes that are there twice, though they were repeated with their Idempotency-Key
    false       writes that were refused as not done, and are there
    unknown     writes of which the client was not told: `outcome_unknown`, or a connection that broke off
    back        longest time (s) from the end of the fault until all servers read and write again; 15 at most

The exit code is 1 if one is lost, doubled or false, if history has a gap, if a server does not answer again by itself,
or answers what it must not; this is said below the table. It is 3 without PostgreSQL. 200 rounds take about 13 minutes,
--short (7) half a one.
"""

import argparse
import collections
import dataclasses
import http.client
import itertools
import pathlib
import random
import sys
import tempfile
import threading
import time
import uuid

from cluster import NO_POSTGRES, Cluster, NoPostgres, end_with_sigterm
from serving import Client, Server, serving

SERVERS, WRITERS = 3, 4
# Time in which every server must answer again by itself.
BACK_WITHIN = 15.0
# A request that takes longer hangs: a pause, and the time for which a write waits for its turn and for a connection.
LONGEST_REQUEST = 30.0
# Time between two writes of a writer, so that a round has some hundred and not thousands to look at.
PAUSE = 0.004
# Number of edits of an article before its writer makes the next one.
EDITS = 8
# What goes wrong all the time is said this often for each fault.
MOST_PROBLEMS = 30


@dataclasses.dataclass
class Write:
    """One write, and what its client was told: `answered`, `refused`, `unknown`, or something `wrong`."""

    article: str
    number: int
    server: str
    told: str = "unknown"
    code: str = ""
    version: int = 0
    took: float = 0.0
    is_lost: bool = False

    @property
    def title(self) -> str:
        return f"{self.article} {self.number}"

    def __str__(self) -> str:
        told = f"{self.told} {self.code}".strip() + (f" as version {self.version}" if self.version else "")
        return f"`{self.title}` over {self.server} ({told}, after {self.took:.2f} s)"


class Writer:
    """A thread that makes articles and edits them, over any of the servers."""

    def __init__(self, name: str, section: str, servers: list[Server], chance: random.Random):
        self.name, self.section, self.chance = name, section, chance
        self.clients = [(server.name, Client(server.host, patience=LONGEST_REQUEST)) for server in servers]
        self.writes, self.problems = [], []
        # Of an article that was made: its id by its name.
        self.ids = {}
        self.is_over = threading.Event()
        self.thread = threading.Thread(target=self.work)
        self.thread.start()

    def work(self) -> None:
        try:
            for number in itertools.count():
                if self.is_over.is_set():
                    return
                # As a tag too it must stay what it is.
                article = f"{self.section}-{self.name}-{number}"
                made = self.make(article)
                for edit in range(1, EDITS + 1):
                    # An article that was made and is not there is said once.
                    if not made or self.is_over.is_set() or not self.edit(article, edit):
                        break
        except Exception as error:
            self.problems.append(f"a writer ended: {type(error).__name__}: {error}")

    def make(self, article: str) -> bool:
        """Creates it. Where the client is not told, it repeats the request until it is; what is refused it leaves."""
        body = {"title": f"{article} 0", "section": self.section, "tags": [article]}
        key = str(uuid.uuid4())
        while True:
            write = self.send(article, 0, "POST", "/v1/articles", body, Idempotency_Key=key)
            if write is not None and write.told in ["answered", "refused", "wrong"]:
                return write.told == "answered"
            # Also after the end of the round: a retry that is left out would prove nothing.
            if self.is_over.is_set() and time.monotonic() > self.deadline:
                self.problems.append(f"a repeated creation is not answered: {write}")
                return False
            time.sleep(0.05)

    def edit(self, article: str, number: int) -> bool:
        """False if the answer is none that a fault explains."""
        body = {"title": f"{article} {number}"}
        write = self.send(article, number, "PATCH", f"/v1/articles/{self.ids[article]}", body)
        return write is None or write.told != "wrong"

    def send(self, article: str, number: int, method: str, path: str, body: dict, **headers) -> Write | None:
        name, client = self.chance.choice(self.clients)
        write, began = Write(article, number, name), time.monotonic()
        try:
            answer = client.ask(method, path, body, **headers)
        except ConnectionRefusedError:
            # Nobody listens: nothing was sent.
            time.sleep(0.02)
            return None
        except TimeoutError:
            self.problems.append(f"a write hangs for more than {LONGEST_REQUEST:.0f} s: {write}")
            answer = None
        except (OSError, http.client.HTTPException):
            answer = None
        write.took = time.monotonic() - began
        self.writes.append(write)
        if answer is not None:
            self.note(write, answer)
        time.sleep(PAUSE)
        return write

    def note(self, write: Write, answer) -> None:
        write.code = answer.code
        if answer.status < 300:
            write.told, write.version = "answered", answer.json["version"]
            self.ids[write.article] = answer.json["id"]
        elif answer.status == 503:
            write.told = "unknown" if answer.code == "outcome_unknown" else "refused"
        else:
            write.told = "wrong"
            self.problems.append(f"{answer.status} {answer.code}: {write}: {answer.text[:200]!r}")

    def stop(self) -> None:
        self.deadline = time.monotonic() + BACK_WITHIN
        self.is_over.set()
        self.thread.join()
        for _, client in self.clients:
            client.http.close()


# The faults. Each returns when it is over: from then on all servers must come back by themselves.


def kill_server(place: "Place") -> None:
    server = place.chance.choice(place.servers)
    server.kill()
    time.sleep(place.chance.uniform(0, 0.3))
    server.launch()
    server.wait()


def end_writers(place: "Place") -> None:
    writers_only = place.number // len(FAULTS) % 2 == 0
    for _ in range(place.chance.randint(1, 4)):
        place.cluster.terminate_backends("copydesk", writers_only)
        time.sleep(place.chance.uniform(0, 0.1))


def stop_primary(place: "Place") -> None:
    place.cluster.stop()
    time.sleep(place.chance.uniform(0, 3))
    place.cluster.start()


def pause_primary(place: "Place") -> None:
    place.cluster.pause()
    time.sleep(place.chance.uniform(1, 7))
    place.cluster.resume()


def promote(place: "Place") -> None:
    place.cluster.promote()


def cut_promote(place: "Place") -> None:
    place.cluster.cut_replication()
    time.sleep(place.chance.uniform(0.02, 0.5))
    place.cluster.promote()


def cut_end_promote(place: "Place") -> None:
    # Who waits for the replica has committed on the primary alone. To find that there, on a new connection, is no
    # reason to say that it stands.
    place.cluster.cut_replication()
    time.sleep(place.chance.uniform(0.05, 0.3))
    place.cluster.terminate_backends("copydesk", writers_only=True)
    time.sleep(place.chance.uniform(0.05, 0.3))
    place.cluster.promote()


FAULTS = {"kill-server": kill_server, "end-writers": end_writers, "stop-primary": stop_primary,
          "pause-primary": pause_primary, "promote": promote, "cut-promote": cut_promote,
          "cut-end-promote": cut_end_promote}


class Row:
    """One line of the table."""

    def __init__(self, name: str):
        self.name, self.back = name, 0.0
        self.counts = collections.Counter()
        self.codes = collections.Counter()
        self.problems = []

    def problem(self, text: str) -> None:
        if text not in self.problems and len(self.problems) < MOST_PROBLEMS:
            self.problems.append(text)

    def found(self, kind: str, number: int, what: str, write) -> None:
        self.counts[kind] += 1
        self.problem(f"round {number}: {what}: {write}")

    def cells(self) -> list:
        counted = [self.counts[name] for name in COUNTED]
        codes = ", ".join(f"{number} {code}" for code, number in sorted(self.codes.items()))
        return [self.name, *counted, f"{self.back:.1f}", codes + (" NOT AS EXPECTED" if self.problems else "")]


COUNTED = ["rounds", "answered", "refused", "lost", "doubled", "false", "unknown"]


class Place:
    """The newsroom, with all that was written to it."""

    def __init__(self, cluster: Cluster, servers: list[Server], seed: int):
        self.cluster, self.servers = cluster, servers
        self.chance = random.Random(seed)
        self.number = 0
        # Of all rounds: the row, the round, the ids by name, and what was written.
        self.history = []

    def round(self, row: Row) -> None:
        section = f"round-{self.number}"
        writers = [Writer(f"w{number}", section, self.servers, random.Random(f"{section} {number}"))
                   for number in range(WRITERS)]
        try:
            time.sleep(self.chance.uniform(0.2, 0.6))
            FAULTS[row.name](self)
            self.wait_for_all(row)
            time.sleep(0.2)
        finally:
            for writer in writers:
                writer.stop()
        if self.cluster.replica is None:
            self.cluster.attach()
        row.counts["rounds"] += 1
        for writer in writers:
            for text in writer.problems:
                row.problem(f"round {self.number}: {text}")
        writes = [write for writer in writers for write in writer.writes]
        for write in writes:
            row.counts[write.told] += 1
            row.codes[write.code or "broken off"] += write.told != "answered"
        self.judge(row, section, writes)

    def wait_for_all(self, row: Row) -> None:
        """Until each server is ready, reads and writes; they are asked side by side, as one may hang."""
        began = time.monotonic()
        threads = [threading.Thread(target=self.wait_for, args=(row, server, began)) for server in self.servers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def wait_for(self, row: Row, server: Server, began: float) -> None:
        client, said = Client(server.host, patience=BACK_WITHIN), ""
        requests = [("GET", "/readyz", None), ("GET", "/v1/articles?limit=1", None),
                    ("POST", "/v1/articles", {"title": "Is it back", "section": "probes"})]
        while requests and time.monotonic() < began + BACK_WITHIN:
            try:
                answer = client.ask(*requests[0])
                said = f"{requests[0][1]} is {answer.status} {answer.code}"
                if answer.status < 300:
                    requests.pop(0)
                    continue
            except (OSError, http.client.HTTPException) as error:
                said = f"{requests[0][1]}: {type(error).__name__} {error}"
            time.sleep(0.02)
        took = time.monotonic() - began
        row.back = max(row.back, took)
        if requests or took > BACK_WITHIN:
            ended = server.process.poll()
            alive = "it runs" if ended is None else f"it ended with {ended}"
            row.problem(f"round {self.number}: {server.name} does not answer after {took:.1f} s: {said}; {alive};"
                        f" its log ends: {server.logged()[-600:]}")
            if ended is not None:
                server.launch()
                server.wait()

    def judge(self, row: Row, section: str, writes: list[Write]) -> None:
        """What is stored must be what clients were told."""
        client = Client(self.chance.choice(self.servers).host)
        listed, cursor = [], ""
        while cursor is not None:
            page = client.done("GET", f"/v1/articles?section={section}&limit=100&fields=tags,version{cursor}").json
            listed += page["items"]
            cursor = page["next"] and f"&cursor={page['next']}"
        copies = collections.Counter(article["tags"][0] for article in listed)
        ids = {article["tags"][0]: article["id"] for article in listed}
        by_article = collections.defaultdict(list)
        for write in writes:
            by_article[write.article].append(write)
        for tag in sorted(set(ids) | set(by_article)):
            if copies[tag] > 1:
                row.found("doubled", self.number, f"{copies[tag]} articles of one creation", by_article[tag][0])
            self.judge_article(row, client, ids.get(tag), by_article[tag])
        client.http.close()
        self.history.append((row, self.number, ids, by_article))

    def judge_article(self, row: Row, client: Client, article: str | None, writes: list[Write]) -> None:
        titles = titles_of(client, article) if article else []
        if article:
            for text in gaps(client, article, len(titles)):
                row.problem(f"round {self.number}: {text}: {writes[0] if writes else article}")
        stored = collections.Counter(titles)
        told = collections.defaultdict(set)
        for write in writes:
            told[write.title].add(write.told)
            if write.told == "answered" and titles[write.version - 1:write.version] != [write.title]:
                there, write.is_lost = titles[write.version - 1:write.version] or "nothing", True
                row.found("lost", self.number, f"lost; there is {there} in its place", write)
        for write in writes:
            if stored[write.title] > 1:
                row.found("doubled", self.number, f"written {stored[write.title]} times", write)
            # A creation that was repeated may have been refused first and made then.
            if told[write.title] == {"refused"} and stored[write.title]:
                row.found("false", self.number, "refused as not done, and it is there", write)
        for title in set(stored) - set(told):
            row.found("false", self.number, "nobody was told of it", title)

    def judge_again(self) -> None:
        """At the end: what was answered in any round is still there, whatever came after it."""
        client = Client(self.servers[0].host)
        for row, number, ids, by_article in self.history:
            for tag, writes in by_article.items():
                answered = [write for write in writes if write.told == "answered" and not write.is_lost]
                if not answered:
                    continue
                titles = titles_of(client, ids[tag]) if tag in ids else []
                for write in answered:
                    if titles[write.version - 1:write.version] != [write.title]:
                        row.found("lost", number, "lost at the end", write)


def titles_of(client: Client, article: str) -> list[str]:
    """The titles of all versions of an article."""
    last = client.ask("GET", f"/v1/articles/{article}")
    if last.status == 404:
        return []
    path = f"/v1/articles/{article}/revisions"
    return [client.done("GET", f"{path}/{version}").json["title"] for version in range(1, last.json["version"] + 1)]


def gaps(client: Client, article: str, versions: int) -> list[str]:
    """What is wrong with the history of an article that has so many versions."""
    entries = client.done("GET", f"/v1/articles/{article}/history?limit=100").json["items"]
    found = []
    if [entry["version"] for entry in entries] != list(range(versions, 0, -1)):
        found.append(f"history has the versions {[entry['version'] for entry in entries]} of {versions}")
    instants = [entry["at"] for entry in entries]
    if instants != sorted(set(instants), reverse=True):
        found.append("the instants of history are not in its order")
    return found


def table(rows: list[Row]) -> str:
    lines = [["fault", *COUNTED, "back", "not answered with 2xx"], *(row.cells() for row in rows)]
    widths = [max(len(str(line[column])) for line in lines) for column in range(len(lines[0]))]
    return "\n".join("  ".join(str(cell).ljust(width) for cell, width in zip(line, widths)).rstrip() for line in lines)


def run(rounds: int, names: list[str], seed: int) -> list[Row]:
    rows = [Row(name) for name in names]
    with (Cluster(durable=True, replica=True) as cluster,
          tempfile.TemporaryDirectory(prefix="copydesk-faults-") as path):
        tell(f"PostgreSQL and its replica started in {cluster.took:.2f} s")
        with serving(SERVERS, cluster.create_database("news"), pathlib.Path(path)) as servers:
            place = Place(cluster, servers, seed)
            for place.number in range(rounds):
                row, began = rows[place.number % len(rows)], time.monotonic()
                before = len(row.problems)
                place.round(row)
                tell(f"round {place.number}: {row.name}: {time.monotonic() - began:.1f} s")
                for text in row.problems[before:before + 5]:
                    tell(f"  {text}")
            place.judge_again()
            for server in servers:
                tell_log(server)
    return rows


def tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def tell_log(server: Server) -> None:
    """The kinds of lines that a server has logged, with their numbers."""
    # Without the instant.
    kinds = collections.Counter(line.partition(" ")[2][:160] for line in server.logged().splitlines())
    for text, number in kinds.most_common(8):
        tell(f"{server.name} logged {number} times: {text}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--short", action="store_const", dest="rounds", const=7, help="7 rounds, for CI: each fault once")
    parser.add_argument("--only", help=f"names separated by commas: {', '.join(FAULTS)}")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    names = given.only.split(",") if given.only else list(FAULTS)
    if unknown := set(names) - set(FAULTS):
        parser.error(f"no such fault: {', '.join(sorted(unknown))}")
    end_with_sigterm()
    try:
        rows = run(given.rounds, names, given.seed)
    except NoPostgres as error:
        print(f"faults.py: {error}", file=sys.stderr)
        sys.exit(NO_POSTGRES)
    print(table(rows))
    for row in rows:
        for text in row.problems:
            print(f"{row.name}: {text}")
    sys.exit(1 if any(row.problems for row in rows) else 0)


if __name__ == "__main__":
    main()
