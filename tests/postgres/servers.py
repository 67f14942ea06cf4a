#!/usr/bin/env python3
"""Several servers on one PostgreSQL database: what holds for one must hold for all of them together.

    COPYDESK_BINARY=target/release/copydesk python3 tests/postgres/servers.py [--only NAME,..]

Prints a line for each check, with what was measured; the exit code is 1 if one fails, and 3 without PostgreSQL.
It takes about a minute. The binary is target/debug/copydesk unless COPYDESK_BINARY names another.
"""

import argparse
import collections
import http.client
import pathlib
import random
import subprocess
import sys
import tempfile
import threading
import time
import traceback
import uuid

from cluster import NO_POSTGRES, Cluster, NoPostgres, end_with_sigterm
from serving import Client, Server, at_once, serving

# Servers on one database, and those that are started at once on an empty one.
SERVERS, STARTED_AT_ONCE = 3, 10
# Within this time a write shows in what other servers keep in memory (docs/operations.md).
SHOWN_WITHIN = 0.25
# A request is answered within this time also if the database hangs, and a server ends (docs/operations.md: 10 s).
ANSWERED_WITHIN = 20


def check(condition, what: str) -> None:
    if not condition:
        raise AssertionError(what)


def clients(servers: list[Server], number: int, **options) -> list[Client]:
    """So many, spread over the servers, each with a connection that is open already."""
    made = [Client(servers[at % len(servers)].host, **options) for at in range(number)]
    for client in made:
        client.ask("GET", "/healthz")
    return made


# Each check takes the servers and returns what it has seen, or raises.


def stale_edits(servers: list[Server]) -> str:
    """Of edits that all saw the same version one is made, whichever server they are sent to."""
    rounds, editors, slowest = 10, clients(servers, 64), 0.0
    for number in range(rounds):
        article = editors[0].make_article(f"Contested {number}")
        path = f"/v1/articles/{article['id']}"
        tag = editors[1].done("GET", path).headers["ETag"]
        answers = at_once([lambda at=at, editor=editor: editor.ask("PATCH", path, {"title": f"Edit {at}"}, If_Match=tag)
                           for at, editor in enumerate(editors)])
        counted = collections.Counter(answer.status for answer in answers)
        check(counted == {200: 1, 412: 63}, f"64 edits of one version: {dict(counted)}, expected one 200 and 63 412")
        won = next(answer.json for answer in answers if answer.status == 200)
        for editor in editors[:len(servers)]:
            stored = editor.done("GET", path).json
            check((stored["version"], stored["title"]) == (2, won["title"]), f"stored is {stored['title']!r}")
        slowest = max(slowest, *(answer.ended - answer.began for answer in answers))
    return f"{rounds} times 64 edits of one version over all servers: one 200, 63 412; slowest {slowest:.2f} s"


def repeated_creations(servers: list[Server]) -> str:
    """The same request with the same key is the same article."""
    rounds, each = 30, 2
    senders = clients(servers, each * len(servers))
    for number in range(rounds):
        key, body = str(uuid.uuid4()), {"title": f"Only once {number}", "section": f"once-{number}"}
        answers = at_once([lambda sender=sender: sender.ask("POST", "/v1/articles", body, Idempotency_Key=key)
                           for sender in senders])
        counted = collections.Counter(answer.status for answer in answers)
        check(counted == {201: len(senders)}, f"one creation, sent {len(senders)} times: {dict(counted)}")
        check(len({answer.text for answer in answers}) == 1, "the answers to one creation differ")
        replayed = sum(answer.headers.get("Idempotent-Replayed") == "true" for answer in answers)
        check(replayed == len(senders) - 1, f"{replayed} of {len(senders)} answers say that they are repeated")
        listed = senders[number % len(senders)].done("GET", f"/v1/articles?section=once-{number}").json["items"]
        check(len(listed) == 1, f"{len(listed)} articles of one creation")
    return f"{rounds} creations, each sent {len(senders)} times at once: one article each, all answers alike"


