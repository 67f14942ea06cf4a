#!/usr/bin/env python3
"""Export and import of a whole newsroom with many comments: sizes, seconds, memory, and whether the copy is the same.

    cargo build --release
    python3 tests/load/exports.py [--program PATH] [--content FOLDER] [--comments 100000] [--short]

The content is a folder that `copydesk import` reads, by default one that stands beside the project; without it, pages
of this script's own making. Comments come from an export of Disqus that is made for it. The newsroom is exported,
the export imported into an empty newsroom, and that one exported again: both exports must be the same, byte for byte,
and `copydesk check` must find nothing in the copy.

`yardstick` is how long Python takes to write all rows of the same file as JSON, in any order; ratios are to that, of the same run. Memory is the
highest resident size (VmHWM). A difference, and memory beyond the limit, end with exit code 1; nothing else does.
--short is for tests: own pages, 500 comments.
"""

import argparse
import hashlib
import json
import os
import pathlib
import sqlite3
import subprocess
import sys
import tempfile
import time

from imports import highest

# An export holds a hundred articles with their comments at most, whatever the newsroom has.
MEMORY_MB = 200
PAGES = 200
FOLDER = pathlib.Path(__file__).resolve().parents[2] / "../shared/data/newsroom"


def pages(folder):
    """Articles of this script's own making."""
    folder.mkdir()
    for number in range(PAGES):
        text = f"Line of page {number}. The harbour office said *nothing* else.\n\n" * 20
        day = f"2025-{number % 12 + 1:02}-{number % 28 + 1:02}"
        page = f"---\ntitle: Page {number}\ndate: {day}\ntags: [harbour]\n---\n{text}"
        (folder / f"page-{number}.md").write_text(page)
    return folder


def disqus(path, slugs, comments):
    """An export of Disqus with so many comments, every third one a reply."""
    with open(path, "w", encoding="utf-8") as out:
        out.write('<?xml version="1.0" encoding="utf-8"?>\n<disqus xmlns="http://disqus.com" '
                  'xmlns:dsq="http://disqus.com/disqus-internals">\n')
        for number, slug in enumerate(slugs):
            out.write(f'<thread dsq:id="{number}"><id/><forum>f</forum><link>https://news.example/{slug}/</link><title>T</title>'
                      "<message/><createdAt>2025-01-01T00:00:00Z</createdAt><author><name>Desk</name>"
                      "<isAnonymous>true</isAnonymous></author><isClosed>false</isClosed><isDeleted>false</isDeleted></thread>\n")
        for number in range(comments):
            at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(1_740_000_000 + number))
            above = number - len(slugs)
            reply = f'<parent dsq:id="{above}"/>' if number % 3 == 2 and above >= 0 else ""
            out.write(f'<post dsq:id="{number}"><id/><message><![CDATA[<p>Remark {number} on the wind.</p>]]></message>'
                      f"<createdAt>{at}</createdAt><isDeleted>false</isDeleted><isSpam>false</isSpam>"
                      f"<author><name>Reader {number % 997}</name><isAnonymous>true</isAnonymous></author>"
                      f'<thread dsq:id="{number % len(slugs)}"/>{reply}</post>\n')
        out.write("</disqus>\n")


def run(program, database, *arguments):
    """Runs a command on a newsroom: seconds, megabytes, what it said last."""
    began, memory = time.monotonic(), 0
    environment = {"PATH": os.environ["PATH"], "DATABASE_URL": str(database)}
    command = [program, *map(str, arguments)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment) as process:
        while process.poll() is None:
            memory = max(memory, highest(process.pid))
            time.sleep(0.02)
        said = process.stdout.read().strip().splitlines()
    return time.monotonic() - began, memory, said[-1] if said else f"exit code {process.returncode}"


def digest(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def dump(database, path):
    """Writes all rows as JSON lists; returns the seconds."""
    began = time.monotonic()
    with open(path, "w", encoding="utf-8") as out, sqlite3.connect(f"file:{database}?mode=ro", uri=True) as connection:
        tables = connection.execute("select name from sqlite_schema where type = 'table' and name not like 'article_search%'")
        for table, in tables.fetchall():
            for values in connection.execute(f"select * from {table}"):
                out.write(json.dumps(values, default=bytes.hex) + "\n")
    return time.monotonic() - began


def main():
    arguments = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    arguments.add_argument("--program", default="target/release/copydesk")
    arguments.add_argument("--content", type=pathlib.Path, default=FOLDER)
    arguments.add_argument("--comments", type=int, default=100_000)
    arguments.add_argument("--short", action="store_true")
    given = arguments.parse_args()
    failed = []

    def row(what, measured, measure):
        seconds, memory, said = measured
        print(f"{what:<26} {seconds:8.2f} s  {seconds / measure:6.2f} of the yardstick  {memory:5.0f} MB  {said}", flush=True)
        failed.extend([what] if memory > MEMORY_MB else [])

    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        first, second = folder / "first.db", folder / "second.db"
        own = given.short or not given.content.is_dir()
        content = pages(folder / "pages") if own else given.content
        taken = run(given.program, first, "import", content)
        with sqlite3.connect(first) as connection:
            slugs = [slug for slug, in connection.execute("select slug from articles order by id")]
        disqus(folder / "comments.xml", slugs, 500 if given.short else given.comments)
        commented = run(given.program, first, "import", folder / "comments.xml")
        measure = dump(first, folder / "rows.jsonl")
        size = first.stat().st_size / 1e6
        print(f"database {size:.1f} MB, its rows {(folder / 'rows.jsonl').stat().st_size / 1e6:.1f} MB; yardstick {measure:.2f} s")
        row("import of the content", taken, measure)
        row("import of the comments", commented, measure)
        row("export", run(given.program, first, "export", folder / "first.jsonl"), measure)
        row("import of the export", run(given.program, second, "import", folder / "first.jsonl"), measure)
        row("export of the copy", run(given.program, second, "export", folder / "second.jsonl"), measure)
        row("check of the copy", run(given.program, second, "check"), measure)
        row("import of the comments, again", run(given.program, second, "import", folder / "comments.xml"), measure)
        exports = [folder / "first.jsonl", folder / "second.jsonl"]
        print(f"export {exports[0].stat().st_size / 1e6:.1f} MB, SHA-256 {digest(exports[0])[:16]} and {digest(exports[1])[:16]}")
        failed.extend(["the copy is another newsroom"] if digest(exports[0]) != digest(exports[1]) else [])
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()
