#!/usr/bin/env python3
"""How long a start takes until the first answer, and a stop until the end; and in test mode, a reset.

    cargo build --release
    python3 tests/load/start.py [--newsroom DIR] [--runs 20] [--program FILE]

Medians in milliseconds, as a ratio to the yardstick of the same run as well:
`python3 -m http.server`, started and asked once in the same way. Runs are
interleaved, so that what else the machine does falls on all alike. With
--newsroom the folder is imported first, and a start is measured after a kill.
The yardstick of a reset and of a move of the clock is a read of the list that
was read before, on the same connection.
"""

import argparse
import http.client
import os
import pathlib
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = ROOT / "target/release/copydesk"
KEY = "a-key-for-this-measurement"
TEST_MODE = ["--ephemeral", "--test", "--clock", "2026-01-01T00:00:00Z", "--fixtures"]
FIXTURES = ROOT / "examples/pytest/fixtures.jsonl"
# A start that takes longer has failed.
PATIENCE = 10.0


def environment():
    kept = {k: v for k, v in os.environ.items() if not k.startswith("COPYDESK_") and k != "DATABASE_URL"}
    return kept | {"RUST_LOG": "warn", "COPYDESK_ADMIN_KEY": KEY}


def ask(host, path):
    """One request on a connection of its own, tried until somebody listens."""
    until = time.monotonic() + PATIENCE
    while True:
        connection = http.client.HTTPConnection(host, timeout=PATIENCE)
        try:
            connection.request("GET", path)
            status = connection.getresponse().status
            assert status == 200, status
            return
        except ConnectionRefusedError:
            if time.monotonic() > until:
                raise
            time.sleep(0.001)
        finally:
            connection.close()


def start(arguments, folder):
    """The process, and its host and port."""
    process = subprocess.Popen(
        [PROGRAM, "--listen", "127.0.0.1:0", *arguments],
        cwd=folder, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )
    return process, process.stdout.readline().decode().strip().removeprefix("http://")


def once(arguments, folder, path, how_to_stop):
    """Milliseconds from the start to the first answer, and from the stop to the end."""
    began = time.monotonic()
    process, host = start(arguments, folder)
    ask(host, path)
    answered = time.monotonic()
    process.send_signal(how_to_stop)
    process.wait()
    return (answered - began) * 1000, (time.monotonic() - answered) * 1000


def empty_folder():
    with tempfile.TemporaryDirectory() as folder:
        return once([], folder, "/v1/articles", signal.SIGTERM)


def yardstick():
    with socket.socket() as free, tempfile.TemporaryDirectory() as folder:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        began = time.monotonic()
        process = subprocess.Popen(
            [sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1"],
            cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        ask(f"127.0.0.1:{port}", "/")
        answered = time.monotonic()
        process.terminate()
        process.wait()
        return (answered - began) * 1000, (time.monotonic() - answered) * 1000


def between_tests(folder, runs):
    """Medians in milliseconds of what a suite does between its tests."""
    process, host = start([*TEST_MODE, FIXTURES], folder)
    connection = http.client.HTTPConnection(host, timeout=PATIENCE)
    headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}

    def send(method, path, body=None):
        began = time.monotonic()
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        answer.read()
        assert answer.status < 300, answer.status
        return (time.monotonic() - began) * 1000

    steps = {
        "a list, read again": lambda: send("GET", "/v1/articles") and send("GET", "/v1/articles"),
        "POST /v1/test/clock": lambda: send("POST", "/v1/test/clock", '{"advance": 60}'),
        "POST /v1/test/reset": lambda: send("POST", "/v1/test/reset"),
        "the first read after it": lambda: send("GET", "/v1/articles"),
    }
    times = {name: [] for name in steps}
    for _ in range(runs):
        send("POST", "/v1/articles", '{"title": "Flood warning", "state": "published"}')
        for name, step in steps.items():
            times[name].append(step())
    process.terminate()
    process.wait()
    return {name: statistics.median(measured) for name, measured in times.items()}


def main():
    global PROGRAM
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--newsroom", type=pathlib.Path, help="a folder to import first")
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--program", type=pathlib.Path, default=PROGRAM)
    asked = parser.parse_args()
    PROGRAM = asked.program.resolve()
    kept = tempfile.TemporaryDirectory()
    cases = {
        "python3 -m http.server": yardstick,
        "serve, empty folder": empty_folder,
        "serve --ephemeral": lambda: once(["--ephemeral"], kept.name, "/v1/articles", signal.SIGTERM),
        "serve --ephemeral --test, fixtures":
            lambda: once([*TEST_MODE, FIXTURES], kept.name, "/v1/articles", signal.SIGTERM),
    }
    if asked.newsroom:
        folder = asked.newsroom.resolve()
        subprocess.run([PROGRAM, "import", folder], cwd=kept.name, env=environment(),
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
        size = (pathlib.Path(kept.name) / "copydesk.db").stat().st_size
        name = f"serve, {size / 1e6:.0f} MB, after a kill"
        cases[name] = lambda: once([], kept.name, "/v1/articles", signal.SIGKILL)
    times = {name: [] for name in cases}
    for _ in range(asked.runs):
        for name, case in cases.items():
            times[name].append(case())
    first = statistics.median(answer for answer, _ in times["python3 -m http.server"])
    print(f"{'medians of ' + str(asked.runs):34} first answer   ratio   stop")
    for name, measured in times.items():
        answer, stop = (statistics.median(column) for column in zip(*measured))
        print(f"{name:34} {answer:9.1f} ms {answer / first:7.2f} {stop:6.1f} ms")
    between = between_tests(kept.name, asked.runs)
    read = between["a list, read again"]
    for name, median in between.items():
        print(f"{name:34} {median:9.2f} ms {median / read:7.2f}")


if __name__ == "__main__":
    main()
