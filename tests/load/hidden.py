#!/usr/bin/env python3
"""Whether what is hidden takes another time to be denied than what never was.

    cargo build --release
    python3 tests/load/hidden.py [--reads 2000]

Reads of a draft and of an absent article in turn, over one connection; medians in
microseconds, and the ratio. More than 5 % apart would tell them apart.
"""

import argparse
import http.client
import json
import os
import pathlib
import random
import statistics
import subprocess
import time

PROGRAM = pathlib.Path(__file__).resolve().parents[2] / "target/release/copydesk"
KEY = "a-key-for-this-measurement"
ABSENT = "0192d5a0-0000-7000-8000-00000000aaaa"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--reads", type=int, default=2000, help="of each")
    reads = parser.parse_args().reads
    environment = {"PATH": os.environ["PATH"], "RUST_LOG": "off", "COPYDESK_ADMIN_KEY": KEY}
    server = subprocess.Popen(
        [PROGRAM, "--ephemeral", "--listen", "127.0.0.1:0"], env=environment, stdout=subprocess.PIPE)
    try:
        host = server.stdout.readline().decode().strip().removeprefix("http://")
        connection = http.client.HTTPConnection(host)
        headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}
        connection.request("POST", "/v1/articles", json.dumps({"title": "Hidden"}), headers)
        hidden = json.load(connection.getresponse())["id"]
        times = {hidden: [], ABSENT: []}
        for _ in range(reads):
            pair = [hidden, ABSENT]
            random.shuffle(pair)
            for article in pair:
                began = time.perf_counter_ns()
                connection.request("GET", f"/v1/articles/{article}")
                answer = connection.getresponse()
                answer.read()
                times[article].append((time.perf_counter_ns() - began) / 1000)
                assert answer.status == 404, answer.status
        a, b = statistics.median(times[hidden]), statistics.median(times[ABSENT])
        print(f"hidden {a:.1f} us, absent {b:.1f} us, ratio {a / b:.3f} (medians of {reads} reads each, in turn)")
    finally:
        server.terminate()


if __name__ == "__main__":
    main()
