#!/usr/bin/env python3
"""Instructions a request, counted by callgrind: what a change costs, whatever else the machine does.

    cargo build --release
    python3 tests/load/instructions.py [--write]

Compares with `instructions.txt`, and with --write writes that anew. Needs valgrind (Debian: apt install valgrind).
Digests are counted in software, which the processor has instructions for: half of an article that is not kept. A report
and no test: another compiler gives other numbers.
"""

import argparse
import contextlib
import pathlib
import re
import subprocess
import sys
import tempfile
import time

import filled
import reading

RECORD = pathlib.Path(__file__).resolve().with_name("instructions.txt")
ARTICLES, TIMES, BEFORE = 200, 100, 20
ONE, LIST = "/v1/articles/article-17", "/v1/articles"


class Counted:
    """A server under callgrind, which counts while it is told to."""

    def __init__(self, program, folder, database, cache):
        self.out = folder / "callgrind.out"
        command = ["valgrind", "--tool=callgrind", "--instr-atstart=no", f"--callgrind-out-file={self.out}", program,
                   "--listen", "127.0.0.1:0", "--database-url", database, "--admin-key", reading.KEY,
                   "--comments-per-minute", "0", "--synchronous", "normal", "--cache-size", str(cache)]
        self.server = subprocess.Popen(list(map(str, command)), cwd=folder, env=reading.environment(),
                                       stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        line = self.server.stdout.readline().decode().strip()
        if not line:
            sys.exit(f"{program} did not start under valgrind")
        self.connection = reading.Connection(line.removeprefix("http://"))
        self.posts = 0

    def control(self, *arguments):
        subprocess.run(["callgrind_control", *arguments, str(self.server.pid)], stdout=subprocess.DEVNULL, check=True)

    def ask(self, request, status):
        if request == "POST":
            self.posts += 1
            body = {"author_name": f"Reader {self.posts}", "body": f"Is the bridge open? {self.posts}"}
            path = f"/v1/articles/article-{self.posts % ARTICLES}/comments"
            request = reading.request("POST", path, body)
        given, text = self.connection.send(request)
        if given != status:
            sys.exit(f"{given} instead of {status}: {text[:300]}")

    def count(self, request, status):
        for _ in range(BEFORE):
            self.ask(request, status)
        for left in self.out.parent.glob("callgrind.out*"):
            left.unlink()
        self.control("-i", "on")
        self.control("-z")
        for _ in range(TIMES):
            self.ask(request, status)
        self.control("-d")
        self.control("-i", "off")
        time.sleep(0.5)
        [dump] = [one for one in self.out.parent.glob("callgrind.out*") if re.search(r"out\.\d+$", one.name)]
        return int(re.search(r"(?m)^(?:summary|totals): (\d+)", dump.read_text())[1]) // TIMES


def get(path, **headers):
    lines = [f"GET {path} HTTP/1.1", "Host: x", *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def requests():
    """Name, request, status, and the memory for kept answers in MiB."""
    yield "healthz", get("/healthz"), 200, 64
    yield "article, kept", get(ONE), 200, 64
    yield "its 304, kept", get(ONE, If_None_Match="*"), 304, 64
    yield "its gzip, kept", get(ONE, Accept_Encoding="gzip"), 200, 64
    yield "list of 20, kept", get(LIST), 200, 64
    yield "404, kept", get("/v1/articles/no-such-article"), 404, 64
    yield "POST comment", "POST", 201, 64
    yield "article", get(ONE), 200, 0
    yield "list of 20", get(LIST), 200, 0
    yield "list of 20, titles", get(LIST + "?fields=title"), 200, 0
    yield "thread", get(ONE + "/comments"), 200, 0
    yield "article with its comments", get(ONE + "?include=comments"), 200, 0
    yield "404", get("/v1/articles/no-such-article"), 404, 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", type=pathlib.Path, default=reading.PROGRAM)
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    program, counts = given.program.resolve(), {}
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        database = folder / "newsroom.db"
        filled.filled(program, database, ARTICLES)
        for cache in (64, 0):
            server = Counted(program, folder, database, cache)
            try:
                for what, request, status, wanted in requests():
                    if wanted == cache:
                        counts[what] = server.count(request, status)
            finally:
                with contextlib.suppress(ProcessLookupError):
                    server.server.terminate()
                server.server.wait()
    known = {}
    if RECORD.exists():
        lines = [line.rsplit(None, 1) for line in RECORD.read_text().splitlines() if not line.startswith("#")]
        known = {name.strip(): int(count) for name, count in lines}
    for what, count in counts.items():
        before = known.get(what)
        print(f"{what:28}{count:12,}" + (f"   recorded {before:12,}   {count / before:5.2f}" if before else ""))
    if given.write:
        lines = ["# Instructions a request, by tests/load/instructions.py"]
        RECORD.write_text("\n".join(lines + [f"{what:28}{count:10}" for what, count in counts.items()]) + "\n")


if __name__ == "__main__":
    main()
