"""Random searches: whatever is typed is answered 200, and nothing else.

    python3 tests/load/typed.py --program target/release/copydesk [--searches 100000] [--seed 1]

Starts a demo, asks for that many random texts in `q`, over a few connections, and prints the statuses, the slowest
answers, and the first texts that were answered with something else than 200. Ends with 1 if there is one.
"""

import argparse
import collections
import http.client
import json
import os
import random
import subprocess
import sys
import threading
import time
import urllib.parse

# What the query language has signs for, what the index has signs for, and letters of many scripts.
PIECES = (
    ['"', "*", "-", "(", ")", "^", ":", "{", "}", "+", "#", "'", "\u2019", "\u201c", "\u00ab", "\\", "/", ";", ",", "."]
    + [" ", "\u00a0", "\u3000", "\n", "\t", "AND", "OR", "NOT", "NEAR(", "title:", "marks:", "rank", "bm25(", "0", "1,000"]
    + ["harbour", "ferry", "storm*", "-north", '"the harbour"', "C++", "C#", "U.S.", "O'Brien", "AT&T", "COVID-19"]
    + ["\u00fc", "\u00df", "\u0131", "\u0259", "\u0301", "\u00ad", "\u200b", "\u200c", "\u200d", "\ufeff", "\u202e", "\ue000", "\ue001"]
    + ["\u05d0", "\u05f4", "\u0627", "\u0640", "\u0915", "\u094d", "\u0e01", "\u0e33", "\u1000", "\u4eac", "\u90fd", "\u30ab", "\u3099"]
    + ["\uac00", "\u1112", "\u1161", "\U0001f600", "\U00020000", "\U000e0001", "\x00", "\x01", "\x7f"]
)


def typed(numbers: random.Random) -> str:
    """A text of up to 500 characters: pieces, or any characters at all."""
    length = numbers.choice([1, 2, 3, 5, 8, 20, 120])
    if numbers.random() < 0.8:
        text = "".join(numbers.choice(PIECES) for _ in range(length))
    else:
        text = "".join(chr(numbers.choice([numbers.randrange(0x250), numbers.randrange(0xD800)])) for _ in range(length))
    return text[:500]


def ask(host: str, texts: list[str], answers: list) -> None:
    connection = http.client.HTTPConnection(host, timeout=60)
    for text in texts:
        began = time.perf_counter()
        connection.request("GET", "/v1/articles?limit=3&fields=title&q=" + urllib.parse.quote(text, safe=""))
        response = connection.getresponse()
        body = response.read()
        answers.append((response.status, time.perf_counter() - began, text))
        if response.status == 200:
            json.loads(body)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", required=True)
    parser.add_argument("--searches", type=int, default=100_000)
    parser.add_argument("--connections", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    server = subprocess.Popen(
        [given.program, "demo", "--listen", "127.0.0.1:0", "--admin-key", "load"],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "RUST_LOG": "warn"},
    )
    try:
        host = server.stdout.readline().strip().removeprefix("http://")
        threading.Thread(target=server.stdout.read, daemon=True).start()
        numbers = random.Random(given.seed)
        texts = [typed(numbers) for _ in range(given.searches)]
        answers: list = []
        share = [texts[part :: given.connections] for part in range(given.connections)]
        threads = [threading.Thread(target=ask, args=(host, part, answers)) for part in share]
        began = time.perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        took = time.perf_counter() - began
    finally:
        server.terminate()
        server.wait()
    statuses = collections.Counter(status for status, _, _ in answers)
    times = sorted(seconds * 1000 for _, seconds, _ in answers)
    print(f"{len(answers)} searches in {took:.0f} s, by status {dict(statuses)}")
    print(f"p50 {times[len(times) // 2]:.2f} ms, p99 {times[len(times) * 99 // 100]:.2f} ms, slowest {times[-1]:.1f} ms")
    # An empty text is an empty parameter, which is 400 like any other.
    others = [answer for answer in answers if answer[0] != 200]
    for status, _, text in others[:5]:
        print(f"{status}: {text!r}")
    return 1 if others or len(answers) < given.searches else 0


if __name__ == "__main__":
    sys.exit(main())
