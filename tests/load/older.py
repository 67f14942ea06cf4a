#!/usr/bin/env python3
"""A writer and 16 readers: nobody is shown an older state than one that was answered, to anyone.

    cargo build --release
    python3 tests/load/older.py [--writes 100000]

The writer comments on an article, and edits it now and then. Before each request a reader notes what the writer was
told last and what any reader was shown last, and after it holds the answer against both.
"""

import argparse
import json
import pathlib
import sys
import tempfile

import reading

READERS = 16
EDIT_EVERY = 10


def read(work):
    host, path, number, told, shown, is_over = work
    connection, asked, wrong = reading.Connection(host), 0, 0
    path = [path, "/v1/articles?fields=comment_count,version"][number % 2]
    request = reading.request("GET", path)
    while not is_over.value:
        least = [max(told[at], shown[at]) for at in (0, 1)]
        answer = json.loads(connection.send(request)[1])
        answer = answer["items"][0] if number % 2 else answer
        now = [answer["comment_count"], answer["version"]]
        asked += 1
        wrong += any(a < b for a, b in zip(now, least))
        for at in (0, 1):
            with shown.get_lock():
                shown[at] = max(shown[at], now[at])
    return asked, wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", type=pathlib.Path, default=reading.PROGRAM)
    parser.add_argument("--writes", type=int, default=100_000)
    given = parser.parse_args()
    processes = reading.PROCESSES
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        command = [given.program.resolve(), "--listen", "127.0.0.1:0", "--database-url", folder / "newsroom.db",
                   "--admin-key", reading.KEY, "--comments-per-minute", "0"]
        with reading.running(command, folder, stdout=reading.subprocess.PIPE) as server:
            host = server.stdout.readline().decode().strip().removeprefix("http://")
            writer = reading.Connection(host)
            made = reading.request("POST", "/v1/articles", {"title": "0", "state": "published"}, reading.KEY)
            path = "/v1/articles/" + json.loads(writer.send(made)[1])["id"]
            told, shown, is_over = processes.Array("q", [0, 1]), processes.Array("q", [0, 1]), processes.Value("b", 0)
            results = processes.Queue()

            def reader(number):
                results.put(read((host, path, number, told, shown, is_over)))
            readers = [processes.Process(target=reader, args=(number,)) for number in range(READERS)]
            for one in readers:
                one.start()
            for number in range(1, given.writes + 1):
                if number % EDIT_EVERY:
                    body = {"author_name": "Sam", "body": f"Comment {number}"}
                    status, text = writer.send(reading.request("POST", path + "/comments", body))
                    told[0] += 1
                else:
                    status, text = writer.send(reading.request("PATCH", path, {"title": str(number)}, reading.KEY))
                    told[1] = json.loads(text)["version"]
                if status not in (200, 201):
                    sys.exit(f"{status} {text[:300]}")
            is_over.value = 1
            asked, wrong = map(sum, zip(*(results.get() for _ in readers)))
            for one in readers:
                one.join()
    print(f"{given.writes} writes, {asked} answers to {READERS} readers, {wrong} of them older than another")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