def keys(servers: list[Server]) -> str:
    """A key holds everywhere as soon as it is made, and nowhere once it is revoked."""
    rounds, admins = 60, clients(servers, len(servers))
    slowest = 0.0
    for number in range(rounds):
        maker, revoker = random.sample(admins, 2)
        made = maker.done("POST", "/v1/keys", {"name": f"Desk {number}", "preset": "author"}).json
        holders = [Client(server.host, key=made["key"]) for server in servers]
        for use in range(2):
            for holder in random.sample(holders, len(holders)):
                status = holder.ask("GET", "/v1/keys/self").status
                check(status == 200, f"a key that was made just now is {status} (round {number}, use {use})")
        revoked = revoker.done("DELETE", f"/v1/keys/{made['id']}")
        for holder in random.sample(holders, len(holders)):
            answer = holder.ask("GET", "/v1/keys/self")
            check(answer.status == 401, f"a key that was revoked just now is {answer.status} (round {number})")
            answer = holder.ask("POST", "/v1/articles", {"title": "Not by this key"})
            check(answer.status == 401, f"a write with a key that was revoked is {answer.status} (round {number})")
            holder.http.close()
        slowest = max(slowest, revoked.ended - revoked.began)
    return f"{rounds} keys, accepted and refused on all servers at once; slowest revocation {slowest * 1000:.0f} ms"


class Reader:
    """A thread that reads one article all the time and remembers when it saw which version."""

    def __init__(self, server: Server, path: str, is_over: threading.Event, key=None, member=None):
        # Seen: begin and end of the request, version.
        self.seen, self.member = [], member
        self.fault = None
        self.client = Client(server.host, **({} if key else {"key": None}))
        self.thread = threading.Thread(target=self.work, args=(path, is_over))
        self.thread.start()

    def work(self, path: str, is_over: threading.Event) -> None:
        while not is_over.is_set():
            answer = self.client.ask("GET", path)
            if answer.status != 200:
                self.fault = f"a read is {answer.status} {answer.code}"
                return
            found = answer.json
            version = found["items"][0]["version"] if self.member == "items" else found["version"]
            self.seen.append((answer.began, answer.ended, version))
            time.sleep(0.001)


def went_back(seen: list) -> tuple | None:
    """Two reads of which the later one, begun after the end of the earlier, has an older version."""
    newest, ended = 0, sorted(seen, key=lambda one: one[1])
    at = 0
    for began, _, version in sorted(seen):
        while at < len(ended) and ended[at][1] < began:
            newest, at = max(newest, ended[at][2]), at + 1
        if version < newest:
            return newest, version
    return None


def worst_lag(seen: list, written: dict) -> float:
    """How long after a write's answer a read began that did not show it."""
    lag = 0.0
    for began, _, version in seen:
        # The next version was not seen, though it may have been answered.
        answered = written.get(version + 1)
        if answered is not None:
            lag = max(lag, began - answered)
    return lag


def other_servers(servers: list[Server]) -> str:
    """A write shows on another server in time, and once it has shown there it stays."""
    rounds, writer, is_over = 200, Client(servers[0].host), threading.Event()
    article = writer.make_article("Watched 1", section="watched")
    path, listing = f"/v1/articles/{article['id']}", "/v1/articles?section=watched"
    public = [Reader(servers[1], path, is_over) for _ in range(2)]
    of_list = Reader(servers[1], listing, is_over, member="items")
    with_key = Reader(servers[1], path, is_over, key=True)
    written = {}
    for number in range(2, rounds + 2):
        answer = writer.done("PATCH", path, {"title": f"Watched {number}"})
        written[answer.json["version"]] = answer.ended
        time.sleep(random.uniform(0.005, 0.09))
    time.sleep(2 * SHOWN_WITHIN)
    is_over.set()
    said = []
    for what, readers, most in [("public", public, SHOWN_WITHIN), ("list", [of_list], SHOWN_WITHIN),
                                ("with a key", [with_key], 0.0)]:
        for reader in readers:
            reader.thread.join()
            check(reader.fault is None, f"{what}: {reader.fault}")
        seen = [one for reader in readers for one in reader.seen]
        back = went_back(seen)
        check(back is None, f"{what}: after version {back and back[0]} a later read shows {back and back[1]}")
        lag = worst_lag(seen, written)
        check(lag <= most, f"{what}: a write shows only {lag * 1000:.0f} ms after its answer")
        check(max(seen)[2] == rounds + 1, f"{what}: the last write does not show")
        said.append(f"{what} {len(seen)} reads, {lag * 1000:.0f} ms late at worst")
    return f"{rounds} writes on one server, read on another: {'; '.join(said)}; never back"


