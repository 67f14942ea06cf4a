#!/usr/bin/env python3
"""Imports of files that are large: a WordPress export (WXR) of this script's own making.

    cargo build --release
    python3 tests/load/imports.py [--program PATH] [--megabytes 500] [--short]

The file has posts with block comments, a synced pattern that is resolved, categories, tags, and comments with answers.
It is imported, and imported again, which must change nothing. Then it is killed in the middle of another import into an
empty newsroom and run again, which must end in the same number of articles and comments.

`yardstick` is how long Python's own XML parser (expat) takes to read the same file and to throw everything away; `ratio`
is to that, of the same run. Memory is the highest resident size (VmHWM). What is not the number expected, and memory
beyond the limit, end with exit code 1; nothing else does. --short is for tests: 8 MB.
"""

import argparse
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time
import xml.parsers.expat

# The limit for a file of 2 GB. What is read at once does not grow with the file.
MEMORY_MB = 200
COMMENTS = 4
PARAGRAPH = "The harbour office said that no ferry would leave before the wind had turned, and that it would say so here. "

HEAD = """<?xml version="1.0" encoding="UTF-8" ?>
<rss version="2.0" xmlns:excerpt="http://wordpress.org/export/1.2/excerpt/"
  xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:wfw="http://wellformedweb.org/CommentAPI/"
  xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:wp="http://wordpress.org/export/1.2/">
<channel>
<title>Harbour News</title><link>https://harbour.example</link><description></description>
<wp:wxr_version>1.2</wp:wxr_version>
<wp:base_site_url>https://harbour.example</wp:base_site_url><wp:base_blog_url>https://harbour.example</wp:base_blog_url>
<wp:author><wp:author_id>2</wp:author_id><wp:author_login><![CDATA[ida]]></wp:author_login>
<wp:author_display_name><![CDATA[Ida Marsh]]></wp:author_display_name></wp:author>
"""
BLOCK = """<item><title><![CDATA[Notice]]></title><link>https://harbour.example/notice/</link>
<dc:creator><![CDATA[ida]]></dc:creator><guid isPermaLink="false">https://harbour.example/?p=1</guid>
<content:encoded><![CDATA[<!-- wp:paragraph --><p>This report was not checked by the harbour office.</p><!-- /wp:paragraph -->]]></content:encoded>
<excerpt:encoded><![CDATA[]]></excerpt:encoded><wp:post_id>1</wp:post_id>
<wp:post_date><![CDATA[2026-01-01 10:00:00]]></wp:post_date><wp:post_date_gmt><![CDATA[2026-01-01 09:00:00]]></wp:post_date_gmt>
<wp:post_name><![CDATA[notice]]></wp:post_name><wp:status><![CDATA[publish]]></wp:status>
<wp:post_type><![CDATA[wp_block]]></wp:post_type><wp:post_password><![CDATA[]]></wp:post_password></item>
"""


def clock(number):
    at = time.gmtime(1_700_000_000 + 60 * number)
    return time.strftime("%Y-%m-%d %H:%M:%S", at)


def post(number):
    body = "\n\n".join(
        f"<!-- wp:paragraph -->\n<p>Line {line} of post {number}. {PARAGRAPH * 4}</p>\n<!-- /wp:paragraph -->"
        for line in range(8)
    )
    if number % 3 == 0:
        body += '\n\n<!-- wp:block {"ref":1} /-->'
    comments = "".join(
        f"""<wp:comment><wp:comment_id>{number * 10 + one}</wp:comment_id>
<wp:comment_author><![CDATA[Reader {one}]]></wp:comment_author>
<wp:comment_author_email><![CDATA[reader{one}@mail.example]]></wp:comment_author_email>
<wp:comment_author_url></wp:comment_author_url><wp:comment_author_IP><![CDATA[203.0.113.{one + 1}]]></wp:comment_author_IP>
<wp:comment_date><![CDATA[{clock(number + one + 1)}]]></wp:comment_date>
<wp:comment_date_gmt><![CDATA[{clock(number + one + 1)}]]></wp:comment_date_gmt>
<wp:comment_content><![CDATA[Remark {one} on post {number}. {PARAGRAPH}]]></wp:comment_content>
<wp:comment_approved><![CDATA[1]]></wp:comment_approved><wp:comment_type><![CDATA[comment]]></wp:comment_type>
<wp:comment_parent>{number * 10 + one - 1 if one else 0}</wp:comment_parent><wp:comment_user_id>0</wp:comment_user_id>
</wp:comment>
"""
        for one in range(COMMENTS)
    )
    return f"""<item><title><![CDATA[Post {number} of the harbour]]></title><link>https://harbour.example/post-{number}/</link>
<pubDate></pubDate><dc:creator><![CDATA[ida]]></dc:creator>
<guid isPermaLink="false">https://harbour.example/?p={number}</guid><description></description>
<content:encoded><![CDATA[{body}]]></content:encoded><excerpt:encoded><![CDATA[]]></excerpt:encoded>
<wp:post_id>{number}</wp:post_id><wp:post_date><![CDATA[{clock(number)}]]></wp:post_date>
<wp:post_date_gmt><![CDATA[{clock(number)}]]></wp:post_date_gmt><wp:comment_status><![CDATA[open]]></wp:comment_status>
<wp:post_name><![CDATA[post-{number}]]></wp:post_name><wp:status><![CDATA[publish]]></wp:status>
<wp:post_parent>0</wp:post_parent><wp:post_type><![CDATA[post]]></wp:post_type>
<wp:post_password><![CDATA[]]></wp:post_password><wp:is_sticky>0</wp:is_sticky>
<category domain="category" nicename="city"><![CDATA[City]]></category>
<category domain="post_tag" nicename="ferries"><![CDATA[Ferries]]></category>
{comments}</item>
"""


