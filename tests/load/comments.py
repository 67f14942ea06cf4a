#!/usr/bin/env python3
"""Threads, the moderators' queue and the limit by address, under load.

    cargo build --release
    python3 tests/load/comments.py [--comments 100000] [--pending 10000]

Page 1 and page 1,000 of one thread are read in turn, over one connection, and so are pages of
the queue and a single comment, the yardstick: medians in microseconds, and ratios.
"""

import argparse
import collections
import contextlib
import http.client
import json
import os
import pathlib
import random
import statistics
import subprocess
import threading
import time

PROGRAM = pathlib.Path(__file__).resolve().parents[2] / "target/release/copydesk"
KEY = "a-key-for-this-measurement"
DEEP = 10
LIMIT = 100


@contextlib.contextmanager
def newsroom(**settings):
    environment = {"PATH": os.environ["PATH"], "RUST_LOG": "off", "COPYDESK_ADMIN_KEY": KEY, **settings}
    server = subprocess.Popen(
        [PROGRAM, "--ephemeral", "--listen", "127.0.0.1:0"], env=environment, stdout=subprocess.PIPE)
    try:
        yield server.stdout.readline().decode().strip().removeprefix("http://")
    finally:
        server.terminate()
        server.wait()


class Client:
    def __init__(self, host, key=KEY):
        self.connection = http.client.HTTPConnection(host)
        self.headers = {"Content-Type": "application/json"}
        if key:
            self.headers["Authorization"] = f"Bearer {key}"

    def ask(self, method, path, body=None):
        self.connection.request(method, path, body and json.dumps(body), self.headers)
        answer = self.connection.getresponse()
        return answer, answer.read()

    def make(self, path, body):
        answer, text = self.ask("POST", path, body)
        assert answer.status == 201, text
        return json.loads(text)["id"]

    def timed(self, path):
        began = time.perf_counter_ns()
        answer, _ = self.ask("GET", path)
        assert answer.status == 200, path
        return (time.perf_counter_ns() - began) / 1000


def fill(host, path, count, deep):
    """`count` comments in chains `deep` long, by eight clients."""
    def work(number):
        client = Client(host)
        for chain in range(number, count // deep, 8):
            parent = None
            for level in range(deep):
                words = {"author_name": "Sam", "body": f"{chain} {level}", "parent_id": parent}
                parent = client.make(path, words)
    workers = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()


def in_turn(client, paths, rounds):
    times = collections.defaultdict(list)
    for _ in range(rounds):
        for name, path in random.sample(list(paths.items()), len(paths)):
            times[name].append(client.timed(path))
    return {name: statistics.median(taken) for name, taken in times.items()}


def threads_and_queue(comments, pending, rounds):
    with newsroom(COPYDESK_COMMENTS_PER_MINUTE="0") as host:
        client = Client(host)
        thread = "/v1/articles/" + client.make("/v1/articles", {"title": "A", "state": "published"}) + "/comments"
        held = "/v1/articles/" + client.make(
            "/v1/articles", {"title": "B", "state": "published", "comments_policy": "moderated"}) + "/comments"
        began = time.perf_counter()
        fill(host, thread, comments, DEEP)
        fill(host, held, pending, 1)
        taken = time.perf_counter() - began
        print(f"{comments + pending} comments written in {taken:.0f} s by 8 clients of this script")
        # The first connection was idle for too long.
        client = Client(host)
        path, pages, seen = f"{thread}?limit={LIMIT}", [], 0
        while path:
            pages.append(path)
            page = json.loads(client.ask("GET", path)[1])
            seen += len(page["items"])
            path = page["next"] and f"{thread}?limit={LIMIT}&cursor={page['next']}"
        one = "/v1/comments/" + page["items"][0]["id"]
        assert seen == comments, seen
        last = min(1000, len(pages))
        median = in_turn(client, {
            "one comment": one,
            "page 1": pages[0], f"page {last}": pages[last - 1],
            "queue": f"/v1/comments?limit={LIMIT}", "queue with count": f"/v1/comments?limit={LIMIT}&count=true",
            "queue by words": f"/v1/comments?limit={LIMIT}&q=99",
        }, rounds)
        for name, micros in median.items():
            print(f"  {name:18} {micros:8.0f} us")
        print(f"  page {last} to page 1: ratio {median[f'page {last}'] / median['page 1']:.3f} (medians of {rounds} each, in turn)")


def one_address(posts):
    with newsroom() as host:
        client = Client(host)
        path = "/v1/articles/" + client.make("/v1/articles", {"title": "A", "state": "published"}) + "/comments"
        reader, told, first = Client(host, key=None), collections.Counter(), None
        for number in range(posts):
            answer, _ = reader.ask("POST", path, {"author_name": "Sam", "body": f"Hello {number}"})
            told[answer.status] += 1
            if answer.status == 429 and not first:
                first = {name: answer.headers[name] for name in ("Retry-After", "RateLimit-Policy", "RateLimit")}
        print(f"{posts} posts from one address: {dict(told)}; the first 429: {first}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--comments", type=int, default=100_000)
    parser.add_argument("--pending", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=500)
    given = parser.parse_args()
    threads_and_queue(given.comments, given.pending, given.rounds)
    one_address(1_000)


if __name__ == "__main__":
    main()