def own_writes(servers: list[Server]) -> str:
    """Who writes reads that at the same server at once, while others write elsewhere."""
    rounds, is_over = 500, threading.Event()
    writer, reader = Client(servers[0].host), Client(servers[0].host, key=None)
    articles = [writer.make_article(f"Own {number}", section="own") for number in range(2)]
    elsewhere = Client(servers[1].host)

    def disturb():
        while not is_over.is_set():
            elsewhere.done("PATCH", f"/v1/articles/{random.choice(articles)['id']}", {"section": "own"})
            time.sleep(random.uniform(0, 0.02))

    thread = threading.Thread(target=disturb)
    thread.start()
    try:
        for number in range(rounds):
            path = f"/v1/articles/{articles[number % 2]['id']}"
            # What is read twice is kept in memory.
            reader.done("GET", path)
            reader.done("GET", path)
            made = writer.done("PATCH", path, {"title": f"Own {number}"}).json
            for who, client in [("without a key", reader), ("with a key", writer)]:
                got = client.done("GET", path).json
                check(got["version"] >= made["version"] and got["title"] == made["title"],
                      f"{who}: version {made['version']} was written, {got['version']} is read (round {number})")
            listed = reader.done("GET", "/v1/articles?section=own").json["items"]
            got = next(item for item in listed if item["id"] == made["id"])
            check(got["version"] >= made["version"], f"a list shows version {got['version']} of {made['version']}")
    finally:
        is_over.set()
        thread.join()
    return f"{rounds} writes, each read at once at the same server: always there"


def instants(servers: list[Server]) -> str:
    """No two writes of any servers have the same instant, and instants are in the order of what happened."""
    editors, each, shared = clients(servers, 12), 40, Client(servers[0].host).make_article("Instants")
    # Article, version, instant; begin and end of the request.
    made = []

    def write(editor: Client, number: int):
        own = editor.make_article(f"Instants {number}")
        made.append((own["id"], 1, own["updated_at"], 0.0, time.monotonic()))
        for _ in range(each):
            article = random.choice([own["id"], shared["id"]])
            answer = editor.done("PATCH", f"/v1/articles/{article}", {"section": "city"})
            got = answer.json
            made.append((article, got["version"], got["updated_at"], answer.began, answer.ended))

    at_once([lambda editor=editor, number=number: write(editor, number) for number, editor in enumerate(editors)])
    distinct = {one[2] for one in made}
    check(len(distinct) == len(made), f"{len(made)} writes have {len(distinct)} instants")
    by_article = collections.defaultdict(dict)
    for article, version, instant, *_ in made:
        check(version not in by_article[article], f"two writes made version {version}")
        by_article[article][version] = instant
    for article, versions in by_article.items():
        told = history(editors[1], article)
        for version, instant in versions.items():
            check(told[version] == instant, f"version {version} is of {instant}, history says {told[version]}")
        in_order = [told[version] for version in sorted(told)]
        check(in_order == sorted(set(in_order)), "history is not in the order of its instants")
        check(sorted(told) == list(range(1, len(told) + 1)), "history has a gap")
    # A write that was answered before another was sent is the earlier one.
    latest, ended, at = "", sorted(made, key=lambda one: one[4]), 0
    for _, _, instant, began, _ in sorted(made, key=lambda one: one[3]):
        while ended[at][4] < began:
            latest, at = max(latest, ended[at][2]), at + 1
        check(not began or instant > latest, f"a write of {instant} was sent after one of {latest} was answered")
    return f"{len(made)} writes over all servers: all instants distinct, in the order of history and of answers"


def history(client: Client, article: str) -> dict:
    """The instants of an article's versions."""
    told, cursor = {}, ""
    while cursor is not None:
        page = client.done("GET", f"/v1/articles/{article}/history?limit=100{cursor}").json
        told |= {entry["version"]: entry["at"] for entry in page["items"]}
        cursor = page["next"] and f"&cursor={page['next']}"
    return told


def starts(cluster: Cluster, folder: pathlib.Path) -> str:
    """Of processes that start at once on an empty database one makes the schema, and all come up."""
    rounds, slowest = 3, 0.0
    for number in range(rounds):
        url, began = cluster.create_database(f"starts_{number}"), time.monotonic()
        with serving(STARTED_AT_ONCE, url, folder) as servers:
            slowest = max(slowest, time.monotonic() - began)
            for server in servers:
                status = Client(server.host).ask("GET", "/readyz").status
                check(status == 200, f"/readyz of {server.name} is {status}")
            article = Client(servers[0].host).make_article("One newsroom")
            for server in servers:
                Client(server.host).done("GET", f"/v1/articles/{article['id']}")
            faults = [line for server in servers for line in server.logged().splitlines() if "ERROR" in line]
            check(not faults, f"logged: {faults[:2]}")
            rows = "select count(*), count(distinct version) from __diesel_schema_migrations"
            ran, distinct = cluster.primary.sql(rows, f"starts_{number}").split("|")
            check(ran == distinct, f"{ran} migrations ran, {distinct} distinct ones")
            secrets = cluster.primary.sql("select count(*) from site_secrets", f"starts_{number}")
            check(secrets == "1", f"{secrets} rows in site_secrets")
    return f"{rounds} times {STARTED_AT_ONCE} processes on an empty database: up in {slowest:.1f} s, migrations: {ran}"


