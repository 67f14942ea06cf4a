"""A newsroom of many articles and comments, written into its file directly: over HTTP a million would take an hour.

The program makes the file and its search index; the rows between are the ones that its own writes leave, which
`copydesk check` confirms. Every run writes the same.
"""

import contextlib
import datetime
import json
import sqlite3
import subprocess
import sys
import time

import reading

COMMENTS_EACH = 5
# Milliseconds and microseconds of the Unix epoch, in UUIDv7 and in rows.
MICROS = 1_000_000
RULES = [
    ("wire", "Agency report", "This report comes from an agency.", {"sources": ["Valley Wire"]}),
    ("money", "No advice", "Nothing here is financial advice.", {"sections": ["business"]}),
    ("partner", "Partner content", "Made with a partner.", {"tags": ["tag-3", "tag-7"]}),
    ("house", "Corrections", "Report errors to the desk.", {"all": True}),
]



def public_id(micros, kind, number):
    time_part = f"{micros // 1000:012x}"
    return f"{time_part[:8]}-{time_part[8:]}-7000-8{kind:03x}-{number:012x}"


def micros_of(text):
    at = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    return int(at.timestamp()) * MICROS


def article_row(number, articles):
    made = reading.article(number, articles)
    at = micros_of(made["published"])
    html = "".join(f"<p>{paragraph}</p>\n" for paragraph in made["body"].split("\n\n"))
    row = {
        "id": number + 1, "public_id": public_id(at, 1, number), "slug": f"article-{number}", "state": "published",
        "version": 1, "title": made["title"], "summary": made["summary"], "body_format": "markdown",
        "word_count": len(made["body"].split()), "authors": json.dumps([{"name": made["author"]}]),
        "source_name": made["source"], "language": made["language"], "section": made["section"],
        "tags": json.dumps(made["tags"]), "comments_policy": "open", "comment_count": COMMENTS_EACH, "metadata": "{}",
        "published_at": at, "went_public_at": at, "created_at": at, "updated_at": at, "access": "public",
    }
    return row, made["body"], html


def comment_row(article, number, at):
    which = article * COMMENTS_EACH + number
    body = f"Comment {number}: is the bridge still open, and until when?"
    return {
        "id": which + 1, "public_id": public_id(at, 2, which), "article_id": article + 1, "state": "published",
        "version": 1, "author_name": f"Reader {which % 5000}", "body": body, "body_html": f"<p>{body}</p>\n",
        "created_at": at, "updated_at": at, "path": f"{which + 1:010x}", "depth": 0, "shown": 1,
    }


def insert(database, table, rows):
    rows = iter(rows)
    first = next(rows)
    marks = ", ".join(f":{name}" for name in first)
    statement = f"insert into {table} ({', '.join(first)}) values ({marks})"
    database.execute(statement, first)
    database.executemany(statement, rows)


def rules(database):
    # Before every article, so that each carries what was in force when it was published.
    at = micros_of("2019-01-01T00:00:00Z")
    for number, (key, title, body, applies_to) in enumerate(RULES, 1):
        whole = {"all": False, "sources": [], "sections": [], "tags": [], "languages": []} | applies_to
        database.execute(
            "insert into disclaimers (id, public_id, key, version, created_at, updated_at, ever_rule)"
            " values (?, ?, ?, 1, ?, ?, 1)", (number, public_id(at, 3, number), key, at, at))
        database.execute(
            "insert into disclaimer_versions (disclaimer_id, version, key, title, body, body_format, body_html, kind,"
            " placement, created_at, applies_to) values (?, 1, ?, ?, ?, 'text', ?, 'legal', ?, ?, ?)",
            (number, key, title, body, f"<p>{body}</p>\n", "after" if key == "house" else "before", at,
             json.dumps(whole)))


def rows_into(database, articles):
    batch = 1000
    for first in range(0, articles, batch):
        made = [article_row(number, articles) for number in range(first, min(first + batch, articles))]
        insert(database, "articles", (row for row, _, _ in made))
        insert(database, "article_bodies",
               ({"article_id": row["id"], "body": body, "body_html": html} for row, body, html in made))
        insert(database, "article_history", ({
            "article_id": row["id"], "version": 1, "event": "created", "actor": "admin", "state": "published",
            "published_at": row["published_at"], "went_public_at": row["went_public_at"], "at": row["created_at"],
        } for row, _, _ in made))
        comments = [comment_row(row["id"] - 1, number, row["created_at"] + (number + 1) * MICROS)
                    for row, _, _ in made for number in range(COMMENTS_EACH)]
        insert(database, "comments", comments)
        insert(database, "comment_history", ({
            "comment_id": row["id"], "version": 1, "state": "published", "actor": "anonymous", "at": row["created_at"],
        } for row in comments))
    database.execute("update history_clock set last_at = (select max(updated_at) from comments)")
    for kind, column in (("source", "source_name"), ("language", "language")):
        database.execute(f"insert into spellings (kind, text, key, folding)"
                         f" select distinct '{kind}', {column}, '', 0 from articles")


def filled(program, database, articles):
    """Makes the file, unless it is there. One that was broken off has another name."""
    if database.exists():
        return
    began = time.perf_counter()
    unfinished = database.with_name(database.name + ".unfinished")
    for left in unfinished.parent.glob(unfinished.name + "*"):
        left.unlink()

    def run(*command):
        done = subprocess.run([program, *command, "--database-url", unfinished], cwd=database.parent,
                              env=reading.environment(), stdout=subprocess.PIPE, text=True)
        if done.returncode:
            sys.exit(f"copydesk {' '.join(command)} failed: {done.stdout}")
    run("migrate")
    with contextlib.closing(sqlite3.connect(unfinished)) as connection, connection:
        connection.execute("pragma synchronous = off")
        connection.execute("pragma cache_size = -400000")
        rules(connection)
        rows_into(connection, articles)
        connection.execute("update reading_rules set version = ''")
    run("migrate")
    with reading.newsroom(program, database.parent, unfinished):
        # Its start makes the index for searching.
        pass
    run("check")
    unfinished.rename(database)
    print(f"{articles} articles with {articles * COMMENTS_EACH} comments written in {time.perf_counter() - began:.0f} s,"
          f" {database.stat().st_size / 1e6:.0f} MB", flush=True)