def write(path, size):
    """Writes the export; returns the number of its posts. The pattern stands behind them: it must be found all the same."""
    posts = 0
    with open(path, "w", encoding="utf-8") as out:
        out.write(HEAD)
        while out.tell() < size:
            for _ in range(50):
                posts += 1
                out.write(post(posts + 1))
        out.write(BLOCK + "</channel></rss>\n")
    return posts


def yardstick(path):
    began = time.monotonic()
    with open(path, "rb") as file:
        xml.parsers.expat.ParserCreate().ParseFile(file)
    return time.monotonic() - began


def highest(pid):
    """The highest resident size of a process so far, in MB."""
    try:
        status = pathlib.Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    found = re.search(r"VmHWM:\s+(\d+)", status)
    return int(found[1]) / 1024 if found else 0


def run(program, path, database, kill_after=None):
    """Imports. Returns the seconds, the megabytes, and what was said at the end."""
    began, memory = time.monotonic(), 0
    environment = {"PATH": os.environ["PATH"], "DATABASE_URL": str(database)}
    command = [program, "import", str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment) as process:
        while process.poll() is None:
            memory = max(memory, highest(process.pid))
            if kill_after and time.monotonic() - began > kill_after:
                process.send_signal(signal.SIGKILL)
                kill_after = None
            time.sleep(0.05)
        said = process.stdout.read().strip()
    return time.monotonic() - began, memory, said


def main():
    arguments = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    arguments.add_argument("--program", default="target/release/copydesk")
    arguments.add_argument("--megabytes", type=int, default=500)
    arguments.add_argument("--short", action="store_true")
    given = arguments.parse_args()
    size = 8_000_000 if given.short else given.megabytes * 1_000_000
    failed = []

    def row(what, seconds, measure, memory, said, must):
        print(f"{what:<28} {seconds:8.1f} s  {seconds / measure:6.2f} of the yardstick  {memory:6.0f} MB  {said}", flush=True)
        failed.extend([what] if memory > MEMORY_MB or must not in said else [])

    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        path = folder / "export.xml"
        posts = write(path, size)
        measure = yardstick(path)
        print(f"{path.stat().st_size / 1e6:.0f} MB, {posts} posts, {posts * COMMENTS} comments; yardstick {measure:.1f} s")
        whole = f"{posts} created, 0 updated"
        first = run(given.program, path, folder / "one.db")
        row("into an empty newsroom", first[0], measure, *first[1:], whole)
        row("again", *(lambda r: (r[0], measure, r[1], r[2]))(run(given.program, path, folder / "one.db")), f"{posts} unchanged")
        run(given.program, path, folder / "two.db", kill_after=first[0] / 2)
        resumed = run(given.program, path, folder / "two.db")
        row("after a kill half-way", resumed[0], measure, *resumed[1:], "0 refused")
        counts = [int(number) for number in re.findall(r"(\d+) (?:created|unchanged)", resumed[2])]
        print(f"created and unchanged: articles {counts[0] + counts[1]}, comments {counts[2] + counts[3]}")
        failed.extend(["the kill"] if (counts[0] + counts[1], counts[2] + counts[3]) != (posts, posts * COMMENTS) else [])
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()