def told(client: Client, method: str, path: str, body=None) -> tuple[str, float]:
    """What a request is answered, if it is, and how long that took."""
    began = time.monotonic()
    try:
        answer = client.ask(method, path, body)
        said = f"{answer.status} {answer.code}".strip()
    except (OSError, http.client.HTTPException) as error:
        said = type(error).__name__
    return said, time.monotonic() - began


def end(server: Server) -> str | None:
    """How long it takes to end after SIGTERM, if it does."""
    began = time.monotonic()
    server.process.terminate()
    try:
        server.process.wait(ANSWERED_WITHIN)
    except subprocess.TimeoutExpired:
        return None
    return f"{time.monotonic() - began:.1f} s"


def hanging(cluster: Cluster, folder: pathlib.Path) -> str:
    """A database that takes connections and answers nothing holds up no server for ever, nor its end."""
    with serving(1, cluster.create_database("hanging"), folder) as [server]:
        path = f"/v1/articles/{Client(server.host).make_article('Hanging')['id']}"
        # More of them than a server has threads.
        askers, spare = clients([server], 24, patience=3 * ANSWERED_WITHIN), clients([server], 1, patience=5)[0]
        requests = [("GET", path), ("GET", "/readyz"), ("PATCH", path, {"title": "Still hanging"})]

        def watch():
            time.sleep(0.5)
            alive = told(spare, "GET", "/healthz")[0]
            time.sleep(ANSWERED_WITHIN)
            ended = end(server)
            cluster.resume()
            return alive, ended

        cluster.pause()
        try:
            (alive, ended), *answers = at_once(
                [watch] + [lambda at=at, asker=asker: told(asker, *requests[at % len(requests)])
                           for at, asker in enumerate(askers)])
        finally:
            cluster.resume()
    longest = max(took for _, took in answers)
    counted = dict(collections.Counter(said for said, _ in answers))
    seen = (f"/healthz is {alive}; {len(answers)} requests: {counted}, the longest {longest:.1f} s;"
            f" SIGTERM ends it after: {ended}")
    check(alive == "200" and longest < ANSWERED_WITHIN and ended, seen)
    return seen


CHECKS = {"edits": stale_edits, "creations": repeated_creations, "keys": keys, "other-servers": other_servers,
          "own-writes": own_writes, "instants": instants}


def passes(name: str, action) -> bool:
    began = time.monotonic()
    try:
        seen = action()
        print(f"{name}: ok ({time.monotonic() - began:.1f} s): {seen}", flush=True)
    except AssertionError as fault:
        print(f"{name}: FAILED: {fault}", flush=True)
        return False
    except Exception:
        print(f"{name}: FAILED:\n{traceback.format_exc()}", flush=True)
        return False
    return True


def run(names: list[str]) -> bool:
    # Of names that were asked for; a failure of one says nothing about the others.
    results = []
    with Cluster(max_connections=400) as cluster, tempfile.TemporaryDirectory(prefix="copydesk-servers-") as path:
        folder = pathlib.Path(path)
        print(f"PostgreSQL started in {cluster.took:.2f} s", flush=True)
        if "starts" in names:
            results.append(passes("starts", lambda: starts(cluster, folder)))
        with serving(SERVERS, cluster.create_database("news"), folder) as servers:
            for name, action in CHECKS.items():
                if name in names:
                    results.append(passes(name, lambda: action(servers)))
            for server in servers:
                for line in server.logged().splitlines()[:5]:
                    print(f"  {server.name} logged: {line}")
        if "hanging" in names:
            results.append(passes("hanging", lambda: hanging(cluster, folder)))
    return all(results)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    every = ["starts", *CHECKS, "hanging"]
    parser.add_argument("--only", help=f"names separated by commas: {', '.join(every)}")
    given = parser.parse_args()
    names = given.only.split(",") if given.only else every
    if unknown := set(names) - set(every):
        parser.error(f"no such check: {', '.join(sorted(unknown))}")
    end_with_sigterm()
    try:
        sys.exit(0 if run(names) else 1)
    except NoPostgres as error:
        print(f"servers.py: {error}", file=sys.stderr)
        sys.exit(NO_POSTGRES)


if __name__ == "__main__":
    main()
