#!/usr/bin/env python3
"""How long a start takes until the first answer, and a stop until the end.

    cargo build --release
    python3 tests/load/start.py [--newsroom DIR] [--runs 20]

Medians in milliseconds, as a ratio to the yardstick of the same run as well:
`python3 -m http.server`, started and asked once in the same way. Runs are
interleaved, so that what else the machine does falls on all alike. With
--newsroom the folder is imported first, and a start is measured after a kill.
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
# A start that takes longer has failed.
PATIENCE = 10.0


def environment():
    kept = {k: v for k, v in os.environ.items() if not k.startswith("COPYDESK_") and k != "DATABASE_URL"}
    return kept | {"RUST_LOG": "warn", "COPYDESK_ADMIN_KEY": "a-key-for-this-measurement"}


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


def once(arguments, folder, path, how_to_stop):
    """Milliseconds from the start to the first answer, and from the stop to the end."""
    began = time.monotonic()
    process = subprocess.Popen(
        [PROGRAM, "--listen", "127.0.0.1:0", *arguments],
        cwd=folder, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )
    url = process.stdout.readline().decode().strip()
    ask(url.removeprefix("http://"), path)
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


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--newsroom", type=pathlib.Path, help="a folder to import first")
    parser.add_argument("--runs", type=int, default=20)
    asked = parser.parse_args()
    kept = tempfile.TemporaryDirectory()
    cases = {
        "python3 -m http.server": yardstick,
        "serve, empty folder": empty_folder,
        "serve --ephemeral": lambda: once(["--ephemeral"], kept.name, "/v1/articles", signal.SIGTERM),
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
    first = statistics.median(start for start, _ in times["python3 -m http.server"])
    print(f"{'medians of ' + str(asked.runs):34} first answer   ratio   stop")
    for name, measured in times.items():
        start, stop = (statistics.median(column) for column in zip(*measured))
        print(f"{name:34} {start:9.1f} ms {start / first:7.2f} {stop:6.1f} ms")


if __name__ == "__main__":
    main()
