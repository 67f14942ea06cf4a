#!/usr/bin/env python3
"""One build against another, request by request, in one run.

    cargo build --release
    python3 tests/load/compare.py [--before PATH-OF-ANOTHER-BUILD] [--rounds 40] [--clients 16]

Without --before only the ratios within this build are told. Both servers run at the same time, each on a file of its
own, and are asked in turn, so that whatever else the machine does meets both. Figures are medians in microseconds.
"""

import argparse
import contextlib
import json
import os
import pathlib
import socket
import statistics
import subprocess
import tempfile
import threading
import time

PROGRAM = pathlib.Path(__file__).resolve().parents[2] / "target/release/copydesk"
KEY = "a-key-for-this-measurement"
AT_ONCE = 25


@contextlib.contextmanager
def newsroom(program, folder):
    environment = {"PATH": os.environ["PATH"], "RUST_LOG": "off", "COPYDESK_ADMIN_KEY": KEY}
    server = subprocess.Popen(
        [program, "--listen", "127.0.0.1:0"], env=environment, cwd=folder, stdout=subprocess.PIPE)
    try:
        yield Newsroom(server.stdout.readline().decode().strip().removeprefix("http://"))
    finally:
        server.terminate()
        server.wait()


class Connection:
    """HTTP by hand: Python's own client takes longer than the server, and would be what is measured."""

    def __init__(self, host):
        name, port = host.rsplit(":", 1)
        self.socket = socket.create_connection((name, int(port)))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.rest = b""

    def send(self, request):
        self.socket.sendall(request)
        while b"\r\n\r\n" not in self.rest:
            self.rest += self.socket.recv(65536)
        head, _, body = self.rest.partition(b"\r\n\r\n")
        lower = head.lower()
        length = 0
        if b"content-length:" in lower:
            length = int(lower.split(b"content-length:", 1)[1].split(b"\r\n", 1)[0])
        while len(body) < length:
            body += self.socket.recv(1 << 20)
        self.rest = body[length:]
        assert head[9:10] == b"2", (head, body[:300])
        return body[:length]


def request(method, path, body=None, key=False):
    text = json.dumps(body).encode() if body is not None else b""
    head = [f"{method} {path} HTTP/1.1", "Host: x", f"Content-Length: {len(text)}", "Content-Type: application/json"]
    if key:
        head.append(f"Authorization: Bearer {KEY}")
    return ("\r\n".join(head) + "\r\n\r\n").encode() + text


class Newsroom:
    def __init__(self, host):
        self.host = host
        self.connection = Connection(host)
        self.small, self.large, self.others = "", "", []

    def ask(self, method, path, body=None, key=False):
        text = self.connection.send(request(method, path, body, key))
        return json.loads(text) if text else None

    def make(self, kilobytes, **members):
        text = ("The river is expected to rise tonight. " * 30)[:1024] * kilobytes
        body = {"title": "Flood warning", "body": text, "state": "published", **members}
        return self.ask("POST", "/v1/articles", body, key=True)["id"]

    def fill(self):
        rule = {"key": "wire", "title": "Agency report", "body": "Not ours.", "applies_to": {"sources": ["Valley Wire"]}}
        self.ask("POST", "/v1/disclaimers", rule, key=True)
        by_hand = {"key": "legal", "title": "Legal", "body": "Nothing here is advice."}
        notice = self.ask("POST", "/v1/disclaimers", by_hand, key=True)["id"]
        wire = {"source": {"name": "Valley Wire"}}
        self.others = [self.make(2, **wire) for _ in range(60)]
        self.small, self.large = self.make(1), self.make(500, body_format="text")
        for article in self.others:
            self.ask("PUT", f"/v1/articles/{article}/disclaimers/{notice}", key=True)

    def requests(self):
        one = self.others[0]
        return {
            "comments of 1 KB": [request("GET", f"/v1/articles/{self.small}/comments")],
            "comments of 500 KB": [request("GET", f"/v1/articles/{self.large}/comments")],
            "GET one": [request("GET", f"/v1/articles/{one}")],
            "list of 20": [request("GET", "/v1/articles")],
            "PATCH": self.patches(self.others[1]),
        }

    def patches(self, article):
        titles = [f"Flood warning {number}" for number in range(AT_ONCE)]
        return [request("PATCH", f"/v1/articles/{article}", {"title": title}, key=True) for title in titles]

    def at_once(self, clients):
        """Microseconds that a PATCH takes where so many clients send them."""
        ready = threading.Barrier(clients + 1)

        def work(number):
            connection, all_of = Connection(self.host), self.patches(self.others[number])
            ready.wait()
            for one in all_of * 4:
                connection.send(one)
        threads = [threading.Thread(target=work, args=(number,)) for number in range(clients)]
        for thread in threads:
            thread.start()
        ready.wait()
        began = time.perf_counter()
        for thread in threads:
            thread.join()
        return (time.perf_counter() - began) * 1e6 / (clients * 4 * AT_ONCE)


def timed(connection, requests):
    all_of = requests * (AT_ONCE // len(requests))
    connection.send(all_of[0])
    began = time.perf_counter_ns()
    for one in all_of:
        connection.send(one)
    return (time.perf_counter_ns() - began) / 1000 / len(all_of)


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--before", type=pathlib.Path)
    arguments.add_argument("--program", type=pathlib.Path, default=PROGRAM)
    arguments.add_argument("--rounds", type=int, default=40)
    arguments.add_argument("--clients", type=int, default=16)
    given = arguments.parse_args()
    builds = {"now": given.program.resolve()}
    if given.before:
        builds["before"] = given.before.resolve()
    with contextlib.ExitStack() as stack:
        rooms = {}
        for name, program in builds.items():
            folder = stack.enter_context(tempfile.TemporaryDirectory())
            rooms[name] = stack.enter_context(newsroom(program, folder))
            rooms[name].fill()
        took = {name: {} for name in rooms}
        requests = {name: room.requests() for name, room in rooms.items()}
        for turn in range(given.rounds):
            # In turn, and whoever came first comes last.
            for name in list(rooms)[::1 if turn % 2 else -1]:
                room = rooms[name]
                for what, all_of in requests[name].items():
                    took[name].setdefault(what, []).append(timed(room.connection, all_of))
                if turn % 4 == 0:
                    took[name].setdefault("PATCH, clients at once", []).append(room.at_once(given.clients))
        medians = {name: {what: statistics.median(all_of) for what, all_of in of.items()} for name, of in took.items()}
        for what, now in medians["now"].items():
            line = f"{what:24} {now:9.1f} us"
            if "before" in medians:
                before = medians["before"][what]
                line += f"   before {before:9.1f} us   now/before {now / before:5.2f}   before/now {before / now:5.2f}"
            print(line)
        ratio = medians["now"]["comments of 500 KB"] / medians["now"]["comments of 1 KB"]
        print(f"comments of a 500 KB article against those of a 1 KB one: {ratio:.2f}")


if __name__ == "__main__":
    main()
